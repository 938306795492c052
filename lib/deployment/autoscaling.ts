import { Duration } from 'aws-cdk-lib';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { ScalingSettings } from './deployment.contract';

export interface InvocationsPerInstanceOptions {
  /**
   * Fewest instances.
   *
   * @default - the instance count of the endpoint
   */
  readonly minimum?: number;

  /**
   * Most instances.
   *
   * @default - twice the instance count of the endpoint
   */
  readonly maximum?: number;

  /**
   * Invocations per minute that one instance should serve on average. Measure it with a load test: the default is a guess.
   *
   * @default 1000
   */
  readonly target?: number;

  /**
   * Time after a scale-in before the next one.
   *
   * @default Duration.minutes(5)
   */
  readonly scaleInCooldown?: Duration;

  /**
   * Time after a scale-out before the next one.
   *
   * @default Duration.minutes(5)
   */
  readonly scaleOutCooldown?: Duration;
}

/** How the endpoint follows its traffic. Capacity is kept through deployments and held still while fleets are compared. */
export abstract class Autoscaling {
  /** Target tracking of `SageMakerVariantInvocationsPerInstance`. */
  public static invocationsPerInstance(options: InvocationsPerInstanceOptions = {}): Autoscaling {
    return new InvocationsPerInstance(options);
  }

  /** A fixed number of instances. */
  public static none(): Autoscaling {
    return new NoAutoscaling();
  }

  /** @internal */
  public abstract _validate(path: string, problems: Problems, instanceCount: number, instanceType: string): void;

  /** @internal */
  public abstract _bind(instanceCount: number): ScalingSettings | undefined;
}

class InvocationsPerInstance extends Autoscaling {
  public constructor(private readonly options: InvocationsPerInstanceOptions) {
    super();
  }

  public _validate(path: string, problems: Problems, instanceCount: number, instanceType: string): void {
    const { minimum, maximum } = this._bind(instanceCount);
    const target = this.options.target ?? Defaults.INVOCATIONS_PER_INSTANCE;
    for (const [name, value] of Object.entries({ minimum, maximum, target })) {
      problems.require(Number.isInteger(value) && value >= 1, 'ScalingValueOutOfRange', `${path}.${name}`, value, 'must be an integer of at least 1', 'SageMaker cannot scale a real-time endpoint to nothing');
    }
    problems.require(minimum <= maximum, 'ScalingMinimumOverMaximum', `${path}.minimum`, minimum, `must not be greater than the maximum, ${maximum}`, 'raise maximum or lower minimum');
    problems.require(
      minimum > maximum || (instanceCount >= minimum && instanceCount <= maximum),
      'InstanceCountOutsideScaling',
      path,
      instanceCount,
      `must have the endpoint's instanceCount between its minimum and maximum, ${minimum} to ${maximum}`,
      'change instanceCount, minimum or maximum',
    );
    problems.require(
      !/^t\d/.test(instanceType),
      'BurstableInstanceScaled',
      path,
      `ml.${instanceType}`,
      'must be no burstable instance type: SageMaker does not support automatic scaling for them (endpoint-auto-scaling)',
      'use another instance type such as ec2.InstanceType.of(ec2.InstanceClass.M5, ec2.InstanceSize.LARGE), or Autoscaling.none()',
    );
  }

  public _bind(instanceCount: number): ScalingSettings {
    return {
      dimension: 'sagemaker:variant:DesiredInstanceCount',
      minimum: this.options.minimum ?? instanceCount,
      maximum: this.options.maximum ?? 2 * instanceCount,
      policies: [
        {
          type: 'TARGET_TRACKING',
          name: 'invocations-per-instance',
          metric: { predefined: 'SageMakerVariantInvocationsPerInstance' },
          target: this.options.target ?? Defaults.INVOCATIONS_PER_INSTANCE,
          scaleInCooldownSeconds: (this.options.scaleInCooldown ?? Defaults.SCALING_COOLDOWN).toSeconds(),
          scaleOutCooldownSeconds: (this.options.scaleOutCooldown ?? Defaults.SCALING_COOLDOWN).toSeconds(),
        },
      ],
      schedules: [],
    };
  }
}

class NoAutoscaling extends Autoscaling {
  public _validate(): void {}

  public _bind(): undefined {
    return undefined;
  }
}
