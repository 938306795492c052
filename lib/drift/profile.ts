import { type Baseline } from './baseline';
import { type Bins, binCount, parseNumber, placer } from './column-bins';
import { mergeMoments, type Moments, MomentsBuilder } from './moments';

/**
 * What a sample of a column looks like in bins that the baseline fixed. Profiles over the same bins merge by addition, in any order
 * and grouping, so a window may be profiled file by file.
 */
export interface ColumnProfile {
  /** Rows, whatever their value. Equals missing + unseen + the sum of counts. */
  readonly count: number;
  readonly missing: number;
  /** Categories that the baseline does not know; texts in a numeric column. */
  readonly unseen: number;
  /** Rows per bin. */
  readonly counts: readonly number[];
  /** Of the numbers of a numeric column. */
  readonly moments: Moments | null;
}

export interface Profile {
  readonly rows: number;
  /** In the baseline's order. */
  readonly columns: readonly ColumnProfile[];
}

export class ColumnProfileBuilder {
  private count = 0;
  private missing = 0;
  private unseen = 0;
  private readonly counts: number[];
  private readonly place: ReturnType<typeof placer>;
  private readonly moments: MomentsBuilder | undefined;

  public constructor(bins: Bins) {
    this.counts = new Array<number>(binCount(bins)).fill(0);
    this.place = placer(bins);
    this.moments = bins.type === 'numeric' ? new MomentsBuilder() : undefined;
  }

  public add(text: string): void {
    this.count += 1;
    const place = this.place(text);
    if (place === 'missing') this.missing += 1;
    else if (place === 'unseen') this.unseen += 1;
    else {
      this.counts[place]! += 1;
      this.moments?.add(parseNumber(text)!);
    }
  }

  public build(): ColumnProfile {
    return { count: this.count, missing: this.missing, unseen: this.unseen, counts: [...this.counts], moments: this.moments?.build() ?? null };
  }
}

/** Profiles rows in the baseline's bins. */
export class ProfileBuilder {
  private rows = 0;
  private readonly columns: ColumnProfileBuilder[];

  public constructor(baseline: Baseline) {
    this.columns = baseline.columns.map((column) => new ColumnProfileBuilder(column.bins));
  }

  /** One row in the order of the baseline's columns; `''` = missing, `undefined` = the column was not observed in this row. */
  public add(values: readonly (string | undefined)[]): void {
    this.rows += 1;
    for (let index = 0; index < this.columns.length; index++) {
      const value = values[index];
      if (value !== undefined) this.columns[index]!.add(value);
    }
  }

  public build(): Profile {
    return { rows: this.rows, columns: this.columns.map((column) => column.build()) };
  }
}

export function emptyProfile(baseline: Baseline): Profile {
  return new ProfileBuilder(baseline).build();
}

/** @throws when the profiles were not made with the same bins */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  if (a.columns.length !== b.columns.length) throw new Error(`profiles of ${a.columns.length} and ${b.columns.length} columns cannot be merged`);
  return { rows: a.rows + b.rows, columns: a.columns.map((column, index) => mergeColumns(column, b.columns[index]!)) };
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  if (a.counts.length !== b.counts.length) throw new Error(`profiles of ${a.counts.length} and ${b.counts.length} bins cannot be merged`);
  return {
    count: a.count + b.count,
    missing: a.missing + b.missing,
    unseen: a.unseen + b.unseen,
    counts: a.counts.map((count, index) => count + b.counts[index]!),
    moments: a.moments && b.moments ? mergeMoments(a.moments, b.moments) : null,
  };
}
