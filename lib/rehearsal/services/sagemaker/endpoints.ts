import type {
  CreateEndpointInput,
  DeploymentConfig,
  ProductionVariant,
  UpdateEndpointInput,
  UpdateEndpointWeightsAndCapacitiesInput,
} from '@aws-sdk/client-sagemaker';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { creation } from './authorizations';
import type { SageMakerContext } from './context';
import { deploymentPlan, validateDeploymentConfig } from './deployment-plan';
import { durations } from './durations';
import { Endpoint } from './endpoint';
import type { EndpointConfigs } from './endpoint-configs';
import { EndpointDeployment } from './endpoint-deployment';
import { Fleet } from './fleet';
import { page } from './listing';
import type { Models } from './models';
import { Constraints, PATTERNS, invalid } from './validation';

/** Real-time endpoints: create, update with guardrails, scale, delete. */
export class Endpoints {
  private readonly endpoints = new Map<string, Endpoint>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly models: Models,
    private readonly configs: EndpointConfigs,
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
          await this.context.simulation.clock.sleep(durations.fleetProvisioning);
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

  public all(): Endpoint[] {
    return [...this.endpoints.values()];
  }

  /** For CloudFormation, which waits: the endpoint is in service when it returns. @throws when it is not */
  public async createNow(request: CreateEndpointInput): Promise<Endpoint> {
    const endpoint = this.create(request);
    await this.bringUp(endpoint);
    if (endpoint.failureReason !== undefined) throw new Error(`endpoint ${endpoint.name}: ${endpoint.failureReason}`);
    return endpoint;
  }

  public async close(): Promise<void> {
    for (const endpoint of this.endpoints.values()) {
      await endpoint.fleet.stop();
      await endpoint.pending?.fleet.stop();
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
  }

  private update(request: UpdateEndpointInput): unknown {
    const endpoint = this.require(request.EndpointName!);
    this.requireIdle(endpoint);
    const config = this.configs.require(request.EndpointConfigName!);
    // The old configuration is what a rollback returns to; SageMaker refuses when it is gone (terraform-provider-aws issue 40048).
    this.configs.require(endpoint.fleet.config.name);
    validateDeploymentConfig(request.DeploymentConfig);
    const deploymentConfig = request.RetainDeploymentConfig ? endpoint.lastDeploymentConfig : request.DeploymentConfig;
    const fleet = new Fleet(this.context, this.models, endpoint.name, config, (variant) => retainedProperties(endpoint, variant, request));
    const plan = deploymentPlan(deploymentConfig, fleet.instances, comparable(endpoint.fleet, fleet, deploymentConfig));
    endpoint.lastDeploymentConfig = deploymentConfig;
    endpoint.failureReason = undefined;
    const now = this.context.simulation.clock.now();
    endpoint.pending = { fleet, started: now, share: 0, activeInstances: 0, variantStatus: { status: 'Creating', message: '', since: now } };
    endpoint.enter('Updating', `is updated from ${endpoint.fleet.config.name} to ${config.name}, ${plan.kind}`);
    const deployment = new EndpointDeployment(this.context, endpoint, fleet, plan);
    this.act(() => deployment.run());
    return { EndpointArn: endpoint.arn };
  }

  private scale(request: UpdateEndpointWeightsAndCapacitiesInput): unknown {
    const endpoint = this.require(request.EndpointName!);
    this.requireIdle(endpoint);
    for (const desired of request.DesiredWeightsAndCapacities!) {
      const variant = endpoint.fleet.variants.find((candidate) => candidate.name === desired.VariantName);
      if (!variant) {
        throw invalid(`The variant name(s) "${desired.VariantName}" is/are not present within endpoint configuration "${endpoint.fleet.config.name}".`);
      }
      new Constraints()
        .range('desiredInstanceCount', desired.DesiredInstanceCount, 1, Number.MAX_SAFE_INTEGER)
        .range('desiredWeight', desired.DesiredWeight, 0, Number.MAX_SAFE_INTEGER)
        .check();
      variant.desiredWeight = desired.DesiredWeight ?? variant.desiredWeight;
      variant.desiredInstanceCount = desired.DesiredInstanceCount ?? variant.desiredInstanceCount;
    }
    endpoint.enter('Updating', 'changes weights and capacities');
    this.act(async () => {
      await this.context.simulation.clock.sleep(durations.capacityChange);
      for (const variant of endpoint.fleet.variants) {
        variant.weight = variant.desiredWeight;
        variant.instanceCount = variant.desiredInstanceCount;
      }
      endpoint.enter('InService', `runs ${endpoint.fleet.instances} instance(s)`);
    });
    return { EndpointArn: endpoint.arn };
  }

  private delete(endpoint: Endpoint): unknown {
    this.requireIdle(endpoint);
    endpoint.enter('Deleting', 'is deleted');
    this.act(async () => {
      await this.context.simulation.clock.sleep(durations.endpointDeletion);
      await endpoint.fleet.stop();
      this.endpoints.delete(endpoint.name);
      this.context.removeTags(endpoint.arn);
    });
    return {};
  }

  private requireIdle(endpoint: Endpoint): void {
    if (endpoint.inProgress) throw invalid(`Cannot update in-progress endpoint "${endpoint.arn}".`);
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

/** Guardrails need the same variant names; rolling deployments need a single variant (deployment-guardrails-exclusions). */
function comparable(old: Fleet, next: Fleet, config: DeploymentConfig | undefined): boolean {
  const names = (fleet: Fleet): string => JSON.stringify(fleet.variants.map((variant) => variant.name).sort());
  return names(old) === names(next) && (config?.RollingUpdatePolicy === undefined || next.variants.length === 1);
}

/** RetainAllVariantProperties keeps what autoscaling and weight changes made of a variant, except what is excluded (API_UpdateEndpoint). */
function retainedProperties(endpoint: Endpoint, variant: ProductionVariant, request: UpdateEndpointInput): { weight?: number; instanceCount?: number } {
  const current = endpoint.fleet.variants.find((candidate) => candidate.name === variant.VariantName);
  if (!request.RetainAllVariantProperties || !current) return {};
  const excluded = new Set((request.ExcludeRetainedVariantProperties ?? []).map((property) => property.VariantPropertyType));
  return {
    weight: excluded.has('DesiredWeight') ? undefined : current.desiredWeight,
    instanceCount: excluded.has('DesiredInstanceCount') ? undefined : current.desiredInstanceCount,
  };
}
