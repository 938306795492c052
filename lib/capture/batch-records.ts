/** The input and the output of a transform job for one object, as they arrive. */
export interface BatchStreams {
  readonly input?: AsyncIterable<Uint8Array>;
  readonly output?: AsyncIterable<Uint8Array>;
}

export interface BatchSource {
  /** Names the rows that have no id of SageMaker's: the same for the same object of the same job. */
  readonly id: string;
  /** ISO time of rows that have none: start of the hour in which the job began. */
  readonly time: string;
}

/** Lines that are handed on at a time. */
const LINES_AT_ONCE = 512;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/**
 * What a transform job was asked and answered, row by row, as lines of data capture: so that whoever reads captured data reads this too, and nothing has
 * to be copied. Line of the input and line of the output belong together (API_TransformInput, SplitType Line; AssembleWith Line): CSV or JSON lines,
 * each side its own. A row without counterpart is a record whose other side is empty, which the reader counts as unpaired.
 */
export async function* batchRecords({ input, output }: BatchStreams, source: BatchSource): AsyncGenerator<Uint8Array> {
  const inputs = input && linesOf(input)[Symbol.asyncIterator]();
  const outputs = output && linesOf(output)[Symbol.asyncIterator]();
  let lines: string[] = [];
  let rows = 0;
  for (;;) {
    const [asked, answered] = await Promise.all([next(inputs), next(outputs)]);
    if (asked === undefined && answered === undefined) break;
    lines.push(record(inputs && (asked ?? ''), outputs && (answered ?? ''), rows++, source));
    if (lines.length < LINES_AT_ONCE) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  // No row at all is no capture record, and counted as that.
  if (rows === 0) lines = [`no row in ${source.id}\n`];
  if (lines.length > 0) yield Buffer.from(lines.join(''));
}

function record(asked: string | undefined, answered: string | undefined, row: number, source: BatchSource): string {
  const answer = answered === undefined ? undefined : readAnswer(answered);
  return `${JSON.stringify({
    captureData: {
      ...(asked === undefined ? {} : { endpointInput: side(asked, 'INPUT') }),
      ...(answer === undefined ? {} : { endpointOutput: side(answer.text, 'OUTPUT') }),
    },
    eventMetadata: { eventId: answer?.id ?? `${source.id}#${row}`, ...(answer?.id === undefined ? {} : { inferenceId: answer.id }), inferenceTime: answer?.time ?? source.time },
    eventVersion: '0',
  })}\n`;
}

function side(data: string, mode: 'INPUT' | 'OUTPUT'): Record<string, string> {
  const json = isJson(data);
  return { observedContentType: json ? 'application/json' : 'text/csv', mode, data, encoding: json ? 'JSON' : 'CSV' };
}

interface Answer {
  readonly text: string;
  readonly id?: string;
  readonly time?: string;
}

/** Without what GenerateInferenceId appends: two columns, or two fields (guide, "Capture data from batch transform job", "InferenceId Generation"). */
function readAnswer(line: string): Answer {
  if (!isJson(line)) {
    const last = line.lastIndexOf(',');
    const before = line.lastIndexOf(',', last - 1);
    const [id, time] = [line.slice(before + 1, last).trim(), line.slice(last + 1).trim()];
    // At least one column is left of the two.
    return before > 0 && UUID.test(id) && TIME.test(time) ? { text: line.slice(0, before), id, time } : { text: line };
  }
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    return { text: line };
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return { text: line };
  const { SageMakerInferenceId: id, SageMakerInferenceTime: time, ...rest } = document as Record<string, unknown>;
  if (typeof id !== 'string') return { text: line };
  const values = Object.values(rest);
  // A single field is the prediction, whatever it is called: `{"output": 0, …}` in the guide.
  return { text: JSON.stringify(values.length === 1 ? values[0] : rest), id, ...(typeof time === 'string' && TIME.test(time) ? { time } : {}) };
}

function isJson(line: string): boolean {
  const first = line.trimStart()[0];
  return first === '{' || first === '[';
}

async function next(lines: AsyncIterator<string> | undefined): Promise<string | undefined> {
  const result = await lines?.next();
  return result === undefined || result.done === true ? undefined : result.value;
}

/** Empty lines are none, as in every reader of the library. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop()!;
    for (const part of parts) if (part.trim() !== '') yield part.replace(/\r$/, '');
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield rest.replace(/\r$/, '');
}
