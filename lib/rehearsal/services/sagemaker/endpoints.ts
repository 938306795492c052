import type {
  CreateEndpointInput,
  DesiredWeightAndCapacity,
  ProductionVariant,
  UpdateEndpointInput,
  UpdateEndpointWeightsAndCapacitiesInput,
} from '@aws-sdk/client-sagemaker';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { AwsError } from '../../kernel/aws-error';
import { AsyncQueue } from './async-queue';
import { creation } from './authorizations';
import { applyDesired } from './capacity-changes';
import type { ContainerCalls } from './container-calls';
import type { SageMakerContext } from './context';
import { deploymentPlan, validateDeploymentConfig } from './deployment-plan';
import { durations } from './durations';
import { Endpoint } from './endpoint';
import type { EndpointConfigs } from './endpoint-configs';
import { EndpointDeployment } from './endpoint-deployment';
import { Fleet } from './fleet';
import { guardrailExclusion } from './guardrail-exclusions';
import { page } from './listing';
import type { Models } from './models';
import { Constraints, PATTERNS, invalid } from './validation';

/** Endpoints of all kinds: create, update with guardrails, scale, delete. */
export class Endpoints {
  private readonly endpoints = new Map<string, Endpoint>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly models: Models,
    private readonly configs: EndpointConfigs,
    private readonly calls: ContainerCalls,
  ) {}

  public readonly operations: Record<string, Operation> = {
    CreateEndpoint: {
      authorize: (input) => {
        const config = { action: 'sagemaker:CreateEndpoint', resource: this.configs.arn(input.EndpointConfigName) };
        return creation('CreateEndpoint', this.arn(input.EndpointName), input, config);
      },
      handle: (input) => {
        const endpoint = this.create(input as CreateEndpointInput);
        this.act(async () => {
          const { kind } = endpoint.fleet.config;
          await this.context.simulation.clock.sleep(kind === 'serverless' ? durations.serverlessProvisioning : durations.fleetProvisioning);
          await this.bringUp(endpoint);
        });
        return { EndpointArn: endpoint.arn };
      },
    },
    UpdateEndpoint: {
      authorize: (input) => [
        { action: 'sagemaker:UpdateEndpoint', resource: this.arn(input.EndpointName) },
        { action: 'sagemaker:UpdateEndpoint', resource: this.configs.arn(input.EndpointConfigName) },
      ],
      handle: (input) => this.update(input as UpdateEndpointInput),
    },
    UpdateEndpointWeightsAndCapacities: operation('sagemaker:UpdateEndpointWeightsAndCapacities', (input) => this.arn(input.EndpointName), (input) =>
      this.scale(input as UpdateEndpointWeightsAndCapacitiesInput),
    ),
    DescribeEndpoint: operation('sagemaker:DescribeEndpoint', (input) => this.arn(input.EndpointName), (input) => this.require(input.EndpointName).describe()),
    DeleteEndpoint: operation('sagemaker:DeleteEndpoint', (input) => this.arn(input.EndpointName), (input) => this.delete(this.require(input.EndpointName))),
    ListEndpoints: operation('sagemaker:ListEndpoints', '*', (input) => {
      const { items, NextToken } = page(this.endpoints.values(), input);
      return {
        Endpoints: items.map((endpoint) => ({
          EndpointName: endpoint.name,
          EndpointArn: endpoint.arn,
          CreationTime: new Date(endpoint.created),
          LastModifiedTime: new Date(endpoint.modified),
          EndpointStatus: endpoint.status,
        })),
        NextToken,
      };
    }),
  };

  public find(name: string): Endpoint | undefined {
    return this.endpoints.get(name);
  }

  /** @throws ValidationError, which is what the runtime answers, when nothing serves under that name */
  public invocable(name: string): Endpoint {
    const endpoint = this.endpoints.get(name);
    if (endpoint && endpoint.status !== 'Creating' && endpoint.status !== 'Failed') return endpoint;
    throw new AwsError('ValidationError', `Endpoint ${name} of account ${this.context.simulation.account} not found.`);
  }

  public all(): Endpoint[] {
    return [...this.endpoints.values()];
  }

  public async close(): Promise<void> {
    for (const endpoint of this.endpoints.values()) {
      endpoint.queue?.stop();
      await endpoint.fleet.stop();
      await endpoint.pending?.fleet.stop();
      await endpoint.stranded?.fleet.stop();
    }
  }

  private create(request: CreateEndpointInput): Endpoint {
    const name = request.EndpointName!;
    new Constraints().pattern('endpointName', name, PATTERNS.name).pattern('endpointConfigName', request.EndpointConfigName, PATTERNS.name).check();
    if (this.endpoints.has(name)) throw invalid(`Cannot create already existing endpoint "${this.arn(name)}".`);
    const config = this.configs.require(request.EndpointConfigName!);
    validateDeploymentConfig(request.DeploymentConfig);
    const endpoint = new Endpoint(this.context, name, this.arn(name), new Fleet(this.context, this.models, name, config));
    endpoint.lastDeploymentConfig = request.DeploymentConfig;
    this.endpoints.set(name, endpoint);
    this.context.addTags(endpoint.arn, request.Tags as { Key: string; Value: string }[] | undefined);
    endpoint.enter('Creating', `is created with ${config.name}`);
    return endpoint;
  }

  private async bringUp(endpoint: Endpoint): Promise<void> {
    const failure = await endpoint.fleet.start();
    endpoint.failureReason = failure?.reason;
    if (failure) endpoint.enter('Failed', `failed: ${failure.reason}`);
    else endpoint.enter('InService', `serves ${endpoint.fleet.config.name}`);
    if (!failure) this.openQueue(endpoint);
  }

  private openQueue(endpoint: Endpoint): void {
    if (endpoint.fleet.config.kind === 'asynchronous') endpoint.queue ??= new AsyncQueue(this.context, endpoint, this.calls);
    endpoint.queue?.pump();
  }

  private update(request: UpdateEndpointInput): unknown {
    const endpoint = this.require(request.EndpointName!);
    this.requireIdle(endpoint);
    this.requireNotFailed(endpoint);
    const config = this.configs.require(request.EndpointConfigName!);
    // "If you try to update your real-time endpoint to serverless, you receive a ValidationError message" (guide: serverless-endpoints).
    if (config.kind === 'serverless' && endpoint.fleet.config.kind !== 'serverless') {
      throw invalid(`Cannot update endpoint "${endpoint.arn}": an endpoint on instances cannot become serverless.`);
    }
    // The old configuration is what a rollback returns to; SageMaker refuses when it is gone (terraform-provider-aws issue 40048).
    this.configs.require(endpoint.fleet.config.name);
    validateDeploymentConfig(request.DeploymentConfig);
    const deploymentConfig = request.RetainDeploymentConfig ? endpoint.lastDeploymentConfig : request.DeploymentConfig;
    const fleet = new Fleet(this.context, this.models, endpoint.name, config, (variant) => retainedProperties(endpoint, variant, request));
    const exclusion = guardrailExclusion(endpoint.fleet, fleet, deploymentConfig);
    const plan = deploymentPlan(deploymentConfig, fleet.instances, exclusion === undefined);
    endpoint.lastDeploymentConfig = deploymentConfig;
    endpoint.failureReason = undefined;
    const now = this.context.simulation.clock.now();
    const variantStatus = { status: 'Creating' as const, message: '', since: now };
    endpoint.pending = { fleet, started: now, share: 0, activeInstances: 0, rolling: plan.kind === 'rolling', variantStatus };
    endpoint.enter('Updating', `is updated from ${endpoint.fleet.config.name} to ${config.name}, ${plan.kind}`);
    if (exclusion !== undefined && deploymentConfig) {
      this.context.note('endpoint', endpoint.name, `is updated without guardrails: ${exclusion}`, endpoint.status);
    }
    const deployment = new EndpointDeployment(this.context, endpoint, fleet, plan);
    this.act(async () => {
      await deployment.run();
      this.openQueue(endpoint);
    });
    return { EndpointArn: endpoint.arn };
  }

  private scale(request: UpdateEndpointWeightsAndCapacitiesInput): unknown {
    const endpoint = this.require(request.EndpointName!);
    this.requireIdle(endpoint);
    this.requireNotFailed(endpoint);
    applyDesired(endpoint.fleet, request.DesiredWeightsAndCapacities as DesiredWeightAndCapacity[]);
    const { status } = endpoint;
    endpoint.enter('Updating', 'changes weights and capacities');
    this.act(async () => {
      await this.context.simulation.clock.sleep(durations.capacityChange);
      for (const variant of endpoint.fleet.all) {
        variant.weight = variant.desiredWeight;
        variant.instanceCount = variant.desiredInstanceCount;
        variant.serverless?.settle();
      }
      endpoint.enter(status, endpoint.fleet.config.kind === 'serverless' ? 'has its new concurrency' : `runs ${endpoint.fleet.instances} instance(s)`);
      endpoint.queue?.pump();
    });
    return { EndpointArn: endpoint.arn };
  }

  private delete(endpoint: Endpoint): unknown {
    this.requireIdle(endpoint);
    endpoint.enter('Deleting', 'is deleted');
    this.act(async () => {
      await this.context.simulation.clock.sleep(durations.endpointDeletion);
      endpoint.queue?.stop();
      await endpoint.fleet.stop();
      await endpoint.stranded?.fleet.stop();
      this.endpoints.delete(endpoint.name);
      this.context.removeTags(endpoint.arn);
    });
    return {};
  }

  private requireIdle(endpoint: Endpoint): void {
    if (endpoint.inProgress) throw invalid(`Cannot update in-progress endpoint "${endpoint.arn}".`);
  }

  /** "DeleteEndpoint is the only operation that can be performed on a failed endpoint" (API_DescribeEndpoint). */
  private requireNotFailed(endpoint: Endpoint): void {
    if (endpoint.status === 'Failed') throw invalid(`Cannot update endpoint "${endpoint.arn}" in status Failed: it can only be deleted.`);
  }

  private require(name: string): Endpoint {
    const endpoint = this.endpoints.get(name);
    if (!endpoint) throw invalid(`Could not find endpoint "${this.arn(name)}".`);
    return endpoint;
  }

  private arn(name: string): string {
    return this.context.arn(`endpoint/${name.toLowerCase()}`);
  }

  /** As an action of its own: an error in it ends the rehearsal instead of getting lost. */
  private act(action: () => Promise<void>): void {
    this.context.simulation.clock.at(this.context.simulation.clock.now(), action);
  }
}

/** RetainAllVariantProperties keeps what autoscaling and weight changes made of a variant, except what is excluded (API_UpdateEndpoint). */
function retainedProperties(endpoint: Endpoint, variant: ProductionVariant, request: UpdateEndpointInput): { weight?: number; instanceCount?: number } {
  const current = endpoint.fleet.all.find((candidate) => candidate.name === variant.VariantName);
  if (!request.RetainAllVariantProperties || !current) return {};
  const excluded = new Set((request.ExcludeRetainedVariantProperties ?? []).map((property) => property.VariantPropertyType));
  return {
    weight: excluded.has('DesiredWeight') ? undefined : current.desiredWeight,
    instanceCount: excluded.has('DesiredInstanceCount') ? undefined : current.desiredInstanceCount,
  };
}
