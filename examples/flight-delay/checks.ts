/**
 * What each milestone must show, as pure functions of what was seen: `test/rehearsal/flight-delay-checks.test.ts` doctors what was seen
 * and proves that every one of them can fail.
 */
import { verifyLedger } from '../../lib/governance/ledger';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import type { Verdict } from '../../lib/evaluation/verdict.contract';
import { check } from '../../lib/rehearsal/scenario';
import type { ModelPackage } from '../model-life';

/** How the margin of the gate in app.ts reads. */
export const MARGIN = 0.002;

export interface Page {
  readonly time: number;
  readonly subject?: string;
}

export interface EndpointState {
  readonly status: string;
  readonly config: string;
  readonly version: number;
}

function checkOutcome(entry: LedgerEntry, outcome: string): void {
  check(entry.outcome === outcome, `the ${entry.workflow} run should end with ${outcome}, it ended with ${entry.outcome}: ${entry.reasons.join(' ')}`);
}

function checkPaged(entry: LedgerEntry, pages: readonly Page[]): void {
  check(entry.page, `${entry.outcome} should page the owner`);
  const subject = `${entry.workflow} ${entry.outcome}`;
  const page = pages.find((candidate) => candidate.time >= Date.parse(entry.time) && (candidate.subject ?? '').includes(subject));
  check(page !== undefined, `the owner's topic got no message about ${subject}`);
}

/** Bad rows stop the run before any training job, with a reason for each fault, and page the owner. */
export function checkDataStopped(seen: { entry: LedgerEntry; faults: readonly RegExp[]; trainingJobs: number; pages: readonly Page[] }): void {
  checkOutcome(seen.entry, 'DATA_INVALID');
  for (const fault of seen.faults) check(seen.entry.reasons.some((reason) => fault.test(reason)), `no reason matches ${fault}: ${seen.entry.reasons.join(' ')}`);
  check(seen.trainingJobs === 0, `${seen.trainingJobs} training jobs were started with bad data`);
  checkPaged(seen.entry, seen.pages);
}

/** A version that passed its gates is registered and approved. @returns its AUC */
export function checkRegistered(seen: { entry: LedgerEntry; verdict: Verdict; package: ModelPackage; version: number }): number {
  checkOutcome(seen.entry, 'REGISTERED');
  check(seen.verdict.passed && seen.verdict.results.every(({ passed }) => passed), 'the verdict should have passed every gate');
  check(seen.entry.detail?.version === seen.version, `version ${seen.version} should be registered, it is ${String(seen.entry.detail?.version)}`);
  check(seen.package.ModelApprovalStatus === 'Approved', `v${seen.version} should be Approved, it is ${seen.package.ModelApprovalStatus}`);
  const metadata = seen.package.CustomerMetadataProperties ?? {};
  for (const name of ['snapshotId', 'codeVersion', 'imageDigest', 'trainingJobName', 'verdict', 'verdictUri', 'baselineUri']) {
    check((metadata[name] ?? '') !== '', `the package of v${seen.version} does not say its ${name}`);
  }
  const auc = seen.verdict.challenger.auc?.value;
  check(auc !== undefined, 'the verdict has no AUC');
  return auc;
}

/** The first version has nobody to beat. */
export function checkBootstrap(verdict: Verdict): void {
  check(verdict.champion === undefined, 'the first version should be judged without a champion');
}

/** The gain over the champion, both scored on the same rows. */
export function checkBeatsChampion(verdict: Verdict, championVersion: number): number {
  check(verdict.championVersion === championVersion, `the champion should be v${championVersion}, the verdict says v${verdict.championVersion}`);
  const gain = verdict.challenger.auc!.value - (verdict.champion?.auc?.value ?? NaN);
  check(gain >= MARGIN, `the challenger should beat the champion's AUC by ${MARGIN}, the gain is ${gain.toFixed(4)}`);
  return gain;
}

/** The version is served, and pointer, endpoint and ledger say the same. */
export function checkDeployed(seen: { entry: LedgerEntry; endpoint: EndpointState; champion: { version: number; endpointConfigName: string }; version: number }): void {
  checkOutcome(seen.entry, 'DEPLOYED');
  checkServes(seen.endpoint, seen.version);
  check(seen.champion.version === seen.version, `the champion pointer should name v${seen.version}, it names v${seen.champion.version}`);
  check(seen.champion.endpointConfigName === seen.endpoint.config, `pointer (${seen.champion.endpointConfigName}) and endpoint (${seen.endpoint.config}) differ`);
}

export function checkServes(endpoint: EndpointState, version: number): void {
  check(endpoint.status === 'InService', `the endpoint should be InService, it is ${endpoint.status}`);
  check(endpoint.version === version, `the endpoint should serve v${version}, it serves v${endpoint.version}`);
}

/** Clients got answers from that version, and no request failed. @returns rows that it answered */
export function checkAnswered(seen: { captured: readonly { version: number; rows: number }[]; version: number; least: number; failed: number }): number {
  const rows = seen.captured.filter(({ version }) => version === seen.version).reduce((sum, request) => sum + request.rows, 0);
  check(rows >= seen.least, `v${seen.version} should have answered for at least ${seen.least} flights, it answered for ${rows}`);
  check(seen.failed === 0, `${seen.failed} requests failed`);
  return rows;
}

/** During the release both versions answered: a canary, not a switch. @returns requests that the new version answered before the last of the old */
export function checkCanary(captured: readonly { version: number; time: number }[], before: number, after: number): number {
  const times = (version: number): number[] => captured.filter((line) => line.version === version).map(({ time }) => time);
  const lastOfOld = Math.max(...times(before));
  const canary = times(after).filter((time) => time < lastOfOld).length;
  check(canary > 0, `v${before} and v${after} should have answered side by side`);
  return canary;
}

/** The gate rejects, the package says why, the endpoint does not change. */
export function checkRejected(seen: { entry: LedgerEntry; verdict: Verdict; package: ModelPackage; before: EndpointState; after: EndpointState; deployments: number }): string {
  checkOutcome(seen.entry, 'REJECTED');
  check(!seen.verdict.passed, 'the verdict should not have passed');
  check(seen.package.ModelApprovalStatus === 'Rejected', `the package should be Rejected, it is ${seen.package.ModelApprovalStatus}`);
  const reason = seen.package.ApprovalDescription ?? '';
  check(/auc/i.test(reason), `the package should say why, it says ${JSON.stringify(reason)}`);
  check(seen.deployments === 0, `a rejected version started ${seen.deployments} deployments`);
  check(seen.after.config === seen.before.config, `the endpoint changed from ${seen.before.config} to ${seen.after.config}`);
  return reason;
}

/** The canary rolled back, the workflow saw it, and the champion never left. */
export function checkRolledBack(seen: {
  entry: LedgerEntry;
  package: ModelPackage;
  before: EndpointState;
  after: EndpointState;
  championVersion: number;
  failed: number;
  alarms: readonly string[];
  pages: readonly Page[];
}): void {
  check(seen.failed > 0, 'no request failed: the fault did not strike');
  checkOutcome(seen.entry, 'ROLLED_BACK');
  checkPaged(seen.entry, seen.pages);
  check(seen.alarms.length > 0, 'no rollback alarm went into ALARM');
  const named = seen.alarms.some((alarm) => seen.entry.reasons.some((reason) => reason.includes(alarm)));
  check(named, `the outcome should name the alarm behind it, ${seen.alarms.join(' or ')}; it says: ${seen.entry.reasons.join('; ')}`);
  check(seen.package.CustomerMetadataProperties?.deploymentOutcome === 'ROLLED_BACK', 'the package should say that its deployment was rolled back');
  checkServes(seen.after, seen.before.version);
  check(seen.after.config === seen.before.config, `the endpoint should run ${seen.before.config} again, it runs ${seen.after.config}`);
  check(seen.championVersion === seen.before.version, `the champion pointer should still name v${seen.before.version}, it names v${seen.championVersion}`);
}

/** Drift raises its alarm within the windows that the alarm looks at, pages, and starts one retraining, not two. */
export function checkDriftAnswered(seen: {
  driftBegan: number;
  alarmed: number | undefined;
  windowHours: number;
  windows: number;
  pages: readonly Page[];
  retrainings: readonly LedgerEntry[];
  driftRuns: readonly LedgerEntry[];
  driftedWindows: number;
}): void {
  check(seen.alarmed !== undefined, 'no drift alarm went into ALARM');
  // The window in which drift begins may be too old to count, and a window is judged a watermark after its end.
  const limit = (seen.windows + 2) * seen.windowHours;
  const hours = (seen.alarmed - seen.driftBegan) / 3_600_000;
  check(hours <= limit, `the drift alarm took ${hours.toFixed(1)} hours, ${limit} are allowed`);
  check(seen.pages.some(({ time, subject }) => time >= seen.alarmed! && /ALARM/.test(subject ?? '')), 'the drift alarm did not page');
  const started = seen.retrainings.filter(({ outcome }) => outcome === 'STARTED').length;
  check(started === 1, `one retraining should have been started, ${started} were`);
  check(seen.driftRuns.length === 1, `one training run should have been triggered by drift, ${seen.driftRuns.length} were`);
  check(seen.driftedWindows > 3, `drift should have gone on beyond the start of the retraining, ${seen.driftedWindows} windows drifted`);
}

/** At the end: every prediction names its version, the ledger is complete and unaltered, nothing runs, nothing is locked. */
export function checkEnd(seen: {
  captured: readonly { version: number }[];
  answered: number;
  served: readonly number[];
  ledger: readonly LedgerEntry[];
  executions: readonly { arn: string; status: string }[];
  activeJobs: readonly string[];
  locks: readonly { key: string; holder: string | null }[];
}): void {
  const unnamed = seen.captured.filter(({ version }) => !seen.served.includes(version)).length;
  check(unnamed === 0, `${unnamed} captured predictions do not name a version that was ever deployed`);
  check(seen.captured.length === seen.answered, `${seen.answered} requests were answered, ${seen.captured.length} were captured`);
  const problems = verifyLedger(seen.ledger);
  check(problems.length === 0, `the ledger is broken: ${problems.join('; ')}`);
  // A decision of the controller names the execution that it follows from or starts.
  const recorded = new Set(seen.ledger.filter(({ workflow }) => workflow !== 'retraining').map(({ executionArn }) => executionArn));
  const missing = seen.executions.filter(({ arn }) => !recorded.has(arn));
  check(missing.length === 0, `${missing.length} executions have no outcome in the ledger, the first is ${missing[0]?.arn}`);
  const running = seen.executions.filter(({ status }) => status === 'RUNNING');
  check(running.length === 0, `${running.length} executions still run`);
  check(seen.activeJobs.length === 0, `jobs still run: ${seen.activeJobs.join(', ')}`);
  const held = seen.locks.filter(({ holder }) => holder !== null);
  check(held.length === 0, `locks are still held: ${held.map(({ key, holder }) => `${key} by ${holder}`).join(', ')}`);
}
