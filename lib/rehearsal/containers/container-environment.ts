import { constants, accessSync, existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Environment of a container's process: what the job or model asks for, the base folder, and the little that a program needs to start.
 * Nothing of the caller's own environment, so no secret and no setting of this machine reaches the model.
 */
export function containerEnvironment(baseFolder: string, environment: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    HOME: baseFolder,
    ...environment,
    SAGEMAKER_BASE_DIR: baseFolder,
  };
}

/** The program that SageMaker starts: `docker run image train` or `serve`. @throws with what to do when it cannot be started */
export function containerExecutable(folder: string, program: 'train' | 'serve'): string {
  const executable = join(folder, program);
  if (!existsSync(executable)) throw new Error(`the image (${basename(folder)}) has no executable "${program}": build it, or add it to the image`);
  try {
    accessSync(executable, constants.X_OK);
  } catch {
    throw new Error(`"${program}" of the image (${basename(folder)}) is not executable: set its execute permission (chmod +x)`);
  }
  return executable;
}

/** Text of a container with the paths that it would have in AWS: where it ran on this machine must not reach any output. */
export function asInContainer(text: string, baseFolder: string, imageFolder: string): string {
  return text.replaceAll(baseFolder, '/opt/ml').replaceAll(imageFolder, '/opt/program');
}

/** The last lines that a process wrote, for messages. */
export class OutputTail {
  private text = '';

  public constructor(private readonly limit = 4096) {}

  public add(chunk: string): void {
    this.text = (this.text + chunk).slice(-this.limit);
  }

  public toString(): string {
    return this.text.trim();
  }
}
