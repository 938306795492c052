import type { CreateEndpointConfigInput } from '@aws-sdk/client-sagemaker';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { creation, passRole } from './authorizations';
import type { SageMakerContext } from './context';
import { page } from './listing';
import type { Models } from './models';
import { Constraints, PATTERNS, invalid } from './validation';

export interface EndpointConfig {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateEndpointConfigInput;
  readonly created: number;
  readonly modified: number;
}

/** Endpoint configurations: variants, data capture. They never change; a new version of a model is a new configuration. */
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

  public create(request: CreateEndpointConfigInput): EndpointConfig {
    const name = request.EndpointConfigName!;
    this.validate(request);
    if (this.configs.has(name)) throw invalid(`Cannot create already existing endpoint configuration "${this.arn(name)}".`);
    for (const variant of request.ProductionVariants!) this.models.require(variant.ModelName!);
    if (request.ExecutionRoleArn !== undefined) this.context.requireAssumable(request.ExecutionRoleArn);
    const now = this.context.simulation.clock.now();
    const config = { name, arn: this.arn(name), request, created: now, modified: now };
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

  private validate(request: CreateEndpointConfigInput): void {
    const variants = request.ProductionVariants ?? [];
    const constraints = new Constraints()
      .pattern('endpointConfigName', request.EndpointConfigName, PATTERNS.name)
      .length('productionVariants', variants, 1, 10);
    variants.forEach((variant, index) => {
      const path = `productionVariants.${index + 1}.member`;
      constraints
        .pattern(`${path}.variantName`, variant.VariantName, PATTERNS.name)
        .required(`${path}.modelName`, variant.ModelName)
        .range(`${path}.initialInstanceCount`, variant.InitialInstanceCount, 1, Number.MAX_SAFE_INTEGER)
        .range(`${path}.initialVariantWeight`, variant.InitialVariantWeight, 0, Number.MAX_SAFE_INTEGER)
        .range(`${path}.containerStartupHealthCheckTimeoutInSeconds`, variant.ContainerStartupHealthCheckTimeoutInSeconds, 60, 3600);
    });
    const capture = request.DataCaptureConfig;
    if (capture) {
      constraints
        .range('dataCaptureConfig.initialSamplingPercentage', capture.InitialSamplingPercentage, 0, 100)
        .length('dataCaptureConfig.destinationS3Uri', capture.DestinationS3Uri, 0, 512)
        .pattern('dataCaptureConfig.destinationS3Uri', capture.DestinationS3Uri, PATTERNS.s3Uri)
        .length('dataCaptureConfig.captureOptions', capture.CaptureOptions, 1, 32)
        .length('dataCaptureConfig.captureContentTypeHeader.csvContentTypes', capture.CaptureContentTypeHeader?.CsvContentTypes, 1, 10)
        .length('dataCaptureConfig.captureContentTypeHeader.jsonContentTypes', capture.CaptureContentTypeHeader?.JsonContentTypes, 1, 10);
    }
    constraints.check();
    const names = variants.map((variant) => variant.VariantName);
    if (new Set(names).size !== names.length) throw invalid(`Duplicate variant names: ${names.join(', ')}`);
    if (variants.some((variant) => variant.ServerlessConfig) || request.AsyncInferenceConfig || request.ShadowProductionVariants?.length) {
      throw invalid('The rehearsal simulates real-time variants on instances: no serverless, asynchronous or shadow variants.');
    }
  }
}
