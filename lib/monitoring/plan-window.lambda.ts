import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { lakeKeys } from '../data/data-lake.contract';
import { type ChampionPointer } from '../deployment/deployment.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { type CaptureSource, observedVersions, visitCaptured, WindowFiles } from './captured-files.lambda-shared';
import { type DriftReport } from './drift-report';
import { MONITORING_ENVIRONMENT, type MonitoringWindow, type PlanWindowEvent, type PlanWindowResult, windowKeys, type WindowPlan } from './monitoring.contract';
import { completedWindow, windowIdAt, windowsBetween } from './monitoring-window';
import { groupsOf, PROFILES_AT_ONCE, versionsAndFiles, withoutProfile } from './planned-files.lambda-shared';
import { fileBatches } from './file-batches';
import { closeWindow, currentIndex, lateFiles, LATE_REACH_SECONDS, lookback, nextWindow, type WindowIndex } from './window-index';

export interface PlanWindowClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
}

type Environment = Record<(typeof MONITORING_ENVIRONMENT)[number], string>;

/**
 * Answers which window is to be done now, and writes down what the following steps need: plan.json and files.json. First notes that the window
 * before has been done. Asks nothing but what is there, so a run that was late, died or came twice leaves nothing undone and nothing done twice.
 */
export async function planWindow(event: PlanWindowEvent, clients: PlanWindowClients, environment: Environment, profilesAtOnce = PROFILES_AT_ONCE): Promise<PlanWindowResult> {
  const { LAKE_BUCKET: bucket, MODEL_NAME: model } = environment;
  const source: CaptureSource = { s3: clients.s3, bucket, model, endpointName: environment.ENDPOINT_NAME };
  const due = completedWindow(event.scheduledTime, event.intervalSeconds, event.watermarkSeconds);
  const reach = windowsBetween(due, Date.parse(due.start) - (event.lookbackSeconds + LATE_REACH_SECONDS) * 1000);
  const index = await openIndex(event, due, reach[0]!, source);
  const done: PlanWindowResult = { status: 'DONE', window: due, revision: 0, files: 0, filesToProfile: 0, batchesKey: '', searchDuplicates: false, groups: 0, groupsKey: '' };
  // The window that is due comes last: nothing is left behind it.
  if (event.completed === due.id) return done;
  const champion = (await getJson<ChampionPointer>(clients.s3, bucket, lakeKeys.championPointer(model)))?.value;
  const windows = lookback(due, event.lookbackSeconds);
  const versions = await observedVersions(source, champion?.version);
  const { files, behind } = await listWindows(reach, windows, index, versions, source);
  const plans = await begunPlans(windows, index, event.settled, source);
  const begun = new Set([...plans].flatMap(([id, plan]) => (plan ? [id] : [])));
  const window = nextWindow({ due, lookbackSeconds: event.lookbackSeconds, index, champion, settled: event.settled, begun, listing: (of) => files.digest(of) });
  if (!window) return done;

  const earlier = plans.has(window.id) ? plans.get(window.id) : (await getJson<WindowPlan>(clients.s3, bucket, windowKeys.plan(model, window.id)))?.value;
  const listing = files.digest(window);
  // Who was the champion is settled when the window is planned for the first time.
  const judged = earlier ? earlier.champion : champion && { version: champion.version, since: champion.since };
  const revision = await revisionOf(window, listing, earlier, index, source);
  const late = countLate(window.id === due.id ? reach.slice(0, -windows.length) : [], behind, index.windows[window.id] && earlier, index);
  const listed = files.of(window);
  const contents =
    judged && champion
      ? await versionsAndFiles({ window, features: event.features, champion: judged.version, championArn: champion.modelPackageArn, listed }, clients.sagemaker, model)
      : { versions: [], files: [] };
  const groups = groupsOf(contents, event.features.length, profilesAtOnce);
  const plan: WindowPlan = {
    window,
    revision,
    listing,
    intervalSeconds: event.intervalSeconds,
    features: event.features,
    ...(judged ? { champion: judged } : {}),
    versions: contents.versions,
    files: listed.length,
    searchDuplicates: contents.versions.some(({ version }) => contents.files.filter((file) => file.version === version).length > 1),
    groups: groups.length,
    ...late,
  };
  const unprofiled = earlier ? await withoutProfile(contents.files, window, source) : contents.files;
  const batchesKey = windowKeys.batches(model, window.id);
  const groupsKey = windowKeys.groups(model, window.id);
  await putJson(clients.s3, bucket, windowKeys.files(model, window.id), contents.files);
  if (unprofiled.length > 0) await putJson(clients.s3, bucket, batchesKey, fileBatches(unprofiled));
  if (groups.length > 0) await putJson(clients.s3, bucket, groupsKey, groups);
  await putJson(clients.s3, bucket, windowKeys.plan(model, window.id), plan);
  const { searchDuplicates } = plan;
  return { status: 'PLANNED', window, revision, files: contents.files.length, filesToProfile: unprofiled.length, batchesKey, searchDuplicates, groups: groups.length, groupsKey };
}

/** The index, in which the completed window is noted; one execution at a time holds the lock of monitoring. */
async function openIndex(event: PlanWindowEvent, due: MonitoringWindow, oldest: MonitoringWindow, { s3, bucket, model }: CaptureSource): Promise<WindowIndex> {
  const stored = (await getJson<WindowIndex>(s3, bucket, windowKeys.index(model)))?.value;
  let index = currentIndex(stored, due, event.intervalSeconds);
  if (event.completed !== null) {
    const plan = await getJson<WindowPlan>(s3, bucket, windowKeys.plan(model, event.completed));
    const report = await getJson<DriftReport>(s3, bucket, windowKeys.report(model, event.completed));
    if (!plan || !report) throw new Error(`window ${event.completed} is said to be done, but has no ${plan ? 'report' : 'plan'}`);
    index = closeWindow(index, plan.value, report.value, oldest.id);
  }
  if (JSON.stringify(index) !== JSON.stringify(stored)) await putJson(s3, bucket, windowKeys.index(model), index);
  return index;
}

/** Plans of windows that are not done; undefined: there is none yet. */
async function begunPlans(windows: readonly MonitoringWindow[], index: WindowIndex, settled: readonly string[], { s3, bucket, model }: CaptureSource): Promise<Map<string, WindowPlan | undefined>> {
  const plans = new Map<string, WindowPlan | undefined>();
  for (const { id, start } of windows) {
    if (index.windows[id] || settled.includes(id) || start < index.since) continue;
    plans.set(id, (await getJson<WindowPlan>(s3, bucket, windowKeys.plan(model, id)))?.value);
  }
  return plans;
}

/** A verdict that was told with other files, or on other windows before it, is not changed but replaced: it gets the next number. */
async function revisionOf(window: MonitoringWindow, listing: string, earlier: WindowPlan | undefined, index: WindowIndex, { s3, bucket, model }: CaptureSource): Promise<number> {
  if (!earlier) return 1;
  const report = (await getJson<DriftReport>(s3, bucket, windowKeys.report(model, window.id)))?.value;
  const revision = earlier.revision ?? 1;
  // No report of that revision: nobody has been told anything.
  if (!report || (report.revision ?? 1) < revision) return revision;
  const done = index.windows[window.id];
  const told = earlier.listing === listing && (done === undefined || done.revision < revision);
  return told ? revision : revision + 1;
}

/** Captured files of the windows that may be done now, and how many there are of each one behind them. */
async function listWindows(
  reach: readonly MonitoringWindow[],
  windows: readonly MonitoringWindow[],
  index: WindowIndex,
  versions: readonly number[],
  source: CaptureSource,
): Promise<{ readonly files: WindowFiles; readonly behind: ReadonlyMap<string, number> }> {
  const files = new WindowFiles(index.intervalSeconds);
  const behind = new Map<string, number>();
  const monitored = reach.find(({ start }) => start >= index.since) ?? windows[0]!;
  const first = windows[0]!.id;
  const from = monitored.start < windows[0]!.start ? monitored.start : windows[0]!.start;
  await visitCaptured(source, versions, Date.parse(from), Date.parse(windows[windows.length - 1]!.end), (file) => {
    const id = windowIdAt(Date.parse(file.folderHour), index.intervalSeconds);
    if (id >= first) files.add(file);
    else behind.set(id, (behind.get(id) ?? 0) + 1);
  });
  return { files, behind };
}

/** What no window has counted, besides what this window had counted when it was judged before. */
function countLate(
  windows: readonly MonitoringWindow[],
  behind: ReadonlyMap<string, number>,
  judged: WindowPlan | undefined,
  index: WindowIndex,
): Pick<WindowPlan, 'late' | 'newlyLate'> {
  const found = lateFiles(windows, index, ({ id }) => behind.get(id) ?? 0);
  return { late: { ...judged?.late, ...found.late }, newlyLate: (judged?.newlyLate ?? 0) + found.newlyLate };
}

const clients: PlanWindowClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}) };

export async function handler(event: PlanWindowEvent): Promise<PlanWindowResult> {
  return planWindow(event, clients, requireEnvironment(process.env, MONITORING_ENVIRONMENT));
}
