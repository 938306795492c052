import { type Baseline, type DriftVerdict, driftVerdict } from '../drift';
import { type CaptureSummary, countViolations } from '../capture/capture-summary';
import { dataQualityBreaches } from './data-quality';
import { type BusinessVerdict } from './business-drop';
import { type MonitoringOutcome, type MonitoringPolicy, type MonitoringWindow } from './monitoring.contract';
import { type OperationalVerdict } from './operational-drift';
import { type SkewReport, trainingServingSkew } from './training-serving-skew';

/** What one model version's predictions in the window say. Versions are never mixed: each is compared with its own baseline. */
export interface VersionReport {
  readonly version: number;
  readonly outcome: MonitoringOutcome;
  /** Start of the evaluated rows: earlier than the window's start when preceding windows had to be added. */
  readonly evaluatedFrom: string;
  /** Rows of this window alone. */
  readonly windowRows: number;
  readonly records: number;
  /** Rows of transform jobs among them; absent: none. */
  readonly batchRecords?: number;
  readonly duplicates: number;
  readonly violations: number;
  readonly badLineExamples: CaptureSummary['badLineExamples'];
  /** Readable records in the window's files that were made at another time; a clock disagrees. */
  readonly outsideWindow: number;
  readonly breaches: readonly string[];
  readonly verdict: DriftVerdict;
  /** Absent when the version's training data was not profiled. */
  readonly skew?: SkewReport;
}

/** report.json */
export interface DriftReport {
  readonly window: MonitoringWindow;
  readonly outcome: MonitoringOutcome;
  readonly reasons: readonly string[];
  readonly champion: { readonly version: number; readonly since: string } | null;
  readonly versions: readonly VersionReport[];
  /** Invocations that SageMaker counted in the window; null when the metric has no data. */
  readonly invocations: number | null;
  /** Captured over expected invocations; null when nothing was expected. */
  readonly captureRatio: number | null;
  /** True when predictions were made that the monitor could not judge. */
  readonly blind: boolean;
  /** From the champion's newest captured record to the end of the window; null when nothing was captured and nothing expected. */
  readonly freshnessSeconds: number | null;
  /** 1 for the first verdict on the window; one more each time that late files, or another verdict on a preceding window, changed it. */
  readonly revision: number;
  /** Captured files that came after their windows could be judged again, and that this report is the first to count. No verdict holds them. */
  readonly late: number;
  /** Revisions of the preceding windows that were looked at, by id; 0: that window had no report. */
  readonly preceding: Readonly<Record<string, number>>;
  /** Latency and errors of the endpoint against their own past. */
  readonly operational?: OperationalVerdict;
  readonly business?: readonly BusinessVerdict[];
}

export interface VersionEvidence {
  readonly baseline: Baseline;
  readonly window: CaptureSummary;
  /** The window and the preceding ones that it was widened by. */
  readonly widened: CaptureSummary;
  readonly evaluatedFrom: string;
  /** The window is one of the version's first as champion: there a difference from the training data is skew. */
  readonly first?: boolean;
  /** Features that had already drifted for the champion before. */
  readonly driftedBefore?: readonly string[];
}

/** Broken data comes first: a verdict on drift is worth nothing when the values are wrong. */
export function versionReport(evidence: VersionEvidence, policy: MonitoringPolicy): VersionReport {
  const { baseline, window, widened } = evidence;
  const breaches = dataQualityBreaches(widened, baseline, policy);
  const verdict = driftVerdict(baseline, widened.profile, policy);
  const skew = trainingServingSkew(baseline, widened.profile, evidence.first ?? false, policy, evidence.driftedBefore);
  return {
    version: window.version,
    outcome: breaches.length > 0 ? 'DATA_QUALITY' : verdict.status,
    evaluatedFrom: evidence.evaluatedFrom,
    windowRows: window.profile.rows,
    records: window.records,
    ...(window.batchRecords === undefined ? {} : { batchRecords: window.batchRecords }),
    duplicates: window.duplicates,
    outsideWindow: window.outsideWindow,
    violations: countViolations(window),
    badLineExamples: window.badLineExamples,
    breaches,
    verdict,
    ...(skew ? { skew } : {}),
  };
}

export interface WindowFacts {
  readonly window: MonitoringWindow;
  readonly champion?: { readonly version: number; readonly since: string };
  readonly versions: readonly VersionReport[];
  readonly invocations: number | null;
  readonly samplingPercentage: number;
  readonly freshnessSeconds: number | null;
  readonly revision: number;
  readonly late: number;
  readonly preceding: Readonly<Record<string, number>>;
  readonly operational?: OperationalVerdict;
  readonly business?: readonly BusinessVerdict[];
}

/** The window's outcome is the champion's; other versions (a canary, a version just replaced) are in the report. */
export function driftReport(facts: WindowFacts, policy: MonitoringPolicy): DriftReport {
  const captured = facts.versions.reduce((sum, { records, batchRecords }) => sum + records - (batchRecords ?? 0), 0);
  const expected = ((facts.invocations ?? 0) * facts.samplingPercentage) / 100;
  const captureRatio = expected >= 1 ? Math.min(1, captured / expected) : null;
  const champion = facts.versions.find(({ version }) => version === facts.champion?.version);
  const common = { window: facts.window, versions: facts.versions, invocations: facts.invocations, captureRatio, freshnessSeconds: facts.freshnessSeconds, operational: facts.operational, business: facts.business };
  const others = [...(facts.operational?.reasons ?? []), ...(facts.business ?? []).flatMap(({ reasons }) => reasons)];
  const history = { revision: facts.revision, late: facts.late, preceding: facts.preceding };
  const lateness = facts.late === 0 ? [] : [`${facts.late} captured ${facts.late === 1 ? 'file' : 'files'} came too late for any window.`];
  if (!facts.champion || !champion) {
    return { ...common, champion: null, outcome: 'NOT_DEPLOYED', reasons: ['No model version is deployed.', ...lateness], blind: false, ...history };
  }
  const blind = champion.outcome === 'INSUFFICIENT_DATA' && expected >= 1 && (expected >= policy.minimumSampleSize || isOld(facts, champion.evaluatedFrom, policy));
  return { ...common, champion: facts.champion, outcome: champion.outcome, reasons: [...reasonsOf(champion, captureRatio), ...others, ...lateness], blind, ...history };
}

/** A low-traffic model gets the whole lookback to collect the rows of its next verdict before it counts as unobserved. */
function isOld(facts: WindowFacts, evaluatedFrom: string, policy: MonitoringPolicy): boolean {
  return Date.parse(facts.window.end) - Date.parse(evaluatedFrom) >= policy.maximumLookbackSeconds * 1000;
}

function reasonsOf(champion: VersionReport, captureRatio: number | null): string[] {
  const ratio = captureRatio === null ? [] : [`${(captureRatio * 100).toFixed(0)} % of the expected invocations were captured.`];
  return [`Version ${champion.version}, rows since ${champion.evaluatedFrom}:`, ...champion.breaches, ...champion.verdict.reasons, ...(champion.skew?.reasons ?? []), ...ratio];
}
