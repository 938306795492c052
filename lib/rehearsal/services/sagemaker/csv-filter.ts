/**
 * InputFilter, OutputFilter and JoinSource for CSV records (guide: batch-transform-data-processing): a record is an array of fields,
 * selected by the JSONPath forms `$`, `$[3]`, `$[0,2]`, `$[1:]`, `$[:-1]`, `$[1:3]`. Fields keep their text, quotes included.
 */
export type FieldSelection = (fields: readonly string[]) => readonly string[];

export function fieldSelection(path: string | undefined): FieldSelection {
  if (path === undefined || path === '$') return (fields) => fields;
  const inner = /^\$\[([^\]]*)\]$/.exec(path.replace(/\s+/g, ''))?.[1];
  if (inner === undefined) throw new Error(`not a JSONPath for CSV records: ${path}`);
  const slice = /^(-?\d+)?:(-?\d+)?$/.exec(inner);
  if (slice) {
    const [, from, to] = slice;
    return (fields) => fields.slice(from === undefined ? 0 : Number(from), to === undefined ? fields.length : Number(to));
  }
  if (!/^-?\d+(,-?\d+)*$/.test(inner)) throw new Error(`not a JSONPath for CSV records: ${path}`);
  const indices = inner.split(',').map(Number);
  return (fields) => indices.flatMap((index) => fields.at(index) ?? []);
}

/** Fields of one line; a comma within quotes does not separate. */
export function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (character === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  fields.push(field);
  return fields;
}
