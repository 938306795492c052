import { createHash } from 'node:crypto';

/** One AWS request of the rehearsal, as `--record` writes it. */
export interface RequestRecord {
  /** Virtual time of arrival, ISO 8601. */
  readonly time: string;
  /** ARN of the caller, or the service principal. */
  readonly principal: string;
  readonly service: string;
  readonly operation: string;
  /** As the caller gave it; see `recordable`. */
  readonly input: unknown;
  /** HTTP status; 0 when the caller got no answer. */
  readonly status: number;
  readonly error: string | null;
}

/** Longer bodies are recorded by their size and hash. */
const bodyLimit = 4096;

/**
 * A value that JSON can hold and that is the same for the same request: Date → ISO 8601, bytes → text when they are UTF-8, else base64;
 * text or bytes over 4 KiB → `<N bytes, sha256 …>`.
 */
export function recordable(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (typeof value === 'string') return value.length <= bodyLimit && Buffer.byteLength(value) <= bodyLimit ? value : digest(Buffer.from(value));
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof ArrayBuffer) return bytes(Buffer.from(value));
  if (ArrayBuffer.isView(value)) return bytes(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  if (Array.isArray(value)) return value.map(recordable);
  if (typeof value !== 'object' || value === null) return value;
  if ('pipe' in value || 'getReader' in value) return '<stream>';
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, recordable(member)]),
  );
}

function bytes(data: Buffer): string {
  if (data.byteLength > bodyLimit) return digest(data);
  const text = data.toString('utf8');
  return Buffer.from(text, 'utf8').equals(data) ? text : data.toString('base64');
}

function digest(data: Buffer): string {
  return `<${data.byteLength} bytes, sha256 ${createHash('sha256').update(data).digest('hex')}>`;
}

/** Hands records over in the order in which the requests arrived, whenever they end: real time must not show. */
export class RecordQueue {
  private readonly open: { record?: RequestRecord; readonly start: Omit<RequestRecord, 'status' | 'error'> }[] = [];

  public constructor(private readonly sink: (record: RequestRecord) => void) {}

  /** @returns ends the record */
  public begin(start: Omit<RequestRecord, 'status' | 'error'>): (status: number, error: string | null) => void {
    const entry: (typeof this.open)[number] = { start };
    this.open.push(entry);
    return (status, error) => {
      entry.record = { ...start, status, error };
      while (this.open[0]?.record) this.sink(this.open.shift()!.record!);
    };
  }

  /** Requests without an answer, because the rehearsal ended or the caller was stopped, have status 0. */
  public close(): void {
    for (const entry of this.open.splice(0)) this.sink(entry.record ?? { ...entry.start, status: 0, error: null });
  }
}
