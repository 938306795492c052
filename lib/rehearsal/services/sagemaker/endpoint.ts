import type { DeploymentConfig, EndpointStatus, VariantStatus } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from './context';
import type { Fleet, FleetVariant } from './fleet';

/** The new fleet of an update that is under way. */
export interface PendingDeployment {
  readonly fleet: Fleet;
  readonly started: number;
  /** Share of the traffic that goes to it, 0 to 1. */
  share: number;
  activeInstances: number;
  variantStatus: { readonly status: VariantStatus; readonly message: string; readonly since: number };
}

/** One endpoint: what serves, what is coming, and how both look from outside. */
export class Endpoint {
  public status: EndpointStatus = 'Creating';
  public failureReason: string | undefined;
  public lastDeploymentConfig: DeploymentConfig | undefined;
  public pending: PendingDeployment | undefined;
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
    return this.status !== 'InService' && this.status !== 'Failed' && this.status !== 'OutOfService';
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
        ProductionVariants: this.pendingVariants(pending, (time) => time),
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
        : { ProductionVariants: this.fleet.variants.map((variant) => ({ ...summary(variant), DeployedImages: this.deployedImages(variant) })) }),
      ...(capture === undefined
        ? {}
        : {
            DataCaptureConfig: {
              EnableCapture: capture.EnableCapture ?? false,
              CaptureStatus: capture.EnableCapture && this.status !== 'Creating' ? 'Started' : 'Stopped',
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
              ProductionVariants: this.pendingVariants(this.pending, date),
            },
          }),
    };
  }

  private detail(): Record<string, unknown> {
    return {
      EndpointName: this.name,
      EndpointArn: this.arn,
      EndpointConfigName: this.fleet.config.name,
      ProductionVariants: this.fleet.variants.map(summary),
      EndpointStatus: this.status.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
      ...(this.failureReason === undefined ? {} : { FailureReason: this.failureReason }),
      CreationTime: this.created,
      LastModifiedTime: this.modified,
      Tags: this.context.tagsOf(this.arn),
    };
  }

  private pendingVariants<T>(pending: PendingDeployment, time: (milliseconds: number) => T): Record<string, unknown>[] {
    return pending.fleet.variants.map((variant) => ({
      VariantName: variant.name,
      ...(variant.image === undefined ? {} : { DeployedImages: this.deployedImages(variant) }),
      CurrentWeight: pending.activeInstances > 0 ? variant.weight : 0,
      DesiredWeight: variant.desiredWeight,
      CurrentInstanceCount: Math.round(variant.desiredInstanceCount * (pending.activeInstances / pending.fleet.instances)),
      DesiredInstanceCount: variant.desiredInstanceCount,
      InstanceType: variant.instanceType,
      VariantStatus: [{ Status: pending.variantStatus.status, StatusMessage: pending.variantStatus.message, StartTime: time(pending.variantStatus.since) }],
    }));
  }

  private deployedImages(variant: FleetVariant): Record<string, unknown>[] {
    if (!variant.image) return [];
    return [{ SpecifiedImage: variant.image.specifiedUri, ResolvedImage: variant.image.resolvedUri, ResolutionTime: new Date(variant.resolved!) }];
  }
}

function summary(variant: FleetVariant): Record<string, unknown> {
  return {
    VariantName: variant.name,
    CurrentWeight: variant.weight,
    DesiredWeight: variant.desiredWeight,
    CurrentInstanceCount: variant.instanceCount,
    DesiredInstanceCount: variant.desiredInstanceCount,
  };
}
