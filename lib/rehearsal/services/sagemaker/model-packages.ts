import type { CreateModelPackageInput, ModelApprovalStatus, ModelPackageContainerDefinition, UpdateModelPackageInput } from '@aws-sdk/client-sagemaker';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { creation } from './authorizations';
import type { SageMakerContext } from './context';
import { page } from './listing';
import type { ModelPackageGroups } from './model-package-groups';
import { Constraints, PATTERNS, invalid } from './validation';

interface ModelPackage {
  readonly name: string;
  readonly arn: string;
  readonly group: string;
  readonly version: number;
  readonly request: CreateModelPackageInput;
  readonly containers: readonly ModelPackageContainerDefinition[];
  readonly created: number;
  modified: number;
  approval: ModelApprovalStatus;
  approvalDescription?: string;
  metadata: Record<string, string>;
}

const APPROVALS = ['Approved', 'Rejected', 'PendingManualApproval'] as const;
/** API_CreateModelPackage, CustomerMetadataProperties. */
const METADATA_ENTRIES = 50;
const METADATA_KEY = { text: '^([\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*)${1,128}', expression: /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u };

/** Versioned model packages: the registry. */
export class ModelPackages {
  private readonly packages = new Map<string, ModelPackage>();
  private readonly tokens = new Map<string, string>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly groups: ModelPackageGroups,
  ) {}

  public readonly operations: Record<string, Operation> = {
    CreateModelPackage: {
      authorize: (input) => {
        const group = this.groups.nameOf(input.ModelPackageGroupName ?? '');
        const version = this.context.arn(`model-package/${group}/${this.groups.nextVersion(group)}`);
        return creation('CreateModelPackage', version, input, { action: 'sagemaker:CreateModelPackage', resource: this.groups.arn(group) });
      },
      handle: (input) => this.create(input as CreateModelPackageInput),
    },
    UpdateModelPackage: operation('sagemaker:UpdateModelPackage', (input) => input.ModelPackageArn, (input) => this.update(input as UpdateModelPackageInput)),
    DescribeModelPackage: operation('sagemaker:DescribeModelPackage', (input) => this.arnOf(input.ModelPackageName), (input) =>
      this.describe(this.get(input.ModelPackageName)),
    ),
    DeleteModelPackage: operation('sagemaker:DeleteModelPackage', (input) => this.arnOf(input.ModelPackageName), (input) => {
      const found = this.get(input.ModelPackageName);
      this.packages.delete(found.arn);
      this.context.removeTags(found.arn);
      return {};
    }),
    ListModelPackages: operation('sagemaker:ListModelPackages', '*', (input) => this.list(input)),
  };

  /** Container of an approved package, for CreateModel. @throws ValidationException for one that is not approved */
  public deployable(nameOrArn: string): ModelPackageContainerDefinition {
    const found = this.get(nameOrArn);
    if (found.approval !== 'Approved') throw invalid(`Model package ${found.arn} cannot be deployed: its approval status is ${found.approval}.`);
    if (found.containers.length !== 1) throw invalid('The rehearsal simulates model packages with exactly one container.');
    return found.containers[0]!;
  }

  public count(group: string): number {
    return [...this.packages.values()].filter((found) => found.group === group).length;
  }

  private create(request: CreateModelPackageInput): unknown {
    const { ModelPackageGroupName, ModelPackageName, InferenceSpecification, CustomerMetadataProperties } = request;
    if (ModelPackageGroupName !== undefined && ModelPackageName !== undefined) {
      throw invalid('Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine which one to use.');
    }
    if (ModelPackageGroupName === undefined) throw invalid('The rehearsal simulates versioned model packages: ModelPackageGroupName is missing.');
    const constraints = new Constraints()
      .pattern('modelPackageGroupName', this.groups.nameOf(ModelPackageGroupName), PATTERNS.name)
      .oneOf('modelApprovalStatus', request.ModelApprovalStatus, APPROVALS)
      .length('modelPackageDescription', request.ModelPackageDescription, 0, 1024)
      .required('inferenceSpecification', InferenceSpecification)
      .length('inferenceSpecification.containers', InferenceSpecification?.Containers, 1, 15);
    this.constrainMetadata(constraints, CustomerMetadataProperties);
    constraints.check();
    const repeated = request.ClientToken === undefined ? undefined : this.tokens.get(request.ClientToken);
    if (repeated !== undefined) return { ModelPackageArn: repeated };
    const group = this.groups.nameOf(ModelPackageGroupName);
    const version = this.groups.takeVersion(group);
    const containers = InferenceSpecification!.Containers!.map((container): ModelPackageContainerDefinition => {
      const image = this.context.images.resolve(container.Image ?? '');
      if (!image) throw invalid(`Requested image ${container.Image} not found.`);
      return { ...container, ImageDigest: container.ImageDigest ?? image.digest };
    });
    const arn = this.context.arn(`model-package/${group}/${version}`);
    const now = this.context.simulation.clock.now();
    const created: ModelPackage = {
      name: group,
      arn,
      group,
      version,
      request,
      containers,
      created: now,
      modified: now,
      approval: request.ModelApprovalStatus ?? 'PendingManualApproval',
      metadata: { ...CustomerMetadataProperties },
    };
    this.packages.set(arn, created);
    if (request.ClientToken !== undefined) this.tokens.set(request.ClientToken, arn);
    this.context.addTags(arn, request.Tags as { Key: string; Value: string }[] | undefined);
    this.changed(created, 'registered');
    return { ModelPackageArn: arn };
  }

  private update(request: UpdateModelPackageInput): unknown {
    const found = this.get(request.ModelPackageArn!);
    const metadata = { ...found.metadata };
    for (const key of request.CustomerMetadataPropertiesToRemove ?? []) delete metadata[key];
    Object.assign(metadata, request.CustomerMetadataProperties);
    const constraints = new Constraints()
      .oneOf('modelApprovalStatus', request.ModelApprovalStatus, APPROVALS)
      .length('approvalDescription', request.ApprovalDescription, 0, 1024);
    this.constrainMetadata(constraints, metadata);
    constraints.check();
    found.metadata = metadata;
    found.modified = this.context.simulation.clock.now();
    found.approvalDescription = request.ApprovalDescription ?? found.approvalDescription;
    // Only a change of status is a state change; metadata alone is none (guide: automating-sagemaker-with-eventbridge).
    if (request.ModelApprovalStatus !== undefined && request.ModelApprovalStatus !== found.approval) {
      found.approval = request.ModelApprovalStatus;
      this.changed(found, 'updated');
    }
    return { ModelPackageArn: found.arn };
  }

  private changed(found: ModelPackage, how: string): void {
    this.context.note('job', `${found.group}/${found.version}`, `model package ${how}: ${found.approval}`, found.approval);
    const iso = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');
    const { InferenceSpecification: _specification, Tags: _tags, ClientToken: _token, ModelPackageGroupName: _group, ...members } = found.request;
    this.context.publish('SageMaker Model Package State Change', found.arn, {
      ...members,
      ModelPackageGroupName: found.group,
      ModelPackageVersion: found.version,
      ModelPackageArn: found.arn,
      CreationTime: iso(found.created),
      InferenceSpecification: this.inference(found),
      ModelPackageStatus: 'Completed',
      ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
      CertifyForMarketplace: false,
      ModelApprovalStatus: found.approval,
      ...(found.approvalDescription === undefined ? {} : { ApprovalDescription: found.approvalDescription }),
      CustomerMetadataProperties: found.metadata,
      LastModifiedTime: iso(found.modified),
    });
  }

  private describe(found: ModelPackage): unknown {
    const { Tags: _tags, ClientToken: _token, ...request } = found.request;
    return {
      ...request,
      ModelPackageName: found.name,
      ModelPackageGroupName: found.group,
      ModelPackageVersion: found.version,
      ModelPackageArn: found.arn,
      CreationTime: new Date(found.created),
      LastModifiedTime: new Date(found.modified),
      InferenceSpecification: this.inference(found),
      ModelPackageStatus: 'Completed',
      ModelPackageStatusDetails: { ValidationStatuses: [], ImageScanStatuses: [] },
      CertifyForMarketplace: request.CertifyForMarketplace ?? false,
      ModelApprovalStatus: found.approval,
      ApprovalDescription: found.approvalDescription,
      CustomerMetadataProperties: found.metadata,
    };
  }

  private list(input: Record<string, any>): unknown {
    const group = input.ModelPackageGroupName === undefined ? undefined : this.groups.require(input.ModelPackageGroupName).name;
    const found = [...this.packages.values()].filter(
      (candidate) =>
        (group === undefined ? input.ModelPackageType === 'Versioned' || input.ModelPackageType === 'Both' : candidate.group === group) &&
        (input.ModelApprovalStatus === undefined || candidate.approval === input.ModelApprovalStatus),
    );
    const { items, NextToken } = page(found, input);
    return {
      ModelPackageSummaryList: items.map((item) => ({
        ModelPackageGroupName: item.group,
        ModelPackageVersion: item.version,
        ModelPackageArn: item.arn,
        ModelPackageDescription: item.request.ModelPackageDescription,
        CreationTime: new Date(item.created),
        ModelPackageStatus: 'Completed',
        ModelApprovalStatus: item.approval,
      })),
      NextToken,
    };
  }

  private inference(found: ModelPackage): unknown {
    return { ...found.request.InferenceSpecification, Containers: found.containers };
  }

  private constrainMetadata(constraints: Constraints, metadata: Readonly<Record<string, string>> | undefined): void {
    constraints.length('customerMetadataProperties', metadata, 0, METADATA_ENTRIES);
    for (const [key, value] of Object.entries(metadata ?? {})) {
      constraints.length('customerMetadataProperties.key', key, 1, 128).pattern('customerMetadataProperties.key', key, METADATA_KEY);
      constraints.length(`customerMetadataProperties.${key}`, value, 0, 256).pattern(`customerMetadataProperties.${key}`, value, METADATA_KEY);
    }
  }

  private arnOf(nameOrArn: string): string {
    return nameOrArn.startsWith('arn:') ? nameOrArn : this.context.arn(`model-package/${nameOrArn}`);
  }

  private get(nameOrArn: string): ModelPackage {
    const found = this.packages.get(this.arnOf(nameOrArn));
    if (!found) throw invalid(`ModelPackage ${this.arnOf(nameOrArn)} does not exist.`);
    return found;
  }
}
