import { type ColumnKind, type ColumnSample, MomentsBuilder, weightedValues } from '../drift';
import { type ColumnSink } from './table-reader';

/** Keeps every value of a column, 8 bytes per number: comparisons are exact then. */
export interface SampleSink extends ColumnSink {
  build(): ColumnSample;
}

export function sampleSink(name: string, type: ColumnKind): SampleSink {
  return type === 'numeric' ? new NumberSink(name) : new CategorySink(name);
}

class NumberSink implements SampleSink {
  private values = new Float64Array(1024);
  private length = 0;
  private missing = 0;
  private unseen = 0;
  private readonly moments = new MomentsBuilder();

  public constructor(private readonly name: string) {}

  public addMissing(): void {
    this.missing += 1;
  }

  public addNumber(value: number): void {
    if (!Number.isFinite(value)) {
      this.unseen += 1;
      return;
    }
    if (this.length === this.values.length) {
      const longer = new Float64Array(this.length * 2);
      longer.set(this.values);
      this.values = longer;
    }
    // Without the sign of zero, which no distribution knows.
    this.values[this.length++] = value + 0;
    this.moments.add(value);
  }

  public addText(_text: string): void {
    this.unseen += 1;
  }

  public build(): ColumnSample {
    const { name, missing, unseen } = this;
    return { type: 'numeric', name, numbers: weightedValues(this.values.slice(0, this.length)), moments: this.moments.build(), missing, unseen };
  }
}

class CategorySink implements SampleSink {
  private readonly counts = new Map<string, number>();
  private missing = 0;

  public constructor(private readonly name: string) {}

  public addMissing(): void {
    this.missing += 1;
  }

  public addNumber(value: number): void {
    this.addText(String(value));
  }

  public addText(text: string): void {
    this.counts.set(text, (this.counts.get(text) ?? 0) + 1);
  }

  public build(): ColumnSample {
    return { type: 'categorical', name: this.name, counts: this.counts, missing: this.missing, others: 0, unseen: 0 };
  }
}
