import { benjaminiHochbergLevel } from '../drift';
import { normalQuantile } from '../deployment/analysis/normal';
import { type Metrics } from '../evaluation/metrics';
import { Z95 } from '../evaluation/interval';
import { biasReport, type BiasReport } from './bias';
import { calibrationOutcome, calibrationReport } from './calibration';
import { DELAY_HOURS, type JoinedQuality } from './join-records';
import { type QualityOutcome, type QualityPolicy, type QualityVersion } from './model-quality.contract';
import { allowedMargin, marginPValue, qualityDifference } from './quality-difference';
import { nextLook, type QualityLook } from './quality-looks';
import { qualityMetrics } from './quality-metrics';
import { type QualityReference } from './quality-reference';
import { type QualityDecision, type SliceQuality, type VersionQuality } from './quality-report';
import { sagemakerQuality } from './sagemaker-quality';
import { rankHistogram } from './score-histogram';

export interface VersionEvidence {
  readonly version: QualityVersion;
  readonly joined: JoinedQuality;
  readonly reference: QualityReference;
  /** What the window's last report said of this version. */
  readonly before?: VersionQuality;
  /** No label counts any more. */
  readonly final: boolean;
}

/** What is known of one version's predictions in one window. The verdict changes only when a look is due; figures follow the labels. */
export function judgeVersion(evidence: VersionEvidence, policy: QualityPolicy): VersionQuality {
  const { joined, reference, before } = evidence;
  const { whole } = joined.quality;
  const labels = whole.statistics.rows;
  const looks = before?.looks ?? [];
  const due = nextLook(looks, labels, whole.predictions, evidence.final, policy);
  const metrics = qualityMetrics(whole.statistics, policy.decisionThreshold);
  const decision = due ? decide(evidence, policy, due.alpha) : (before?.decision ?? null);
  const degraded = looks.some(({ outcome }) => outcome === 'DEGRADED');
  const look: QualityLook | undefined = due && { ...due, labels, outcome: outcomeOf(labels, decision, degraded, policy) };
  const allLooks = look ? [...looks, look] : looks;
  const outcome = allLooks[allLooks.length - 1]?.outcome ?? 'INSUFFICIENT_DATA';
  const alpha = allLooks[allLooks.length - 1]?.alpha ?? policy.falseAlarmRate;
  const slices = sliceVerdicts(evidence, policy, alpha);
  const coverage = whole.predictions === 0 ? 0 : labels / whole.predictions;
  const ranking = whole.statistics.task === 'binary-classification' ? rankHistogram(whole.statistics.histogram) : undefined;
  return {
    version: evidence.version.version,
    outcome,
    reasons: reasons(evidence, policy, { labels, coverage, outcome, decision, looks: allLooks, slices }),
    predictions: whole.predictions,
    labels,
    coverage,
    coverageByAge: coverageByAge(joined.delays, whole.predictions),
    counts: joined.counts,
    looks: allLooks,
    decision,
    metrics,
    reference: known(reference.metrics(Z95)),
    sagemaker: sagemakerQuality(whole.statistics, metrics, policy.decisionThreshold),
    ...(ranking ? { binningError: { auc: ranking.aucError, prAuc: ranking.averagePrecisionError } } : {}),
    slices,
    slicesLeftOut: {
      ...Object.fromEntries(evidence.version.unseenSlices.map((column) => [column, 'it is no feature, so captured requests do not hold it'])),
      ...Object.fromEntries(joined.quality.crowded.map((column) => [column, 'it has more than 500 values'])),
    },
    ...calibration(evidence, policy, alpha),
    bias: biasReports(evidence, policy, alpha),
  };
}

function decide({ joined, reference }: VersionEvidence, policy: QualityPolicy, alpha: number): QualityDecision | null {
  const z = normalQuantile(alpha);
  const current = qualityMetrics(joined.quality.whole.statistics, policy.decisionThreshold, z)[policy.metric];
  const theirs = reference.metrics(z)[policy.metric];
  if (current === undefined || theirs === undefined) return null;
  const difference = qualityDifference(policy.metric, current, theirs);
  return difference ? { metric: policy.metric, margin: allowedMargin(policy, theirs), alpha, current, reference: theirs, ...difference } : null;
}

function outcomeOf(labels: number, decision: QualityDecision | null, degraded: boolean, policy: QualityPolicy): QualityOutcome {
  if (degraded) return 'DEGRADED';
  if (labels < policy.minimumLabels || decision === null) return 'INSUFFICIENT_DATA';
  return decision.low > decision.margin ? 'DEGRADED' : 'STABLE';
}

/** One-sided tests of all slices with enough labels, corrected by Benjamini-Hochberg at the look's share of the false alarm rate. */
function sliceVerdicts({ joined, reference }: VersionEvidence, policy: QualityPolicy, alpha: number): SliceQuality[] {
  const compared = Object.entries(joined.quality.slices).flatMap(([column, values]) =>
    Object.entries(values).map(([value, { predictions, statistics }]) => {
      const current = qualityMetrics(statistics, policy.decisionThreshold)[policy.metric];
      const theirs = reference.slice(column, value, Z95)?.[policy.metric];
      const enough = statistics.rows >= policy.minimumSliceLabels && current !== undefined && theirs?.low !== undefined;
      const difference = enough ? qualityDifference(policy.metric, current, theirs) : undefined;
      const pValue = difference ? marginPValue(difference, allowedMargin(policy, theirs!)) : null;
      return { column, value, predictions, labels: statistics.rows, ...(current ? { current } : {}), ...(theirs ? { reference: theirs } : {}), pValue };
    }),
  );
  const level = benjaminiHochbergLevel(compared.flatMap(({ pValue }) => pValue ?? []), alpha);
  return compared.map((slice) => ({ ...slice, outcome: slice.pValue === null ? 'INSUFFICIENT_DATA' : slice.pValue <= level ? 'DEGRADED' : 'STABLE' }));
}

function calibration({ joined, reference }: VersionEvidence, policy: QualityPolicy, alpha: number): Pick<VersionQuality, 'calibration'> {
  const { statistics } = joined.quality.whole;
  if (statistics.task !== 'binary-classification') return {};
  const current = calibrationReport(statistics);
  if (!current) return {};
  const tested = reference.segments?.whole.statistics;
  const theirs = tested?.task === 'binary-classification' ? calibrationReport(tested) : undefined;
  const outcome = statistics.rows < policy.minimumLabels ? 'INSUFFICIENT_DATA' : calibrationOutcome(current, theirs, alpha, policy.calibrationMargin);
  return { calibration: { ...current, outcome, ...(theirs ? { reference: theirs } : {}) } };
}

function biasReports({ version, joined, reference }: VersionEvidence, policy: QualityPolicy, alpha: number): BiasReport[] {
  if (version.task !== 'binary-classification') return [];
  const columns = version.slices.filter((slice) => slice.protected && !joined.quality.crowded.includes(slice.column));
  return columns.map(({ column }) =>
    biasReport(column, joined.quality.slices[column] ?? {}, reference.segments?.slices[column], policy.decisionThreshold, policy.minimumSliceLabels, alpha / columns.length),
  );
}

function coverageByAge(delays: readonly number[], predictions: number): VersionQuality['coverageByAge'] {
  let labelled = 0;
  return delays.map((count, bin) => {
    labelled += count;
    return { hours: DELAY_HOURS[bin] ?? null, coverage: predictions === 0 ? 0 : labelled / predictions };
  });
}

function known(metrics: Metrics): Metrics | null {
  return Object.keys(metrics).length === 0 ? null : metrics;
}

interface Found {
  readonly labels: number;
  readonly coverage: number;
  readonly outcome: QualityOutcome;
  readonly decision: QualityDecision | null;
  readonly looks: readonly QualityLook[];
  readonly slices: readonly SliceQuality[];
}

/** Sentences for a person, the most important first. */
function reasons({ version, joined }: VersionEvidence, policy: QualityPolicy, found: Found): string[] {
  const { labels, coverage, outcome, decision, looks, slices } = found;
  const covered = `${labels} of ${joined.quality.whole.predictions} predictions (${(100 * coverage).toFixed(1)} %) have their label.`;
  const sentences: string[] = [];
  if (decision !== null && outcome !== 'INSUFFICIENT_DATA') {
    const interval = `worse by ${round(decision.worse)}, at least ${round(decision.low)} with an error probability of ${round(decision.alpha)}; ${round(decision.margin)} is allowed`;
    const first = looks.find((look) => look.outcome === 'DEGRADED');
    const since = outcome === 'DEGRADED' && decision.low <= decision.margin ? ` It was degraded beyond doubt at ${first!.labels} labels, and stays so.` : '';
    sentences.push(`Version ${version.version}: ${decision.metric} is ${round(decision.current.value)}, on its own test set ${round(decision.reference.value)}: ${interval}.${since}`);
  } else if (labels < policy.minimumLabels) sentences.push(`${labels} labels are fewer than the minimum of ${policy.minimumLabels}.`);
  else if (looks.length > 0) sentences.push(`${policy.metric} cannot be compared: these labels, or the test set, do not allow it (at least ten of each class, for a ranking).`);
  sentences.push(covered);
  const worse = slices.filter((slice) => slice.outcome === 'DEGRADED').map(({ column, value }) => `${column}=${value}`);
  if (worse.length > 0) sentences.push(`Degraded on ${worse.length} of ${slices.length} slices: ${worse.slice(0, 5).join(', ')}${worse.length > 5 ? ', …' : ''}.`);
  return sentences;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
