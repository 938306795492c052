import { type ProblemList } from '../private/problem-list';
import { JsonReader } from './json-reader';

/** What `constraints.json` of Model Monitor asks for (guide, "Schema for Constraints"), in the words of this library. */
export interface MonitorConstraints {
  readonly features: readonly FeatureConstraints[];
  /** Of the L-infinity distance that Model Monitor would report; its own default is 0.1. */
  readonly comparisonThreshold?: number;
  readonly categoricalComparisonThreshold?: number;
  /** The mode of `cdk-ml-pipeline drift` that repeats its comparison. */
  readonly mode?: 'sagemaker-simple' | 'sagemaker-robust';
  /** Greatest share of values of another type. */
  readonly mismatchedShare?: number;
  /** Greatest share of values outside of the domain. */
  readonly unseenShare?: number;
  /** What has no counterpart here, in sentences. */
  readonly losses: readonly string[];
}

/** Of one column, as the data contract states it. */
export interface FeatureConstraints {
  readonly name: string;
  readonly type?: 'integer' | 'number' | 'string';
  /** 1 - completeness. */
  readonly maximumNullShare?: number;
  readonly minimum?: 0;
  readonly categories?: readonly string[];
  /** 0 where comparison is switched off for this feature. */
  readonly weight?: 0;
}

/** Both spellings of each: the schema of the guide says Simple and Robust, its table linf_simple and linf_robust. */
const MODES: Readonly<Record<string, 'sagemaker-simple' | 'sagemaker-robust'>> = {
  simple: 'sagemaker-simple',
  linf_simple: 'sagemaker-simple',
  robust: 'sagemaker-robust',
  linf_robust: 'sagemaker-robust',
};
const TYPES: Readonly<Record<string, 'integer' | 'number' | 'string'>> = { Integral: 'integer', Fractional: 'number', String: 'string' };

export function readConstraints(value: unknown, fileName: string, problems: ProblemList): MonitorConstraints {
  const reader = new JsonReader(value, fileName, problems);
  const losses: string[] = [];
  const features = reader.list('features', 'is this the constraints.json that Model Monitor wrote?').flatMap((feature) => readFeature(feature, losses));
  const config = reader.child('monitoring_config');
  if (config?.flag('evaluate_constraints') === false) losses.push('evaluate_constraints is Disabled: Model Monitor only watched; what it would have reported is suggested all the same');
  const distribution = config?.child('distribution_constraints');
  const mode = distribution && readMode(distribution, losses);
  if (distribution?.flag('perform_comparison') === false) losses.push('perform_comparison is Disabled: Model Monitor compared no distributions; here every feature is compared, weight 0 keeps one out of the verdict');
  const method = distribution?.text('categorical_drift_method');
  if (method !== undefined && !/^linfinity$/i.test(method)) losses.push(`categorical_drift_method ${method}: mode sagemaker-simple compares categories by L-infinity; --json has the chi-square test as well`);
  return {
    features,
    ...defined('comparisonThreshold', distribution?.number('comparison_threshold')),
    ...defined('categoricalComparisonThreshold', distribution?.number('categorical_comparison_threshold')),
    ...defined('mode', mode),
    ...defined('mismatchedShare', config?.number('datatype_check_threshold')),
    ...defined('unseenShare', config?.number('domain_content_threshold')),
    losses,
  };
}

function readMode(distribution: JsonReader, losses: string[]): MonitorConstraints['mode'] {
  // The guide's schema has misspelt the key, and so have files that were written after it.
  const method = distribution.text('comparison_method') ?? distribution.text('comparion_method');
  if (method === undefined) return undefined;
  const mode = MODES[method.toLowerCase()];
  if (mode === undefined) losses.push(`comparison_method ${method} is none of Simple, Robust, linf_simple and linf_robust`);
  return mode;
}

function readFeature(reader: JsonReader, losses: string[]): FeatureConstraints[] {
  const name = reader.text('name', true);
  if (name === undefined) return [];
  const completeness = reader.number('completeness');
  if (completeness !== undefined && !(completeness >= 0 && completeness <= 1)) reader.problem('completeness', completeness, 'must be from 0 to 1', 'correct it');
  const numbers = reader.child('num_constraints') ?? reader.child('numerical_constraints');
  const domains = reader.child('string_constraints')?.texts('domains');
  const overrides = reader.child('monitoringConfigOverrides') ?? reader.child('monitoring_config_overrides');
  const distribution = overrides?.child('distribution_constraints');
  const compared = distribution?.flag('perform_comparison');
  if (distribution?.has('comparison_threshold')) losses.push(`${name}: its own comparison_threshold ${distribution.number('comparison_threshold')} is left out, thresholds are one for all features; a weight makes one count more or less`);
  for (const key of ['datatype_check_threshold', 'domain_content_threshold']) {
    if (overrides?.has(key)) losses.push(`${name}: its own ${key} ${overrides.number(key)} is left out`);
  }
  const inferred = reader.text('inferred_type');
  return [
    {
      name,
      ...defined('type', TYPES[inferred ?? '']),
      ...defined('maximumNullShare', completeness === undefined ? undefined : Number((1 - completeness).toFixed(12))),
      ...(numbers?.flag('is_non_negative') ? { minimum: 0 as const } : {}),
      ...(domains && domains.length > 0 ? { categories: domains } : {}),
      ...(compared === false ? { weight: 0 as const } : {}),
    },
  ];
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
