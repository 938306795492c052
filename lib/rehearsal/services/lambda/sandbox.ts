import { createRequire, isBuiltin } from 'node:module';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import * as crypto from 'node:crypto';
import { format } from 'node:util';
import type { Random } from '../../kernel/random';
import type { FunctionConfiguration } from './function';
import type { ResponseSink } from './response-sink';

export interface SandboxOptions {
  readonly configuration: FunctionConfiguration;
  readonly environment: Record<string, string>;
  readonly now: () => number;
  /** Lets virtual time pass. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly random: Random;
  /** Packages that the runtime provides: the AWS SDK. */
  readonly runtimeRequire: (id: string) => unknown;
  readonly log: (line: string, level: string) => void;
  readonly responses: ResponseSink;
}

type Handler = (event: unknown, context: unknown, callback: (error: unknown, result: unknown) => void) => unknown;

/** Built-ins through which code would leave the simulation. */
const NETWORK = new Set(['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'child_process', 'cluster', 'worker_threads']);

const hostRequire = createRequire(__filename);

/**
 * One execution environment of a function: its bundle, loaded once and kept warm, with its own process, clock, random numbers and
 * console. The code runs in this process: it is trusted to be the user's own.
 */
export class Sandbox {
  public readonly handler: Handler;
  private readonly globals: Record<string, unknown>;
  private readonly modules = new Map<string, { exports: unknown }>();

  public constructor(private readonly options: SandboxOptions) {
    this.globals = makeGlobals(options);
    const { configuration } = options;
    if (configuration.codeFolder === undefined) {
      throw new Error(`the code of function ${configuration.name} (${configuration.runtime}, inline or archived) cannot be run by the rehearsal`);
    }
    if (!configuration.runtime.startsWith('nodejs')) throw new Error(`function ${configuration.name}: runtime ${configuration.runtime} is not simulated`);
    const dot = configuration.handler.lastIndexOf('.');
    const [file, name] = [configuration.handler.slice(0, dot), configuration.handler.slice(dot + 1)];
    const module = this.load(join(configuration.codeFolder, `${file}.js`)) as Record<string, Handler>;
    const handler = module[name];
    if (typeof handler !== 'function') throw new Error(`${configuration.handler} is undefined or not exported`);
    this.handler = handler;
  }

  private load(file: string): unknown {
    const loaded = this.modules.get(file);
    if (loaded) return loaded.exports;
    const module = { exports: {} as unknown };
    this.modules.set(file, module);
    const names = Object.keys(this.globals);
    const compiled = compile(file, names);
    const require = (id: string): unknown => this.require(id, dirname(file));
    compiled.call(module.exports, module.exports, require, module, file, dirname(file), ...names.map((name) => this.globals[name]));
    return module.exports;
  }

  private require(id: string, folder: string): unknown {
    if (id.startsWith('.')) return this.load(hostRequire.resolve(join(folder, id)));
    const name = id.replace(/^node:/, '');
    if (!isBuiltin(id)) return this.options.runtimeRequire(id);
    if (name === 'https') return this.options.responses.https;
    if (NETWORK.has(name.split('/')[0]!)) throw new Error(`function ${this.options.configuration.name} may not use ${id}: the rehearsal has no network`);
    if (name === 'crypto') return this.globals.crypto;
    if (name === 'timers/promises') return { setTimeout: (milliseconds: number, value?: unknown) => this.options.sleep(milliseconds).then(() => value) };
    if (name === 'process') return this.globals.process;
    return hostRequire(id);
  }
}

type CompiledModule = (this: unknown, ...globals: unknown[]) => unknown;

/** Code of a file by path, time and globals: the same bundle serves many environments, and every simulation of a process. */
const compiledFiles = new Map<string, CompiledModule>();

function compile(file: string, names: readonly string[]): CompiledModule {
  const key = `${file}\0${statSync(file).mtimeMs}\0${names.join()}`;
  let compiled = compiledFiles.get(key);
  if (!compiled) {
    const source = readFileSync(file, 'utf8').replace(/^#!.*/, '');
    compiled = compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname', ...names], { filename: file }) as CompiledModule;
    compiledFiles.set(key, compiled);
  }
  return compiled;
}

function makeGlobals(options: SandboxOptions): Record<string, unknown> {
  const { configuration, environment, now, random, log } = options;
  const write = (level: string) => (...values: unknown[]) => log(format(...values), level);
  const stream = { write: (text: string) => (log(text.replace(/\n$/, ''), 'INFO'), true), isTTY: false };
  const date = virtualDate(now);
  const math = Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(Math), random: { value: () => random.next() } }) as Math;
  const console = { log: write('INFO'), info: write('INFO'), warn: write('WARN'), error: write('ERROR'), debug: write('DEBUG'), trace: write('TRACE') };
  const process = {
    env: { ...environment },
    version: globalThis.process.version,
    versions: globalThis.process.versions,
    release: globalThis.process.release,
    platform: 'linux',
    arch: 'arm64',
    argv: ['node'],
    pid: 1,
    cwd: () => configuration.codeFolder,
    nextTick: globalThis.process.nextTick.bind(globalThis.process),
    hrtime: Object.assign(() => [Math.floor(now() / 1000), (now() % 1000) * 1e6], { bigint: () => BigInt(now()) * 1_000_000n }),
    uptime: () => 0,
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    emitWarning: write('WARN'),
    on: () => process,
    once: () => process,
    off: () => process,
    exit: (code: number) => {
      throw new Error(`RequestId: the function exited with code ${code}`);
    },
    stdout: stream,
    stderr: stream,
  };
  const globals: Record<string, unknown> = {
    process,
    console,
    Date: date,
    Math: math,
    performance: { now: () => now(), timeOrigin: 0 },
    crypto: seededCrypto(random),
    fetch: options.responses.fetch,
  };
  const everything: object = new Proxy(globalThis, { get: (target, name) => (name in globals ? globals[name as string] : Reflect.get(target, name)) });
  return { ...globals, globalThis: everything, global: everything };
}

/** `new Date()`, `Date.now()` and `Date()` tell virtual time; the instances are ordinary dates. A plain function: handlers parse many dates. */
export function virtualDate(now: () => number): DateConstructor {
  function VirtualDate(...values: unknown[]): Date | string {
    if (new.target === undefined) return new Date(now()).toString();
    return Reflect.construct(Date, values.length === 0 ? [now()] : values, new.target === VirtualDate ? Date : new.target) as Date;
  }
  VirtualDate.prototype = Date.prototype;
  return Object.assign(VirtualDate, { now, parse: Date.parse, UTC: Date.UTC }) as unknown as DateConstructor;
}

/** Hashes and ciphers are the real ones; what would be random comes from the simulation's seed. */
function seededCrypto(random: Random): object {
  const bytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => random.integer(256)));
  return {
    ...crypto,
    randomUUID: () => random.uuid(),
    randomBytes: bytes,
    randomInt: (low: number, high?: number) => (high === undefined ? random.integer(low) : low + random.integer(high - low)),
    getRandomValues: <T extends ArrayBufferView>(view: T): T => {
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes(view.byteLength));
      return view;
    },
    subtle: crypto.webcrypto.subtle,
  };
}
