import type { DescribeEndpointCommandOutput } from '@aws-sdk/client-sagemaker';
import { analyze, type Analysis, type FleetMinute, type Observations } from '../analysis/verdict';
import type { AnalysisState } from '../deployment-plan.contract';
import { decisionMarginSeconds, type DeploymentSettings, partialSteps } from '../deployment.contract';

export interface Look {
  readonly champion: readonly FleetMinute[];
  readonly challenger: readonly FleetMinute[];
  readonly observations?: Observations;
  readonly state: AnalysisState;
  readonly now: string;
  readonly settings: Pick<DeploymentSettings, 'analysis' | 'routing' | 'rollback'>;
}

/**
 * Since when the new fleet bakes: what SageMaker says (ProductionVariantStatus `Baking`), else its first traffic. An endpoint that
 * reports no variant status at all is taken to bake since the update began: the earliest possible time, so that the decision is never late.
 */
export function bakingSince(
  endpoint: Pick<DescribeEndpointCommandOutput, 'PendingDeploymentSummary'>,
  challenger: readonly (FleetMinute & { readonly time: string })[],
  startedAt: string,
): string | undefined {
  const traffic = challenger.find((minute) => minute.requests > 0)?.time;
  const statuses = (endpoint.PendingDeploymentSummary?.ProductionVariants ?? []).flatMap((variant) => variant.VariantStatus ?? []);
  const baking = statuses.find((status) => status.Status === 'Baking');
  if (baking) return [baking.StartTime?.toISOString(), traffic].filter((time) => time !== undefined).sort()[0] ?? startedAt;
  return traffic ?? (statuses.length === 0 ? startedAt : undefined);
}

/**
 * What this look adds. `inconclusive` means nothing until the baking period before the last shift of traffic is about to end; then it
 * becomes a failure, unless the user chose to promote. A failure once found stays.
 */
export function look({ champion, challenger, observations, state, now, settings }: Look): AnalysisState {
  if (state.failures.length > 0 || state.bakingSince === undefined) return state;
  const { routing, analysis, rollback } = settings;
  const found = analyze(
    champion,
    challenger,
    { minimumRequests: analysis.minimumRequests, confidence: analysis.confidence, tolerableErrorRate: rollback.errorRate, test: analysis.test },
    observations,
  );
  const baked = Math.max(1, partialSteps(routing.type, routing.percent)) * routing.waitSeconds;
  const due = Date.parse(state.bakingSince) + (baked - decisionMarginSeconds(analysis.intervalSeconds)) * 1000;
  return conclude(state, found, Date.parse(now) >= due, analysis.inconclusive);
}

/** The state after a verdict, at a look that is the deciding one or not. */
export function conclude(state: AnalysisState, { verdict, reasons, evidence }: Analysis, isDue: boolean, inconclusive: DeploymentSettings['analysis']['inconclusive']): AnalysisState {
  const seen = { ...state, reasons, evidence };
  if (verdict === 'failed') return { ...seen, failures: reasons };
  if (state.decided || !isDue) return seen;
  if (verdict !== 'inconclusive' || inconclusive === 'PROMOTE') return { ...seen, decided: true };
  return { ...seen, decided: true, failures: reasons.map((reason) => `analysis is inconclusive: ${reason}`), inconclusive: true };
}
