import { emptySummary, type CaptureSummary } from '../capture/capture-summary';
import { type Baseline } from '../drift';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { type DriftReport, type VersionEvidence } from './drift-report';
import { type MonitoringPolicy, type MonitoringWindow, type ProfileGroup, windowKeys, type WindowPlan } from './monitoring.contract';
import { precedingWindow } from './monitoring-window';
import { widenWindow } from './widen-window';
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
    const widened = await widenWindow(plan.window, window, plan.intervalSeconds, policy, async (before) => {
      const judged = own((await lookAt(before, preceding, source))?.versions ?? [])[0];
      return judged && { outcome: judged.outcome, summary: () => read<CaptureSummary>(source, windowKeys.summary(model, before.id, version)) };
    });
    evidence.push({ baseline, window, ...widened });
  }
  return evidence;
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

/** Features that had drifted for the champion before, by the last window in which it was judged; as far back as the lookback reaches behind the change. */
export async function driftedForPredecessor(
  { window, intervalSeconds }: WindowPlan,
  champion: { readonly version: number; readonly since: string },
  policy: MonitoringPolicy,
  source: ObjectSource,
): Promise<string[]> {
  const earliest = Date.parse(champion.since) - policy.maximumLookbackSeconds * 1000;
  for (let step = 0; Date.parse(window.start) - step * intervalSeconds * 1000 > earliest; step++) {
    // Not among the windows that the verdict rests on: drift is judged by the version's own rows.
    const report = await lookAt(precedingWindow(window, step), {}, source);
    const before = report?.versions.find(({ version }) => version === report.champion?.version && version !== champion.version);
    if (before && before.verdict.status !== 'INSUFFICIENT_DATA') return before.verdict.columns.filter(({ status }) => status === 'DRIFTED').map(({ name }) => name);
  }
  return [];
}

async function lookAt(window: MonitoringWindow, preceding: Preceding, { s3, bucket, model }: ObjectSource): Promise<DriftReport | undefined> {
  const report = (await getJson<DriftReport>(s3, bucket, windowKeys.report(model, window.id)))?.value;
  // A window of another length, from before the interval was changed, is not the one that precedes.
  const usable = report?.window.end === window.end ? report : undefined;
  preceding[window.id] = usable ? (usable.revision ?? 1) : 0;
  return usable;
}
