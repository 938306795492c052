import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readScenario, type Scenario } from '../rehearsal/scenario';
import { UserError } from './user-error';

/** Imports the scenario file. @throws UserError */
export async function loadScenario(file: string, folder: string): Promise<Scenario> {
  const path = resolve(folder, file);
  if (!existsSync(path)) throw new UserError(`the scenario ${file} does not exist`);
  const scenario = readScenario(await importModule(path, file));
  if (typeof scenario === 'string') throw new UserError(`${file} is no scenario: ${scenario}`);
  return scenario;
}

async function importModule(path: string, file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!/\.[cm]?ts$/.test(path)) throw new UserError(`${file} cannot be loaded: ${firstLine(message)}`);
    // Node without type stripping, or TypeScript that stripping cannot handle: tsx if the project has it (https://tsx.is/dev-api).
    const tsx = projectTsx(path);
    if (tsx !== undefined) {
      try {
        return await tsx(path);
      } catch (failure) {
        throw new UserError(`${file} cannot be loaded: ${firstLine((failure as Error).message)}`);
      }
    }
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new UserError(`${file} is TypeScript, which Node ${process.versions.node} does not load: install tsx in the project, or use Node 22.18 or newer`);
    }
    throw new UserError(`${file} cannot be loaded: ${firstLine(message)}`);
  }
}

/** `tsx` as the scenario's project has it installed. */
function projectTsx(path: string): ((path: string) => Promise<unknown>) | undefined {
  try {
    const api = createRequire(path)('tsx/cjs/api') as { require(id: string, from: string): unknown };
    return (id) => Promise.resolve(api.require(id, path));
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
