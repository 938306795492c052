import { IncompleteResource } from '../../assembly/failures';
import { physicalName } from '../../assembly/physical-name';
import { changedProperties } from '../../assembly/replacements';
import { AwsError } from '../../kernel/aws-error';
import type { CreatedResource, ExistingResource, Principal, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** How often CloudFormation asks whether an endpoint is in service. */
const POLL = 60_000;

/** Properties of AWS::SageMaker::Endpoint that say how to update it: members of UpdateEndpoint only. */
const OF_UPDATES: ReadonlySet<string> = new Set(['RetainAllVariantProperties', 'ExcludeRetainedVariantProperties', 'RetainDeploymentConfig']);

/** Types whose properties are the members of the API, with their name and the member that holds it. */
const KINDS = {
  'AWS::SageMaker::Model': { kind: 'Model', name: 'ModelName' },
  'AWS::SageMaker::EndpointConfig': { kind: 'EndpointConfig', name: 'EndpointConfigName' },
  'AWS::SageMaker::ModelPackageGroup': { kind: 'ModelPackageGroup', name: 'ModelPackageGroupName' },
  'AWS::SageMaker::Endpoint': { kind: 'Endpoint', name: 'EndpointName' },
} as const;

type Kind = (typeof KINDS)[keyof typeof KINDS];

/** SageMaker's CloudFormation types, through SageMaker's public API like CloudFormation's own handlers. */
export class SageMakerResources {
  public readonly resources: Record<string, (request: ResourceRequest) => Promise<CreatedResource>> = {};
  public readonly lifecycles: Record<string, ResourceLifecycle> = {};

  public constructor(private readonly simulation: Simulation) {
    for (const [type, kind] of Object.entries(KINDS)) {
      this.resources[type] = (request) => this.create(kind, request);
      this.lifecycles[type] = {
        update: (request, existing) => (kind.kind === 'Endpoint' ? this.updateEndpoint(request, existing) : this.retag(request, existing)),
        delete: (existing) => this.remove(kind, existing),
      };
    }
  }

  private async create({ kind, name: member }: Kind, request: ResourceRequest): Promise<CreatedResource> {
    const name: string = request.properties[member] ?? physicalName(request, 63);
    const properties = Object.entries(request.properties).filter(([property]) => kind !== 'Endpoint' || !OF_UPDATES.has(property));
    const answer = await this.call(`Create${kind}`, { ...Object.fromEntries(properties), [member]: name });
    const arn = answer[`${kind}Arn`] as string;
    const created = { ref: arn, attributes: { [member]: name, ...(kind === 'ModelPackageGroup' ? { ModelPackageGroupArn: arn } : {}) } };
    if (kind !== 'Endpoint') return created;
    try {
      await this.inService(name);
    } catch (error) {
      throw new IncompleteResource((error as Error).message, created);
    }
    return created;
  }

  /**
   * What the handler does when SageMaker rolls an update back is documented nowhere. SageMaker reports `InService` then, which Terraform took for
   * success (terraform-provider-aws issues 39099, 48997). The rehearsal takes that worse case.
   */
  private async updateEndpoint(request: ResourceRequest, existing: ExistingResource): Promise<CreatedResource> {
    await this.retag(request, existing);
    const { Tags: _tags, ...properties } = request.properties;
    if (changedProperties(existing.request.properties, request.properties).every((property) => property === 'Tags')) return existing;
    const EndpointName = String(existing.attributes!.EndpointName);
    await this.call('UpdateEndpoint', { ...properties, EndpointName });
    await this.inService(EndpointName);
    return existing;
  }

  private async retag(request: ResourceRequest, existing: ExistingResource): Promise<CreatedResource> {
    const tags = (request.properties.Tags ?? []) as Tag[];
    const before = (existing.request.properties.Tags ?? []) as Tag[];
    const added = tags.filter(({ Key, Value }) => !before.some((other) => other.Key === Key && other.Value === Value));
    const removed = before.map(({ Key }) => Key).filter((key) => !tags.some(({ Key }) => Key === key));
    if (added.length > 0) await this.call('AddTags', { ResourceArn: existing.ref, Tags: added });
    if (removed.length > 0) await this.call('DeleteTags', { ResourceArn: existing.ref, TagKeys: removed });
    return existing;
  }

  private async remove({ kind, name: member }: Kind, existing: ExistingResource): Promise<void> {
    const name = String(existing.attributes?.[member]);
    try {
      await this.call(`Delete${kind}`, { [member]: name });
      if (kind === 'Endpoint') while (await this.call('DescribeEndpoint', { EndpointName: name })) await this.simulation.clock.sleep(POLL);
    } catch (error) {
      // Gone already, or gone now.
      if (!(error instanceof AwsError) || !/could not find|does not exist/i.test(error.message)) throw error;
    }
  }

  private async inService(EndpointName: string): Promise<void> {
    for (;;) {
      await this.simulation.clock.sleep(POLL);
      const { EndpointStatus, FailureReason } = await this.call('DescribeEndpoint', { EndpointName });
      if (EndpointStatus === 'InService') return;
      if (['Failed', 'OutOfService', 'UpdateRollbackFailed'].includes(EndpointStatus)) {
        throw new Error(`endpoint ${EndpointName} is ${EndpointStatus}: ${FailureReason ?? ''}`);
      }
    }
  }

  /** With the rights of whoever deploys. */
  private call(operation: string, input: Record<string, unknown>): Promise<any> {
    const { gateway, partition, account } = this.simulation;
    const deployer: Principal = { arn: `arn:${partition}:iam::${account}:root`, root: true };
    return gateway.call(deployer, 'sagemaker', operation, input);
  }
}
