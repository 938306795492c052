import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Papa from 'papaparse';
import { paths } from './paths';

/** All rows of a channel's CSV files, in the order of their names; none when the channel was not given. */
export function channelRows(name: string): string[][] {
  const folder = paths.channel(name);
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return files
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => parseRows(readFileSync(file, 'utf8')));
}

export function parseRows(text: string): string[][] {
  return Papa.parse<string[]>(text, { delimiter: ',', skipEmptyLines: true }).data;
}

/** As strings, the way SageMaker hands them over. */
export function givenHyperparameters(): Record<string, string> {
  return existsSync(paths.hyperparameters) ? (JSON.parse(readFileSync(paths.hyperparameters, 'utf8')) as Record<string, string>) : {};
}

/** The data contract, from the channel of that name. */
export function givenContract(): any {
  return JSON.parse(readFileSync(join(paths.channel('contract'), 'contract.json'), 'utf8'));
}

export function writeModel(text: string): void {
  mkdirSync(dirname(paths.model), { recursive: true });
  writeFileSync(paths.model, text);
}

/** Runs the training; a failure's message is what SageMaker shows as the job's FailureReason. */
export function trainingJob(train: () => Promise<void> | void): void {
  Promise.resolve()
    .then(train)
    .catch((error: Error) => {
      mkdirSync(dirname(paths.failure), { recursive: true });
      writeFileSync(paths.failure, error.message);
      console.error(error.message);
      process.exitCode = 1;
    });
}
