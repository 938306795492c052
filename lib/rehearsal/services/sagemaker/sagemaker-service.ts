import { ImageRegistry } from '../../containers/image-registry';
import type { CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';
import { type Operation, OperationTable, operation } from '../operations';
import { AsyncInvocation } from './async-invocation';
import { ContainerCalls } from './container-calls';
import { SageMakerContext, type ServingSubstitute } from './context';
import { EndpointConfigs } from './endpoint-configs';
import { EndpointInvocation } from './endpoint-invocation';
import type { EndpointKind } from './endpoint-kind';
import { Endpoints } from './endpoints';
import type { Fleet } from './fleet';
import { ModelPackageGroups } from './model-package-groups';
import { ModelPackages } from './model-packages';
import { Models } from './models';
import { SageMakerResources } from './resources';
import { TrainingJobs } from './training-jobs';
import { TransformJobs } from './transform-jobs';

/** Effective state of an endpoint, for scenarios and summaries. */
export interface EndpointView {
  readonly name: string;
  readonly kind: EndpointKind;
  readonly status: string;
  /** What serves now, whatever was asked for. */
  readonly endpointConfigName: string;
  readonly modelNames: readonly string[];
  /** Fleets with their share of the traffic, 0 to 1, the serving one first. */
  readonly fleets: readonly FleetView[];
}

export interface FleetView {
  readonly endpointConfigName: string;
  /** Of the production variants. */
  readonly modelNames: readonly string[];
  readonly share: number;
  readonly instances: number;
  /** Shadow included. */
  readonly variants: readonly { readonly name: string; readonly modelName: string; readonly weight: number; readonly instances: number; readonly shadow: boolean }[];
}

/** Simulated Amazon SageMaker: see docs/rehearsal/sagemaker.md for what is and what is not. */
export class SageMakerService extends OperationTable {
  public readonly id = 'sagemaker';
  public readonly invocation: EndpointInvocation;
  public readonly asyncInvocation: AsyncInvocation;
  public readonly resources: Record<string, (request: ResourceRequest) => Promise<CreatedResource>>;
  public override readonly lifecycles: Record<string, ResourceLifecycle>;
  protected readonly operations: Record<string, Operation>;
  private readonly trainingJobs: TrainingJobs;
  private readonly transformJobs: TransformJobs;
  private readonly groups: ModelPackageGroups;
  private readonly models: Models;
  private readonly configs: EndpointConfigs;
  private readonly endpoints: Endpoints;

  public constructor(simulation: Simulation, imageFolders: ReadonlyMap<string, string>, serving?: ServingSubstitute) {
    super();
    ({ resources: this.resources, lifecycles: this.lifecycles } = new SageMakerResources(simulation));
    const context = new SageMakerContext(simulation, new ImageRegistry(imageFolders), serving);
    const packages: ModelPackages = new ModelPackages(context, (this.groups = new ModelPackageGroups(context, (group) => packages.count(group))));
    this.models = new Models(context, packages);
    this.configs = new EndpointConfigs(context, this.models);
    const calls = new ContainerCalls(context);
    this.endpoints = new Endpoints(context, this.models, this.configs, calls);
    this.trainingJobs = new TrainingJobs(context);
    this.transformJobs = new TransformJobs(context, this.models);
    this.invocation = new EndpointInvocation(context, this.endpoints, calls);
    this.asyncInvocation = new AsyncInvocation(context, this.endpoints);
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

  /** Model packages are counted with their group. */
  public override inventory(): string[] {
    return [...this.groups.arns(), ...this.models.arns(), ...this.configs.arns(), ...this.endpoints.all().map(({ arn }) => arn)];
  }

  public endpoint(name: string): EndpointView | undefined {
    const endpoint = this.endpoints.find(name);
    if (!endpoint) return undefined;
    const { fleet, pending, stranded } = endpoint;
    const share = pending?.share ?? 0;
    const strandedShare = (1 - share) * (stranded?.share ?? 0);
    const main = fleetView(fleet, 1 - share - strandedShare);
    return {
      name,
      kind: fleet.config.kind,
      status: endpoint.status,
      endpointConfigName: fleet.config.name,
      modelNames: main.modelNames,
      fleets: [main, ...(stranded ? [fleetView(stranded.fleet, strandedShare)] : []), ...(pending ? [fleetView(pending.fleet, share)] : [])],
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

function fleetView(fleet: Fleet, share: number): FleetView {
  return {
    endpointConfigName: fleet.config.name,
    modelNames: fleet.variants.map((variant) => variant.modelName),
    share,
    instances: fleet.instances,
    variants: fleet.all.map((variant) => ({
      name: variant.name,
      modelName: variant.modelName,
      weight: variant.weight,
      instances: variant.instanceCount,
      shadow: variant === fleet.shadow,
    })),
  };
}
