import { LineCounter, parseDocument } from 'yaml';

type Path = readonly (string | number)[];

/**
 * Reads YAML 1.2, of which JSON is a part. Keys given twice are errors, aliases are limited (billion laughs), and
 * every value can be located by line and column.
 */
export function parse(text: string, fileName: string): {
  value: unknown;
  errors: { message: string; line: number; column: number }[];
  locate(path: Path): { line: number; column: number };
} {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const errors = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { message: `${fileName}:${line}:${col}: ${error.message}`, line, column: col };
  });
  return {
    value: errors.length === 0 ? document.toJS({ maxAliasCount: 100 }) : undefined,
    errors,
    locate(path) {
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
        if (node?.range) {
          const { line, col } = lines.linePos(node.range[0]);
          return { line, column: col };
        }
      }
      return { line: 1, column: 1 };
    },
  };
}
