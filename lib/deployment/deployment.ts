import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { Autoscaling } from './autoscaling';
import { ALARM_KINDS, decisionMarginSeconds, DeploymentChoices, RealTimeEndpointSettings, RoutingType, totalWaitSeconds } from './deployment.contract';
import { EndpointOptions, InconclusiveAnalysis } from './endpoint-options';

export interface CanaryDeploymentOptions extends EndpointOptions {
  /**
   * Percentage of the new fleet that gets traffic first, 1 to 50. A smaller canary needs more instances.
   *
   * @default 50
   */
  readonly canarySize?: number;

  /**
   * Baking period after the first shift, and again after the second. At most an hour.
   *
   * @default Duration.minutes(10)
   */
  readonly waitInterval?: Duration;
}

export interface LinearDeploymentOptions extends EndpointOptions {
  /** Percentage of the new fleet that gets traffic in each step, 10 to 50. */
  readonly stepSize: number;

  /** Baking period after each step. At most an hour. */
  readonly waitInterval: Duration;
}

export interface AllAtOnceDeploymentOptions extends EndpointOptions {
  /**
   * Baking period after all traffic was shifted. At most an hour.
   *
   * @default Duration.minutes(5)
   */
  readonly waitInterval?: Duration;
}

/** How a new version takes over the real-time endpoint. Every way keeps the old version serving until the new one has proven itself. */
export class Deployment {
  /** A small part of the traffic first, the rest after a baking period. */
  public static canary(options: CanaryDeploymentOptions = {}): Deployment {
    return new Deployment('CANARY', options.canarySize ?? Defaults.CANARY_SIZE, options.waitInterval ?? Defaults.CANARY_WAIT_INTERVAL, options);
  }

  /** Equal steps, each with a baking period. */
  public static linear(options: LinearDeploymentOptions): Deployment {
    return new Deployment('LINEAR', options.stepSize, options.waitInterval, options);
  }

  /** All traffic at once: everybody meets a bad version until it is rolled back. */
  public static allAtOnce(options: AllAtOnceDeploymentOptions = {}): Deployment {
    return new Deployment('ALL_AT_ONCE', 100, options.waitInterval ?? Defaults.ALL_AT_ONCE_WAIT_INTERVAL, options);
  }

  private constructor(
    private readonly type: RoutingType,
    private readonly percent: number,
    private readonly waitInterval: Duration,
    private readonly options: EndpointOptions,
  ) {}

  /** @internal */
  public _validate(path: string, problems: Problems): void {
    const known = !Token.isUnresolved(this.percent);
    this.validateRouting(path, problems);
    this.validateNumbers(path, problems);
    const choices = this._choices();
    const fleet = choices.endpoint as RealTimeEndpointSettings;
    const instanceType = fleet.instanceType.slice('ml.'.length);
    if (Number.isInteger(fleet.instanceCount)) this.autoscaling(instanceType)._validate(`${path}.autoscaling`, problems, fleet.instanceCount, instanceType);
    if (known) this.validateFleet(path, problems, fleet);
    this.validateDurations(path, problems, choices);
  }

  /**
   * The user's choices with every default resolved.
   *
   * @internal
   */
  public _choices(): DeploymentChoices {
    const { options } = this;
    const instanceType = options.instanceType?.toString() ?? Defaults.ENDPOINT_INSTANCE_TYPE;
    const instanceCount = options.instanceCount ?? this.fewestInstances();
    const routing = { type: this.type, percent: this.percent, waitSeconds: this.waitInterval.toSeconds() };
    const terminationWaitSeconds = (options.terminationWait ?? Defaults.TERMINATION_WAIT).toSeconds();
    const total = totalWaitSeconds({ routing, terminationWaitSeconds });
    return {
      endpoint: {
        kind: 'REAL_TIME',
        instanceType: `ml.${instanceType}`,
        instanceCount,
        networkIsolation: options.networkIsolation ?? true,
        samplingPercentage: options.samplingPercentage ?? Defaults.SAMPLING_PERCENTAGE,
        scaling: this.autoscaling(instanceType)._bind(instanceCount),
      },
      keepVersions: options.keepVersions ?? Defaults.KEEP_VERSIONS,
      routing,
      terminationWaitSeconds,
      maximumSeconds: options.maximumDuration?.toSeconds() ?? Math.min(MAXIMUM_SECONDS, total + Defaults.DEPLOYMENT_SLACK.toSeconds()),
      rollback: {
        errorRate: options.rollbackErrorRate ?? Defaults.ROLLBACK_ERROR_RATE,
        latencyMicroseconds: (options.rollbackLatency ?? Defaults.ROLLBACK_LATENCY).toMilliseconds() * 1000,
        latencyPercentile: options.latencyPercentile ?? Defaults.LATENCY_PERCENTILE,
      },
      analysis: {
        intervalSeconds: (options.analysisInterval ?? Defaults.ANALYSIS_INTERVAL).toSeconds(),
        minimumRequests: options.minimumRequests ?? Defaults.MINIMUM_REQUESTS,
        confidence: options.confidence ?? Defaults.ANALYSIS_CONFIDENCE,
        test: 'CONFIDENCE_SEQUENCE',
        maximumExtensions: 0,
        inconclusive: options.inconclusive ?? (this.type === 'ALL_AT_ONCE' ? InconclusiveAnalysis.PROMOTE : InconclusiveAnalysis.ROLL_BACK),
      },
      alarms: this._rollbackAlarms.map((alarm) => alarm.alarmName),
    };
  }

  /** @internal */
  public get _rollbackAlarms(): cloudwatch.IAlarm[] {
    return this.options.rollbackAlarms ?? [];
  }

  private autoscaling(instanceType: string): Autoscaling {
    return this.options.autoscaling ?? (/^t\d/.test(instanceType) ? Autoscaling.none() : Autoscaling.invocationsPerInstance());
  }

  private fewestInstances(): number {
    return Math.max(1, Math.ceil(100 / this.percent));
  }

  /** The property that holds the percentage, as the user knows it. */
  private get sizeName(): string {
    return this.type === 'CANARY' ? 'canarySize' : 'stepSize';
  }

  private validateRouting(path: string, problems: Problems): void {
    const fix = 'use Deployment.allAtOnce() to shift everything at once';
    if (this.type === 'CANARY') {
      problems.require(isIntegerWithin(this.percent, 1, 50), 'CanarySizeOutOfRange', `${path}.canarySize`, this.percent, 'must be an integer from 1 to 50', fix);
    } else if (this.type === 'LINEAR') {
      problems.require(isIntegerWithin(this.percent, 10, 50), 'StepSizeOutOfRange', `${path}.stepSize`, this.percent, 'must be an integer from 10 to 50', fix);
    }
  }

  private validateNumbers(path: string, problems: Problems): void {
    const check = (name: string, value: number | undefined, holds: (value: number) => boolean, rule: string, fix: string): void => {
      if (value !== undefined) problems.require(holds(value), 'DeploymentValueOutOfRange', `${path}.${name}`, value, rule, fix);
    };
    const { options } = this;
    check('instanceCount', options.instanceCount, (value) => Number.isInteger(value) && value >= 1, 'must be an integer of at least 1', 'leave it out for the fewest instances that fit');
    check('samplingPercentage', options.samplingPercentage, (value) => isIntegerWithin(value, 0, 100), 'must be an integer from 0 to 100', 'leave it out to capture everything');
    check('keepVersions', options.keepVersions, (value) => isIntegerWithin(value, 0, 20), 'must be an integer from 0 to 20', 'leave it out to keep 3');
    check('rollbackErrorRate', options.rollbackErrorRate, (value) => value > 0 && value < 1, 'must be greater than 0 and less than 1', 'give a share: 0.05 is 5 %');
    check('latencyPercentile', options.latencyPercentile, (value) => isIntegerWithin(value, 50, 99), 'must be an integer from 50 to 99', 'use 95 or 99');
    check('minimumRequests', options.minimumRequests, (value) => Number.isInteger(value) && value >= 10, 'must be an integer of at least 10', 'use 100 unless traffic is very low');
    check('confidence', options.confidence, (value) => value >= 0.5 && value <= 0.999, 'must be from 0.5 to 0.999', 'use 0.95');
    const alarms = ALARM_KINDS.length + this._rollbackAlarms.length;
    problems.require(alarms <= 10, 'TooManyRollbackAlarms', `${path}.rollbackAlarms`, this._rollbackAlarms.length, `must be at most ${10 - ALARM_KINDS.length}: SageMaker takes 10 and ${ALARM_KINDS.length} are made for the new fleet`, 'combine alarms into one cloudwatch.CompositeAlarm');
  }

  /** API_TrafficRoutingConfig: a batch is at most 50 % of the instances, and traffic goes to whole instances (API_CapacitySize). */
  private validateFleet(path: string, problems: Problems, choices: RealTimeEndpointSettings): void {
    if (this.type === 'ALL_AT_ONCE') return;
    problems.require(
      !/^ml\.inf1\./.test(choices.instanceType),
      'InstanceTypeWithoutGuardrails',
      `${path}.instanceType`,
      choices.instanceType,
      'must not be Inf1: SageMaker silently shifts all traffic at once for it, without baking (deployment-guardrails-exclusions)',
      'use Inf2 or another instance type, or Deployment.allAtOnce()',
    );
    const fewest = choices.scaling ? Math.min(choices.instanceCount, choices.scaling.minimum) : choices.instanceCount;
    if (!(this.percent >= 1 && this.percent <= 50) || !(fewest >= 1)) return;
    const possible = Math.ceil(100 / fewest);
    problems.require(
      fewest * this.percent >= 100,
      'TooFewInstancesForPercentage',
      `${path}.${this.sizeName}`,
      this.percent,
      `must be at least one instance of the fleet: traffic is shifted by whole instances, and ${this.percent} % of ${fewest} is less than one`,
      possible <= 50
        ? `use instanceCount (and autoscaling minimum) of at least ${this.fewestInstances()}, or ${this.sizeName} ${possible}, which is 1 instance of ${fewest}`
        : `use instanceCount (and autoscaling minimum) of at least ${this.fewestInstances()}, or at least 2 with ${this.sizeName} 50, or Deployment.allAtOnce()`,
    );
  }

  private validateDurations(path: string, problems: Problems, choices: DeploymentChoices): void {
    const { routing, analysis, maximumSeconds, terminationWaitSeconds } = choices;
    const margin = analysis.intervalSeconds + decisionMarginSeconds(analysis.intervalSeconds);
    problems.require(routing.waitSeconds <= 3600, 'WaitIntervalTooLong', `${path}.waitInterval`, `${routing.waitSeconds} s`, 'must be at most 3600 s (API_TrafficRoutingConfig)', 'use Duration.hours(1) or less');
    problems.require(
      routing.waitSeconds >= margin,
      'WaitIntervalTooShort',
      `${path}.waitInterval`,
      `${routing.waitSeconds} s`,
      `must be at least ${margin} s, for two looks of the analysis and its alarm`,
      'bake longer: metrics come once a minute',
    );
    problems.require(
      analysis.intervalSeconds >= 60 && analysis.intervalSeconds <= 600,
      'AnalysisIntervalOutOfRange',
      `${path}.analysisInterval`,
      `${analysis.intervalSeconds} s`,
      'must be from 60 s to 600 s',
      'use Duration.minutes(1): metrics come once a minute',
    );
    problems.require(maximumSeconds >= 600 && maximumSeconds <= MAXIMUM_SECONDS, 'MaximumDurationOutOfRange', `${path}.maximumDuration`, `${maximumSeconds} s`, `must be from 600 s to ${MAXIMUM_SECONDS} s`, 'use Duration.hours(2)');
    problems.require(terminationWaitSeconds <= 3600, 'TerminationWaitTooLong', `${path}.terminationWait`, `${terminationWaitSeconds} s`, 'must be at most 3600 s', 'use Duration.hours(1) or less');
    const total = totalWaitSeconds(choices);
    problems.require(
      maximumSeconds > total,
      'WaitsExceedMaximumDuration',
      `${path}.maximumDuration`,
      `${maximumSeconds} s`,
      `must be longer than all waiting together, ${total} s (API_BlueGreenUpdatePolicy)`,
      'shorten waitInterval or terminationWait, take greater steps, or raise maximumDuration',
    );
  }
}

/** API_BlueGreenUpdatePolicy, MaximumExecutionTimeoutInSeconds: 600 to 28800. */
const MAXIMUM_SECONDS = 28_800;

function isIntegerWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
