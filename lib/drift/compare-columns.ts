import { type Baseline, PREDICTION_COLUMN } from './baseline';
import { type Comparison, type ComparisonMode, type ComparisonVerdict, type DatasetComparison, type FeatureComparison, type FeatureStatistics } from './comparison';
import { DEFAULT_DRIFT_POLICY, type DriftPolicy, driftVerdict } from './drift-verdict';
import { calibratedDecision, calibratedStatistics } from './modes/calibrated';
import { EVIDENTLY_DRIFT_SHARE, evidentlyDecision, type FeatureDecision, figure } from './modes/evidently';
import { sagemakerDecision } from './modes/sagemaker';
import { NO_STATISTICS } from './modes/sample-statistics';
import { type FileProfile, fileSamples } from './profile/file-profile';
import { type Profile } from './profile/profile';
import { type ColumnSample, type SampleTable } from './samples/column-sample';
import { profileSamples, referenceSamples, type SamplePair } from './samples/profile-samples';
import { baselineOf, profileIn } from './samples/sample-bins';

/** What can stand on either side: values in memory, the profile of a file, a baseline; as current also a profile in the reference baseline's bins. */
export type ReferenceData = SampleTable | FileProfile | Baseline;
export type CurrentData = ReferenceData | Profile;

/**
 * Compares each column of the reference with the one of the same name. A column that only one side has, or that has another type, is listed as
 * inconclusive, never left out.
 */
export function compareColumns(reference: ReferenceData, current: CurrentData, mode: ComparisonMode, policy: Partial<DriftPolicy> = {}): Comparison {
  const rules = { ...DEFAULT_DRIFT_POLICY, ...policy };
  const prepared = prepare(reference, current);
  const verdict = driftVerdict(prepared.baseline, prepared.profile, rules);
  const features = prepared.baseline.columns.map((column, position): FeatureComparison => {
    const pair = prepared.pairs[position];
    if (!pair) return absent(column.name, column.type, `the column is not in the current sample, or has another type there`);
    const calibrated = (): FeatureStatistics => calibratedStatistics(column, prepared.profile.columns[position]!, pair);
    const decision = decide(mode, pair, calibrated, () => calibratedDecision(verdict.columns[position]!, rules, calibrated()));
    return { name: column.name, type: column.type, statistics: decision.statistics, verdict: decision.verdict, reason: decision.reason };
  });
  const extra = prepared.extra.map((column) => absent(column.name, column.type, 'the column is not in the reference'));
  const summary = mode === 'calibrated' ? calibratedDataset(verdict, prepared.pairs) : peerDataset(mode, features);
  const driftedFeatures = features.filter(({ name, verdict: status }) => status === 'drifted' && (mode !== 'calibrated' || name !== PREDICTION_COLUMN)).length;
  return {
    features: [...features, ...extra],
    dataset: { mode, ...summary, referenceRows: prepared.baseline.rows, currentRows: prepared.profile.rows, features: features.length, driftedFeatures },
  };
}

function decide(mode: ComparisonMode, pair: SamplePair, statistics: () => FeatureStatistics, calibrated: () => FeatureDecision): FeatureDecision {
  if (mode === 'calibrated') return calibrated();
  if (mode === 'evidently') return evidentlyDecision(pair);
  return sagemakerDecision(pair, mode === 'sagemaker-robust', statistics());
}

interface Prepared {
  readonly baseline: Baseline;
  readonly profile: Profile;
  /** In the baseline's order; none for a column that the current sample lacks. */
  readonly pairs: readonly (SamplePair | undefined)[];
  readonly extra: readonly { readonly name: string; readonly type: 'numeric' | 'categorical' }[];
}

function prepare(reference: ReferenceData, current: CurrentData): Prepared {
  if (isBaseline(reference)) {
    if (isProfile(current)) {
      const pairs = reference.columns.map((column, position) => profileSamples(column, current.columns[position]!));
      return { baseline: reference, profile: current, pairs, extra: [] };
    }
    const table = tableOf(current);
    const profile = profileIn(reference, table);
    const twins = twinsIn(table);
    const pairs = reference.columns.map((column, position) => (twins(column) ? profileSamples(column, profile.columns[position]!) : undefined));
    return { baseline: reference, profile, pairs, extra: missingIn(reference.columns, table.columns) };
  }
  if (isProfile(current)) throw new Error('a profile in the bins of a baseline can be compared with that baseline only');
  const both = [reference, current];
  const [first, second] = both.map((side, index) => ('kind' in side ? fileSamples(side, other(both[1 - index]!)) : tableOf(side))) as [SampleTable, SampleTable];
  const baseline = baselineOf(first);
  const twins = twinsIn(second);
  const pairs = first.columns.map((column) => {
    const twin = twins(column);
    return twin && { reference: column, current: twin };
  });
  return { baseline, profile: profileIn(baseline, second), pairs, extra: missingIn(first.columns, second.columns) };
}

function other(side: ReferenceData): FileProfile | undefined {
  return 'kind' in side ? side : undefined;
}

function tableOf(data: ReferenceData): SampleTable {
  if ('kind' in data) return fileSamples(data);
  return isBaseline(data) ? { rows: data.rows, columns: referenceSamples(data) } : data;
}

function isBaseline(data: CurrentData): data is Baseline {
  return 'sampledRows' in data;
}

/** A profile's columns have no names: they are its baseline's. */
function isProfile(data: CurrentData): data is Profile {
  return !('kind' in data) && !isBaseline(data) && data.columns.every((column) => !('name' in column)) && data.columns.length > 0;
}

function twinsIn(table: SampleTable): (column: { readonly name: string; readonly type: string }) => ColumnSample | undefined {
  const found = new Map(table.columns.map((column) => [column.name, column]));
  return ({ name, type }) => (found.get(name)?.type === type ? found.get(name) : undefined);
}

function missingIn(known: readonly { readonly name: string }[], columns: readonly ColumnSample[]): ColumnSample[] {
  const names = new Set(known.map(({ name }) => name));
  return columns.filter(({ name }) => !names.has(name));
}

function absent(name: string, type: 'numeric' | 'categorical', reason: string): FeatureComparison {
  return { name, type, statistics: NO_STATISTICS, verdict: 'inconclusive', reason };
}

type Summary = Pick<DatasetComparison, 'verdict' | 'reason' | 'driftedShare'>;

function calibratedDataset(verdict: ReturnType<typeof driftVerdict>, pairs: Prepared['pairs']): Summary {
  const status: ComparisonVerdict = verdict.status === 'INSUFFICIENT_DATA' ? 'inconclusive' : verdict.status === 'DRIFTED' ? 'drifted' : 'stable';
  const warned = status === 'stable' && verdict.columns.some((column, position) => pairs[position] && column.status !== 'STABLE' && column.status !== 'INSUFFICIENT_DATA');
  return { verdict: warned ? 'warning' : status, reason: verdict.reasons.join(' '), driftedShare: verdict.driftedShare };
}

/** Evidently: half of the columns. SageMaker: any violation. */
function peerDataset(mode: ComparisonMode, features: readonly FeatureComparison[]): Summary {
  const judged = features.filter(({ verdict }) => verdict !== 'inconclusive');
  const drifted = judged.filter(({ verdict }) => verdict === 'drifted').length;
  if (judged.length === 0) return { verdict: 'inconclusive', reason: 'no column could be compared', driftedShare: 0 };
  const driftedShare = drifted / judged.length;
  const reason = `${drifted} of ${judged.length} columns drifted, share ${figure(driftedShare)}`;
  if (mode === 'evidently') return { verdict: driftedShare >= EVIDENTLY_DRIFT_SHARE ? 'drifted' : 'stable', reason: `${reason}, threshold ${EVIDENTLY_DRIFT_SHARE}`, driftedShare };
  return { verdict: drifted > 0 ? 'drifted' : 'stable', reason: `${reason}, any is a violation`, driftedShare };
}
