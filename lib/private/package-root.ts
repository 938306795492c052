import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of our package.json: sources run from lib/, the published package from dist/js/lib/. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${__dirname}`);
    folder = parent;
  }
  return folder;
}
