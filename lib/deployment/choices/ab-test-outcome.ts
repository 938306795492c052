import { TaskType } from '../../data/data-contract.contract';
import { requireMetricNames } from '../../private/custom-metric';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { TestOutcomeSettings } from '../deployment.contract';

export interface LabelAccuracyOptions {
  /**
   * A score counts as positive from it on.
   *
   * @default 0.5
   */
  readonly decisionThreshold?: number;
}

/** Which variant is the better one. */
export enum BetterWhen {
  /** More is better, such as conversions. */
  HIGHER = 'HIGHER',
  /** Less is better, such as returned goods. */
  LOWER = 'LOWER',
}

export interface AbTestMetricOptions {
  /** CloudWatch namespace that your application publishes to. */
  readonly namespace: string;

  /** One value between 0 and 1 for each outcome: converted or not. */
  readonly metricName: string;

  /**
   * Dimension whose value is the name of the variant that answered; InvokeEndpoint returns it as InvokedProductionVariant.
   *
   * @default 'VariantName'
   */
  readonly variantDimension?: string;

  /**
   * All further dimensions.
   *
   * @default - none
   */
  readonly dimensions?: Record<string, string>;

  /**
   * Direction of better.
   *
   * @default BetterWhen.HIGHER
   */
  readonly betterWhen?: BetterWhen;
}

/** What decides an A/B test. */
export abstract class AbTestOutcome {
  /** Share of right decisions, by labels below `labels/<model>/` of the lake, joined by inference id; for binary classification. */
  public static labelAccuracy(options: LabelAccuracyOptions = {}): AbTestOutcome {
    const settings = { type: 'LABELS', measure: 'accuracy', decisionThreshold: options.decisionThreshold ?? Defaults.DECISION_THRESHOLD } as const;
    return new LabelOutcome('labelAccuracy', 'binary-classification', settings);
  }

  /** Mean distance between prediction and label, by labels below `labels/<model>/` of the lake, joined by inference id; for regression. */
  public static labelAbsoluteError(): AbTestOutcome {
    return new LabelOutcome('labelAbsoluteError', 'regression', { type: 'LABELS', measure: 'absolute-error' });
  }

  /** What the prediction was good for, as your application sees it. */
  public static metric(options: AbTestMetricOptions): AbTestOutcome {
    return new MetricOutcome(options);
  }

  /** @internal */
  public abstract _validate(path: string, problems: Problems): void;

  /** @internal */
  public abstract _validateTask(path: string, problems: Problems, task: TaskType): void;

  /** @internal */
  public abstract _settings(): TestOutcomeSettings;
}

class LabelOutcome extends AbTestOutcome {
  public constructor(
    private readonly factory: string,
    private readonly task: TaskType,
    private readonly settings: TestOutcomeSettings,
  ) {
    super();
  }

  public _validate(): void {}

  public _validateTask(path: string, problems: Problems, task: TaskType): void {
    const labels = { 'binary-classification': 'AbTestOutcome.labelAccuracy() or ', 'multiclass-classification': '', regression: 'AbTestOutcome.labelAbsoluteError() or ' } as const;
    problems.require(
      task === this.task,
      'OutcomeNotForTask',
      path,
      `AbTestOutcome.${this.factory}()`,
      `must fit the task of the data contract, ${task}`,
      `use ${labels[task]}AbTestOutcome.metric()`,
    );
  }

  public _settings(): TestOutcomeSettings {
    return this.settings;
  }
}

class MetricOutcome extends AbTestOutcome {
  public constructor(private readonly options: AbTestMetricOptions) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    const { namespace, metricName } = this.options;
    const variantDimension = this.options.variantDimension ?? Defaults.VARIANT_DIMENSION;
    requireMetricNames({ namespace, metricName, variantDimension }, { path, code: 'OutcomeMetricInvalid', dimensions: this.options.dimensions ?? {}, maximumDimensions: 29 }, problems);
    const dimensions = Object.keys(this.options.dimensions ?? {});
    problems.require(!dimensions.includes(variantDimension), 'OutcomeMetricInvalid', `${path}.dimensions`, dimensions, `must not contain ${variantDimension}: its value is the variant`, 'leave it out');
  }

  public _validateTask(): void {}

  public _settings(): TestOutcomeSettings {
    const { namespace, metricName, variantDimension, dimensions, betterWhen } = this.options;
    return {
      type: 'METRIC',
      namespace,
      metricName,
      variantDimension: variantDimension ?? Defaults.VARIANT_DIMENSION,
      dimensions: dimensions ?? {},
      betterWhen: betterWhen ?? BetterWhen.HIGHER,
    };
  }
}
