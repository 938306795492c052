import { describe, expect, it } from 'vitest';
import * as checks from '../../examples/flight-delay/checks';
import type { ModelPackage } from '../../examples/model-life';
import { spoil } from '../../examples/flight-delay/scenario';
import type { Verdict } from '../../lib/evaluation/verdict.contract';
import { chainEntry } from '../../lib/governance/ledger';
import type { LedgerEntry, OutcomeEvent } from '../../lib/governance/outcome.contract';

const TIME = '2001-02-01T00:00:00.000Z';
const NOW = Date.parse(TIME);

function event(workflow: OutcomeEvent['workflow'], outcome: string, more: Partial<OutcomeEvent> = {}): OutcomeEvent {
  const arn = `arn:aws:states:us-east-1:111122223333:execution:${workflow}:1`;
  return { eventId: arn, workflow, outcome, executionArn: arn, time: TIME, reasons: ['because.'], page: false, ...more };
}

function entry(...given: Parameters<typeof event>): LedgerEntry {
  return chainEntry(event(...given), 'flight-delay', undefined);
}

const page = (subject: string): checks.Page => ({ time: NOW, subject });

const auc = (value: number): Verdict['challenger'] => ({ auc: { value } });
const verdict = (more: Partial<Verdict> = {}): Verdict => ({
  passed: true,
  results: [{ gate: 'auc at least 0.6', passed: true, reason: 'auc 0.64 is at least 0.6' }],
  challenger: auc(0.64),
  champion: auc(0.63),
  championVersion: 1,
  slices: {},
  rows: 7000,
  ...more,
});

const LINEAGE = { snapshotId: 's', codeVersion: 'c', imageDigest: 'd', trainingJobName: 't', verdict: 'v', verdictUri: 'u', baselineUri: 'b' };
const modelPackage = (more: Partial<ModelPackage> = {}): ModelPackage => ({
  ModelPackageArn: 'arn:aws:sagemaker:us-east-1:111122223333:model-package/flight-delay/2',
  ModelPackageVersion: 2,
  ModelApprovalStatus: 'Approved',
  CustomerMetadataProperties: LINEAGE,
  ...more,
});
const endpoint = (version: number, config = `config-v${version}`, status = 'InService'): checks.EndpointState => ({ status, config, version });

/** The check holds for what was seen, and fails for every doctored version of it. */
function provesItself<T extends object>(check: (seen: T) => unknown, seen: T, doctored: Record<string, [Partial<T>, RegExp]>): void {
  it('holds for what should be seen', () => {
    expect(() => check(seen)).not.toThrow();
  });
  for (const [name, [change, message]] of Object.entries(doctored)) {
    it(`fails when ${name}`, () => {
      expect(() => check({ ...seen, ...change })).toThrow(message);
    });
  }
}

describe('milestone 1, bad data', () => {
  const reasons = ['a.csv: distance: 1 value not of type integer, first on line 41: "far"', 'a.csv: distance: 33 % of the values are missing', 'b.csv: tail_number: unknown'];
  const stopped = entry('training', 'DATA_INVALID', { page: true, reasons });
  provesItself(checks.checkDataStopped, { entry: stopped, faults: [/distance.*type.*far/, /missing/, /tail_number/], trainingJobs: 0, pages: [page('flight-delay: training DATA_INVALID')] }, {
    'the run passed': [{ entry: entry('training', 'REGISTERED', { reasons }) }, /should end with DATA_INVALID, it ended with REGISTERED/],
    'one of the faults went unnoticed': [{ entry: { ...stopped, reasons: reasons.slice(0, 2) } }, /no reason matches .*tail_number/],
    'a training job was started': [{ trainingJobs: 1 }, /1 training jobs were started with bad data/],
    'the outcome asks for no page': [{ entry: { ...stopped, page: false } }, /should page the owner/],
    'the page did not arrive': [{ pages: [page('flight-delay: training REGISTERED')] }, /got no message/],
    'the page is an old one': [{ pages: [{ ...page('flight-delay: training DATA_INVALID'), time: NOW - 1 }] }, /got no message/],
  });

  it('has rows that are really bad', () => {
    const csv = ['flight_id,departure_time,origin,destination,distance,hour', ...Array.from({ length: 60 }, (_, i) => `F${i},T,ATL,SFO,2139,9`)].join('\n');
    const lines = spoil('2001-01-17', csv).split('\n');
    expect(lines[40]).toBe('F39,T,ATL,SFO,far,9');
    expect(lines.filter((line) => line.includes('SFO,,9')).length).toBeGreaterThan(15);
    expect(spoil('2001-01-18', csv).split('\n')[0]).toMatch(/,tail_number$/);
    expect(spoil('2001-01-19', csv)).toBe(csv);
  });
});

describe('milestones 2 and 3, registration', () => {
  const seen = { entry: entry('training', 'REGISTERED', { detail: { version: 2 } }), verdict: verdict(), package: modelPackage(), version: 2 };
  provesItself(checks.checkRegistered, seen, {
    'the run was rejected': [{ entry: entry('training', 'REJECTED', { detail: { version: 2 } }) }, /should end with REGISTERED/],
    'a gate did not pass': [{ verdict: verdict({ results: [{ gate: 'g', passed: false, reason: 'r' }] }) }, /passed every gate/],
    'it is another version': [{ entry: entry('training', 'REGISTERED', { detail: { version: 3 } }) }, /version 2 should be registered, it is 3/],
    'nobody approved it': [{ package: modelPackage({ ModelApprovalStatus: 'PendingManualApproval' }) }, /should be Approved/],
    'its lineage has a gap': [{ package: modelPackage({ CustomerMetadataProperties: { ...LINEAGE, snapshotId: '' } }) }, /does not say its snapshotId/],
    'it was not measured': [{ verdict: verdict({ challenger: {} }) }, /has no AUC/],
  });

  it('fails when the first version had a champion', () => {
    expect(() => checks.checkBootstrap(verdict({ champion: undefined }))).not.toThrow();
    expect(() => checks.checkBootstrap(verdict())).toThrow(/without a champion/);
  });

  it('fails when the margin is missed, or another champion was beaten', () => {
    expect(checks.checkBeatsChampion(verdict(), 1)).toBeCloseTo(0.01);
    expect(() => checks.checkBeatsChampion(verdict({ champion: auc(0.639) }), 1)).toThrow(/the gain is 0\.0010/);
    expect(() => checks.checkBeatsChampion(verdict({ champion: undefined }), 1)).toThrow(/NaN/);
    expect(() => checks.checkBeatsChampion(verdict(), 2)).toThrow(/the verdict says v1/);
  });
});

describe('milestones 2 and 3, deployment', () => {
  provesItself(checks.checkDeployed, { entry: entry('deployment', 'DEPLOYED'), endpoint: endpoint(2), champion: { version: 2, endpointConfigName: 'config-v2' }, version: 2 }, {
    'it was rolled back': [{ entry: entry('deployment', 'ROLLED_BACK') }, /should end with DEPLOYED/],
    'the endpoint serves another version': [{ endpoint: endpoint(1) }, /should serve v2, it serves v1/],
    'the endpoint is not in service': [{ endpoint: endpoint(2, 'config-v2', 'Failed') }, /should be InService/],
    'the pointer names another version': [{ champion: { version: 1, endpointConfigName: 'config-v2' } }, /should name v2/],
    'pointer and endpoint differ': [{ champion: { version: 2, endpointConfigName: 'config-v1' } }, /differ/],
  });

  provesItself(checks.checkAnswered, { captured: [{ version: 2, rows: 300 }, { version: 2, rows: 300 }], version: 2, least: 500, failed: 0 }, {
    'too few were answered by it': [{ captured: [{ version: 2, rows: 300 }, { version: 1, rows: 300 }] }, /answered for 300/],
    'requests failed': [{ failed: 3 }, /3 requests failed/],
  });

  it('fails when the new version took over in one go', () => {
    const line = (version: number, time: number): { version: number; time: number } => ({ version, time });
    expect(checks.checkCanary([line(1, 1), line(2, 2), line(1, 3), line(2, 4)], 1, 2)).toBe(1);
    expect(() => checks.checkCanary([line(1, 1), line(1, 2), line(2, 3)], 1, 2)).toThrow(/side by side/);
  });
});

describe('milestone 4, bad model', () => {
  const rejected = modelPackage({ ModelApprovalStatus: 'Rejected', ApprovalDescription: 'Rejected by its gates: auc 0.5 is less than 0.6' });
  const seen = { entry: entry('training', 'REJECTED'), verdict: verdict({ passed: false }), package: rejected, before: endpoint(2), after: endpoint(2), deployments: 0 };
  provesItself(checks.checkRejected, seen, {
    'the gate let it through': [{ entry: entry('training', 'REGISTERED') }, /should end with REJECTED/],
    'the verdict says passed': [{ verdict: verdict() }, /should not have passed/],
    'the package is approved': [{ package: { ...rejected, ModelApprovalStatus: 'Approved' } }, /should be Rejected/],
    'the package does not say why': [{ package: { ...rejected, ApprovalDescription: '' } }, /should say why/],
    'a deployment was started': [{ deployments: 1 }, /started 1 deployments/],
    'the endpoint changed': [{ after: endpoint(3) }, /changed from config-v2 to config-v3/],
  });
});

describe('milestone 5, bad server', () => {
  const seen = {
    entry: entry('deployment', 'ROLLED_BACK', { page: true, reasons: ['rollback alarm v4-latency went into ALARM'] }),
    package: modelPackage({ CustomerMetadataProperties: { ...LINEAGE, deploymentOutcome: 'ROLLED_BACK' } }),
    before: endpoint(2),
    after: endpoint(2),
    championVersion: 2,
    failed: 20,
    alarms: ['v4-latency'],
    pages: [page('flight-delay: deployment ROLLED_BACK')],
  };
  provesItself(checks.checkRolledBack, seen, {
    'the fault never struck': [{ failed: 0 }, /the fault did not strike/],
    'it was deployed all the same': [{ entry: entry('deployment', 'DEPLOYED', { page: true }) }, /should end with ROLLED_BACK/],
    'nobody was paged': [{ pages: [] }, /got no message/],
    'the outcome does not say why': [{ entry: entry('deployment', 'ROLLED_BACK', { page: true }) }, /should name the alarm behind it/],
    'no alarm was raised': [{ alarms: [] }, /no rollback alarm/],
    'the package does not know': [{ package: modelPackage() }, /should say that its deployment was rolled back/],
    'another version serves': [{ after: endpoint(4) }, /should serve v2, it serves v4/],
    'another configuration serves': [{ after: endpoint(2, 'config-other') }, /should run config-v2 again/],
    'the pointer moved': [{ championVersion: 4 }, /should still name v2/],
  });
});

describe('milestone 6, drift', () => {
  const started = entry('retraining', 'STARTED');
  const run = entry('training', 'REGISTERED', { detail: { trigger: 'drift' } });
  const seen = {
    driftBegan: NOW,
    alarmed: NOW + 12 * 3_600_000,
    windowHours: 6,
    windows: 3,
    pages: [{ time: NOW + 12 * 3_600_000, subject: 'ALARM: "data-drift" in us-east-1' }],
    retrainings: [entry('retraining', 'DECLINED'), started],
    driftRuns: [run],
    driftedWindows: 5,
  };
  provesItself<Parameters<typeof checks.checkDriftAnswered>[0]>(checks.checkDriftAnswered, seen, {
    'no alarm was raised': [{ alarmed: undefined }, /no drift alarm/],
    'the alarm came late': [{ alarmed: NOW + 31 * 3_600_000 }, /took 31\.0 hours, 30 are allowed/],
    'the alarm did not page': [{ pages: [] }, /did not page/],
    'nothing was started': [{ retrainings: [] }, /0 were/],
    'two retrainings were started': [{ retrainings: [started, started] }, /one retraining should have been started, 2 were/],
    'two runs were triggered': [{ driftRuns: [run, run] }, /2 were/],
    'drift ended too early to prove anything': [{ driftedWindows: 3 }, /3 windows drifted/],
  });
});

describe('milestone 7, the end', () => {
  const first = chainEntry(event('training', 'REGISTERED'), 'flight-delay', undefined);
  const second = chainEntry(event('deployment', 'DEPLOYED'), 'flight-delay', first);
  const seen = {
    captured: [{ version: 1 }, { version: 2 }],
    answered: 2,
    served: [1, 2],
    ledger: [first, second],
    executions: [{ arn: first.executionArn, status: 'SUCCEEDED' }, { arn: second.executionArn, status: 'SUCCEEDED' }],
    activeJobs: [],
    locks: [{ key: 'training.json', holder: null }],
  };
  provesItself<Parameters<typeof checks.checkEnd>[0]>(checks.checkEnd, seen, {
    'a prediction names no version': [{ captured: [{ version: 1 }, { version: NaN }] }, /1 captured predictions do not name/],
    'a prediction names a version that was never deployed': [{ captured: [{ version: 1 }, { version: 3 }] }, /1 captured predictions do not name/],
    'a prediction was not captured': [{ answered: 3 }, /3 requests were answered, 2 were captured/],
    'a ledger entry was altered': [{ ledger: [{ ...first, outcome: 'REJECTED' }, second] }, /altered/],
    'a ledger entry is missing': [{ ledger: [second] }, /missing/],
    'an execution recorded no outcome': [{ executions: [...seen.executions, { arn: 'arn:lost', status: 'SUCCEEDED' }] }, /1 executions have no outcome.*arn:lost/],
    'an execution still runs': [{ executions: [{ ...seen.executions[0]!, status: 'RUNNING' }] }, /1 executions still run/],
    'a job still runs': [{ activeJobs: ['flight-delay-r1'] }, /jobs still run: flight-delay-r1/],
    'a lock is held': [{ locks: [{ key: 'training.json', holder: 'arn:x' }] }, /training\.json by arn:x/],
  });
});
