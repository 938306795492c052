import { Duration, Token } from 'aws-cdk-lib';
import { AlarmSeverity } from '../governance/alarm-severity';
import { ContractDocument } from '../data/data-contract.contract';
import { GroundTruth } from '../model-quality/ground-truth';
import { Defaults } from '../private/defaults';
import { didYouMean, Problems } from '../private/errors';
import { BusinessMetric } from './business-metric';
import { FeatureMetrics } from './feature-metrics';
import { MonitoringPolicy } from './monitoring.contract';

export interface StandardMonitoringOptions {
  /**
   * Length of a monitoring window: 1, 2, 3, 4, 6, 8, 12 or 24 hours. Windows are aligned to UTC.
   *
   * @default Duration.hours(1)
   */
  readonly interval?: Duration;

  /**
   * How long after its end a window is evaluated, so that captured data that is late is seen. Less than an hour.
   *
   * @default Duration.minutes(15)
   */
  readonly watermark?: Duration;

  /**
   * Predictions that a verdict needs. A window with fewer is widened by the preceding windows without a verdict, up to 24 hours; after
   * that its outcome is INSUFFICIENT_DATA, never "no drift".
   *
   * @default 200
   */
  readonly minimumSampleSize?: number;

  /**
   * Population stability index from which on a feature or the prediction has drifted, provided that chance does not explain it.
   *
   * @default 0.2
   */
  readonly psiThreshold?: number;

  /**
   * Share of false discoveries among the columns that are called drifted (Benjamini-Hochberg).
   *
   * @default 0.01
   */
  readonly falseDiscoveryRate?: number;

  /**
   * Weighted share of drifted features from which on the data has drifted.
   *
   * @default 0.3
   */
  readonly driftedShare?: number;

  /**
   * Weight of single features in that share. 0 = reported, but never a reason: right for a feature that changes with the window by its
   * nature, such as the hour or the month.
   *
   * @default - 1 for every feature
   */
  readonly featureWeights?: { [feature: string]: number };

  /**
   * Features whose drift alone is data drift.
   *
   * @default - none
   */
  readonly criticalFeatures?: string[];

  /**
   * Drifted windows, among the last `of`, that raise the drift alarms.
   *
   * @default 2
   */
  readonly windows?: number;

  /**
   * Windows that the drift alarms look at.
   *
   * @default 3
   */
  readonly of?: number;

  /**
   * Share of the expected invocations that must have been captured.
   *
   * @default 0.5
   */
  readonly captureRatioThreshold?: number;

  /**
   * Features that have a CloudWatch metric of their own. The report of every window has all of them.
   *
   * @default FeatureMetrics.none()
   */
  readonly featureMetrics?: FeatureMetrics;

  /**
   * What the predictions are good for, as your application sees it, shown beside the model's metrics, with an alarm where you say so.
   *
   * @default - none
   */
  readonly businessMetrics?: BusinessMetric[];

  /**
   * Factor by which latency or error rate of the endpoint must exceed their own past, the week before, to have drifted; more than their
   * usual spread explains, too.
   *
   * @default 1.5
   */
  readonly operationalFactor?: number;

  /**
   * How soon drift of data, predictions and concept has to be answered. With PAGE, drift that stands for days keeps a page about the endpoint
   * from being sent: all alarms of a severity notify as one.
   *
   * @default AlarmSeverity.TICKET
   */
  readonly driftSeverity?: AlarmSeverity;

  /**
   * What turned out to be true, by which predictions are judged: concept drift.
   *
   * @default - no labels come, and concept drift is not looked for
   */
  readonly groundTruth?: GroundTruth;
}

/** @internal */
export interface MonitoringSettings {
  readonly intervalSeconds: number;
  readonly watermarkSeconds: number;
  readonly windows: number;
  readonly of: number;
  readonly captureRatio: number;
  readonly driftSeverity: AlarmSeverity;
  readonly businessMetrics: readonly BusinessMetric[];
  readonly policy: MonitoringPolicy;
}

/** A day has a whole number of them, so that cron and windows agree. */
const INTERVAL_HOURS = [1, 2, 3, 4, 6, 8, 12, 24];
/** CloudWatch looks back seven days at most when the period is an hour or more (PutMetricAlarm, EvaluationPeriods). */
const ALARM_REACH_SECONDS = 7 * 86_400;

/** Whether and how the endpoint's predictions are watched. */
export class Monitoring {
  /** Data drift, prediction drift, data quality, and whether the monitor itself still sees. The alarms of the endpoint do not depend on it. */
  public static standard(options: StandardMonitoringOptions = {}): Monitoring {
    return new Monitoring(options);
  }

  /** Nobody watches the predictions; the alarms of the endpoint stay. Drift then never starts a retraining. */
  public static none(): Monitoring {
    return new Monitoring(undefined);
  }

  private constructor(private readonly options: StandardMonitoringOptions | undefined) {}

  /** @internal */
  public get _enabled(): boolean {
    return this.options !== undefined;
  }

  /**
   * Captured data younger than this is read: the widest window with a day to repair what failed.
   *
   * @internal
   */
  public get _captureMinimum(): Duration {
    const forDrift = this.options ? Defaults.MAXIMUM_LOOKBACK.plus(Duration.days(1)) : Duration.days(1);
    const forQuality = this._groundTruth?._captureMinimum;
    return forQuality !== undefined && forQuality.toSeconds() > forDrift.toSeconds() ? forQuality : forDrift;
  }

  /** @internal */
  public get _groundTruth(): GroundTruth | undefined {
    return this.options?.groundTruth;
  }

  /**
   * Checks what depends on the contract besides the features, once it is known.
   *
   * @internal
   */
  public _validateGroundTruth(path: string, problems: Problems, document: ContractDocument | undefined): void {
    this._groundTruth?._validate(`${path}.groundTruth`, problems, document);
  }

  /** @internal */
  public _validate(path: string, problems: Problems): void {
    const { options } = this;
    if (!options) return;
    this.validateWindows(options, path, problems);
    const share = (name: string, value: number | undefined, fix: string): void => {
      problems.require(value === undefined || (value > 0 && value <= 1), 'ShareOutOfRange', `${path}.${name}`, value, 'must be greater than 0 and at most 1', fix);
    };
    share('driftedShare', options.driftedShare, 'use 0.3 for three in ten features');
    share('captureRatioThreshold', options.captureRatioThreshold, 'use 0.5 for half of the invocations');
    const psi = options.psiThreshold;
    problems.require(psi === undefined || psi > 0, 'PsiThresholdOutOfRange', `${path}.psiThreshold`, psi, 'must be greater than 0', 'use 0.2, the convention for a change that matters');
    const rate = options.falseDiscoveryRate;
    problems.require(rate === undefined || (rate > 0 && rate <= 0.2), 'FalseDiscoveryRateOutOfRange', `${path}.falseDiscoveryRate`, rate, 'must be greater than 0 and at most 0.2', 'use 0.01');
    const sample = options.minimumSampleSize;
    problems.require(
      sample === undefined || (Number.isInteger(sample) && sample >= 30),
      'MinimumSampleSizeOutOfRange',
      `${path}.minimumSampleSize`,
      sample,
      'must be an integer of at least 30, below which no statistic of ten bins means anything',
      'use 200, or a longer interval when there is little traffic',
    );
    const factor = options.operationalFactor;
    problems.require(factor === undefined || factor >= 1.1, 'OperationalFactorOutOfRange', `${path}.operationalFactor`, factor, 'must be at least 1.1', 'use 1.5: half as much again');
    options.featureMetrics?._validate(`${path}.featureMetrics`, problems);
    this.validateBusiness(path, problems);
    for (const [feature, weight] of Object.entries(options.featureWeights ?? {})) {
      problems.require(weight >= 0, 'FeatureWeightNegative', `${path}.featureWeights.${feature}`, weight, 'must not be negative', 'use 0 for a feature that shall never count');
    }
  }

  /**
   * Checks the names of features, once they are known.
   *
   * @internal
   */
  public _validateFeatures(path: string, problems: Problems, features: readonly string[]): void {
    const weights = this.options?.featureWeights ?? {};
    const check = (name: string, where: string): void => {
      const meant = didYouMean(name, features);
      problems.require(features.includes(name), 'UnknownFeature', where, name, 'must be a feature of the contract', meant ? `did you mean '${meant}'?` : `use one of ${features.join(', ')}`);
    };
    Object.keys(weights).forEach((name) => check(name, `${path}.featureWeights.${name}`));
    (this.options?.criticalFeatures ?? []).forEach((name, index) => check(name, `${path}.criticalFeatures[${index}]`));
    this.options?.featureMetrics?._validateFeatures(`${path}.featureMetrics`, problems, features);
    const allZero = features.length > 0 && features.every((name) => weights[name] === 0);
    problems.require(!allZero, 'NoFeatureCounts', `${path}.featureWeights`, weights, 'must leave a feature with a weight above 0', 'give the features that matter a weight of 1');
  }

  /** @internal */
  public _settings(): MonitoringSettings {
    const options = this.options ?? {};
    const psiThreshold = options.psiThreshold ?? Defaults.PSI_THRESHOLD;
    return {
      intervalSeconds: (options.interval ?? Defaults.MONITORING_INTERVAL).toSeconds(),
      watermarkSeconds: (options.watermark ?? Defaults.MONITORING_WATERMARK).toSeconds(),
      windows: options.windows ?? Defaults.ALARM_WINDOWS,
      of: options.of ?? Defaults.ALARM_OF,
      captureRatio: options.captureRatioThreshold ?? Defaults.CAPTURE_RATIO_THRESHOLD,
      driftSeverity: options.driftSeverity ?? AlarmSeverity.TICKET,
      businessMetrics: options.businessMetrics ?? [],
      policy: {
        minimumSampleSize: options.minimumSampleSize ?? Defaults.MINIMUM_SAMPLE_SIZE,
        psiThreshold,
        psiWarning: psiThreshold * Defaults.PSI_WARNING_FRACTION,
        falseDiscoveryRate: options.falseDiscoveryRate ?? Defaults.FALSE_DISCOVERY_RATE,
        driftedShare: options.driftedShare ?? Defaults.DRIFTED_SHARE,
        weights: options.featureWeights ?? {},
        criticalFeatures: options.criticalFeatures ?? [],
        violationShare: Defaults.VIOLATION_SHARE,
        missingShareIncrease: Defaults.MISSING_SHARE_INCREASE,
        maximumLookbackSeconds: Defaults.MAXIMUM_LOOKBACK.toSeconds(),
        featureMetrics: options.featureMetrics?._settings,
        business: options.businessMetrics?.flatMap((metric) => metric._drop ?? []),
        operational: {
          factor: options.operationalFactor ?? Defaults.OPERATIONAL_FACTOR,
          minimumRequests: options.minimumSampleSize ?? Defaults.MINIMUM_SAMPLE_SIZE,
          minimumWindows: Defaults.OPERATIONAL_WINDOWS,
        },
      },
    };
  }

  private validateBusiness(path: string, problems: Problems): void {
    const { businessMetrics: metrics, intervalSeconds } = this._settings();
    metrics.forEach((metric, index) => metric._validate(`${path}.businessMetrics[${index}]`, problems, intervalSeconds));
    const twice = metrics.find((metric, index) => metrics.findIndex(({ _name: name }) => name === metric._name) < index);
    problems.require(twice === undefined, 'BusinessMetricTwice', `${path}.businessMetrics`, twice?._name, 'must have different names', 'name one of them otherwise');
    // A composite alarm watches at most 100 others (API_PutCompositeAlarm).
    problems.require(metrics.length <= 20, 'TooManyBusinessMetrics', `${path}.businessMetrics`, metrics.length, 'must be at most 20', 'leave out what nobody would act on');
  }

  private validateWindows(options: StandardMonitoringOptions, path: string, problems: Problems): void {
    const { interval, watermark } = options;
    const settings = this._settings();
    problems.require(
      INTERVAL_HOURS.includes(settings.intervalSeconds / 3600),
      'MonitoringIntervalOutOfRange',
      `${path}.interval`,
      interval?.toString(),
      `must be ${INTERVAL_HOURS.join(', ')} hours`,
      'use Duration.hours(1)',
    );
    const minutes = settings.watermarkSeconds / 60;
    problems.require(
      Number.isInteger(minutes) && minutes >= 0 && minutes < 60,
      'WatermarkOutOfRange',
      `${path}.watermark`,
      watermark?.toString(),
      'must be whole minutes, fewer than 60',
      'use Duration.minutes(15)',
    );
    if (Token.isUnresolved(settings.windows) || Token.isUnresolved(settings.of)) return;
    problems.require(Number.isInteger(settings.of) && settings.of >= 1, 'WindowsOutOfRange', `${path}.of`, settings.of, 'must be a positive integer', 'use 3');
    problems.require(
      Number.isInteger(settings.windows) && settings.windows >= 1 && settings.windows <= settings.of,
      'WindowsOutOfRange',
      `${path}.windows`,
      settings.windows,
      `must be an integer from 1 to ${settings.of} (of)`,
      'use 2 of 3',
    );
    problems.require(
      settings.of * settings.intervalSeconds <= ALARM_REACH_SECONDS,
      'AlarmReachTooLong',
      `${path}.of`,
      settings.of,
      'windows must cover at most seven days, as far as a CloudWatch alarm looks back',
      'use fewer windows or a shorter interval',
    );
  }
}
