import type { LedgerEntry } from '../../governance/outcome.contract';
import type { Rehearsal } from '../driver';
import type { SummaryRequests } from '../summary';
import type { TimelineEvent } from '../kernel/timeline';
import { collectAlarms, collectEndpoint, collectModels, collectPackages, collectRecords, collectVersion, summarizePackage, type ModelRecords } from './collect';
import { collectSeries } from './collect-series';
import { trafficGrain } from './scale';
import type { MetricSeries, ReportData, ReportMilestone, ReportVersion, TrafficPoint } from './report-data';

export interface CollectOptions {
  readonly scenario: string;
  readonly seed: number;
  readonly start: number;
  readonly milestones: readonly ReportMilestone[];
  /** As they were when the scenario ended: what is asked here does not count. */
  readonly counters: SummaryRequests;
}

/** Asks the simulated AWS for everything that summary and report hold. */
export async function collectReport(rehearsal: Rehearsal, options: CollectOptions): Promise<ReportData> {
  const end = rehearsal.now;
  const grain = trafficGrain(end - options.start);
  const executions = rehearsal.executions();
  const packages = await collectPackages(rehearsal);
  const endpoint = await collectEndpoint(rehearsal, packages);
  const alarms = collectAlarms(rehearsal);
  const records: ModelRecords[] = [];
  const versions: ReportVersion[] = [];
  const series: MetricSeries[] = [];
  for (const model of await collectModels(rehearsal)) {
    const bucket = await lakeOf(rehearsal, model);
    const own = bucket === undefined ? { ledger: [], ledgerProblems: [], traffic: [] } : await collectRecords(rehearsal, model, bucket, grain);
    records.push(own);
    for (const facts of packages.filter(({ group }) => group === model)) versions.push(await collectVersion(rehearsal, facts, own.ledger));
    series.push(...(await collectSeries(rehearsal, model, options.start, alarms)));
  }
  const ledger = records.flatMap((own) => own.ledger);
  // Construct paths say more than the names that CloudFormation makes up.
  const paths = new Map(
    rehearsal.resourcesOfType('AWS::StepFunctions::StateMachine').map(({ ref, constructPath }) => [ref.slice(ref.lastIndexOf(':') + 1), constructPath.replace(/(\/Resource)+$/, '')]),
  );
  const outcomes = new Map(ledger.map((entry) => [entry.eventId, entry.outcome]));
  return {
    scenario: options.scenario,
    summary: {
      scenario: options.scenario,
      seed: options.seed,
      virtualSeconds: Math.round((end - options.start) / 1000),
      wallSeconds: 0,
      milestones: options.milestones.map(({ id, ok, detail }) => ({ id, ok, detail })),
      executions: executions.map(({ stateMachine, name, status }) => ({ stateMachine, name, status })),
      modelPackages: packages.map(summarizePackage),
      ...(endpoint === undefined ? {} : { endpoint }),
      alarms,
      requests: { total: options.counters.total, schemaErrors: options.counters.schemaErrors, denied: options.counters.denied },
    },
    start: options.start,
    end,
    milestones: options.milestones,
    versions,
    traffic: [...records.flatMap((own) => own.traffic), ...failedTraffic(rehearsal, grain)].sort((a, b) => a.time - b.time),
    series,
    executions: executions.map((execution) => ({
      stateMachine: paths.get(execution.stateMachine) ?? execution.stateMachine,
      name: execution.name,
      status: execution.status,
      start: execution.startTime,
      ...(execution.stopTime === undefined ? {} : { stop: execution.stopTime }),
      ...(outcomes.has(execution.arn) ? { outcome: outcomes.get(execution.arn) } : {}),
    })),
    ledger: ledger.map(({ sequence, time, workflow, outcome, reasons, page, hash }: LedgerEntry) => ({ sequence, time, workflow, outcome, reasons, page, hash })),
    ledgerProblems: records.flatMap((own) => own.ledgerProblems),
    notifications: rehearsal.notifications().filter(({ deliveries }) => deliveries.length === 0 || deliveries.some(({ protocol }) => protocol !== 'lambda')).map(({ time, subject, message }) => ({ time, subject: subject ?? '', message })),
    faults: events(rehearsal, 'fault').map(({ time, subject, message }) => ({ time, message: `${subject}: ${message}` })),
    denied: events(rehearsal, 'request-denied').map(({ time, message }) => ({ time, message })),
  };
}

function events(rehearsal: Rehearsal, kind: TimelineEvent['kind']): TimelineEvent[] {
  return rehearsal.simulation.timeline.events.filter((event) => event.kind === kind);
}

/** The bucket that holds the model's state. */
async function lakeOf(rehearsal: Rehearsal, model: string): Promise<string | undefined> {
  for (const { ref } of rehearsal.resourcesOfType('AWS::S3::Bucket')) {
    if ((await rehearsal.keys(ref, `state/${model}/`)).length > 0) return ref;
  }
  return undefined;
}

function failedTraffic(rehearsal: Rehearsal, grain: number): TrafficPoint[] {
  const rows = new Map<number, number>();
  for (const failed of rehearsal.traffic.flatMap((traffic) => traffic.failed)) {
    const from = Math.floor(failed.time / grain) * grain;
    rows.set(from, (rows.get(from) ?? 0) + failed.rows);
  }
  return [...rows].map(([time, count]) => ({ time, rows: count }));
}
