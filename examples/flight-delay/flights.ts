/** 3 million flights of January to June 2001 (US Bureau of Transportation Statistics), as packaged by vega-datasets. Read lazily. */
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

export interface FlightRecord {
  readonly id: string;
  /** Local departure time, `2001-01-31T17:05:00Z`. */
  readonly departure: string;
  readonly origin: string;
  readonly destination: string;
  readonly distance: number;
  readonly hour: number;
  /** 0 = Sunday */
  readonly weekday: number;
  readonly month: number;
  readonly delayed: 0 | 1;
}

export const RAW_HEADER = 'flight_id,departure_time,origin,destination,distance,hour,weekday,month,delayed';

/** Minutes from which a flight counts as delayed, as the US Department of Transportation does. */
const DELAYED_OVER_MINUTES = 15;

interface Group {
  readonly start: number;
  readonly rows: number;
}

export class FlightArchive {
  /** Flights per day, in the order of the file (by time). */
  private readonly days = new Map<string, FlightRecord[]>();
  private nextGroup = 0;

  private constructor(
    private readonly file: AsyncBuffer,
    private readonly metadata: FileMetaData,
    private readonly groups: readonly Group[],
    private readonly every: number,
  ) {}

  /** @param every n: keeps every n-th flight */
  public static async open(every: number): Promise<FlightArchive> {
    const file = await asyncBufferFromFile(join(__dirname, '..', '..', 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet'));
    const metadata = await parquetMetadataAsync(file);
    let start = 0;
    const groups = metadata.row_groups.map((group) => {
      const rows = Number(group.num_rows);
      start += rows;
      return { start: start - rows, rows };
    });
    return new FlightArchive(file, metadata, groups, every);
  }

  /** Flights of the days `from` to `to`, both included (`2001-01-31`), day by day. */
  public async between(from: string, to: string): Promise<[day: string, flights: readonly FlightRecord[]][]> {
    while (this.nextGroup < this.groups.length && (this.latest() ?? '') <= to) await this.readGroup(this.groups[this.nextGroup++]!);
    return [...this.days].filter(([day]) => day >= from && day <= to);
  }

  /** Raw file of one day, with header. */
  public static csv(flights: readonly FlightRecord[]): string {
    return [RAW_HEADER, ...flights.map(rawLine)].join('\n') + '\n';
  }

  /** The last day that was seen; complete only when a later one was seen too. */
  private latest(): string | undefined {
    return [...this.days.keys()].at(-1);
  }

  private async readGroup(group: Group): Promise<void> {
    const columns: Record<string, unknown[]> = {};
    await parquetRead({
      file: this.file,
      metadata: this.metadata,
      compressors,
      rowStart: group.start,
      rowEnd: group.start + group.rows,
      onChunk: ({ columnName, columnData, rowStart }) => {
        const column = (columns[columnName] ??= new Array<unknown>(group.rows));
        for (let i = 0; i < columnData.length; i++) column[rowStart - group.start + i] = columnData[i];
      },
    });
    for (let row = (this.every - (group.start % this.every)) % this.every; row < group.rows; row += this.every) {
      const date = columns.date![row] as Date;
      const record: FlightRecord = {
        id: `F${String(group.start + row).padStart(7, '0')}`,
        departure: date.toISOString().replace('.000Z', 'Z'),
        origin: columns.origin![row] as string,
        destination: columns.destination![row] as string,
        distance: Number(columns.distance![row]),
        hour: date.getUTCHours(),
        weekday: date.getUTCDay(),
        month: date.getUTCMonth() + 1,
        delayed: Number(columns.delay![row]) > DELAYED_OVER_MINUTES ? 1 : 0,
      };
      const day = record.departure.slice(0, 10);
      const list = this.days.get(day);
      if (list) list.push(record);
      else this.days.set(day, [record]);
    }
  }
}

export function rawLine(flight: FlightRecord): string {
  return [flight.id, flight.departure, ...features(flight), flight.delayed].join(',');
}

/** What a client knows before departure: the features in contract order. */
export function requestLine(flight: FlightRecord): string {
  return features(flight).join(',');
}

function features(flight: FlightRecord): (string | number)[] {
  return [flight.origin, flight.destination, flight.distance, flight.hour, flight.weekday, flight.month];
}
