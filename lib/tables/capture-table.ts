import { parseCsv } from '../data/csv';
import { readCaptureLine } from '../capture/capture-reader';
import { EventIds } from '../capture/event-ids';
import { PREDICTION_COLUMN } from '../drift';
import { ProblemLog } from './problem-log';
import { RowBatch } from './row-batch';
import { BATCH_ROWS, type Cell, type Table, type TableBatch, type TableColumn } from './table';
import { linesOf, textOf } from './text-source';

/**
 * What SageMaker's data capture wrote: the rows of the requests, with the prediction of each as the last column. Events delivered twice in the file
 * count once. The names of the request's columns are the contract's features; without a contract they are those of the first request:
 * the keys of an object, else `feature1`, `feature2`, …
 */
export class CaptureTable implements Table {
  public readonly format = 'data-capture';
  public readonly problems = new ProblemLog();
  public readonly columns: TableColumn[] = [];
  private features: readonly string[] | undefined;

  public constructor(
    public readonly path: string,
    private readonly gzip: boolean,
    features?: readonly string[],
    private readonly seen = new EventIds(),
  ) {
    if (features) this.name(features);
  }

  public async *batches(): AsyncGenerator<TableBatch> {
    let batch = new RowBatch();
    let duplicates = 0;
    for await (const lines of linesOf(textOf(this.path, this.gzip, this.problems), this.problems)) {
      for (const { text, number } of lines) {
        try {
          if (this.features === undefined) this.name(featuresOf(text) ?? []);
          const record = readCaptureLine(text, this.features);
          if (!this.seen.add(record.eventId)) {
            duplicates += 1;
            continue;
          }
          this.add(record, number, batch);
        } catch (error) {
          this.problems.add(`line ${number}`, (error as Error).message);
        }
      }
      if (batch.rows >= BATCH_ROWS) {
        yield batch.build();
        batch = new RowBatch();
      }
    }
    if (duplicates > 0) this.problems.remark(`${duplicates === 1 ? '1 event was' : `${duplicates} events were`} captured more than once; each counts once`);
    if (batch.rows > 0) yield batch.build();
  }

  private name(features: readonly string[]): void {
    this.features = features;
    for (const name of [...features, PREDICTION_COLUMN]) this.columns.push({ name });
  }

  private add(record: ReturnType<typeof readCaptureLine>, number: number, batch: RowBatch): void {
    const features = this.features!;
    const { input, output } = record;
    const rows: readonly (readonly string[] | undefined)[] = input ?? output?.map(() => undefined) ?? [];
    const paired = output === undefined || output.length === rows.length;
    if (!paired) this.problems.add(`line ${number}`, `it has ${output.length} predictions for ${rows.length} rows; its predictions are not read`, 0);
    rows.forEach((row, index) => {
      if (row !== undefined && row.length !== features.length) {
        this.problems.add(`line ${number}`, `a row has ${row.length === 1 ? '1 value' : `${row.length} values`}, expected ${features.length}`);
        return;
      }
      const cells: [number, Cell][] = row?.map((value, column): [number, Cell] => [column, value]) ?? [];
      const prediction = paired ? output?.[index] : undefined;
      if (prediction !== undefined) cells.push([features.length, prediction]);
      batch.add(cells);
    });
  }
}

/** Names for the columns of the first request; undefined when it was not captured. */
function featuresOf(line: string): string[] | undefined {
  const document = JSON.parse(line) as { captureData?: { endpointInput?: { data?: unknown; encoding?: unknown; observedContentType?: unknown } } } | null;
  const side = document?.captureData?.endpointInput;
  if (typeof side?.data !== 'string') return undefined;
  const text = side.encoding === 'BASE64' ? Buffer.from(side.data, 'base64').toString() : side.data;
  const json = side.encoding === 'JSON' || (side.encoding === 'BASE64' && /json/i.test(String(side.observedContentType)));
  return json ? jsonFeatures(JSON.parse(text)) : numbered(parseCsv(text)[0]?.length ?? 0);
}

/** Of the request formats that `capture-json.ts` reads. */
function jsonFeatures(value: unknown): string[] {
  if (Array.isArray(value)) return value.some((element) => typeof element === 'object' && element !== null) ? jsonFeatures(value[0]) : numbered(value.length);
  if (typeof value !== 'object' || value === null) return [];
  const { instances, features } = value as { instances?: unknown; features?: unknown };
  if (Array.isArray(instances)) return jsonFeatures(instances);
  return Array.isArray(features) ? numbered(features.length) : Object.keys(value);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `feature${index + 1}`);
}
