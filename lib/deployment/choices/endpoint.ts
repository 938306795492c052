import { Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { EndpointSettings, InstanceFleetSettings, ServerlessEndpointSettings } from '../deployment.contract';
import { Autoscaling } from './autoscaling';
import { alarmSettings, EndpointAlarmSettings, validateAlarms, validateShare, validateThreshold } from './endpoint-alarm-settings';
import { AsynchronousEndpointOptions, RealTimeEndpointOptions, ServerlessEndpointOptions } from './endpoint-options';
import { isBurstable, ScalingFacts } from './scaling-rules';

/**
 * What serves. What is not an option of a kind is what SageMaker does not have for it: a serverless endpoint has no network isolation
 * (serverless-endpoints, "Feature exclusions"). Requests of real-time endpoints are captured by SageMaker, those of asynchronous ones by this
 * library: docs/capture-sources.md.
 */
export abstract class Endpoint {
  /** Instances that answer while the caller waits. */
  public static realTime(options: RealTimeEndpointOptions = {}): Endpoint {
    return new InstanceEndpoint('REAL_TIME', options);
  }

  /** Instances that work off a queue: large requests, long answers, and no instance at all while nothing waits. */
  public static asynchronous(options: AsynchronousEndpointOptions = {}): Endpoint {
    return new InstanceEndpoint('ASYNCHRONOUS', options);
  }

  /** No instances: paid by use, with cold starts. Released by Deployment.allAtOnce() only, and watched by Monitoring.none() only. */
  public static serverless(options: ServerlessEndpointOptions = {}): Endpoint {
    return new ServerlessEndpoint(options);
  }

  /**
   * @param fewestInstances of which the percentage that is shifted first is a whole one
   * @internal
   */
  public abstract _validate(path: string, problems: Problems, fewestInstances: number): void;

  /** @internal */
  public abstract _choices(fewestInstances: number): EndpointSettings;

  /**
   * Apart from the choices: a changed threshold is no reason to deploy again.
   *
   * @internal
   */
  public abstract get _alarmSettings(): EndpointAlarmSettings;

  /**
   * Topics that the endpoint publishes to, with the rights of its execution role.
   *
   * @internal
   */
  public abstract get _topics(): sns.ITopic[];

  /**
   * What is captured of an asynchronous endpoint. Apart from the choices: another share is no reason to deploy again.
   *
   * @internal
   */
  public abstract get _asynchronousCapture(): AsynchronousCaptureSettings | undefined;
}

/** @internal */
export interface AsynchronousCaptureSettings {
  /** Greater than 0. */
  readonly samplingPercentage: number;
  readonly maximumCapturedSize: Size;
  /** Undefined: the capture makes one. */
  readonly topic?: sns.ITopic;
}

/** Six times that, request and response in three forms, fit the memory of the function. */
const MOST_CAPTURED_MEBIBYTES = 32;

class InstanceEndpoint extends Endpoint {
  public constructor(
    private readonly kind: 'REAL_TIME' | 'ASYNCHRONOUS',
    private readonly options: RealTimeEndpointOptions & AsynchronousEndpointOptions,
  ) {
    super();
  }

  public _validate(path: string, problems: Problems, fewestInstances: number): void {
    const { options } = this;
    const fix = 'leave it out for the fewest instances that fit';
    const count = options.instanceCount;
    if (count !== undefined) problems.require(Number.isInteger(count) && count >= 1, 'EndpointValueOutOfRange', `${path}.instanceCount`, count, 'must be an integer of at least 1', fix);
    requireWithin(problems, `${path}.samplingPercentage`, options.samplingPercentage, 0, 100, 'leave it out to capture everything');
    requireWithin(problems, `${path}.maximumConcurrentInvocationsPerInstance`, options.maximumConcurrentInvocationsPerInstance, 1, 1000, 'leave it out to let SageMaker choose');
    const bytes = options.maximumCapturedSize?.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
    problems.require(
      bytes === undefined || (bytes > 0 && bytes <= MOST_CAPTURED_MEBIBYTES),
      'EndpointValueOutOfRange',
      `${path}.maximumCapturedSize`,
      options.maximumCapturedSize?.toMebibytes({ rounding: SizeRoundingBehavior.NONE }),
      `must be more than 0 and at most ${MOST_CAPTURED_MEBIBYTES} MiB, what the function that captures has room for`,
      'leave it out for 6 MiB',
    );
    validateAlarms(path, problems, options);
    validateThreshold(`${path}.backlogAgeThreshold`, problems, options.backlogAgeThreshold, 'use Duration.hours(1)');
    const facts = this.facts(fewestInstances);
    if (Number.isInteger(facts.initial)) this.autoscaling._validate(`${path}.autoscaling`, problems, facts);
  }

  public _choices(fewestInstances: number): EndpointSettings {
    const { options, kind } = this;
    const facts = this.facts(fewestInstances);
    const fleet: InstanceFleetSettings = {
      instanceType: `ml.${this.instanceType}`,
      instanceCount: facts.initial,
      networkIsolation: options.networkIsolation ?? true,
      scaling: this.autoscaling._bind(facts),
    };
    if (kind === 'REAL_TIME') return { kind, ...fleet, samplingPercentage: options.samplingPercentage ?? Defaults.SAMPLING_PERCENTAGE };
    return {
      kind,
      ...fleet,
      maximumConcurrentInvocationsPerInstance: options.maximumConcurrentInvocationsPerInstance,
      successTopicArn: options.successTopic?.topicArn,
      errorTopicArn: options.errorTopic?.topicArn,
    };
  }

  public get _alarmSettings(): EndpointAlarmSettings {
    const { options } = this;
    if (this.kind === 'REAL_TIME') return alarmSettings(options, Defaults.LATENCY_THRESHOLD);
    return { ...alarmSettings(options, Defaults.ASYNCHRONOUS_LATENCY_THRESHOLD), backlogAge: options.backlogAgeThreshold ?? Defaults.BACKLOG_AGE_THRESHOLD };
  }

  public get _topics(): sns.ITopic[] {
    return [this.options.successTopic, this.options.errorTopic].filter((topic) => topic !== undefined);
  }

  public get _asynchronousCapture(): AsynchronousCaptureSettings | undefined {
    const samplingPercentage = this.options.samplingPercentage ?? Defaults.SAMPLING_PERCENTAGE;
    if (this.kind !== 'ASYNCHRONOUS' || samplingPercentage === 0) return undefined;
    return { samplingPercentage, maximumCapturedSize: this.options.maximumCapturedSize ?? Defaults.MAXIMUM_CAPTURED_SIZE, topic: this.options.successTopic };
  }

  private get instanceType(): string {
    return this.options.instanceType?.toString() ?? Defaults.ENDPOINT_INSTANCE_TYPE;
  }

  private get autoscaling(): Autoscaling {
    if (this.options.autoscaling !== undefined) return this.options.autoscaling;
    if (isBurstable(this.instanceType)) return Autoscaling.none();
    return this.kind === 'REAL_TIME' ? Autoscaling.invocationsPerInstance() : Autoscaling.backlogPerInstance();
  }

  private facts(fewestInstances: number): ScalingFacts {
    const { kind, instanceType } = this;
    return { kind, instanceType, initial: this.options.instanceCount ?? fewestInstances, initialName: 'instanceCount' };
  }
}

/** API_ProductionVariantServerlessConfig. */
const MEMORY_SIZES = [1024, 2048, 3072, 4096, 5120, 6144];
const MAXIMUM_CONCURRENCY = 200;

class ServerlessEndpoint extends Endpoint {
  public constructor(private readonly options: ServerlessEndpointOptions) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    const { memorySizeMegabytes, maximumConcurrency, provisionedConcurrency } = this._choices();
    problems.require(
      MEMORY_SIZES.includes(memorySizeMegabytes),
      'MemorySizeNotOffered',
      `${path}.memorySize`,
      `${memorySizeMegabytes} MiB`,
      `must be one of ${MEMORY_SIZES.join(', ')} MiB (API_ProductionVariantServerlessConfig)`,
      'use Size.gibibytes(1) to Size.gibibytes(6), or Endpoint.realTime() for more',
    );
    requireWithin(problems, `${path}.maximumConcurrency`, maximumConcurrency, 1, MAXIMUM_CONCURRENCY, 'use Endpoint.realTime() for more');
    validateAlarms(path, problems, this.options);
    validateShare(`${path}.concurrencyThreshold`, problems, this.options.concurrencyThreshold, 'use 0.9 to be paged before requests are throttled');
    const autoscaling = this.options.autoscaling;
    if (provisionedConcurrency !== undefined) {
      requireWithin(problems, `${path}.provisionedConcurrency`, provisionedConcurrency, 1, MAXIMUM_CONCURRENCY, 'leave it out to keep nothing warm');
      problems.require(
        provisionedConcurrency <= maximumConcurrency,
        'ProvisionedConcurrencyOverMaximum',
        `${path}.provisionedConcurrency`,
        provisionedConcurrency,
        `must not be greater than maximumConcurrency, ${maximumConcurrency} (API_ProductionVariantServerlessConfig)`,
        'raise maximumConcurrency',
      );
    }
    if (autoscaling === undefined) return;
    const scaling = autoscaling._bind(this.facts);
    problems.require(
      scaling === undefined || provisionedConcurrency !== undefined,
      'ScalingWithoutProvisionedConcurrency',
      `${path}.autoscaling`,
      scaling?.policies[0]?.name,
      'needs provisionedConcurrency, which is what scales; everything else follows by itself (serverless-endpoints-autoscale)',
      'give provisionedConcurrency, or leave autoscaling out',
    );
    autoscaling._validate(`${path}.autoscaling`, problems, this.facts);
    const most = Math.max(...[scaling?.maximum, ...(scaling?.schedules ?? []).map(({ maximum }) => maximum)].map((maximum) => maximum ?? 0));
    problems.require(
      most <= maximumConcurrency,
      'ProvisionedConcurrencyOverMaximum',
      `${path}.autoscaling.maximum`,
      most,
      `must not be greater than the endpoint's maximumConcurrency, ${maximumConcurrency}`,
      'raise maximumConcurrency or lower the maximum',
    );
  }

  public _choices(): ServerlessEndpointSettings {
    const { options } = this;
    return {
      kind: 'SERVERLESS',
      memorySizeMegabytes: (options.memorySize ?? Defaults.SERVERLESS_MEMORY_SIZE).toMebibytes({ rounding: SizeRoundingBehavior.NONE }),
      maximumConcurrency: options.maximumConcurrency ?? Defaults.SERVERLESS_MAXIMUM_CONCURRENCY,
      provisionedConcurrency: options.provisionedConcurrency,
      scaling: (options.autoscaling ?? Autoscaling.none())._bind(this.facts),
    };
  }

  public get _alarmSettings(): EndpointAlarmSettings {
    const settings = alarmSettings(this.options, Defaults.LATENCY_THRESHOLD);
    return this._choices().maximumConcurrency === 1 ? settings : { ...settings, concurrency: this.options.concurrencyThreshold ?? Defaults.CONCURRENCY_THRESHOLD };
  }

  public get _topics(): sns.ITopic[] {
    return [];
  }

  public get _asynchronousCapture(): undefined {
    return undefined;
  }

  private get facts(): ScalingFacts {
    const { provisionedConcurrency, maximumConcurrency } = this.options;
    const highest = maximumConcurrency ?? Defaults.SERVERLESS_MAXIMUM_CONCURRENCY;
    return { kind: 'SERVERLESS', initial: provisionedConcurrency ?? 1, initialName: 'provisionedConcurrency', highest };
  }
}

function requireWithin(problems: Problems, path: string, value: number | undefined, low: number, high: number, fix: string): void {
  if (value === undefined) return;
  problems.require(Number.isInteger(value) && value >= low && value <= high, 'EndpointValueOutOfRange', path, value, `must be an integer from ${low} to ${high}`, fix);
}
