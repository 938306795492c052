import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root';

/** A YAML or JSON file as plain data, with the place of every value for messages. */
export interface ParsedFile {
  readonly value: unknown;
  /** What is wrong with the text itself. */
  readonly errors: readonly { readonly message: string; readonly line: number; readonly column: number }[];
  /** Line and column (from 1) of the value at a path such as `['columns', 3, 'type']`, or of the nearest one above it. */
  locate(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
}

/** Third-party code that ships inside the package as a built bundle: the package has no runtime dependency. */
export function parseYamlOrJson(text: string, fileName: string): ParsedFile {
  const bundle = join(packageRoot(), 'dist', 'bundles', 'yaml', 'index.js');
  if (!existsSync(bundle)) throw new Error("the bundle 'yaml' is missing: run npm run bundle");
  const { parse } = require(bundle) as { parse(text: string, fileName: string): ParsedFile };
  return parse(text, fileName);
}
