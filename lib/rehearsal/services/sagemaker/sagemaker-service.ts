import { ImageRegistry } from '../../containers/image-registry';
import type { CreatedResource, ResourceRequest, Simulation } from '../../kernel/simulation';
import { physicalName } from '../../assembly/physical-name';
import { type Operation, OperationTable, operation } from '../operations';
import { SageMakerContext, type ServingSubstitute } from './context';
import { EndpointConfigs } from './endpoint-configs';
import { EndpointInvocation } from './endpoint-invocation';
import { Endpoints } from './endpoints';
import { ModelPackageGroups } from './model-package-groups';
import { ModelPackages } from './model-packages';
import { Models } from './models';
import { TrainingJobs } from './training-jobs';
import { TransformJobs } from './transform-jobs';

/** Effective state of an endpoint, for scenarios and summaries. */
export interface EndpointView {
  readonly name: string;
  readonly status: string;
  /** What serves now, whatever was asked for. */
  readonly endpointConfigName: string;
  readonly modelNames: readonly string[];
  /** Fleets with their share of the traffic, 0 to 1, the serving one first. */
  readonly fleets: readonly { readonly endpointConfigName: string; readonly modelNames: readonly string[]; readonly share: number; readonly instances: number }[];
}

/** Simulated Amazon SageMaker: see docs/rehearsal/sagemaker.md for what is and what is not. */
export class SageMakerService extends OperationTable {
  public readonly id = 'sagemaker';
  public readonly invocation: EndpointInvocation;
  protected readonly operations: Record<string, Operation>;
  private readonly trainingJobs: TrainingJobs;
  private readonly transformJobs: TransformJobs;
  private readonly groups: ModelPackageGroups;
  private readonly models: Models;
  private readonly configs: EndpointConfigs;
  private readonly endpoints: Endpoints;

  public constructor(simulation: Simulation, imageFolders: ReadonlyMap<string, string>, serving?: ServingSubstitute) {
    super();
    const context = new SageMakerContext(simulation, new ImageRegistry(imageFolders), serving);
    const packages: ModelPackages = new ModelPackages(context, (this.groups = new ModelPackageGroups(context, (group) => packages.count(group))));
    this.models = new Models(context, packages);
    this.configs = new EndpointConfigs(context, this.models);
    this.endpoints = new Endpoints(context, this.models, this.configs);
    this.trainingJobs = new TrainingJobs(context);
    this.transformJobs = new TransformJobs(context, this.models);
    this.invocation = new EndpointInvocation(context, this.endpoints);
    this.operations = {
      ...this.trainingJobs.operations,
      ...this.transformJobs.operations,
      ...this.groups.operations,
      ...packages.operations,
      ...this.models.operations,
      ...this.configs.operations,
      ...this.endpoints.operations,
      AddTags: operation('sagemaker:AddTags', (input) => input.ResourceArn, (input) => {
        context.addTags(input.ResourceArn, input.Tags);
        return { Tags: input.Tags };
      }),
      ListTags: operation('sagemaker:ListTags', (input) => input.ResourceArn, (input) => ({
        Tags: Object.entries(context.tagsOf(input.ResourceArn)).map(([Key, Value]) => ({ Key, Value })),
      })),
    };
  }

  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource | Promise<CreatedResource>> = {
    'AWS::SageMaker::ModelPackageGroup': ({ properties }) => {
      const { name, arn } = this.groups.create(properties);
      return { ref: arn, attributes: { ModelPackageGroupArn: arn, ModelPackageGroupName: name } };
    },
    'AWS::SageMaker::Model': async (request) => {
      const { name, arn } = await this.models.create(named(request, 'ModelName') as Parameters<Models['create']>[0]);
      return { ref: arn, attributes: { ModelName: name } };
    },
    'AWS::SageMaker::EndpointConfig': (request) => {
      const { name, arn } = this.configs.create(named(request, 'EndpointConfigName') as Parameters<EndpointConfigs['create']>[0]);
      return { ref: arn, attributes: { EndpointConfigName: name } };
    },
    'AWS::SageMaker::Endpoint': async (request) => {
      const { name, arn } = await this.endpoints.createNow(named(request, 'EndpointName') as Parameters<Endpoints['createNow']>[0]);
      return { ref: arn, attributes: { EndpointName: name } };
    },
  };

  public endpoint(name: string): EndpointView | undefined {
    const endpoint = this.endpoints.find(name);
    if (!endpoint) return undefined;
    const share = endpoint.pending?.share ?? 0;
    const fleets = [{ fleet: endpoint.fleet, share: 1 - share }, ...(endpoint.pending ? [{ fleet: endpoint.pending.fleet, share }] : [])];
    const modelNames = (fleet: typeof endpoint.fleet): string[] => fleet.variants.map((variant) => variant.modelName);
    return {
      name,
      status: endpoint.status,
      endpointConfigName: endpoint.fleet.config.name,
      modelNames: modelNames(endpoint.fleet),
      fleets: fleets.map((each) => ({
        endpointConfigName: each.fleet.config.name,
        modelNames: modelNames(each.fleet),
        share: each.share,
        instances: each.fleet.instances,
      })),
    };
  }

  /** Jobs and endpoint changes that have not come to an end. */
  public runningJobs(): string[] {
    return [
      ...this.trainingJobs.running().map((name) => `training job ${name}`),
      ...this.transformJobs.running().map((name) => `transform job ${name}`),
      ...this.endpoints.all().filter((endpoint) => endpoint.inProgress).map((endpoint) => `endpoint ${endpoint.name} (${endpoint.status})`),
    ];
  }

  public async close(): Promise<void> {
    await this.endpoints.close();
  }
}

/** Properties with the name that CloudFormation would give, in the members of the API (they are the same). */
function named(request: ResourceRequest, member: string): Record<string, any> {
  return { ...request.properties, [member]: request.properties[member] ?? physicalName(request, 63) };
}
