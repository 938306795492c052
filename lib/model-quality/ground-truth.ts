import { Duration, Token } from 'aws-cdk-lib';
import { ContractDocument, TaskType } from '../data/data-contract.contract';
import { EVALUATION_METRICS, metricsOf } from '../evaluation/metric-table.contract';
import { Defaults } from '../private/defaults';
import { didYouMean, Problems } from '../private/errors';
import { QualitySettings } from './model-quality.contract';

/** How predictions are judged by what turned out to be true. */
export interface LabelsOptions {
  /**
   * How late a label may come after the window of its prediction. After that the window is judged for the last time.
   *
   * @default Duration.days(7)
   */
  readonly maximumDelay?: Duration;

  /**
   * Length of a window of predictions that is judged as one: 1, 2, 3, 4, 6, 8, 12 or 24 hours, or whole days up to 7. Windows are aligned to UTC.
   *
   * @default Duration.days(1)
   */
  readonly interval?: Duration;

  /**
   * Metric that decides.
   *
   * @default - the leading metric of the task: auc, accuracy or rmse
   */
  readonly metric?: string;

  /**
   * How much worse than on its own test set the model may be, in units of the metric.
   *
   * @default - 0.05 for metrics from 0 to 1, else a tenth of the metric on the test set
   */
  readonly margin?: number;

  /**
   * Labelled predictions that a verdict on a window needs. With fewer its outcome is INSUFFICIENT_DATA.
   *
   * @default 200
   */
  readonly minimumLabels?: number;

  /**
   * Labelled predictions that a slice needs to be judged by itself.
   *
   * @default 100
   */
  readonly minimumSliceLabels?: number;

  /**
   * Probability that a window whose quality is just within the margin is called degraded, over all looks at it while its labels come.
   *
   * @default 0.01
   */
  readonly falseAlarmRate?: number;

  /**
   * Score from which on a binary prediction counts as positive; at most four decimals.
   *
   * @default 0.5
   */
  readonly decisionThreshold?: number;
}

/** Where the truth about predictions comes from, so that concept drift can be seen: predictions that have got worse whatever the data looks like. */
export class GroundTruth {
  /**
   * JSON lines below `labels/<model>/yyyy/mm/dd/hh/` in the lake, filed by the hour of their collection, in Model Monitor's format for
   * ground truth; `eventId` holds the prediction's inference id, or its event id where the caller gave none. Labels may come late, twice,
   * in any order, and before their prediction was captured.
   */
  public static labels(options: LabelsOptions = {}): GroundTruth {
    return new GroundTruth(options);
  }

  private constructor(private readonly options: LabelsOptions) {}

  /**
   * How long captured predictions have to be kept, so that a window can be judged for the last time, with a few days to repair what failed.
   *
   * @internal
   */
  public get _captureMinimum(): Duration {
    const { intervalSeconds, maximumDelaySeconds } = this.settings('binary-classification');
    return Duration.seconds(intervalSeconds + maximumDelaySeconds).plus(Defaults.QUALITY_CATCH_UP);
  }

  /** @internal */
  public _validate(path: string, problems: Problems, document?: ContractDocument): void {
    const { options } = this;
    this.validateTimes(path, problems);
    const count = (name: string, value: number | undefined, fix: string): void =>
      problems.require(value === undefined || (Number.isInteger(value) && value >= 30), 'MinimumLabelsOutOfRange', `${path}.${name}`, value, 'must be an integer of at least 30, below which intervals mean nothing', fix);
    count('minimumLabels', options.minimumLabels, 'use 200, or a longer interval when labels are few');
    count('minimumSliceLabels', options.minimumSliceLabels, 'use 100');
    const { margin, falseAlarmRate, decisionThreshold } = options;
    problems.require(margin === undefined || (Number.isFinite(margin) && margin >= 0), 'MarginNegative', `${path}.margin`, margin, 'must be at least 0', 'leave margin out, or use 0.05');
    problems.require(
      falseAlarmRate === undefined || (falseAlarmRate >= 0.0001 && falseAlarmRate <= 0.1),
      'FalseAlarmRateOutOfRange',
      `${path}.falseAlarmRate`,
      falseAlarmRate,
      'must be from 0.0001 to 0.1',
      'use 0.01: one of a hundred windows that are just within the margin',
    );
    const fits = (value: number): boolean => value > 0 && value < 1 && Number(value.toFixed(4)) === value;
    problems.require(
      decisionThreshold === undefined || fits(decisionThreshold),
      'DecisionThresholdOutOfRange',
      `${path}.decisionThreshold`,
      decisionThreshold,
      'must be greater than 0 and less than 1, with at most four decimals',
      'use 0.5',
    );
    this.validateMetric(path, problems, document);
    problems.require(
      document === undefined || decisionThreshold === undefined || document.task === 'binary-classification',
      'DecisionThresholdWithoutScore',
      `${path}.decisionThreshold`,
      decisionThreshold,
      `must be left out for ${document?.task}: only binary classification has scores`,
      'leave it out',
    );
  }

  /** @internal */
  public _settings(task: TaskType): QualitySettings {
    return this.settings(task);
  }

  private settings(task: TaskType): QualitySettings {
    const { options } = this;
    return {
      intervalSeconds: (options.interval ?? Defaults.QUALITY_INTERVAL).toSeconds(),
      maximumDelaySeconds: (options.maximumDelay ?? Defaults.MAXIMUM_DELAY).toSeconds(),
      catchUpSeconds: Defaults.QUALITY_CATCH_UP.toSeconds(),
      policy: {
        metric: options.metric ?? metricsOf(task)[0]!,
        ...(options.margin === undefined ? {} : { margin: options.margin }),
        unitMargin: Defaults.QUALITY_MARGIN,
        marginShare: Defaults.QUALITY_MARGIN_SHARE,
        minimumLabels: options.minimumLabels ?? Defaults.MINIMUM_LABELS,
        minimumSliceLabels: options.minimumSliceLabels ?? Defaults.MINIMUM_SLICE_LABELS,
        falseAlarmRate: options.falseAlarmRate ?? Defaults.FALSE_ALARM_RATE,
        decisionThreshold: options.decisionThreshold ?? Defaults.DECISION_THRESHOLD,
        calibrationMargin: Defaults.CALIBRATION_MARGIN,
      },
    };
  }

  private validateTimes(path: string, problems: Problems): void {
    const { interval, maximumDelay } = this.options;
    const hours = (interval ?? Defaults.QUALITY_INTERVAL).toSeconds() / 3600;
    problems.require(
      INTERVAL_HOURS.includes(hours) || (hours % 24 === 0 && hours >= 24 && hours <= 168),
      'QualityIntervalOutOfRange',
      `${path}.interval`,
      interval?.toString(),
      `must be ${INTERVAL_HOURS.join(', ')} hours, or whole days up to 7`,
      'use Duration.days(1)',
    );
    const delay = (maximumDelay ?? Defaults.MAXIMUM_DELAY).toSeconds() / 3600;
    problems.require(
      Number.isInteger(delay) && delay >= 1 && delay <= 24 * 90,
      'MaximumDelayOutOfRange',
      `${path}.maximumDelay`,
      maximumDelay?.toString(),
      'must be whole hours, at most 90 days',
      'use Duration.days(7); for labels that take longer, judge a proxy that is known sooner',
    );
  }

  private validateMetric(path: string, problems: Problems, document: ContractDocument | undefined): void {
    const { metric } = this.options;
    if (metric === undefined || Token.isUnresolved(metric)) return;
    const known = (document ? metricsOf(document.task) : Object.keys(EVALUATION_METRICS)).filter((name) => name !== 'calibrationError');
    if (metric === 'calibrationError') {
      problems.add('CalibrationIsJudgedApart', `${path}.metric`, metric, 'is greater in small windows by its nature, and has a test of its own in every report', "use 'brier' or 'logLoss'");
      return;
    }
    const near = didYouMean(metric, known);
    const of = document ? ` of ${document.task}` : '';
    problems.require(known.includes(metric), 'UnknownMetric', `${path}.metric`, metric, `must be a metric${of}: ${known.join(', ')}`, near !== undefined ? `did you mean '${near}'?` : 'choose one of them');
  }
}

/** A day has a whole number of them, so that cron and windows agree. */
const INTERVAL_HOURS = [1, 2, 3, 4, 6, 8, 12, 24];
