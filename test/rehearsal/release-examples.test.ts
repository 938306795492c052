import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../lib/cli/load-scenario';
import { synthesize } from '../../lib/cli/synthesize';
import { rehearse } from '../../lib/rehearsal/rehearsal';

/** Every example with an app and a scenario, except the long one, which has a test of its own. */
const root = join(__dirname, '..', '..');
const names = readdirSync(join(root, 'examples'))
  .filter((name) => name !== 'flight-delay' && ['app.ts', 'scenario.ts'].every((file) => existsSync(join(root, 'examples', name, file))))
  .sort();

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'release-examples-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('release examples', () => {
  it.each(names)('%s reaches every milestone, asking AWS for nothing that it may not', async (name) => {
    const assembly = join(folder, name);
    await synthesize(`npx tsx examples/${name}/app.ts`, root, assembly);
    const scenario = await loadScenario(join('examples', name, 'scenario.ts'), root);
    const data = await rehearse({ assembly, scenario, seed: 1 });
    expect(data.milestones.filter(({ ok }) => !ok)).toEqual([]);
    expect(data.denied).toEqual([]);
    expect(data.summary.requests).toMatchObject({ schemaErrors: 0, denied: 0 });
    expect(data.summary.executions.filter(({ status }) => status === 'RUNNING')).toEqual([]);
  });
});
