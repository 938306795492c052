import type { Estimate } from '../analysis/difference';
import { totalEvidence } from '../analysis/evidence-limits';
import { countOutcomes, outcomeEstimate } from '../analysis/outcomes';
import { sampleRatio, weightedShare } from '../analysis/sample-ratio';
import { judgeTest, shareEstimate, type TestRules } from '../analysis/test-verdict';
import { analyze } from '../analysis/verdict';
import { type AnalysisResult, settingsOf } from '../deployment-plan.contract';
import { deploymentNames, type TestOutcomeSettings, type TestSettings, VARIANT_NAME } from '../deployment.contract';
import { type Collected, collectedNumbers, collectEvidence, type Collection, maySoonKnowMore, openEvidence, provenance } from './look-evidence.lambda-shared';
import { floor, MINUTE, periodSeconds, readMinutes, readSeries, variantDimensions, withAlarms } from './look-metrics.lambda-shared';
import { atRest, championVersion, continued, elapsedSeconds, type LookContext, observe, restore, stageOf } from './look-stage.lambda-shared';

type MetricOutcome = Extract<TestOutcomeSettings, { type: 'METRIC' }>;
type LabelOutcome = Extract<TestOutcomeSettings, { type: 'LABELS' }>;

interface Outcomes {
  readonly champion: Estimate;
  readonly challenger: Estimate;
  readonly evidence: Readonly<Record<string, number>>;
}

/** While champion and challenger both serve: whose outcomes are better? The operational guard may end the test before. */
export async function lookAtTest(context: LookContext): Promise<AnalysisResult> {
  const { event, clients } = context;
  const settings = settingsOf(context.settings, event.plan, stageOf(event));
  const { test } = settings;
  if (test === undefined) throw new Error('the settings have no test stage');
  const { config } = stageOf(event)!;
  const found = await observe(context, config);
  if ('next' in found) return found;
  const opened = await openEvidence(context, config, found.since);
  const { since } = opened.evidence;
  const seen = { ...found.state, bakingSince: since, ...continued(context, opened) };
  const alarmed = await withAlarms(seen, clients.cloudWatch, settings, settings.alarms);
  if (alarmed.alarms.length > 0) return restore(alarmed, ['test ended early: an alarm went into ALARM while the challenger served']);
  const variant = deploymentNames.challengerVariant('AB_TEST', event.plan.version);
  const read = (name: string) => readMinutes(clients.cloudWatch, settings, variantDimensions(settings.endpointName, name), Date.parse(since) + MINUTE, Date.parse(event.now));
  const [champion, challenger] = await Promise.all([read(VARIANT_NAME), read(variant)]);
  const rules = { minimumRequests: settings.analysis.minimumRequests, confidence: test.confidence, tolerableErrorRate: settings.rollback.errorRate, test: test.test };
  const guard = analyze(champion, challenger, rules);
  if (guard.verdict === 'failed') return restore({ ...seen, evidence: guard.evidence }, guard.reasons.map((reason) => `test ended early: ${reason}`));

  const collected = await collectEvidence(context, config, opened, test.outcome.type === 'LABELS' ? collection(context, test, test.outcome, variant) : undefined);
  const outcomes = test.outcome.type === 'LABELS' ? labelledOutcomes(collected, test.outcome) : await metricOutcomes(context, test.outcome, variant, since);
  const verdict = judgeTest(outcomes.champion, outcomes.challenger, testRules(test));
  const total = (minutes: readonly { requests: number }[]): number => minutes.reduce((sum, minute) => sum + minute.requests, 0);
  const ratio = sampleRatio(total(challenger), total(champion) + total(challenger), weightedShare(test.challengerPercent));
  const evidence = { ...guard.evidence, ...outcomes.evidence, ...verdict.evidence, trafficShare: ratio.share, sampleRatioPValue: ratio.pValue };
  const state = { ...seen, reasons: [...verdict.reasons, ...provenance(collected)], evidence };
  if (ratio.mismatched) return mismatched(context, state, ratio.share, test, since);
  if (verdict.decision === 'CHALLENGER') return atRest('NEXT_STAGE', { ...state, decided: true });
  if (verdict.decision === 'CHAMPION') return restore(state, verdict.reasons.map((reason) => `test lost: ${reason}`));
  if (elapsedSeconds(since, event.now) < test.maximumSeconds || maySoonKnowMore(context, collected, test.maximumSeconds, state.continuedAt)) return atRest('WAIT', state);
  const reasons = verdict.reasons.map((reason) => `test undecided when its time was over: ${reason}`);
  return test.undecided === 'PROMOTE_CHALLENGER' ? atRest('NEXT_STAGE', { ...state, decided: true, reasons }) : restore(state, reasons);
}

/** Variants that were not asked as planned were not asked the same: nothing is decided, and nothing promoted at the end. */
function mismatched({ event }: LookContext, state: AnalysisResult['state'], share: number, test: TestSettings, since: string): AnalysisResult {
  const reason = `sample ratio mismatch: the challenger got ${(100 * share).toFixed(2)} % of the requests instead of ${test.challengerPercent} %`;
  if (elapsedSeconds(since, event.now) < test.maximumSeconds) return atRest('WAIT', { ...state, reasons: [reason, ...state.reasons] });
  const ended = restore(state, [`test is inconclusive: ${reason}`]);
  return { ...ended, state: { ...ended.state, inconclusive: true } };
}

function testRules(test: TestSettings): TestRules {
  const lower = test.outcome.type === 'LABELS' ? test.outcome.measure === 'absolute-error' : test.outcome.betterWhen === 'LOWER';
  return { ...test, betterWhen: lower ? 'LOWER' : 'HIGHER' };
}

function collection({ event, settings }: LookContext, test: TestSettings, outcome: LabelOutcome, variant: string): Collection {
  const version = championVersion(event, settings)!;
  return {
    champion: { version, variant: VARIANT_NAME },
    challenger: { version, variant },
    labels: true,
    maximumSeconds: test.maximumSeconds,
    shared: false,
    counting: countOutcomes(outcome),
  };
}

/** Captured answers with their labels; late, double and unknown labels are counted. */
function labelledOutcomes(collected: Collected, outcome: LabelOutcome): Outcomes {
  const { counts } = totalEvidence(collected.evidence, countOutcomes(outcome));
  const number = (name: string): number => counts[name] ?? 0;
  return {
    champion: outcomeEstimate(counts, 'champion', outcome),
    challenger: outcomeEstimate(counts, 'challenger', outcome),
    evidence: {
      labels: collected.evidence.read['labels'] ?? 0,
      repeatedLabels: number('repeatedLabels'),
      contradictingLabels: number('contradictingLabels'),
      unreadableLabels: collected.evidence.read['unreadableLabels'] ?? 0,
      unknownLabels: number('unknownLabels'),
      unusableLabels: number('unusableLabels'),
      ambiguousIds: number('ambiguousIds'),
      waitingPredictions: number('waiting'),
      ...collectedNumbers(collected),
    },
  };
}

/** Sum and number of the outcomes in whole periods after the test began. */
async function metricOutcomes({ event, clients }: LookContext, outcome: MetricOutcome, variant: string, since: string): Promise<Outcomes> {
  const [from, to] = [Date.parse(since), Date.parse(event.now)];
  const Period = periodSeconds(from, to);
  const query = (Id: string, name: string, Stat: string) => ({
    Id,
    MetricStat: {
      Metric: {
        Namespace: outcome.namespace,
        MetricName: outcome.metricName,
        Dimensions: [{ Name: outcome.variantDimension, Value: name }, ...Object.entries(outcome.dimensions).map(([Name, Value]) => ({ Name, Value }))],
      },
      Period,
      Stat,
    },
  });
  const variants = { champion: VARIANT_NAME, challenger: variant };
  const queries = Object.entries(variants).flatMap(([id, name]) => [query(`${id}_sum`, name, 'Sum'), query(`${id}_count`, name, 'SampleCount')]);
  const [start, end] = [floor(from, Period) + Period * 1000, floor(to, Period)];
  if (end <= start) return { champion: shareEstimate(0, 0), challenger: shareEstimate(0, 0), evidence: {} };
  const series = await readSeries(clients.cloudWatch, queries, new Date(start), new Date(end));
  const total = (id: string): number => [...series(id).values()].reduce((sum, value) => sum + value, 0);
  return {
    champion: shareEstimate(total('champion_sum'), total('champion_count')),
    challenger: shareEstimate(total('challenger_sum'), total('challenger_count')),
    evidence: {},
  };
}
