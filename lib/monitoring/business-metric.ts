import { Duration } from 'aws-cdk-lib';
import { AlarmSeverity } from '../governance/alarm-severity';
import { requireMetricNames } from '../private/custom-metric';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { BusinessDropSettings } from './monitoring-choices.contract';

export interface CloudWatchBusinessMetricOptions {
  /** What it is called on the dashboard, in the alarm's name and in reports: lower-case letters, digits and single hyphens. */
  readonly name: string;

  /** CloudWatch namespace that your application publishes to. */
  readonly namespace: string;

  /** The metric, as your application publishes it. */
  readonly metricName: string;

  /**
   * All dimensions that it is published with.
   *
   * @default - none
   */
  readonly dimensions?: Record<string, string>;

  /**
   * CloudWatch statistic that makes the points of a monitoring window one value: Average, Sum, Minimum, Maximum, SampleCount, p50, p99.
   *
   * @default 'Average'
   */
  readonly statistic?: string;

  /**
   * How soon its alarm has to be answered.
   *
   * @default AlarmSeverity.TICKET
   */
  readonly severity?: AlarmSeverity;
}

/** @internal */
export interface BusinessRule {
  readonly type: 'AT_LEAST' | 'AT_MOST' | 'DROP';
  /** The limit; of a drop in per cent. */
  readonly value: number;
  readonly against?: Duration;
}

const STATISTIC = /^(Average|Sum|Minimum|Maximum|SampleCount|p(\d{1,2}(\.\d+)?|100))$/;
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** CloudWatch keeps points of an hour for 455 days (CloudWatch concepts, "Metrics retention"); four weeks are enough for every season of a week. */
const LONGEST = Duration.days(28);

/**
 * What the predictions are good for, as your application sees it: conversions, losses, complaints. It is shown beside the model's own metrics,
 * with an alarm where you say what is not good enough; 2 of 3 monitoring windows before it notifies, as the drift alarms.
 */
export class BusinessMetric {
  /** A metric that your application publishes to CloudWatch. */
  public static cloudWatch(options: CloudWatchBusinessMetricOptions): BusinessMetric {
    return new BusinessMetric(options, undefined);
  }

  private constructor(
    private readonly options: CloudWatchBusinessMetricOptions,
    /** @internal */
    public readonly _rule: BusinessRule | undefined,
  ) {}

  /** Alarms below that value. */
  public atLeast(value: number): BusinessMetric {
    return new BusinessMetric(this.options, { type: 'AT_LEAST', value });
  }

  /** Alarms above that value. */
  public atMost(value: number): BusinessMetric {
    return new BusinessMetric(this.options, { type: 'AT_MOST', value });
  }

  /**
   * Alarms when the value of a window is that much lower than it was that long ago: `dropsBy(20, Duration.days(7))` compares with the same
   * hours a week before. The monitor compares and publishes the drop as `BusinessMetricDrop`, one custom metric.
   *
   * @param percent greater than 0, less than 100
   * @param against whole monitoring windows, at most 28 days
   */
  public dropsBy(percent: number, against: Duration): BusinessMetric {
    return new BusinessMetric(this.options, { type: 'DROP', value: percent, against });
  }

  /** @internal */
  public get _name(): string {
    return this.options.name;
  }

  /** @internal */
  public get _severity(): AlarmSeverity {
    return this.options.severity ?? AlarmSeverity.TICKET;
  }

  /** @internal */
  public get _metric(): Pick<BusinessDropSettings, 'namespace' | 'metricName' | 'dimensions' | 'statistic'> {
    const { namespace, metricName, dimensions, statistic } = this.options;
    return { namespace, metricName, dimensions: dimensions ?? {}, statistic: statistic ?? Defaults.BUSINESS_STATISTIC };
  }

  /** @internal */
  public get _drop(): BusinessDropSettings | undefined {
    if (this._rule?.type !== 'DROP') return undefined;
    return { name: this._name, ...this._metric, percent: this._rule.value, againstSeconds: this._rule.against!.toSeconds() };
  }

  /** @internal */
  public _validate(path: string, problems: Problems, intervalSeconds: number): void {
    const { statistic, dimensions } = this._metric;
    problems.require(NAME.test(this._name) && this._name.length <= 64, 'BusinessMetricNameInvalid', `${path}.name`, this._name, 'must be lower-case letters and digits with single hyphens between', "use a name such as 'conversion'");
    requireMetricNames(this.options, { path, code: 'BusinessMetricInvalid', dimensions, maximumDimensions: 30 }, problems);
    problems.require(STATISTIC.test(statistic), 'BusinessMetricInvalid', `${path}.statistic`, statistic, 'must be a CloudWatch statistic', 'use Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p90');
    const rule = this._rule;
    if (rule === undefined) return;
    problems.require(Number.isFinite(rule.value), 'BusinessLimitInvalid', path, rule.value, 'must be a number', 'give the limit in the unit of the metric');
    if (rule.type !== 'DROP') return;
    problems.require(rule.value > 0 && rule.value < 100, 'BusinessLimitInvalid', path, rule.value, 'must be greater than 0 and less than 100 per cent', 'use 20 for a fifth');
    const against = rule.against!.toSeconds();
    problems.require(
      against > 0 && against % intervalSeconds === 0 && against <= LONGEST.toSeconds(),
      'BusinessLimitInvalid',
      path,
      rule.against!.toString(),
      'must be whole monitoring windows, at most 28 days',
      'use Duration.days(7): the same hours of the week before',
    );
  }
}
