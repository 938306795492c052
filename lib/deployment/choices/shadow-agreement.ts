import { TaskType } from '../../data/data-contract.contract';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { ShadowSettings } from '../deployment.contract';

export interface ShadowAgreementOptions {
  /**
   * Share of the pairs, 0 to 1, that may disagree. The upper end of its confidence interval counts.
   *
   * @default 0.05
   */
  readonly maximumDisagreement?: number;

  /**
   * Spearman's rank correlation of the scores, -1 to 1, that there must be at least.
   *
   * @default 0.9
   */
  readonly minimumRankCorrelation?: number;
}

export interface ClassificationAgreementOptions extends ShadowAgreementOptions {
  /**
   * Two scores disagree when they are on different sides of it.
   *
   * @default 0.5
   */
  readonly decisionThreshold?: number;
}

export interface RegressionAgreementOptions extends ShadowAgreementOptions {
  /** Two predictions disagree when they differ by more, in units of the label. */
  readonly tolerance: number;
}

export interface SameClassAgreementOptions {
  /**
   * Share of the pairs, 0 to 1, that may disagree. The upper end of its confidence interval counts.
   *
   * @default 0.05
   */
  readonly maximumDisagreement?: number;
}

/** @internal */
export type AgreementSettings = Pick<ShadowSettings, 'decisionThreshold' | 'tolerance' | 'maximumDisagreement' | 'minimumRankCorrelation'>;

/** When the answers of champion and shadow to the same request count as the same. */
export class ShadowAgreement {
  /** Binary classification: the same decision. */
  public static classification(options: ClassificationAgreementOptions = {}): ShadowAgreement {
    return new ShadowAgreement('classification', 'binary-classification', options, { decisionThreshold: options.decisionThreshold ?? Defaults.DECISION_THRESHOLD });
  }

  /** Multiclass classification: the same class. Ranks of classes mean nothing and are not compared. */
  public static sameClass(options: SameClassAgreementOptions = {}): ShadowAgreement {
    return new ShadowAgreement('sameClass', 'multiclass-classification', { ...options, minimumRankCorrelation: -1 }, { tolerance: 0 });
  }

  /** Regression: about the same value. */
  public static regression(options: RegressionAgreementOptions): ShadowAgreement {
    return new ShadowAgreement('regression', 'regression', options, { tolerance: options.tolerance });
  }

  private constructor(
    private readonly factory: string,
    private readonly task: TaskType,
    private readonly options: ShadowAgreementOptions,
    private readonly rule: Pick<ShadowSettings, 'decisionThreshold' | 'tolerance'>,
  ) {}

  /** @internal */
  public _validate(path: string, problems: Problems): void {
    const { maximumDisagreement, minimumRankCorrelation } = this._settings();
    const { tolerance } = this.rule;
    const code = 'ShadowValueOutOfRange';
    problems.require(maximumDisagreement > 0 && maximumDisagreement < 1, code, `${path}.maximumDisagreement`, maximumDisagreement, 'must be greater than 0 and less than 1', 'give a share: 0.05 is 5 %');
    problems.require(minimumRankCorrelation >= -1 && minimumRankCorrelation < 1, code, `${path}.minimumRankCorrelation`, minimumRankCorrelation, 'must be at least -1 and less than 1', 'use 0.9, or -1 to compare no ranks');
    problems.require(tolerance === undefined || tolerance >= 0, code, `${path}.tolerance`, tolerance, 'must be at least 0', 'give the difference, in units of the label, that does not matter');
  }

  /** @internal */
  public _validateTask(path: string, problems: Problems, task: TaskType): void {
    const fitting = { 'binary-classification': 'classification()', 'multiclass-classification': 'sameClass()', regression: 'regression({ tolerance })' } as const;
    problems.require(
      task === this.task,
      'AgreementNotForTask',
      path,
      `ShadowAgreement.${this.factory}()`,
      `must fit the task of the data contract, ${task}`,
      `use ShadowAgreement.${fitting[task]}`,
    );
  }

  /** @internal */
  public _settings(): AgreementSettings {
    return {
      ...this.rule,
      maximumDisagreement: this.options.maximumDisagreement ?? Defaults.MAXIMUM_DISAGREEMENT,
      minimumRankCorrelation: this.options.minimumRankCorrelation ?? Defaults.MINIMUM_RANK_CORRELATION,
    };
  }
}
