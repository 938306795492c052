import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(__dirname, '../..');
const lib = join(root, 'lib');

interface Metafile {
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, { readonly bytes: number; readonly entryPoint?: string; readonly imports: { readonly path: string; readonly external?: boolean }[] }>;
}

const handlers = JSON.parse(readFileSync(join(root, 'dist/handlers.metafile.json'), 'utf8')) as Metafile[];
const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** Files that a source imports, types included, with their suffix. */
function imports(file: string): string[] {
  const text = readFileSync(join(lib, file), 'utf8');
  return [...text.matchAll(/(?:from|import|require\()\s*'([^']+)'/g)].map((match) => {
    if (!match[1]!.startsWith('.')) return match[1]!;
    const path = normalize(join(dirname(file), match[1]!));
    return existsSync(join(lib, `${path}.ts`)) ? `${path}.ts` : `${path}/index.ts`;
  });
}

describe('bundled handlers', () => {
  it('hold no construct, no CDK and no rehearsal', () => {
    for (const metafile of handlers) {
      for (const input of Object.keys(metafile.inputs)) {
        expect(input).not.toMatch(/node_modules\/(aws-cdk-lib|constructs)\//);
        expect(input).not.toMatch(/^lib\/(rehearsal|cli)\//);
      }
    }
  });

  it('take nothing from outside but the AWS SDK and Node', () => {
    for (const metafile of handlers) {
      for (const output of Object.values(metafile.outputs)) {
        for (const { path, external } of output.imports) if (external) expect(`${path} ${isBuiltin(path) || /^@(aws-sdk|smithy)\//.test(path)}`).toBe(`${path} true`);
      }
    }
  });

  it('are small: an accidental import is seen as a number', () => {
    for (const metafile of handlers) {
      for (const [file, output] of Object.entries(metafile.outputs)) expect(`${file} ${output.bytes > 100_000}`).toBe(`${file} false`);
    }
  });
});

describe('sources', () => {
  it('of the drift kernel import nothing outside of it', () => {
    for (const file of sources.filter((name) => name.startsWith('drift/'))) expect(imports(file).filter((path) => !path.startsWith('drift/'))).toEqual([]);
  });

  it('of contracts import contracts only', () => {
    for (const file of sources.filter((name) => name.endsWith('.contract.ts'))) expect(imports(file).filter((path) => !path.endsWith('.contract.ts'))).toEqual([]);
  });

  it('of the rehearsal import no construct and no CDK', () => {
    const isConstruct = (path: string): boolean => existsSync(join(lib, path)) && imports(path).some((imported) => imported.startsWith('aws-cdk-lib'));
    for (const file of sources.filter((name) => name.startsWith('rehearsal/') || name.startsWith('cli/'))) {
      expect(imports(file).filter((path) => path.startsWith('aws-cdk-lib') || path === 'constructs' || isConstruct(path))).toEqual([]);
    }
  });

  it('of the command line load Parquet when a Parquet file is read', () => {
    for (const file of sources.filter((name) => /^(?:cli|tables|model-monitor|backtest)\//.test(name))) {
      const text = readFileSync(join(lib, file), 'utf8');
      expect([file, ...text.matchAll(/import (?!type )[^;]*from '(hyparquet[^']*)'/g)].slice(1)).toEqual([]);
    }
  });

  it('with one name per handler entry', () => {
    const names = sources.filter((name) => name.endsWith('.lambda.ts')).map((name) => name.split('/').at(-1));
    expect(new Set(names).size).toBe(names.length);
  });
});
