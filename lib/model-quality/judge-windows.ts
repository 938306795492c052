import { type StoredPart } from './merge-parts';
import { type JudgeQualityResult, type PlannedWindow, qualityKeys, type QualityOutcome, type QualityPlan, type QualityTold } from './model-quality.contract';
import { judgeVersion } from './judge-version';
import { type QualityReference } from './quality-reference';
import { type QualityReport, type VersionQuality } from './quality-report';

export interface JudgedWindows {
  /** Reports that say something new. */
  readonly reports: readonly QualityReport[];
  readonly result: JudgeQualityResult;
}

const CONTROLLER_OUTCOMES = { DEGRADED: 'DRIFTED', STABLE: 'STABLE', INSUFFICIENT_DATA: 'INSUFFICIENT_DATA' } as const;

/** Judges every window of the plan by what was joined, in the light of its last report. The same plan, parts and reports give the same. */
export function judgeWindows(
  model: string,
  plan: QualityPlan,
  part: StoredPart,
  references: ReadonlyMap<number, QualityReference>,
  before: ReadonlyMap<string, QualityReport>,
): JudgedWindows {
  const reports: QualityReport[] = [];
  const told: QualityTold[] = [];
  let [predictions, labels] = [0, 0];
  let modelQuality: number | null = null;
  for (const window of plan.windows) {
    const earlier = before.get(window.id);
    const versions = judgeVersions(window, plan, part, references, earlier);
    const champion = versions.find(({ version }) => version === plan.champion.version);
    predictions += champion?.predictions ?? 0;
    labels += champion?.labels ?? 0;
    if (versions.length === 0) continue;
    const report = reportOf(window, plan, part, versions, earlier);
    if (report) reports.push(report);
    const seen = earlier?.versions.find(({ version }) => version === plan.champion.version)?.looks.length ?? 0;
    if (!champion || champion.looks.length === seen) continue;
    told.push(tell(window, champion, seen));
    modelQuality = champion.outcome === 'INSUFFICIENT_DATA' ? modelQuality : (champion.metrics[plan.policy.metric]?.value ?? modelQuality);
  }
  const worst = (['DEGRADED', 'STABLE', 'INSUFFICIENT_DATA'] as const).find((outcome) => told.some((one) => one.outcome === CONTROLLER_OUTCOMES[outcome])) ?? 'INSUFFICIENT_DATA';
  return {
    reports,
    result: {
      outcome: worst,
      reasons: runReasons(worst, told, predictions, labels),
      version: plan.champion.version,
      told,
      modelQuality,
      labelCoverage: predictions === 0 ? null : labels / predictions,
      reportKeys: reports.map(({ window }) => qualityKeys.report(model, window.id)),
    },
  };
}

function judgeVersions(window: PlannedWindow, plan: QualityPlan, part: StoredPart, references: ReadonlyMap<number, QualityReference>, earlier: QualityReport | undefined): VersionQuality[] {
  return plan.versions.flatMap((version) => {
    const joined = part.windows[window.id]?.[version.version];
    const reference = references.get(version.version);
    if (!joined || !reference) return [];
    const before = earlier?.versions.find((one) => one.version === version.version);
    return [judgeVersion({ version, joined, reference, before, final: window.final }, plan.policy)];
  });
}

/** Undefined when nothing has changed since the last one. */
function reportOf(window: PlannedWindow, plan: QualityPlan, part: StoredPart, versions: readonly VersionQuality[], earlier: QualityReport | undefined): QualityReport | undefined {
  const { id, start, end, closes, final } = window;
  if (earlier && earlier.final === final && JSON.stringify(earlier.versions) === JSON.stringify(versions)) return undefined;
  return {
    window: { id, start, end },
    closes,
    final,
    revision: (earlier?.revision ?? 0) + 1,
    judgedAt: plan.scheduledTime,
    champion: plan.champion,
    versions,
    files: { ...part.read, unmatchedLabels: part.counts['unmatchedLabels'] ?? 0 },
  };
}

/** The id says what was known: a repetition tells the same once, and a run that came after one that died tells what it saw itself. */
function tell({ id, start, end }: PlannedWindow, { version, outcome, labels, reasons, looks }: VersionQuality, seen: number): QualityTold {
  const first = !looks.slice(0, seen).some((look) => look.outcome === outcome);
  return { eventId: `concept#${id}#v${version}#${labels}`, window: { id, start, end }, outcome: CONTROLLER_OUTCOMES[outcome], version, reasons, first };
}

function runReasons(outcome: QualityOutcome, told: readonly QualityTold[], predictions: number, labels: number): string[] {
  const covered = `${labels} of ${predictions} predictions of the champion that wait for labels have theirs.`;
  if (told.length === 0) return ['No window has enough new labels to be looked at.', covered];
  const first = told.filter((one) => one.outcome === CONTROLLER_OUTCOMES[outcome]);
  return [...first.slice(0, 3).map(({ window, reasons }) => `Window ${window.start}: ${reasons[0]!}`), `${told.length} windows were looked at.`, covered];
}
