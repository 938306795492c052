/** Descriptions kept of one file. */
const EXAMPLES_MAXIMUM = 5;

export interface TableProblem {
  /** `line 12`, `row group 3`. */
  readonly place: string;
  readonly reason: string;
}

/** What of a file could not be read: each row is counted, the first few are described. */
export class ProblemLog {
  private readonly first: TableProblem[] = [];
  private readonly told = new Set<string>();
  private count = 0;
  private readonly remarks: string[] = [];

  public add(place: string, reason: string, rows = 1): void {
    this.count += rows;
    if (this.first.length < EXAMPLES_MAXIMUM) this.first.push({ place, reason });
  }

  /** Something about the whole file that its reader should know; told once. */
  public remark(text: string): void {
    if (this.told.has(text)) return;
    this.told.add(text);
    this.remarks.push(text);
  }

  /** Rows that are in no batch, or in one without some of their cells. */
  public get rows(): number {
    return this.count;
  }

  public get examples(): readonly TableProblem[] {
    return this.first;
  }

  public get remarkable(): readonly string[] {
    return this.remarks;
  }
}
