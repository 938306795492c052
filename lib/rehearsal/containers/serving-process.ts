import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { OutputTail, asInContainer, containerEnvironment, containerExecutable } from './container-environment';
import { track } from './child-processes';
import { unpackModel } from './model-archive';

export interface ContainerAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ServingOptions {
  readonly imageFolder: string;
  readonly baseFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** model.tar.gz, when the model has artifacts. */
  readonly modelArchive?: Uint8Array;
}

/** What answers for a fleet: a container's process, or whatever a test puts in its place. */
export interface ServingContainer {
  /** @throws Error that says why it is not healthy */
  start(): Promise<void>;
  invoke(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<ContainerAnswer>;
  stop(): Promise<void>;
}

/** Real time that a container gets to answer `/ping`; in virtual time its start takes what `durations.ts` says. */
const START_LIMIT_MILLISECONDS = 30_000;
const PING_INTERVAL_MILLISECONDS = 10;
/** SageMaker gives the model 60 seconds for an invocation (API_runtime_InvokeEndpoint). */
const INVOCATION_LIMIT_MILLISECONDS = 60_000;

/** A container's `serve` under the hosting contract (guide: your-algorithms-inference-code): GET /ping, POST /invocations. */
export class ServingProcess implements ServingContainer {
  private child: ChildProcess | undefined;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly output = new OutputTail();
  private port = 0;
  private prepared = false;

  public constructor(private readonly options: ServingOptions) {}

  /** Starts it and waits for a healthy ping. @throws Error that says why it is not healthy */
  public async start(): Promise<void> {
    if (!this.prepared) await this.prepare();
    const executable = containerExecutable(this.options.imageFolder, 'serve');
    this.port = await freePort();
    const child = spawn(executable, [], {
      cwd: this.options.baseFolder,
      env: containerEnvironment(this.options.baseFolder, { ...this.options.environment, SAGEMAKER_BIND_TO_PORT: String(this.port) }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    track(child);
    let ended: string | undefined;
    child.on('error', (error) => (ended = error.message));
    child.on('exit', (code, signal) => (ended = `it ended with ${signal ?? `exit code ${code}`}`));
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => this.output.add(chunk));
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => this.output.add(chunk));
    const deadline = performance.now() + START_LIMIT_MILLISECONDS;
    let answer = 'no answer to /ping';
    while (ended === undefined && performance.now() < deadline) {
      const status = await this.send('GET', '/ping', {}).then(
        (response) => response.status,
        () => undefined,
      );
      if (status === 200) return;
      if (status !== undefined) answer = `/ping answered ${status}`;
      await new Promise((resolve) => setTimeout(resolve, PING_INTERVAL_MILLISECONDS));
    }
    await this.stop();
    const output = asInContainer(this.output.toString(), this.options.baseFolder, this.options.imageFolder);
    throw new Error(`the container is not healthy: ${ended ?? answer}${output === '' ? '' : `; its last output:\n${output}`}`);
  }

  /** One POST /invocations. A process that has died is started again, as SageMaker restarts containers. */
  public async invoke(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<ContainerAnswer> {
    if (this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null) await this.start();
    return await this.send('POST', '/invocations', { ...headers, 'content-length': String(body.length) }, body);
  }

  public async stop(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    this.agent.destroy();
    if (child === undefined || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.kill('SIGKILL');
    await closed;
  }

  private async prepare(): Promise<void> {
    const modelFolder = join(this.options.baseFolder, 'model');
    mkdirSync(modelFolder, { recursive: true });
    if (this.options.modelArchive) await unpackModel(this.options.modelArchive, modelFolder);
    this.prepared = true;
  }

  private send(method: string, path: string, headers: Record<string, string>, body?: Uint8Array): Promise<ContainerAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: this.port, method, path, headers, agent: this.agent, timeout: INVOCATION_LIMIT_MILLISECONDS },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              contentType: response.headers['content-type'],
              headers: response.headers,
              body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('the container did not answer in time')));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
