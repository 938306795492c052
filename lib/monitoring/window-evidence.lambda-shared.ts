import { emptySummary, type CaptureSummary, mergeSummaries } from '../capture/capture-summary';
import { type Baseline } from '../drift';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { type DriftReport, type VersionEvidence } from './drift-report';
import { type MonitoringPolicy, type MonitoringWindow, type PlannedVersion, type ProfileGroup, windowKeys, type WindowPlan } from './monitoring.contract';
import { precedingWindow } from './monitoring-window';
import { countedFiles, mergeProfilesAt, type ObjectSource, read } from './window-profiles.lambda-shared';

/** Revisions of the preceding windows that were looked at: when one of them changes, the verdict is not up to date any more. */
type Preceding = Record<string, number>;

/** What each version's predictions in the window look like, widened by preceding windows where there are too few. */
export async function gatherEvidence(plan: WindowPlan, policy: MonitoringPolicy, preceding: Preceding, source: ObjectSource): Promise<VersionEvidence[]> {
  const { s3, bucket, model } = source;
  const files = await countedFiles(plan, source);
  const groups = plan.groups > 0 ? await read<ProfileGroup[]>(source, windowKeys.groups(model, plan.window.id)) : undefined;
  const evidence: VersionEvidence[] = [];
  for (const planned of plan.versions) {
    const { version } = planned;
    const baseline = await read<Baseline>(source, planned.baselineKey);
    const own = <T extends { readonly version: number }>(list: readonly T[]): T[] => list.filter((one) => one.version === version);
    const keys = groups ? own(groups).map((group) => windowKeys.groupSummary(model, plan.window.id, plan.listing, group)) : own(files).map(({ profileKey }) => profileKey);
    const window = await mergeProfilesAt(keys, emptySummary(version, baseline, plan.features), source);
    await putJson(s3, bucket, windowKeys.summary(model, plan.window.id, version), window);
    evidence.push({ baseline, window, ...(await widen(planned, window, plan, policy, preceding, source)) });
  }
  return evidence;
}

/** Too few rows: adds the preceding windows that had no verdict of their own either, so that no row is ever judged twice. */
async function widen(
  { version }: PlannedVersion,
  window: CaptureSummary,
  plan: WindowPlan,
  policy: MonitoringPolicy,
  preceding: Preceding,
  source: ObjectSource,
): Promise<Pick<VersionEvidence, 'widened' | 'evaluatedFrom'>> {
  let widened = window;
  let evaluatedFrom = plan.window.start;
  const steps = Math.floor(policy.maximumLookbackSeconds / plan.intervalSeconds);
  for (let step = 0; step < steps && widened.profile.rows < policy.minimumSampleSize; step++) {
    const before = precedingWindow(plan.window, step);
    const judged = (await lookAt(before, preceding, source))?.versions.find((one) => one.version === version);
    if (!judged) continue;
    if (judged.outcome !== 'INSUFFICIENT_DATA') break;
    widened = mergeSummaries(await read<CaptureSummary>(source, windowKeys.summary(source.model, before.id, version)), widened);
    evaluatedFrom = before.start;
  }
  return { widened, evaluatedFrom };
}

/** When the champion's newest record was made, of a window without any: from the reports before it, or else since the version is the champion. */
export async function lastCaptured(plan: WindowPlan, since: string, policy: MonitoringPolicy, preceding: Preceding, source: ObjectSource): Promise<number> {
  const steps = Math.floor(policy.maximumLookbackSeconds / plan.intervalSeconds);
  for (let step = 0; step < steps; step++) {
    const before = precedingWindow(plan.window, step);
    const freshness = (await lookAt(before, preceding, source))?.freshnessSeconds;
    if (typeof freshness === 'number') return Date.parse(before.end) - freshness * 1000;
  }
  return Date.parse(since);
}

async function lookAt(window: MonitoringWindow, preceding: Preceding, { s3, bucket, model }: ObjectSource): Promise<DriftReport | undefined> {
  const report = (await getJson<DriftReport>(s3, bucket, windowKeys.report(model, window.id)))?.value;
  // A window of another length, from before the interval was changed, is not the one that precedes.
  const usable = report?.window.end === window.end ? report : undefined;
  preceding[window.id] = usable ? (usable.revision ?? 1) : 0;
  return usable;
}
