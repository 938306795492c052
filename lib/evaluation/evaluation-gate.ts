import { Token } from 'aws-cdk-lib';
import { ContractDocument, hasRole } from '../data/data-contract.contract';
import { Defaults } from '../private/defaults';
import { didYouMean, Problems } from '../private/errors';
import { GateSpecification } from './gate.contract';
import { EVALUATION_METRICS, metricsOf } from './metric-table.contract';

/** How much better the challenger has to be. */
export interface BetterThanChampionOptions {
  /**
   * Least improvement over the champion, in units of the metric and in its better direction.
   *
   * @default 0 - any improvement
   */
  readonly margin?: number;
}

/** How much worse the challenger may be. */
export interface NoWorseThanChampionOptions {
  /**
   * Greatest loss against the champion, in units of the metric.
   *
   * @default 0
   */
  readonly tolerance?: number;
}

/** Which slices a gate looks at. */
export interface SliceGateOptions {
  /**
   * Only slices of this column, which needs role slice or protected.
   *
   * @default - all columns with role slice or protected
   */
  readonly column?: string;

  /**
   * Slices with fewer rows in the test set are not judged.
   *
   * @default 100
   */
  readonly minimumRows?: number;
}

/** Which slices a gate looks at, and how much worse each may be. */
export interface SliceRegressionOptions extends SliceGateOptions {
  /**
   * Greatest loss against the champion on the same slice, in units of the metric.
   *
   * @default 0
   */
  readonly tolerance?: number;
}

/**
 * A condition that a trained model has to meet on the frozen test set before it may be registered as deployable. Gates against the
 * champion pass when there is no champion yet; so name an absolute gate as well.
 */
export class EvaluationGate {
  /** The metric is at least this. */
  public static atLeast(metric: string, threshold: number): EvaluationGate {
    return new EvaluationGate({ kind: 'at-least', metric, threshold }, threshold);
  }

  /** The metric is at most this. */
  public static atMost(metric: string, threshold: number): EvaluationGate {
    return new EvaluationGate({ kind: 'at-most', metric, threshold }, threshold);
  }

  /** The challenger beats the champion on the same rows. */
  public static betterThanChampion(metric: string, options: BetterThanChampionOptions = {}): EvaluationGate {
    return new EvaluationGate({ kind: 'better-than-champion', metric, margin: options.margin ?? 0 }, undefined, options.margin);
  }

  /** The challenger loses at most the tolerance against the champion on the same rows. */
  public static noWorseThanChampion(metric: string, options: NoWorseThanChampionOptions = {}): EvaluationGate {
    return new EvaluationGate({ kind: 'no-worse-than-champion', metric, tolerance: options.tolerance ?? 0 }, undefined, options.tolerance);
  }

  /** The metric is at least this on every slice. */
  public static everySliceAtLeast(metric: string, threshold: number, options: SliceGateOptions = {}): EvaluationGate {
    return new EvaluationGate({ kind: 'slice-at-least', metric, threshold, ...EvaluationGate.slices(options) }, threshold);
  }

  /** The metric is at most this on every slice. */
  public static everySliceAtMost(metric: string, threshold: number, options: SliceGateOptions = {}): EvaluationGate {
    return new EvaluationGate({ kind: 'slice-at-most', metric, threshold, ...EvaluationGate.slices(options) }, threshold);
  }

  /** On no slice does the challenger lose more than the tolerance against the champion. */
  public static noSliceRegression(metric: string, options: SliceRegressionOptions = {}): EvaluationGate {
    const specification: GateSpecification = { kind: 'no-slice-regression', metric, tolerance: options.tolerance ?? 0, ...EvaluationGate.slices(options) };
    return new EvaluationGate(specification, undefined, options.tolerance);
  }

  private static slices(options: SliceGateOptions): { column?: string; minimumRows: number } {
    return { ...(options.column !== undefined ? { column: options.column } : {}), minimumRows: options.minimumRows ?? Defaults.SLICE_MINIMUM_ROWS };
  }

  private constructor(
    private readonly specification: GateSpecification,
    private readonly threshold: number | undefined,
    private readonly distance?: number,
  ) {}

  /**
   * Checks the gate; with the contract at hand also against the task and the columns.
   *
   * @internal
   */
  public _validate(path: string, problems: Problems, document?: ContractDocument): void {
    const { metric } = this.specification;
    const known = document ? metricsOf(document.task) : Object.keys(EVALUATION_METRICS);
    if (Token.isUnresolved(metric)) return;
    const found = EVALUATION_METRICS[metric];
    if (!known.includes(metric)) {
      const near = didYouMean(metric, known);
      const rule = found && document ? `is no metric of ${document.task}, which has ${known.join(', ')}` : `must be one of ${known.join(', ')}`;
      problems.add('UnknownMetric', `${path}.metric`, metric, rule, near !== undefined ? `did you mean '${near}'?` : 'choose one of them');
    } else if (found && this.threshold !== undefined && !Token.isUnresolved(this.threshold)) {
      const fits = Number.isFinite(this.threshold) && (found.range === 'any' || this.threshold >= 0) && (found.range !== 'unit' || this.threshold <= 1);
      const limits = found.range === 'unit' ? 'from 0 to 1' : found.range === 'nonnegative' ? 'at least 0' : 'a finite number';
      problems.require(fits, 'ThresholdOutOfRange', `${path}.threshold`, this.threshold, `must be ${limits} for ${metric}`, 'no model could meet it, or every model would');
    }
    if (this.distance !== undefined) {
      const name = this.specification.kind === 'better-than-champion' ? 'margin' : 'tolerance';
      problems.require(this.distance >= 0 && Number.isFinite(this.distance), 'DistanceNegative', `${path}.${name}`, this.distance, 'must be at least 0', `leave ${name} out for 0`);
    }
    if ('minimumRows' in this.specification) this.validateSlices(path, problems, document);
  }

  /** @internal */
  public _specification(): GateSpecification {
    return this.specification;
  }

  private validateSlices(path: string, problems: Problems, document: ContractDocument | undefined): void {
    const { column, minimumRows } = this.specification as Extract<GateSpecification, { minimumRows: number }>;
    problems.require(Number.isInteger(minimumRows) && minimumRows >= 1, 'MinimumRows', `${path}.minimumRows`, minimumRows, 'must be a whole number from 1', 'use 100');
    if (!document) return;
    const sliced = document.columns.filter((candidate) => hasRole(candidate, 'slice') || hasRole(candidate, 'protected')).map(({ name }) => name);
    if (sliced.length === 0) {
      problems.add('NoSliceColumn', path, this.specification.kind, 'needs a column of role slice or protected in the contract', 'give a column that role');
    } else if (column !== undefined && !sliced.includes(column)) {
      const near = didYouMean(column, sliced);
      const fix = near !== undefined ? `did you mean '${near}'?` : 'give the column role slice';
      problems.require(false, 'NotASliceColumn', `${path}.column`, column, `must be one of the columns with role slice or protected: ${sliced.join(', ')}`, fix);
    }
  }
}
