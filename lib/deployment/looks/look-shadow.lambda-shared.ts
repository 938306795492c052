import { medianLatencyRatio } from '../analysis/fleet';
import { indexLabels, isRight, joinLabels } from '../analysis/outcomes';
import { comparePairs, type Pair, pairAnswers } from '../analysis/pairs';
import { judgeShadow, type ShadowObservations } from '../analysis/shadow-verdict';
import { errorFailures } from '../analysis/verdict';
import type { AnalysisResult } from '../deployment-plan.contract';
import { deploymentNames, VARIANT_NAME } from '../deployment.contract';
import { readCaptured } from './look-captured.lambda-shared';
import { readLabels } from './look-labels.lambda-shared';
import { MINUTE, readMinutes, variantDimensions } from './look-metrics.lambda-shared';
import { atRest, championVersion, elapsedSeconds, type LookContext, observe, restore, stageOf } from './look-stage.lambda-shared';

/** While the shadow answers copies of the requests: do its answers agree with the champion's? */
export async function lookAtShadow(context: LookContext): Promise<AnalysisResult> {
  const { event, clients, settings } = context;
  const { shadow } = settings;
  if (shadow === undefined) throw new Error('the settings have no shadow stage');
  const found = await observe(context, stageOf(event)!.config);
  if ('next' in found) return found;
  const variant = deploymentNames.challengerVariant('SHADOW', event.plan.version);
  const read = (name: string) => readMinutes(clients.cloudWatch, settings, variantDimensions(settings.endpointName, name), Date.parse(found.since) + MINUTE, Date.parse(event.now));
  const [champion, challenger] = await Promise.all([read(VARIANT_NAME), read(variant)]);
  const rules = { minimumRequests: settings.analysis.minimumRequests, confidence: shadow.confidence, tolerableErrorRate: settings.rollback.errorRate, test: settings.analysis.test };
  const failures = errorFailures(champion, challenger, rules);
  if (failures.length > 0) return restore(found.state, failures.map((reason) => `shadow: ${reason}`));

  const elapsed = elapsedSeconds(found.since, event.now);
  if (elapsed < shadow.minimumSeconds) {
    const reason = `the shadow was observed for ${Math.round(elapsed)} seconds, at least ${shadow.minimumSeconds} are wanted`;
    return atRest('WAIT', { ...found.state, reasons: [reason] });
  }
  const version = championVersion(event, settings)!;
  const fleets = [VARIANT_NAME, variant].map((name) => ({ version, variant: name }));
  const [ours, theirs] = await readCaptured(clients.s3, settings, fleets, found.since, event.now);
  const pairing = pairAnswers(ours!.answers, theirs!.answers);
  const observations: ShadowObservations = { pairing, comparison: comparePairs(pairing.pairs, shadow), latencyRatio: medianLatencyRatio(champion, challenger) };
  let verdict = judgeShadow(observations, shadow);
  if (verdict.decision === 'OPEN' && shadow.decisionThreshold !== undefined) {
    const labels = await compareWithLabels(context, pairing.pairs, found.since, shadow.decisionThreshold);
    if (labels.pairs > 0) verdict = judgeShadow({ ...observations, labels }, shadow);
  }
  const evidence = { ...verdict.evidence, badLines: ours!.badLines + theirs!.badLines, skippedFiles: ours!.skippedFiles + theirs!.skippedFiles };
  const state = { ...found.state, reasons: verdict.reasons, evidence };
  if (verdict.decision === 'OPEN') return atRest('NEXT_STAGE', { ...state, decided: true });
  if (verdict.decision === 'CLOSE') return restore(state, verdict.reasons.map((reason) => `shadow: ${reason}`));
  if (elapsed < shadow.maximumSeconds) return atRest('WAIT', state);
  const reasons = verdict.reasons.map((reason) => `shadow is inconclusive: ${reason}`);
  if (shadow.inconclusive === 'PROMOTE') return atRest('NEXT_STAGE', { ...state, decided: true, reasons });
  const closed = restore(state, reasons);
  return { ...closed, state: { ...closed.state, inconclusive: true } };
}

/** Pairs for which the truth is known already, and exactly one side was right. */
async function compareWithLabels({ event, clients, settings }: LookContext, pairs: readonly Pair[], since: string, threshold: number): Promise<NonNullable<ShadowObservations['labels']>> {
  const labels = await readLabels(clients.s3, settings, since, event.now);
  const right = (side: 'champion' | 'shadow', pair: Pair): boolean | undefined => {
    const value = labels.byId.get(pair.id)?.values[pair.row];
    if (value === undefined) return undefined;
    const joined = joinLabels([{ eventId: pair.id, time: 0, predictions: [pair[side]] }], indexLabels([{ id: pair.id, values: [value] }]));
    return joined.outcomes[0] && isRight(joined.outcomes[0], threshold);
  };
  const known = pairs.map((pair) => [right('champion', pair), right('shadow', pair)] as const).filter(([ours, theirs]) => ours !== undefined && theirs !== undefined);
  return {
    pairs: known.length,
    onlyChampion: known.filter(([ours, theirs]) => ours === true && theirs === false).length,
    onlyShadow: known.filter(([ours, theirs]) => ours === false && theirs === true).length,
  };
}
