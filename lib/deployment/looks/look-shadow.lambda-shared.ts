import { totalEvidence } from '../analysis/evidence-limits';
import { medianLatencyRatio } from '../analysis/fleet';
import { comparison, countPairs, labelled, pairing } from '../analysis/pairs';
import { judgeShadow, type ShadowObservations } from '../analysis/shadow-verdict';
import { errorFailures } from '../analysis/verdict';
import type { AnalysisResult } from '../deployment-plan.contract';
import { deploymentNames, type ShadowSettings, VARIANT_NAME } from '../deployment.contract';
import { collectedNumbers, collectEvidence, type Collection, maySoonKnowMore, openEvidence, provenance } from './look-evidence.lambda-shared';
import { MINUTE, readMinutes, variantDimensions } from './look-metrics.lambda-shared';
import { atRest, championVersion, continued, elapsedSeconds, type LookContext, observe, restore, stageOf } from './look-stage.lambda-shared';

/** While the shadow answers copies of the requests: do its answers agree with the champion's? */
export async function lookAtShadow(context: LookContext): Promise<AnalysisResult> {
  const { event, clients, settings } = context;
  const { shadow } = settings;
  if (shadow === undefined) throw new Error('the settings have no shadow stage');
  const { config } = stageOf(event)!;
  const found = await observe(context, config);
  if ('next' in found) return found;
  const variant = deploymentNames.challengerVariant('SHADOW', event.plan.version);
  const opened = await openEvidence(context, config, found.since);
  const { since } = opened.evidence;
  const seen = { ...found.state, bakingSince: since, ...continued(context, opened) };
  const read = (name: string) => readMinutes(clients.cloudWatch, settings, variantDimensions(settings.endpointName, name), Date.parse(since) + MINUTE, Date.parse(event.now));
  const [champion, challenger] = await Promise.all([read(VARIANT_NAME), read(variant)]);
  const rules = { minimumRequests: settings.analysis.minimumRequests, confidence: shadow.confidence, tolerableErrorRate: settings.rollback.errorRate, test: settings.analysis.test };
  const failures = errorFailures(champion, challenger, rules);
  if (failures.length > 0) return restore(seen, failures.map((reason) => `shadow: ${reason}`));

  const collected = await collectEvidence(context, config, opened, collection(context, shadow, variant));
  const elapsed = elapsedSeconds(since, event.now);
  if (elapsed < shadow.minimumSeconds) {
    const reason = `the shadow was observed for ${Math.round(elapsed)} seconds, at least ${shadow.minimumSeconds} are wanted`;
    return atRest('WAIT', { ...seen, reasons: [reason] });
  }
  const totals = totalEvidence(collected.evidence, countPairs(shadow));
  const observations: ShadowObservations = { pairing: pairing(totals), comparison: comparison(totals), latencyRatio: medianLatencyRatio(champion, challenger) };
  let verdict = judgeShadow(observations, shadow);
  const labels = labelled(totals);
  if (verdict.decision === 'OPEN' && labels.pairs > 0) verdict = judgeShadow({ ...observations, labels }, shadow);
  const evidence = { ...verdict.evidence, ...collectedNumbers(collected) };
  const state = { ...seen, reasons: [...verdict.reasons, ...provenance(collected)], evidence };
  if (verdict.decision === 'OPEN') return atRest('NEXT_STAGE', { ...state, decided: true });
  if (verdict.decision === 'CLOSE') return restore(state, verdict.reasons.map((reason) => `shadow: ${reason}`));
  if (elapsed < shadow.maximumSeconds || maySoonKnowMore(context, collected, shadow.maximumSeconds, state.continuedAt)) return atRest('WAIT', state);
  const reasons = verdict.reasons.map((reason) => `shadow is inconclusive: ${reason}`);
  if (shadow.inconclusive === 'PROMOTE') return atRest('NEXT_STAGE', { ...state, decided: true, reasons });
  const closed = restore(state, reasons);
  return { ...closed, state: { ...closed.state, inconclusive: true } };
}

function collection({ event, settings }: LookContext, shadow: ShadowSettings, variant: string): Collection {
  const version = championVersion(event, settings)!;
  return {
    champion: { version, variant: VARIANT_NAME },
    challenger: { version, variant },
    labels: shadow.decisionThreshold !== undefined,
    maximumSeconds: shadow.maximumSeconds,
    shared: true,
    counting: countPairs(shadow),
  };
}
