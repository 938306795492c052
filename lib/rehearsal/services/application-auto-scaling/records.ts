/** A registered target, in the members of the API. */
export interface ScalableTarget {
  readonly ServiceNamespace: string;
  readonly ResourceId: string;
  readonly ScalableDimension: string;
  readonly MinCapacity: number;
  readonly MaxCapacity: number;
  readonly RoleARN: string;
  readonly CreationTime: Date;
  readonly SuspendedState: {
    readonly DynamicScalingInSuspended: boolean;
    readonly DynamicScalingOutSuspended: boolean;
    readonly ScheduledScalingSuspended: boolean;
  };
  readonly ScalableTargetARN: string;
}

export interface ScalingPolicy {
  readonly PolicyARN: string;
  readonly PolicyName: string;
  readonly ServiceNamespace: string;
  readonly ResourceId: string;
  readonly ScalableDimension: string;
  readonly PolicyType: string;
  readonly CreationTime: Date;
  readonly TargetTrackingScalingPolicyConfiguration?: Record<string, any>;
  readonly StepScalingPolicyConfiguration?: Record<string, any>;
}

export interface ScalingActivity {
  readonly ActivityId: string;
  readonly ServiceNamespace: string;
  readonly ResourceId: string;
  readonly ScalableDimension: string;
  readonly Description: string;
  readonly Cause: string;
  readonly StartTime: Date;
  EndTime?: Date;
  StatusCode: 'InProgress' | 'Successful' | 'Unfulfilled' | 'Failed';
  StatusMessage: string;
}

/** What a target is known by. */
export function targetKey(input: Record<string, any>): string {
  return `${input.ServiceNamespace}|${input.ResourceId}|${input.ScalableDimension}`;
}
