import { fieldSelection, fieldsOf } from './csv-filter';

/** How a transform job cuts, sends, joins and assembles (API_CreateTransformJob; guide: batch-transform). */
export interface TransformRules {
  readonly splitType: 'None' | 'Line';
  readonly batchStrategy: 'MultiRecord' | 'SingleRecord';
  readonly maxPayloadBytes: number;
  readonly assembleWith: 'None' | 'Line';
  readonly inputFilter?: string;
  readonly joinSource: 'None' | 'Input';
  readonly outputFilter?: string;
}

export interface Payload {
  readonly body: string;
  /** Records as they were in the input, before the filter; empty when the object is not split. */
  readonly records: readonly string[];
}

/** Payloads of one object, in order. @throws when a record alone exceeds the limit */
export function payloads(content: string, rules: TransformRules): Payload[] {
  if (rules.splitType === 'None') return [bounded({ body: content, records: [] }, rules)];
  const select = fieldSelection(rules.inputFilter);
  const filtered = (record: string): string => (rules.inputFilter === undefined || rules.inputFilter === '$' ? record : select(fieldsOf(record)).join(','));
  const made: Payload[] = [];
  let records: string[] = [];
  let lines: string[] = [];
  let size = 0;
  const flush = (): void => {
    if (records.length > 0) made.push(bounded({ body: `${lines.join('\n')}\n`, records }, rules));
    records = [];
    lines = [];
    size = 0;
  };
  for (const record of recordsOf(content)) {
    const line = filtered(record);
    const length = Buffer.byteLength(line) + 1;
    if (rules.batchStrategy === 'SingleRecord' || size + length > rules.maxPayloadBytes) flush();
    records.push(record);
    lines.push(line);
    size += length;
  }
  flush();
  return made;
}

/** Output text of one object: answers joined with their records, filtered, assembled. @throws when numbers of records differ */
export function assemble(answers: readonly { readonly payload: Payload; readonly answer: string }[], rules: TransformRules): string {
  const plain = rules.joinSource === 'None' && (rules.outputFilter === undefined || rules.outputFilter === '$');
  if (rules.assembleWith === 'None' && plain) return answers.map(({ answer }) => answer).join('');
  const select = fieldSelection(rules.outputFilter);
  const out: string[] = [];
  for (const { payload, answer } of answers) {
    const lines = recordsOf(answer);
    if (plain) {
      out.push(...lines);
      continue;
    }
    if (lines.length !== payload.records.length) {
      throw new Error(`the number of records in the output (${lines.length}) does not match the number in the input (${payload.records.length})`);
    }
    for (const [index, line] of lines.entries()) {
      const fields = rules.joinSource === 'Input' ? [...fieldsOf(payload.records[index]!), ...fieldsOf(line)] : fieldsOf(line);
      out.push(select(fields).join(','));
    }
  }
  return out.length === 0 ? '' : `${out.join('\n')}\n`;
}

function recordsOf(content: string): string[] {
  const lines = content.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function bounded(payload: Payload, rules: TransformRules): Payload {
  if (Buffer.byteLength(payload.body) > rules.maxPayloadBytes) {
    throw new Error(`too much data for max payload size: ${Buffer.byteLength(payload.body)} bytes, at most ${rules.maxPayloadBytes}`);
  }
  return payload;
}
