import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OutputTail, asInContainer, containerEnvironment, containerExecutable } from './container-environment';
import { track } from './child-processes';

/** How SageMaker prepares /opt/ml for training (guide: your-algorithms-training-algo-running-container). */
export interface TrainingInput {
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** inputdataconfig.json */
  readonly inputDataConfig: Readonly<Record<string, unknown>>;
  /** resourceconfig.json */
  readonly resourceConfig: unknown;
  readonly environment: Readonly<Record<string, string>>;
  /** Real time after which the process is killed; virtual time stands still meanwhile. */
  readonly maxRuntimeSeconds: number;
}

export interface TrainingResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** Content of output/failure, when the algorithm wrote it. */
  readonly failure?: string;
  /** Last lines of standard error, for people. */
  readonly tail: string;
  readonly timedOut: boolean;
}

/** One run of a container's `train` in its own base folder. */
export class TrainingProcess {
  public readonly modelFolder: string;

  public constructor(
    private readonly imageFolder: string,
    private readonly baseFolder: string,
  ) {
    this.modelFolder = join(baseFolder, 'model');
    for (const folder of ['input/config', 'input/data', 'model', 'output/data']) mkdirSync(join(baseFolder, folder), { recursive: true });
  }

  public addFile(channel: string, name: string, content: Uint8Array): void {
    const path = join(this.baseFolder, 'input/data', channel, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  public async run(input: TrainingInput): Promise<TrainingResult> {
    const config = join(this.baseFolder, 'input/config');
    writeFileSync(join(config, 'hyperparameters.json'), JSON.stringify(input.hyperparameters));
    writeFileSync(join(config, 'inputdataconfig.json'), JSON.stringify(input.inputDataConfig));
    writeFileSync(join(config, 'resourceconfig.json'), JSON.stringify(input.resourceConfig));
    const child = spawn(containerExecutable(this.imageFolder, 'train'), [], {
      cwd: this.baseFolder,
      env: containerEnvironment(this.baseFolder, input.environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    track(child);
    const stdout: string[] = [];
    const tail = new OutputTail();
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => stdout.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => tail.add(chunk));
    const limit = setTimeout(
      () => {
        timedOut = true;
        child.kill('SIGKILL');
      },
      Math.min(input.maxRuntimeSeconds * 1000, 2 ** 31 - 1),
    );
    try {
      const exitCode = await new Promise<number>((yes, no) => {
        child.on('error', no);
        // A process that a signal ended has no code; shells, and Docker, say 128 and more then.
        child.on('close', (code) => yes(code ?? 137));
      });
      const failure = this.failure();
      return {
        exitCode,
        stdout: stdout.join(''),
        failure: failure === undefined ? undefined : asInContainer(failure, this.baseFolder, this.imageFolder),
        tail: asInContainer(tail.toString(), this.baseFolder, this.imageFolder),
        timedOut,
      };
    } finally {
      clearTimeout(limit);
    }
  }

  private failure(): string | undefined {
    const path = join(this.baseFolder, 'output/failure');
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }
}
