import { type Palette, WIDTH } from './text';

export interface TextColumn {
  readonly title: string;
  /** Numbers are set to the right. */
  readonly right?: boolean;
  /** In a narrow terminal the columns of the greatest rank go first; 0 = stays. */
  readonly rank: number;
}

export interface TextCell {
  readonly text: string;
  readonly colour?: (text: string) => string;
}

/** Room for a table: the terminal's, else that of all our text. */
export function tableWidth(stdout: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return stdout.isTTY === true && stdout.columns !== undefined ? Math.max(60, stdout.columns) : WIDTH;
}

/** Room for sentences, which are hard to read when they are long. */
export function textWidth(stdout: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return Math.min(WIDTH, tableWidth(stdout));
}

/** Characters of a first column: at most, before a column is left out for it, and at least. */
const NAME_MAXIMUM = 32;
const NAME_ENOUGH = 20;
const NAME_MINIMUM = 12;
const GAP = 2;

/** Aligned columns in the given width: what does not fit is left out by rank, and said to be. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly TextCell[])[], width: number, colours: Palette): string {
  const name = Math.min(NAME_MAXIMUM, Math.max(columns[0]!.title.length, ...rows.map((row) => length(row[0]!.text))));
  const widths = columns.map(({ title }, index) => (index === 0 ? name : Math.max(title.length, ...rows.map((row) => length(row[index]!.text)))));
  const shown = new Set(columns.keys());
  const total = (): number => [...shown].reduce((sum, index) => sum + widths[index]! + GAP, -GAP);
  const spare = Math.max(0, name - NAME_ENOUGH);
  while (total() - spare > width) {
    const rank = Math.max(...[...shown].map((index) => columns[index]!.rank));
    if (rank === 0) break;
    for (const index of [...shown]) if (columns[index]!.rank === rank) shown.delete(index);
  }
  widths[0] = Math.min(name, Math.max(NAME_MINIMUM, name - (total() - width)));
  const line = (cells: readonly TextCell[], paint?: (text: string) => string): string =>
    `${[...shown]
      .map((index) => {
        const cell = cells[index]!;
        const text = cut(cell.text, widths[index]!);
        const padding = ' '.repeat(widths[index]! - length(text));
        const painted = (cell.colour ?? paint ?? ((plain: string) => plain))(text);
        return columns[index]!.right === true ? padding + painted : painted + padding;
      })
      .join(' '.repeat(GAP))
      .trimEnd()}\n`;
  const left = columns.filter((_, index) => !shown.has(index)).map(({ title }) => title);
  const note = left.length === 0 ? '' : colours.faint(`not shown for want of room: ${left.join(', ')}`) + '\n';
  return line(columns.map(({ title }) => ({ text: title })), colours.faint) + rows.map((row) => line(row)).join('') + note;
}

/** Characters as a terminal shows them, so long as they are of one column each. */
function length(text: string): number {
  return [...text].length;
}

export function cut(text: string, room: number): string {
  // Names and categories come from files: nothing in them may move the cursor.
  const line = text.replace(CONTROL, ' ');
  const characters = [...line];
  return characters.length > room ? `${characters.slice(0, room - 1).join('')}…` : line;
}

const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Four significant digits, which is what a person compares. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size === Number.MAX_VALUE) return value > 0 ? '∞' : '-∞';
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2).replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}
