import type { CreateEndpointConfigInput } from '@aws-sdk/client-sagemaker';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { creation, passRole } from './authorizations';
import type { SageMakerContext } from './context';
import { validateEndpointConfig } from './endpoint-config-rules';
import { type EndpointKind, endpointKind } from './endpoint-kind';
import { page } from './listing';
import type { Models } from './models';
import { invalid } from './validation';

export interface EndpointConfig {
  readonly name: string;
  readonly arn: string;
  readonly kind: EndpointKind;
  readonly request: CreateEndpointConfigInput;
  readonly created: number;
  readonly modified: number;
}

/**
 * Endpoint configurations: variants and shadow variants, data capture, serverless and asynchronous settings. They never change; a new version
 * of a model is a new configuration.
 */
export class EndpointConfigs {
  private readonly configs = new Map<string, EndpointConfig>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly models: Models,
  ) {}

  public readonly operations: Record<string, Operation> = {
    CreateEndpointConfig: {
      authorize: (input) => creation('CreateEndpointConfig', this.arn(input.EndpointConfigName), input, ...passRole(input.ExecutionRoleArn)),
      handle: (input) => ({ EndpointConfigArn: this.create(input as CreateEndpointConfigInput).arn }),
    },
    DescribeEndpointConfig: operation('sagemaker:DescribeEndpointConfig', (input) => this.arn(input.EndpointConfigName), (input) => {
      const { request, arn, created } = this.require(input.EndpointConfigName);
      const { Tags: _tags, ...members } = request;
      return { ...members, EndpointConfigArn: arn, CreationTime: new Date(created), EnableNetworkIsolation: members.EnableNetworkIsolation ?? false };
    }),
    DeleteEndpointConfig: operation('sagemaker:DeleteEndpointConfig', (input) => this.arn(input.EndpointConfigName), (input) => {
      const config = this.require(input.EndpointConfigName);
      this.configs.delete(config.name);
      this.context.removeTags(config.arn);
      return {};
    }),
    ListEndpointConfigs: operation('sagemaker:ListEndpointConfigs', '*', (input) => {
      const { items, NextToken } = page(this.configs.values(), input);
      return {
        EndpointConfigs: items.map((config) => ({ EndpointConfigName: config.name, EndpointConfigArn: config.arn, CreationTime: new Date(config.created) })),
        NextToken,
      };
    }),
  };

  public arns(): string[] {
    return [...this.configs.values()].map(({ arn }) => arn);
  }

  public create(request: CreateEndpointConfigInput): EndpointConfig {
    const name = request.EndpointConfigName!;
    validateEndpointConfig(request);
    if (this.configs.has(name)) throw invalid(`Cannot create already existing endpoint configuration "${this.arn(name)}".`);
    const kind = endpointKind(request);
    for (const variant of [...request.ProductionVariants!, ...(request.ShadowProductionVariants ?? [])]) {
      this.models.require(variant.ModelName!);
      if (kind === 'serverless' && this.models.isolated(variant.ModelName!)) {
        throw invalid(`Not supported for serverless endpoints: network isolation or VpcConfig of model ${variant.ModelName}.`);
      }
    }
    if (request.ExecutionRoleArn !== undefined) this.context.requireAssumable(request.ExecutionRoleArn);
    const now = this.context.simulation.clock.now();
    const config = { name, arn: this.arn(name), kind, request, created: now, modified: now };
    this.configs.set(name, config);
    this.context.addTags(config.arn, request.Tags as { Key: string; Value: string }[] | undefined);
    return config;
  }

  public require(name: string): EndpointConfig {
    const config = this.configs.get(name);
    if (!config) throw invalid(`Could not find endpoint configuration "${this.arn(name)}".`);
    return config;
  }

  public arn(name: string): string {
    return this.context.arn(`endpoint-config/${name.toLowerCase()}`);
  }
}
