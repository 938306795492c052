import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const root = resolve(__dirname, '../..');

interface Assembly {
  readonly types: Record<string, AssemblyType>;
}

interface AssemblyType {
  readonly kind: 'class' | 'interface' | 'enum';
  readonly datatype?: boolean;
  readonly docs?: { readonly summary?: string };
  readonly properties?: { readonly name: string; readonly optional?: boolean; readonly docs?: { readonly summary?: string; readonly default?: string } }[];
}

/** Declaration files reachable from the entry point by `export *` and imports of our own files. */
function reachableDeclarations(): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (file: string): void => {
    if (found.has(file) || !existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    found.set(file, text);
    for (const [, path] of text.matchAll(/^export \* from '(\..*?)';/gm)) visit(join(dirname(file), `${path}.d.ts`));
  };
  visit(join(root, 'dist/js/lib/index.d.ts'));
  return found;
}

describe('the public surface', () => {
  let assembly: Assembly;
  let declarations: Map<string, string>;

  beforeAll(() => {
    assembly = JSON.parse(readFileSync(join(root, '.jsii'), 'utf8')) as Assembly;
    declarations = reachableDeclarations();
  });

  it('exports only what jsii can carry: no functions, constants or type aliases', () => {
    const lost = [...declarations].flatMap(([file, text]) =>
      [...text.matchAll(/^export (?:declare )?(?:const|let|function|type) (\w+)/gm)].map((match) => `${file.slice(root.length)}: ${match[1]}`),
    );
    expect(lost).toEqual([]);
  });

  it('has no literal unions, generics or overloads, which jsii loses silently', () => {
    const lost: string[] = [];
    for (const [file, text] of declarations) {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*private .*$/gm, '').replace(/^import .*$/gm, '');
      for (const line of code.split('\n')) {
        if (/'[^']*'\s*\|\s*'/.test(line) || /^\s*(public |static |readonly |export )*(class|interface|\w+)<\w+( extends [^>]*)?>/.test(line)) {
          lost.push(`${file.slice(root.length)}: ${line.trim()}`);
        }
      }
      for (const block of code.split(/^export declare (?:abstract )?class |^export interface /m).slice(1)) {
        const names = [...block.matchAll(/^ {4}(?:static |protected |abstract )*(\w+)\(/gm)].map((match) => match[1]!);
        for (const name of new Set(names)) if (names.filter((other) => other === name).length > 1 && name !== 'constructor') lost.push(`${file.slice(root.length)}: overload of ${name}`);
      }
    }
    expect(lost).toEqual([]);
  });

  it('carries every exported class, interface and enum into the assembly', () => {
    const declared = [...declarations.values()].flatMap((text) => [...text.matchAll(/^export (?:declare )?(?:abstract )?(?:class|interface|enum) (\w+)/gm)].map((match) => match[1]!));
    const carried = new Set(Object.keys(assembly.types).map((name) => name.split('.').at(-1)!));
    expect(declared.filter((name) => !carried.has(name))).toEqual([]);
  });

  it('documents every optional property with its default', () => {
    const undocumented = Object.entries(assembly.types)
      .filter(([, type]) => type.datatype)
      .flatMap(([name, type]) => (type.properties ?? []).filter((property) => property.optional && !property.docs?.default).map((property) => `${name}.${property.name}`));
    expect(undocumented).toEqual([]);
  });

  it('documents every class', () => {
    const undocumented = Object.entries(assembly.types).filter(([, type]) => type.kind === 'class' && !type.docs?.summary).map(([name]) => name);
    expect(undocumented).toEqual([]);
  });

  it('is described by the committed API.md', () => {
    const text = readFileSync(join(root, 'API.md'), 'utf8');
    const missing = Object.keys(assembly.types).map((name) => name.split('.').at(-1)!).filter((name) => !text.includes(name));
    expect(missing).toEqual([]);
  });
});

describe('the package', () => {
  it('has no runtime dependencies', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
    expect(manifest.dependencies).toBeUndefined();
    expect(manifest.bundledDependencies).toBeUndefined();
  });

  it('ships a bundle for every handler', () => {
    const entries = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lambda.ts'));
    const bundles = new Set(readdirSync(join(root, 'dist/handlers')));
    expect(entries.map((entry) => entry.split('/').at(-1)!.replace('.lambda.ts', '')).filter((name) => !bundles.has(name))).toEqual([]);
    expect(bundles.size).toBe(entries.length);
  });

  it('packs surface, handlers, bundles and command line, and no source of a handler or of the rehearsal', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
    const files = (JSON.parse(stdout) as { files: { path: string }[] }[])[0]!.files.map(({ path }) => path);
    for (const path of ['.jsii', 'dist/js/lib/index.js', 'dist/handlers/lock/index.js', 'dist/bundles/yaml/index.js', 'dist/bin/cdk-ml-pipeline.js', 'schema/model-file.schema.json', 'LICENSE']) {
      expect(files).toContain(path);
    }
    expect(files.filter((path) => /\.lambda\.|lib\/(rehearsal|cli)\//.test(path))).toEqual([]);
  });
});
