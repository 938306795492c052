import type { DeploymentConfig, EndpointStatus, VariantStatus } from '@aws-sdk/client-sagemaker';
import type { AsyncQueue } from './async-queue';
import type { SageMakerContext } from './context';
import type { Fleet, FleetVariant } from './fleet';

/** The new fleet of an update that is under way. */
export interface PendingDeployment {
  readonly fleet: Fleet;
  readonly started: number;
  /** Share of the traffic that goes to it, 0 to 1. */
  share: number;
  activeInstances: number;
  /** A rolling deployment terminates an instance of the old fleet for each new one. */
  readonly rolling: boolean;
  variantStatus: { readonly status: VariantStatus; readonly message: string; readonly since: number };
}

/** The new fleet of an update whose rollback failed: still in service. */
export interface StrandedFleet {
  readonly fleet: Fleet;
  readonly share: number;
}

/** One endpoint: what serves, what is coming, and how both look from outside. */
export class Endpoint {
  public status: EndpointStatus = 'Creating';
  public failureReason: string | undefined;
  public lastDeploymentConfig: DeploymentConfig | undefined;
  public pending: PendingDeployment | undefined;
  public stranded: StrandedFleet | undefined;
  /** Of an asynchronous endpoint. */
  public queue: AsyncQueue | undefined;
  public modified: number;
  public readonly created: number;

  public constructor(
    private readonly context: SageMakerContext,
    public readonly name: string,
    public readonly arn: string,
    public fleet: Fleet,
  ) {
    this.created = this.modified = context.simulation.clock.now();
  }

  public get inProgress(): boolean {
    return !['InService', 'Failed', 'OutOfService', 'UpdateRollbackFailed'].includes(this.status);
  }

  /** Changes the status and announces it (guide: automating-sagemaker-with-eventbridge, endpoint state change). */
  public enter(status: EndpointStatus, message: string): void {
    this.status = status;
    this.modified = this.context.simulation.clock.now();
    this.context.note('endpoint', this.name, message, status, { endpointConfigName: this.fleet.config.name, share: this.pending?.share ?? 0 });
    this.context.publish('SageMaker Endpoint State Change', this.arn, this.detail());
  }

  /** A stage of the deployment (same page, endpoint deployment state change). */
  public stage(status: VariantStatus, message: string): void {
    const pending = this.pending!;
    pending.variantStatus = { status, message, since: this.context.simulation.clock.now() };
    const endpointConfigName = pending.fleet.config.name;
    this.context.note('endpoint', this.name, `${endpointConfigName}: ${message}`, status, { endpointConfigName, share: pending.share });
    this.context.publish('SageMaker Endpoint Deployment State Change', this.arn, {
      ...this.detail(),
      PendingDeploymentSummary: {
        EndpointConfigName: pending.fleet.config.name,
        StartTime: pending.started,
        ...this.pendingVariants(pending, (time) => time),
      },
    });
  }

  public describe(): Record<string, unknown> {
    const capture = this.fleet.config.request.DataCaptureConfig;
    const date = (time: number): Date => new Date(time);
    return {
      EndpointName: this.name,
      EndpointArn: this.arn,
      EndpointConfigName: this.fleet.config.name,
      ...(this.status === 'Creating'
        ? {}
        : {
            ProductionVariants: this.fleet.variants.map((variant) => this.described(variant)),
            ...(this.fleet.shadow ? { ShadowProductionVariants: [this.described(this.fleet.shadow)] } : {}),
          }),
      ...(this.fleet.config.request.AsyncInferenceConfig ? { AsyncInferenceConfig: this.fleet.config.request.AsyncInferenceConfig } : {}),
      ...(capture === undefined
        ? {}
        : {
            DataCaptureConfig: {
              EnableCapture: capture.EnableCapture ?? true,
              CaptureStatus: capture.EnableCapture !== false && this.status !== 'Creating' ? 'Started' : 'Stopped',
              CurrentSamplingPercentage: capture.InitialSamplingPercentage,
              DestinationS3Uri: capture.DestinationS3Uri,
              KmsKeyId: capture.KmsKeyId ?? '',
            },
          }),
      EndpointStatus: this.status,
      FailureReason: this.failureReason,
      CreationTime: date(this.created),
      LastModifiedTime: date(this.modified),
      LastDeploymentConfig: this.lastDeploymentConfig,
      ...(this.pending === undefined
        ? {}
        : {
            PendingDeploymentSummary: {
              EndpointConfigName: this.pending.fleet.config.name,
              StartTime: date(this.pending.started),
              ...this.pendingVariants(this.pending, date),
            },
          }),
    };
  }

  private detail(): Record<string, unknown> {
    return {
      EndpointName: this.name,
      EndpointArn: this.arn,
      EndpointConfigName: this.fleet.config.name,
      ProductionVariants: this.fleet.variants.map((variant) => this.summary(variant)),
      ...(this.fleet.shadow ? { ShadowProductionVariants: [this.summary(this.fleet.shadow)] } : {}),
      EndpointStatus: this.status.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
      ...(this.failureReason === undefined ? {} : { FailureReason: this.failureReason }),
      CreationTime: this.created,
      LastModifiedTime: this.modified,
      Tags: this.context.tagsOf(this.arn),
    };
  }

  private pendingVariants<T>(pending: PendingDeployment, time: (milliseconds: number) => T): Record<string, unknown> {
    const { fleet, activeInstances, variantStatus } = pending;
    const active = fleet.instances === 0 ? pending.share : activeInstances / fleet.instances;
    const describe = (variant: FleetVariant): Record<string, unknown> => ({
      VariantName: variant.name,
      ...(variant.image === undefined ? {} : { DeployedImages: this.deployedImages(variant) }),
      CurrentWeight: pending.share > 0 ? variant.weight : 0,
      DesiredWeight: variant.desiredWeight,
      ...(variant.serverless
        ? { CurrentServerlessConfig: variant.serverless.current, DesiredServerlessConfig: variant.serverless.desired }
        : {
            CurrentInstanceCount: Math.round(variant.desiredInstanceCount * active),
            DesiredInstanceCount: variant.desiredInstanceCount,
            InstanceType: variant.instanceType,
          }),
      VariantStatus: [{ Status: variantStatus.status, StatusMessage: variantStatus.message, StartTime: time(variantStatus.since) }],
    });
    return { ProductionVariants: fleet.variants.map(describe), ...(fleet.shadow ? { ShadowProductionVariants: [describe(fleet.shadow)] } : {}) };
  }

  private described(variant: FleetVariant): Record<string, unknown> {
    return { ...this.summary(variant), DeployedImages: this.deployedImages(variant) };
  }

  private summary(variant: FleetVariant): Record<string, unknown> {
    const weights = { VariantName: variant.name, CurrentWeight: variant.weight, DesiredWeight: variant.desiredWeight };
    if (variant.serverless) return { ...weights, CurrentServerlessConfig: variant.serverless.current, DesiredServerlessConfig: variant.serverless.desired };
    const kept = this.pending?.rolling && this.pending.fleet.instances > 0 ? 1 - this.pending.activeInstances / this.pending.fleet.instances : 1;
    return { ...weights, CurrentInstanceCount: Math.round(variant.instanceCount * kept), DesiredInstanceCount: variant.desiredInstanceCount };
  }

  private deployedImages(variant: FleetVariant): Record<string, unknown>[] {
    if (!variant.image) return [];
    return [{ SpecifiedImage: variant.image.specifiedUri, ResolvedImage: variant.image.resolvedUri, ResolutionTime: new Date(variant.resolved!) }];
  }
}
