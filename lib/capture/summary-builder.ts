import { type Baseline, type Bins, type ColumnProfileBuilder, parseNumber, PREDICTION_COLUMN, ProfileBuilder } from '../drift';
import { CaptureScanner } from './capture-scanner';
import { type BadLine, type CaptureRecord } from './capture-reader';
import { type CaptureSummary } from './capture-summary';
import { type MonitoredFeature } from './capture.contract';
import { type ScannedCells } from './scanned-cells';

/** Descriptions of bad lines that are kept, and as many of rows. */
export const BAD_LINE_EXAMPLES = 5;

/** Counts records of one model version, however they were read. */
export class SummaryBuilder {
  public records = 0;
  public duplicates = 0;
  public outsideWindow = 0;
  /** Greatest inferenceTime of the records, in milliseconds. */
  public newest = -Infinity;
  private badLines = 0;
  private readonly badLineExamples: BadLine[] = [];
  private readonly rowExamples: BadLine[] = [];
  private misshapenRows = 0;
  private unpairedRecords = 0;
  private misfiledRecords = 0;
  private readonly violations: number[];
  private readonly profile: ProfileBuilder;
  private readonly checks: readonly ((text: string) => boolean)[];
  private readonly names: readonly string[];
  /** For each column of the baseline the position of the feature, -1 for none. */
  private readonly positions: readonly number[];
  /** For each feature the column that it is profiled in, and whether its numbers are all that matters. */
  private readonly builders: readonly (ColumnProfileBuilder | undefined)[];
  private readonly numeric: readonly boolean[];
  private readonly prediction: ColumnProfileBuilder | undefined;
  private readonly numericPrediction: boolean;
  /** The numbers of one column side by side, for the processor's cache. */
  private numbers = new Float64Array(1024);

  public constructor(private readonly version: number, private readonly baseline: Baseline, private readonly features: readonly MonitoredFeature[]) {
    this.profile = new ProfileBuilder(baseline);
    this.violations = features.map(() => 0);
    this.checks = features.map(violationCheck);
    this.names = features.map(({ name }) => name);
    this.positions = baseline.columns.map(({ name }) => (name === PREDICTION_COLUMN ? -1 : this.names.lastIndexOf(name)));
    const isNumeric = (bins: Bins | undefined): boolean => bins?.type !== 'categorical';
    const column = features.map((_, position) => this.positions.indexOf(position));
    this.builders = column.map((index) => this.profile.columns[index]);
    this.numeric = features.map(({ type, categories }, position) => type === 'numeric' && !categories && isNumeric(baseline.columns[column[position]!]?.bins));
    const prediction = baseline.columns.findIndex(({ name }) => name === PREDICTION_COLUMN);
    this.prediction = this.profile.columns[prediction];
    this.numericPrediction = isNumeric(baseline.columns[prediction]?.bins);
  }

  /** A scanner whose rows `addScanned` takes. */
  public scanner(): CaptureScanner {
    return new CaptureScanner({ numericColumns: this.numeric, numericPrediction: this.numericPrediction, names: new Set(this.names) });
  }

  public addBadLine(bad: BadLine): void {
    this.badLines += 1;
    if (this.badLineExamples.length < BAD_LINE_EXAMPLES) this.badLineExamples.push(bad);
  }

  /** A record whose time does not belong to the folder of its file. */
  public addMisfiled(line: number, reason: string): void {
    this.misfiledRecords += 1;
    this.example(line, reason);
  }

  public addUnpaired(line: number): void {
    this.unpairedRecords += 1;
    this.example(line, 'the response does not hold one prediction per row');
  }

  public addRecord(record: CaptureRecord, line: number): void {
    this.records += 1;
    this.newest = Math.max(this.newest, record.inferenceTime);
    const first = record.input?.[0];
    const header = first !== undefined && this.isHeader(first);
    const misplaced = header && first.some((name, position) => name !== this.names[position]);
    if (misplaced) this.example(line, `the request has its columns in another order than the contract: ${first.join(',')}`);
    const rows = (header ? record.input?.slice(1) : record.input) ?? record.output?.map(() => undefined) ?? [];
    const paired = record.output === undefined || record.output.length === rows.length;
    if (!paired) this.addUnpaired(line);
    rows.forEach((row, index) => {
      if (misplaced || (row !== undefined && row.length !== this.features.length)) {
        this.misshapenRows += 1;
        if (!misplaced) this.example(line, `row ${index + 1} has ${row!.length} columns, the contract has ${this.features.length}`);
        return;
      }
      row?.forEach((text, position) => {
        if (this.checks[position]!(text)) this.violations[position]! += 1;
      });
      const prediction = paired ? record.output?.[index] : undefined;
      this.profile.add(this.positions.map((position, column) => (this.baseline.columns[column]!.name === PREDICTION_COLUMN ? prediction : row?.[position])));
    });
  }

  /** The rows that the scanner keeps, column by column; their records are counted already. */
  public addScanned(scanner: CaptureScanner): void {
    const { inputs, outputs, rows, predictions } = scanner;
    const columns = this.features.length;
    for (let position = 0; position < columns; position++) {
      const builder = this.builders[position];
      this.violations[position]! += this.numeric[position]
        ? this.addNumbers(inputs, position, rows * columns, columns, builder, this.features[position]!)
        : addTexts(inputs, position, rows * columns, columns, builder, this.checks[position]!);
    }
    if (this.numericPrediction) this.addNumbers(outputs, 0, predictions, 1, this.prediction, {});
    else addTexts(outputs, 0, predictions, 1, this.prediction, () => false);
    for (let row = 0; row < rows; row++) this.profile.addRow();
    scanner.clear();
  }

  public build(): CaptureSummary {
    return {
      version: this.version,
      records: this.records,
      duplicates: this.duplicates,
      outsideWindow: this.outsideWindow,
      badLines: this.badLines,
      badLineExamples: this.badLineExamples,
      misshapenRows: this.misshapenRows,
      unpairedRecords: this.unpairedRecords,
      misfiledRecords: this.misfiledRecords,
      rowExamples: this.rowExamples,
      violations: Object.fromEntries(this.names.map((name) => [name, this.violations[this.names.lastIndexOf(name)]!])),
      profile: this.profile.build(),
      ...(this.newest === -Infinity ? {} : { newestInferenceTime: this.newest }),
    };
  }

  /** Every `step`-th cell from `first` to `end`. @returns how many the contract forbids */
  private addNumbers(
    { values, texts }: ScannedCells,
    first: number,
    end: number,
    step: number,
    builder: ColumnProfileBuilder | undefined,
    { minimum = -Infinity, maximum = Infinity }: Pick<MonitoredFeature, 'minimum' | 'maximum'>,
  ): number {
    let forbidden = 0;
    let count = 0;
    if (this.numbers.length * step < end) this.numbers = new Float64Array(end / step);
    const { numbers } = this;
    for (let cell = first; cell < end; cell += step) {
      const value = values[cell]!;
      if (value === value) {
        numbers[count++] = value;
        if (value < minimum || value > maximum) forbidden += 1;
      } else {
        if (texts[cell]!.trim() !== '') forbidden += 1;
        builder?.add(texts[cell]!);
      }
    }
    builder?.addNumbers(numbers, 0, count);
    return forbidden;
  }

  private example(line: number, reason: string): void {
    if (this.rowExamples.length < BAD_LINE_EXAMPLES) this.rowExamples.push({ line, reason });
  }

  /** Names instead of values. One column of texts may well have its own name for a value. */
  private isHeader(row: readonly string[]): boolean {
    if (row.length !== this.names.length || (row.length < 2 && this.features[0]!.type !== 'numeric')) return false;
    const cells = new Set(row);
    return cells.size === row.length && this.names.every((name) => cells.has(name));
  }
}

/** Every `step`-th cell from `first` to `end`. @returns how many the contract forbids */
function addTexts({ texts }: ScannedCells, first: number, end: number, step: number, builder: ColumnProfileBuilder | undefined, forbids: (text: string) => boolean): number {
  let forbidden = 0;
  for (let cell = first; cell < end; cell += step) {
    if (forbids(texts[cell]!)) forbidden += 1;
    builder?.add(texts[cell]!);
  }
  return forbidden;
}

/** Missing values are judged as a share of the window, not one by one. */
function violationCheck(feature: MonitoredFeature): (text: string) => boolean {
  const categories = feature.categories && new Set(feature.categories);
  return (text) => {
    if (text.trim() === '') return false;
    if (categories && !categories.has(text)) return true;
    if (feature.type === 'categorical') return false;
    const number = parseNumber(text);
    return number === undefined || number < (feature.minimum ?? -Infinity) || number > (feature.maximum ?? Infinity);
  };
}
