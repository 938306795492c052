import { readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Files below a folder, relative, with slashes, in code point order. */
export function folderFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.split(sep).join('/'))
    .sort();
}
