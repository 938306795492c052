import { Duration } from 'aws-cdk-lib';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { EndpointSettings, ScalingSettings, TargetTrackingSettings } from '../deployment.contract';
import { isBurstable, KIND_CHOICES, KIND_NAMES, ScalingFacts, scheduleSettings, validateSchedules, ZERO_REASONS } from './scaling-rules';
import { ScalingSchedule } from './scaling-schedule';

export interface AutoscalingOptions {
  /**
   * Fewest instances; of a serverless endpoint, least provisioned concurrency.
   *
   * @default - what the endpoint starts with
   */
  readonly minimum?: number;

  /**
   * Most instances; of a serverless endpoint, most provisioned concurrency.
   *
   * @default - twice what the endpoint starts with
   */
  readonly maximum?: number;

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

  /**
   * Other minimums and maximums at certain times, such as a higher minimum before the shops open.
   *
   * @default - none
   */
  readonly schedules?: ScalingSchedule[];
}

export interface InvocationsPerInstanceOptions extends AutoscalingOptions {
  /**
   * Invocations per minute that one instance should serve on average. Measure it with a load test: the default is a guess.
   *
   * @default 1000
   */
  readonly target?: number;
}

export interface ConcurrencyPerInstanceOptions extends AutoscalingOptions {
  /**
   * Requests that one instance should have in hand at the same time on average.
   *
   * @default 5
   */
  readonly target?: number;
}

/** What the instances of an endpoint can be short of. */
export enum EndpointResource {
  /** Sum over the cores: 400 is all of an instance with four. */
  CPU = 'CPUUtilization',
  /** Percentage of the instance's memory. */
  MEMORY = 'MemoryUtilization',
  /** Sum over the GPUs: 400 is all of an instance with four. */
  GPU = 'GPUUtilization',
  /** Sum over the GPUs: 400 is all of an instance with four. */
  GPU_MEMORY = 'GPUMemoryUtilization',
}

export interface UtilizationOptions extends AutoscalingOptions {
  /** Average over the instances, in percent. CPU and GPU are sums: 70 % of an instance with two cores is 140. */
  readonly target: number;
}

export interface BacklogPerInstanceOptions extends AutoscalingOptions {
  /**
   * Requests that should wait for each instance on average.
   *
   * @default 5
   */
  readonly target?: number;
}

export interface ProvisionedConcurrencyUtilizationOptions extends AutoscalingOptions {
  /**
   * Share of the provisioned concurrency that should be busy, 0 to 1.
   *
   * @default 0.7
   */
  readonly target?: number;
}

/** How the endpoint follows its traffic. Capacity is kept through deployments and held still while fleets are compared. */
export abstract class Autoscaling {
  /** Real-time endpoints: invocations per minute of each instance. */
  public static invocationsPerInstance(options: InvocationsPerInstanceOptions = {}): Autoscaling {
    return new TargetTracking(options, {
      factory: 'invocationsPerInstance',
      policy: 'invocations-per-instance',
      metric: { predefined: 'SageMakerVariantInvocationsPerInstance' },
      target: options.target ?? Defaults.INVOCATIONS_PER_INSTANCE,
      kinds: ['REAL_TIME'],
    });
  }

  /**
   * Real-time endpoints: requests in hand at the same time, measured every ten seconds. Reacts faster than invocations per minute, and needs no
   * guess of how long a request takes (endpoint-auto-scaling-add-code-define, ConcurrentRequestsPerModel).
   */
  public static concurrencyPerInstance(options: ConcurrencyPerInstanceOptions = {}): Autoscaling {
    return new TargetTracking(options, {
      factory: 'concurrencyPerInstance',
      policy: 'concurrency-per-instance',
      metric: { predefined: 'SageMakerVariantConcurrentRequestsPerModelHighResolution' },
      target: options.target ?? Defaults.CONCURRENCY_PER_INSTANCE,
      kinds: ['REAL_TIME'],
    });
  }

  /** Real-time and asynchronous endpoints: how busy the instances are (monitoring-cloudwatch, "Endpoint Instance Metrics"). */
  public static utilization(resource: EndpointResource, options: UtilizationOptions): Autoscaling {
    return new TargetTracking(options, {
      factory: 'utilization',
      policy: `utilization-${resource.replace('Utilization', '').toLowerCase()}`,
      metric: { namespace: '/aws/sagemaker/Endpoints', metricName: resource, statistic: 'Average', variant: true },
      target: options.target,
      targetMaximum: resource === EndpointResource.MEMORY ? 100 : undefined,
      kinds: ['REAL_TIME', 'ASYNCHRONOUS'],
    });
  }

  /**
   * Asynchronous endpoints: requests that wait in the queue. With `minimum: 0` the endpoint costs nothing while nothing waits, and the first
   * request waits for an instance (async-inference-autoscale).
   */
  public static backlogPerInstance(options: BacklogPerInstanceOptions = {}): Autoscaling {
    return new TargetTracking(options, {
      factory: 'backlogPerInstance',
      policy: 'backlog-per-instance',
      metric: { namespace: 'AWS/SageMaker', metricName: 'ApproximateBacklogSizePerInstance', statistic: 'Average', variant: false },
      target: options.target ?? Defaults.BACKLOG_PER_INSTANCE,
      kinds: ['ASYNCHRONOUS'],
      toZero: true,
    });
  }

  /** Serverless endpoints with provisioned concurrency (serverless-endpoints-autoscale). */
  public static provisionedConcurrencyUtilization(options: ProvisionedConcurrencyUtilizationOptions = {}): Autoscaling {
    return new TargetTracking(options, {
      factory: 'provisionedConcurrencyUtilization',
      policy: 'provisioned-concurrency-utilization',
      metric: { predefined: 'SageMakerVariantProvisionedConcurrencyUtilization' },
      target: options.target ?? Defaults.PROVISIONED_CONCURRENCY_UTILIZATION,
      targetMaximum: 1,
      kinds: ['SERVERLESS'],
    });
  }

  /** A fixed number of instances. */
  public static none(): Autoscaling {
    return new NoAutoscaling();
  }

  /** @internal */
  public abstract _validate(path: string, problems: Problems, facts: ScalingFacts): void;

  /** @internal */
  public abstract _bind(facts: ScalingFacts): ScalingSettings | undefined;
}

interface Tracking {
  /** As the user wrote it, for messages. */
  readonly factory: string;
  readonly policy: string;
  readonly metric: TargetTrackingSettings['metric'];
  readonly target: number;
  readonly targetMaximum?: number;
  readonly kinds: readonly EndpointSettings['kind'][];
  readonly toZero?: boolean;
}

class TargetTracking extends Autoscaling {
  public constructor(
    private readonly options: AutoscalingOptions,
    private readonly tracking: Tracking,
  ) {
    super();
  }

  public _validate(path: string, problems: Problems, facts: ScalingFacts): void {
    const { tracking, options } = this;
    const { minimum, maximum } = this._bind(facts);
    if (!tracking.kinds.includes(facts.kind)) {
      const rule = `must be a choice for ${KIND_NAMES[facts.kind]} endpoints, which do not publish the metric that it follows`;
      problems.add('AutoscalingNotForEndpoint', path, `Autoscaling.${tracking.factory}()`, rule, `use ${KIND_CHOICES[facts.kind]}, or Autoscaling.none()`);
      return;
    }
    const lowest = tracking.toZero === true ? 0 : 1;
    const why = lowest === 0 ? 'leave it out to keep what the endpoint starts with' : ZERO_REASONS[facts.kind];
    problems.require(Number.isInteger(minimum) && minimum >= lowest, 'ScalingValueOutOfRange', `${path}.minimum`, minimum, `must be an integer of at least ${lowest}`, why);
    problems.require(Number.isInteger(maximum) && maximum >= 1, 'ScalingValueOutOfRange', `${path}.maximum`, maximum, 'must be an integer of at least 1', 'leave it out for twice what the endpoint starts with');
    const below = tracking.targetMaximum === undefined ? '' : ` and at most ${tracking.targetMaximum}`;
    const fits = tracking.target > 0 && tracking.target <= (tracking.targetMaximum ?? Infinity);
    problems.require(fits, 'ScalingValueOutOfRange', `${path}.target`, tracking.target, `must be greater than 0${below}`, 'measure with a load test what one instance can do');
    problems.require(minimum <= maximum, 'ScalingMinimumOverMaximum', `${path}.minimum`, minimum, `must not be greater than the maximum, ${maximum}`, 'raise maximum or lower minimum');
    problems.require(
      minimum > maximum || (facts.initial >= minimum && facts.initial <= maximum),
      facts.kind === 'SERVERLESS' ? 'ProvisionedConcurrencyOutsideScaling' : 'InstanceCountOutsideScaling',
      path,
      facts.initial,
      `must have the endpoint's ${facts.initialName} between its minimum and maximum, ${minimum} to ${maximum}`,
      `change ${facts.initialName}, minimum or maximum`,
    );
    validateSchedules(options.schedules ?? [], `${path}.schedules`, problems, { lowest, minimum, maximum });
    if (facts.instanceType === undefined) return;
    problems.require(
      !isBurstable(facts.instanceType),
      'BurstableInstanceScaled',
      path,
      `ml.${facts.instanceType}`,
      'must be no burstable instance type: SageMaker does not support automatic scaling for them (endpoint-auto-scaling)',
      'use another instance type such as ec2.InstanceType.of(ec2.InstanceClass.M5, ec2.InstanceSize.LARGE), or Autoscaling.none()',
    );
  }

  public _bind(facts: ScalingFacts): ScalingSettings {
    const { options, tracking } = this;
    const minimum = options.minimum ?? facts.initial;
    const schedules = scheduleSettings(options.schedules ?? []);
    const scaleOutCooldownSeconds = (options.scaleOutCooldown ?? Defaults.SCALING_COOLDOWN).toSeconds();
    const scaleInCooldownSeconds = (options.scaleInCooldown ?? Defaults.SCALING_COOLDOWN).toSeconds();
    const sleeps = tracking.toZero === true && Math.min(minimum, ...schedules.map((schedule) => schedule.minimum ?? minimum)) === 0;
    return {
      dimension: facts.kind === 'SERVERLESS' ? 'sagemaker:variant:DesiredProvisionedConcurrency' : 'sagemaker:variant:DesiredInstanceCount',
      minimum,
      maximum: options.maximum ?? Math.min(2 * facts.initial, facts.highest ?? Infinity),
      policies: [
        { type: 'TARGET_TRACKING', name: tracking.policy, metric: tracking.metric, target: tracking.target, scaleInCooldownSeconds, scaleOutCooldownSeconds },
        ...(sleeps ? [{ type: 'SCALE_FROM_ZERO' as const, name: 'scale-from-zero', cooldownSeconds: scaleOutCooldownSeconds }] : []),
      ],
      schedules,
    };
  }
}

class NoAutoscaling extends Autoscaling {
  public _validate(): void {}

  public _bind(): undefined {
    return undefined;
  }
}
