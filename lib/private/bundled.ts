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

/** YAML 1.2, of which JSON is a part. */
export function parseYamlOrJson(text: string, fileName: string): ParsedFile {
  return bundle<{ parse(text: string, fileName: string): ParsedFile }>('yaml').parse(text, fileName);
}

/** A breach of a JSON schema. */
export interface SchemaBreach {
  readonly steps: (string | number)[];
  readonly value: unknown;
  readonly rule: string;
  /** Keys or values that are allowed at this place. */
  readonly allowed: string[];
  readonly kind: 'unknown-key' | 'missing-key' | 'value';
}

/** Every breach of the schema at once. */
export function checkAgainstSchema(schema: object, value: unknown): SchemaBreach[] {
  return bundle<{ checkSchema(schema: object, value: unknown): SchemaBreach[] }>('schema-check').checkSchema(schema, value);
}

/** Third-party code that ships inside the package as a built bundle: the package has no runtime dependency. */
function bundle<T>(name: string): T {
  const path = join(packageRoot(), 'dist', 'bundles', name, 'index.js');
  if (!existsSync(path)) throw new Error(`the bundle '${name}' is missing: run npm run bundle`);
  return require(path) as T;
}
