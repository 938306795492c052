/** Windows of unchanged and of shifted data, and what this library's rule and the defaults of others say about them. */
import {
  type Baseline,
  BaselineBuilder,
  type BinnedColumn,
  type ColumnSample,
  DEFAULT_DRIFT_POLICY,
  driftVerdict,
  evidentlyDecision,
  NO_STATISTICS,
  ProfileBuilder,
  sagemakerDecision,
  SampleTableBuilder,
} from '../lib/drift';
import { Random } from '../lib/rehearsal/kernel/random';

export const FEATURES = 20;
const SMALL_REFERENCE = 1000;

export type Kind = 'normal' | 'lognormal' | 'discrete' | 'categorical';
export const KINDS: readonly Kind[] = ['normal', 'lognormal', 'discrete', 'categorical'];

/** Columns of one kind, or of all four in turn. */
export class DriftSimulation {
  private readonly random: Random;
  private readonly kinds: readonly Kind[];
  private readonly columns: readonly BinnedColumn[];
  private readonly reference: readonly (readonly string[])[];
  public readonly baseline: Baseline;

  public constructor(kind: Kind | 'mixed', seed: number, referenceRows = 12_000) {
    this.random = new Random(seed);
    this.kinds = Array.from({ length: FEATURES }, (_, index) => (kind === 'mixed' ? KINDS[index % KINDS.length]! : kind));
    this.columns = this.kinds.map((of, index) => ({ name: `f${index}`, type: of === 'categorical' ? 'categorical' : 'numeric' }));
    this.reference = this.rows(referenceRows, 0);
    const builder = new BaselineBuilder(this.columns);
    for (const row of this.reference) builder.add(row);
    this.baseline = builder.build();
  }

  /** Rows whose first columns are shifted by standard deviations (numbers), or away from the first category. */
  public rows(count: number, shift: number, shifted = FEATURES): string[][] {
    return Array.from({ length: count }, () => this.kinds.map((kind, index) => this.value(kind, index < shifted ? shift : 0)));
  }

  /** Shares of paged and warned ones among the shifted features, and of windows that page, of this library's rule. */
  public ours(rows: number, shift: number, windows: number, shifted = FEATURES): { readonly paged: number; readonly warned: number; readonly windows: number } {
    const policy = { ...DEFAULT_DRIFT_POLICY, minimumSampleSize: 30 };
    let [paged, warned, alarmed] = [0, 0, 0];
    for (let i = 0; i < windows; i++) {
      const profile = new ProfileBuilder(this.baseline);
      for (const row of this.rows(rows, shift, shifted)) profile.add(row);
      const verdict = driftVerdict(this.baseline, profile.build(), policy);
      for (const { status } of verdict.columns.slice(0, shifted)) {
        if (status === 'DRIFTED') paged += 1;
        if (status === 'DRIFTED' || status === 'WARNING') warned += 1;
      }
      if (verdict.status === 'DRIFTED') alarmed += 1;
    }
    return { paged: paged / windows / shifted, warned: warned / windows / shifted, windows: alarmed / windows };
  }

  /** Shares of flagged features: Evidently with a reference of 1000 rows, with one of all rows, and SageMaker simple and robust. */
  public peers(rows: number, shift: number, windows: number): readonly number[] {
    const small = this.samples(this.reference.slice(0, SMALL_REFERENCE));
    const large = this.samples(this.reference);
    const flagged = [0, 0, 0, 0];
    for (let i = 0; i < windows; i++) {
      this.samples(this.rows(rows, shift)).forEach((current, index) => {
        const pair = { reference: large[index]!, current };
        [
          evidentlyDecision({ reference: small[index]!, current }),
          evidentlyDecision(pair),
          sagemakerDecision(pair, false, NO_STATISTICS),
          sagemakerDecision(pair, true, NO_STATISTICS),
        ].forEach(({ verdict }, rule) => (flagged[rule]! += verdict === 'drifted' ? 1 : 0));
      });
    }
    return flagged.map((count) => count / windows / FEATURES);
  }

  private samples(rows: readonly (readonly string[])[]): readonly ColumnSample[] {
    const builder = new SampleTableBuilder(this.columns);
    for (const row of rows) builder.add(row);
    return builder.build().columns;
  }

  private value(kind: Kind, shift: number): string {
    if (kind === 'categorical') {
      // Twelve categories, each 0.65 times as frequent as the one before.
      const rank = Math.min(11, Math.floor(Math.log(1 - this.random.next()) / Math.log(0.65 - shift * 0.15)));
      return `c${rank}`;
    }
    const normal = Math.sqrt(-2 * Math.log(1 - this.random.next())) * Math.cos(2 * Math.PI * this.random.next()) + shift;
    if (kind === 'normal') return String(normal);
    if (kind === 'lognormal') return String(Math.exp(normal));
    return String(Math.max(0, Math.round(2 + 1.5 * normal)));
  }
}
