import type { ProductionVariant } from '@aws-sdk/client-sagemaker';
import type { LocalImage } from '../../containers/image-registry';
import { type ServingContainer, ServingProcess } from '../../containers/serving-process';
import { AwsError } from '../../kernel/aws-error';
import type { SageMakerContext } from './context';
import { DataCapture } from './data-capture';
import type { EndpointConfig } from './endpoint-configs';
import { VariantMetrics } from './endpoint-metrics';
import type { Models, ServableModel } from './models';
import { ServerlessCapacity } from './serverless-capacity';
import { clientError } from './training-run';

export interface FleetVariant {
  readonly name: string;
  readonly modelName: string;
  readonly instanceType: string | undefined;
  weight: number;
  desiredWeight: number;
  instanceCount: number;
  desiredInstanceCount: number;
  readonly metrics: VariantMetrics;
  readonly capture: DataCapture | undefined;
  /** Instead of instances. */
  readonly serverless: ServerlessCapacity | undefined;
  image?: LocalImage;
  resolved?: number;
  server?: ServingContainer;
}

export interface StartFailure {
  readonly reason: string;
  /** The container ran but was not healthy: SageMaker waits for it before it gives up. */
  readonly unhealthy: boolean;
}

/**
 * The instances that serve one endpoint configuration. All instances of a variant run the same program on the same model, so the
 * rehearsal runs one process for all of them.
 */
export class Fleet {
  /** Production variants. */
  public readonly variants: readonly FleetVariant[];
  /** Answers copies of requests; nobody gets its answers. */
  public readonly shadow: FleetVariant | undefined;
  /** Acts for the fleet: reads model data, looks at alarms, writes captured data. */
  public readonly roleArn: string;

  public constructor(
    private readonly context: SageMakerContext,
    private readonly models: Models,
    public readonly endpointName: string,
    public readonly config: EndpointConfig,
    retained: (variant: ProductionVariant) => { weight?: number; instanceCount?: number } = () => ({}),
  ) {
    const { ProductionVariants: production, ShadowProductionVariants: shadows, ExecutionRoleArn: role } = config.request;
    this.roleArn = role ?? models.roleOf(production![0]!.ModelName!);
    this.variants = production!.map((variant) => this.variant(variant, retained(variant)));
    this.shadow = shadows?.[0] && this.variant(shadows[0], retained(shadows[0]));
  }

  /** Production variants and the shadow. */
  public get all(): readonly FleetVariant[] {
    return this.shadow ? [...this.variants, this.shadow] : this.variants;
  }

  /** Of the production variants: their traffic is what an update shifts. */
  public get instances(): number {
    return this.variants.reduce((sum, variant) => sum + variant.desiredInstanceCount, 0);
  }

  /** Starts a container per variant. @returns why the fleet does not come up, if it does not */
  public async start(): Promise<StartFailure | undefined> {
    for (const variant of this.all) {
      const failure = await this.startVariant(variant);
      if (failure) {
        await this.stop();
        return failure;
      }
    }
    return undefined;
  }

  public async stop(): Promise<void> {
    for (const variant of this.all) {
      await variant.server?.stop();
      variant.server = undefined;
    }
  }

  private variant(variant: ProductionVariant, kept: { weight?: number; instanceCount?: number }): FleetVariant {
    const { config, context, endpointName } = this;
    const capture = config.request.DataCaptureConfig;
    const name = variant.VariantName!;
    const weight = kept.weight ?? variant.InitialVariantWeight ?? 1;
    const instanceCount = kept.instanceCount ?? variant.InitialInstanceCount ?? 0;
    const metrics = new VariantMetrics(context, config.kind, endpointName, name, config.name);
    return {
      name,
      modelName: variant.ModelName!,
      instanceType: variant.InstanceType,
      weight,
      desiredWeight: weight,
      instanceCount,
      desiredInstanceCount: instanceCount,
      metrics,
      capture: capture && capture.EnableCapture !== false ? new DataCapture(context, endpointName, name, capture, this.roleArn) : undefined,
      serverless: variant.ServerlessConfig && new ServerlessCapacity(context, endpointName, variant.ServerlessConfig, metrics),
    };
  }

  private async startVariant(variant: FleetVariant): Promise<StartFailure | undefined> {
    const unhealthy = {
      reason: `The primary container for production variant ${variant.name} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`,
      unhealthy: true,
    };
    let model: ServableModel | undefined;
    try {
      model = this.models.servable(variant.modelName);
    } catch (error) {
      if (error instanceof AwsError) return { reason: error.message, unhealthy: false };
      throw error;
    }
    if (!model) {
      return { reason: `The image of model ${variant.modelName} cannot be pulled. Either it does not exist or its permissions are incorrect.`, unhealthy: false };
    }
    let modelArchive: Uint8Array | undefined;
    try {
      modelArchive = model.modelDataUrl === undefined ? undefined : await this.context.storage(model.roleArn).read(model.modelDataUrl);
    } catch (error) {
      clientError(error);
      return {
        reason:
          `Failed to download model data for container "container_1" from URL: "${model.modelDataUrl}". Please ensure that there is an object located at ` +
          'the URL and that the role passed to CreateModel has permissions to download the object.',
        unhealthy: false,
      };
    }
    variant.image = model.image;
    variant.resolved = this.context.simulation.clock.now();
    if (this.context.simulation.faults.container(variant.resolved, variant.modelName, variant.name)?.neverHealthy) return unhealthy;
    const substitute = this.context.serving?.(variant.modelName);
    const server = substitute ?? new ServingProcess({
      imageFolder: model.image.folder,
      baseFolder: this.context.folder(`${this.endpointName}-${variant.name}`),
      environment: model.environment,
      modelArchive,
    });
    try {
      await server.start();
    } catch (error) {
      this.context.note('note', this.endpointName, `variant ${variant.name}: ${(error as Error).message}`);
      return unhealthy;
    }
    variant.server = server;
    return undefined;
  }
}
