import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import scenario from '../../examples/flight-delay/scenario';
import { synthesize } from '../../lib/cli/synthesize';
import { rehearse } from '../../lib/rehearsal/rehearsal';
import type { ReportData } from '../../lib/rehearsal/report/report-data';
import { formatSummary } from '../../lib/rehearsal/summary';
import { renderReport } from '../../lib/rehearsal/report/report';

const root = join(__dirname, '..', '..');
let folder: string;
let assembly: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flight-delay-test-'));
  assembly = join(folder, 'cdk.out');
  await synthesize('npx tsx examples/flight-delay/app.ts', root, assembly);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Template = { Resources: Record<string, { Type: string; Properties: any; Metadata?: Record<string, string> }> };

/** The first milestones of the scenario on a template that something was done to. */
async function mutilated(name: string, milestones: number, change: (template: Template) => void): Promise<ReportData> {
  const copy = join(folder, name);
  cpSync(assembly, copy, { recursive: true });
  const file = join(copy, 'FlightDelay.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
  change(template);
  writeFileSync(file, JSON.stringify(template));
  return rehearse({ assembly: copy, scenario: { ...scenario, milestones: scenario.milestones.slice(0, milestones) }, seed: 1 });
}

const statementsOf = (template: Template): any[] =>
  Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

describe('the life of the flight delay model', () => {
  let data: ReportData;

  beforeAll(async () => {
    data = await rehearse({ assembly, scenario, seed: 1 });
  });

  it('reaches every milestone, in order', () => {
    expect(data.milestones.filter(({ ok }) => !ok)).toEqual([]);
    expect(data.summary.milestones.map(({ id }) => id)).toEqual(['data-repaired', 'first-model', 'better-model', 'bad-model', 'bad-server', 'drift', 'end']);
  });

  it('asks AWS for nothing that it may not or that AWS does not know', () => {
    expect(data.denied).toEqual([]);
    expect(data.summary.requests).toMatchObject({ schemaErrors: 0, denied: 0 });
    expect(data.summary.requests.total).toBeGreaterThan(10_000);
  });

  it('ends every execution, with v5 in service', () => {
    expect([...new Set(data.summary.executions.map(({ status }) => status))]).toEqual(['SUCCEEDED']);
    expect(data.summary.endpoint).toMatchObject({ name: 'flight-delay', modelVersion: 5 });
    expect(data.summary.endpoint!.config).toMatch(/^flight-delay-v5-r[0-9a-f]{12}$/);
  });

  it('has five versions with metrics, one rejected with its reason', () => {
    expect(data.summary.modelPackages.map(({ version, status }) => `${version} ${status}`)).toEqual(['1 Approved', '2 Approved', '3 Rejected', '4 Approved', '5 Approved']);
    for (const { metrics } of data.summary.modelPackages) expect(metrics.auc).toBeGreaterThanOrEqual(0.5);
    expect(data.summary.modelPackages[2]!.reason).toMatch(/auc 0\.5 .* is less than 0\.6/);
  });

  it('raised the alarms that it should, and no other', () => {
    const raised = data.summary.alarms.filter(({ transitions }) => transitions.some(({ state }) => state === 'ALARM')).map(({ name }) => name.replace(/-r[0-9a-f]{12}-/, '-'));
    expect(raised.filter((name) => /v4/.test(name)).length).toBeGreaterThan(0);
    // Data drift notifies as a ticket. The low alarm of target tracking is in ALARM whenever fewer instances would do: it asks for nothing but scaling in.
    expect(raised.filter((name) => !/v4|data-drift|Governance\/ticket$|^TargetTracking-.*-AlarmLow-/.test(name))).toEqual([]);
  });

  it('can be shown as a page', () => {
    const page = renderReport(data);
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(page).toContain('hash chain valid');
    expect(page).toContain('ROLLED_BACK');
  });
});

describe('a seed', () => {
  /** The first two milestones: training, gate, deployment, traffic. */
  async function run(seed: number): Promise<{ summary: string; requests: string[] }> {
    const requests: string[] = [];
    const record = (line: object): void => void requests.push(JSON.stringify(line));
    const { summary } = await rehearse({ assembly, scenario: { ...scenario, milestones: scenario.milestones.slice(0, 2) }, seed, record });
    return { summary: formatSummary({ ...summary, wallSeconds: 0 }), requests };
  }

  it('gives the same bytes twice, to the last AWS request, and another one other ids', async () => {
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    const other = await run(2);
    expect(other.requests).not.toEqual(first.requests);
    expect(JSON.parse(other.summary).milestones.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, true]);
  });
});

describe('a mutilated template is noticed', () => {
  it('fails milestone 5 when nothing watches the new fleet', async () => {
    const { milestones, summary } = await mutilated('unwatched', 5, (template) => {
      for (const { Type, Properties } of Object.values(template.Resources)) {
        if (Type !== 'AWS::Lambda::Function' || !Properties.Environment?.Variables?.DEPLOYMENT_SETTINGS) continue;
        const settings = JSON.stringify(Properties.Environment.Variables.DEPLOYMENT_SETTINGS);
        const blind = settings
          .replace(/\\"errorRate\\":[\d.]+/, '\\"errorRate\\":1')
          .replace(/\\"latencyMicroseconds\\":\d+/, '\\"latencyMicroseconds\\":60000000')
          .replace(/\\"minimumRequests\\":\d+/, '\\"minimumRequests\\":1000000')
          .replace(/\\"inconclusive\\":\\"\w+\\"/, '\\"inconclusive\\":\\"PROMOTE\\"');
        expect(blind).not.toBe(settings);
        Properties.Environment.Variables.DEPLOYMENT_SETTINGS = JSON.parse(blind);
      }
    });
    expect(milestones.map(({ ok }) => ok)).toEqual([true, true, true, true, false]);
    expect(milestones[4]!.detail).toContain('ROLLED_BACK');
    expect(summary.endpoint?.modelVersion).toBe(4);
  });

  it('fails milestone 1 when the owner cannot be paged', async () => {
    const { milestones, denied } = await mutilated('no-page', 1, (template) => {
      for (const statement of statementsOf(template)) {
        if ([statement.Action].flat().includes('sns:Publish')) Object.assign(statement, { Effect: 'Deny' });
      }
    });
    expect(milestones[0]!.ok).toBe(false);
    expect(denied.some(({ message }) => message.includes('sns:Publish'))).toBe(true);
  });

  it('fails milestone 1 when the reasons do not name the faults, because every row is called bad', async () => {
    const { milestones, ledger } = await mutilated('strict', 1, (template) => {
      for (const { Type, Properties } of Object.values(template.Resources)) {
        if (Type !== 'AWS::StepFunctions::StateMachine') continue;
        Properties.DefinitionString = JSON.parse(JSON.stringify(Properties.DefinitionString).replaceAll('\\"maximum\\":6000', '\\"maximum\\":100'));
      }
    });
    expect(milestones[0]).toMatchObject({ ok: false, detail: expect.stringMatching(/^no reason matches/) });
    expect(ledger.map(({ outcome }) => outcome)).toEqual(['DATA_INVALID']);
  });

  it('fails milestone 2 when an approval starts nothing', async () => {
    const { milestones } = await mutilated('deaf', 2, (template) => {
      for (const { Type, Properties } of Object.values(template.Resources)) {
        if (Type === 'AWS::Events::Rule' && JSON.stringify(Properties.EventPattern).includes('Model Package State Change')) Properties.State = 'DISABLED';
      }
    });
    expect(milestones.map(({ ok }) => ok)).toEqual([true, false]);
    expect(milestones[1]!.detail).toMatch(/in vain: an approval starts a deployment/);
  });

  it('fails milestone 2 when the training job may not read its data', async () => {
    const { milestones, denied } = await mutilated('blind', 2, (template) => {
      for (const statement of statementsOf(template)) {
        if (JSON.stringify(statement.Resource).includes('curated/') && [statement.Action].flat().includes('s3:GetObject')) Object.assign(statement, { Effect: 'Deny' });
      }
    });
    expect(milestones.every(({ ok }) => ok)).toBe(false);
    expect(denied.length).toBeGreaterThan(0);
  });
});
