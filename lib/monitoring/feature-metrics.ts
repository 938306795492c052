import { Problems, didYouMean } from '../private/errors';
import { FeatureMetricsSettings } from './monitoring-choices.contract';

/** A dimension's value is ASCII, at most 1024 characters (API_Dimension). */
const DIMENSION_VALUE = /^[\x20-\x7e]{1,1024}$/;

/**
 * Which features have a CloudWatch metric of their own: `FeaturePopulationStabilityIndex` with the dimensions `ModelName` and `FeatureName`,
 * one point per window. The report of every window has all features anyway, at no cost.
 *
 * CloudWatch bills custom metrics by the hours in which they have data, up to about 0.30 USD each a month (CloudWatch pricing, "Custom
 * metrics", first 10,000 metrics in us-east-1): twenty features of a model that is judged every hour are about 6 USD a month.
 */
export class FeatureMetrics {
  /** No feature has one. */
  public static none(): FeatureMetrics {
    return new FeatureMetrics(undefined);
  }

  /**
   * Those that have drifted most in a window: the greatest population stability indexes among the features that count (weight above 0). Costs
   * as much as `count` metrics, whichever features they are.
   */
  public static top(count: number): FeatureMetrics {
    return new FeatureMetrics({ type: 'TOP', count });
  }

  /** The features named. */
  public static of(...features: string[]): FeatureMetrics {
    return new FeatureMetrics({ type: 'OF', features });
  }

  /** Every feature of the contract. */
  public static all(): FeatureMetrics {
    return new FeatureMetrics({ type: 'ALL' });
  }

  private constructor(
    /** @internal */
    public readonly _settings: FeatureMetricsSettings | undefined,
  ) {}

  /** @internal */
  public _validate(path: string, problems: Problems): void {
    const choice = this._settings;
    if (choice?.type === 'TOP') {
      const fix = 'use FeatureMetrics.top(5), or FeatureMetrics.none()';
      problems.require(Number.isInteger(choice.count) && choice.count >= 1, 'FeatureMetricsCountInvalid', path, choice.count, 'must be a positive integer', fix);
    }
    if (choice?.type === 'OF') problems.require(choice.features.length > 0, 'FeatureMetricsEmpty', path, choice.features, 'must name a feature', 'name one, or use FeatureMetrics.none()');
  }

  /** @internal */
  public _validateFeatures(path: string, problems: Problems, features: readonly string[]): void {
    const choice = this._settings;
    if (choice === undefined) return;
    for (const name of choice.type === 'OF' ? choice.features : features) {
      const meant = didYouMean(name, features);
      problems.require(features.includes(name), 'UnknownFeature', path, name, 'must be a feature of the contract', meant ? `did you mean '${meant}'?` : `use one of ${features.join(', ')}`);
      problems.require(DIMENSION_VALUE.test(name), 'FeatureMetricNameInvalid', path, name, 'must be ASCII, as the value of a CloudWatch dimension has to be', 'use FeatureMetrics.of() with other features');
    }
  }
}
