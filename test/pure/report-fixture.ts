import type { ReportData } from '../../lib/rehearsal/report/report-data';

const HOUR = 3_600_000;
const START = Date.parse('2001-02-01T00:00:00Z');
const at = (hours: number): number => START + hours * HOUR;
const iso = (hours: number): string => new Date(at(hours)).toISOString();

/** A life of two months with everything in it that the page can show. */
export function reportFixture(): ReportData {
  const end = at(24 * 60);
  const traffic = Array.from({ length: 24 * 58 }, (_, i) => ({ time: at(48 + i), version: i < 600 ? 1 : 2, rows: 40 + ((i * 7) % 13) }));
  const executions = Array.from({ length: 60 }, (_, i) => ({
    stateMachine: i % 5 === 0 ? 'Demo-Training' : 'Demo-Monitoring',
    name: `run-${i}`,
    status: i === 15 ? 'FAILED' : 'SUCCEEDED',
    start: at(i * 24),
    stop: at(i * 24) + 900_000,
    outcome: i % 5 === 0 ? 'REGISTERED' : 'STABLE',
  }));
  return {
    scenario: 'demo <life>',
    start: START,
    end,
    summary: {
      scenario: 'demo <life>',
      seed: 7,
      virtualSeconds: 24 * 60 * 3600,
      wallSeconds: 41.25,
      milestones: [{ id: 'first', ok: true, detail: 'v1 is served' }, { id: 'second', ok: false, detail: 'v2 was not deployed' }],
      executions: executions.map(({ stateMachine, name, status }) => ({ stateMachine, name, status })),
      modelPackages: [],
      endpoint: { name: 'demo', config: 'demo-v2-r0123456789ab', modelVersion: 2 },
      alarms: [{ name: 'Demo-DriftAlarm', transitions: [{ time: iso(1100), state: 'ALARM' }, { time: iso(1160), state: 'OK' }] }],
      requests: { total: 48211, schemaErrors: 0, denied: 1 },
    },
    milestones: [
      { id: 'first', title: 'The first model', ok: true, detail: 'v1 is served: AUC 0.611 on 9,764 later flights', from: at(0), to: at(30) },
      { id: 'second', title: 'The second model', ok: false, detail: 'v2 was not deployed: the gate rejected it', from: at(30), to: at(700) },
      { id: 'third', title: 'Never begun', ok: false, detail: 'not reached', from: -1, to: -1 },
    ],
    versions: [
      { version: 1, created: at(26), status: 'Approved', metrics: { auc: 0.6109 }, gates: [{ gate: 'auc at least 0.6', passed: true, reason: 'auc 0.611 is at least 0.6' }], events: [{ time: at(47), word: 'DEPLOYED', reason: 'v1 serves all traffic' }], facts: { snapshotId: 'sha256:9c1f', trigger: 'manual' } },
      { version: 2, created: at(610), status: 'Approved', metrics: { auc: 0.6395 }, gates: [{ gate: 'auc better than the champion by 0.002', passed: true, reason: 'auc 0.640 beats 0.630 by 0.0096' }], events: [{ time: at(648), word: 'DEPLOYED', reason: '' }], facts: { snapshotId: 'sha256:77aa' } },
      { version: 3, created: at(900), status: 'Rejected', metrics: { auc: 0.5 }, gates: [{ gate: 'auc at least 0.6', passed: false, reason: 'auc 0.500 is below 0.6' }], events: [], facts: {} },
      { version: 4, created: at(1000), status: 'Approved', metrics: { auc: 0.6488 }, gates: [], events: [{ time: at(1001), word: 'ROLLED_BACK', reason: 'alarm' }], facts: {} },
    ],
    traffic: [...traffic, { time: at(1001), version: 4, rows: 12 }, { time: at(1001), rows: 20 }],
    series: [
      { title: 'Data drift: weighted share of drifted features', threshold: 0.3, points: Array.from({ length: 230 }, (_, i) => ({ time: at(48 + i * 6), value: i > 175 && i < 186 ? 0.62 : 0.02 + ((i * 13) % 7) / 90 })), alarms: [{ from: at(1100), to: at(1160), name: 'Demo-DriftAlarm' }] },
      { title: 'Rows evaluated', points: Array.from({ length: 230 }, (_, i) => ({ time: at(48 + i * 6), value: 240 + ((i * 31) % 40) })), alarms: [] },
    ],
    executions,
    ledger: [
      { sequence: 1, time: iso(2), workflow: 'training', outcome: 'DATA_INVALID', reasons: ['distance holds "far" in line 17 of 2001-01-08.csv.'], page: true, hash: 'ab12cd34ef' },
      { sequence: 2, time: iso(26), workflow: 'training', outcome: 'REGISTERED', reasons: ['auc 0.611 is at least 0.6.'], page: false, hash: 'bb12cd34ef' },
      { sequence: 3, time: iso(54), workflow: 'monitoring', outcome: 'STABLE', reasons: ['No feature drifted.'], page: false, hash: 'cc12cd34ef' },
    ],
    ledgerProblems: [],
    notifications: [{ time: at(2), subject: 'demo: data invalid', message: 'distance holds <b>"far"</b>' }],
    faults: [{ time: at(1001), message: 'container demo-v4: errors' }],
    denied: [{ time: at(12), message: 'role X may not s3:DeleteObject' }],
  };
}
