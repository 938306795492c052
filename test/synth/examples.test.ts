import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(__dirname, '../..');
const names = readdirSync(join(root, 'examples')).filter((name) => existsSync(join(root, 'examples', name, 'app.ts')));

/** As `cdk synth` runs it, in its own process. */
function synthesize(name: string): string {
  const outdir = mkdtempSync(join(tmpdir(), `${name}-`));
  const context = JSON.stringify((JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: object }).context);
  const result = spawnSync(process.execPath, ['--import', 'tsx', join('examples', name, 'app.ts')], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: context },
  });
  expect(`${result.stderr.replace(/npm warn.*\n/g, '')}${result.status}`).toBe('0');
  return outdir;
}

function template(outdir: string): string {
  const file = readdirSync(outdir).find((name) => name.endsWith('.template.json'))!;
  return readFileSync(join(outdir, file), 'utf8');
}

describe('examples', () => {
  it.each(names)('%s synthesizes and says its program in at most 60 lines', (name) => {
    expect(template(synthesize(name))).toContain('AWS::StepFunctions::StateMachine');
    expect(readFileSync(join(root, 'examples', name, 'app.ts'), 'utf8').split('\n').length).toBeLessThanOrEqual(60);
  });

  it('quickstart has the template that was reviewed', () => {
    expect(template(synthesize('quickstart')).replace(/[0-9a-f]{64}/g, '<asset>')).toMatchSnapshot();
  });

  it('quickstart and its model file describe the same model', () => {
    const types = (name: string): string[] => Object.values((JSON.parse(template(synthesize(name))) as { Resources: Record<string, { Type: string }> }).Resources).map(({ Type }) => Type).sort();
    expect(types('model-file')).toEqual(types('quickstart'));
  });
});

describe('README', () => {
  it('shows the programs that the examples are', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8');
    for (const [, file, code] of text.matchAll(/<!-- (examples\/[\w./-]+) -->\n```\w+\n([\s\S]*?)```/g)) {
      expect(code).toBe(readFileSync(join(root, file!), 'utf8').replaceAll("'../../lib'", "'cdk-ml-pipeline'"));
    }
    expect(text).toMatch(/<!-- examples\/quickstart\/app\.ts -->/);
  });
});
