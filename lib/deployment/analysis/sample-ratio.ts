import { logMixtureRatio } from './proportion';

/** What the challenger's share of the requests should be: a range, because whole instances serve. */
export interface ExpectedShare {
  readonly low: number;
  readonly high: number;
}

/** Below it the ratio is mismatched (Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019; GrowthBook). */
export const SAMPLE_RATIO_P_VALUE = 0.001;

export interface SampleRatio {
  readonly share: number;
  /** Valid at every look. */
  readonly pValue: number;
  readonly mismatched: boolean;
}

/**
 * Does the challenger get its share of the requests? Lindon and Malek, "Anytime-valid inference for multinomial count data" (NeurIPS
 * 2022, arXiv 2011.03567): the Bayes factor of a uniform mixture against the expected share is a martingale, and its inverse a p-value
 * that stays valid under continuous looking. Against a range it is the least factor of any share in it, which is that of the nearest.
 */
export function sampleRatio(challenger: number, total: number, expected: ExpectedShare): SampleRatio {
  if (total === 0) return { share: 0, pValue: 1, mismatched: false };
  const share = challenger / total;
  const nearest = Math.min(Math.max(share, expected.low), expected.high);
  const pValue = Math.min(1, Math.exp(-logMixtureRatio(challenger, total, nearest)));
  return { share, pValue, mismatched: pValue < SAMPLE_RATIO_P_VALUE };
}

/** Load is balanced, not drawn: a share that differs from the expected one by this fraction of it is no mismatch. */
const BALANCING_TOLERANCE = 0.1;

/**
 * A canary's share is asked for in percent and given in whole instances (API_CapacitySize). While it bakes "both the blue fleet and green
 * fleet are partially active" (deployment-guardrails-blue-green-canary), which does not say whether the canary's instances share the
 * traffic with as many fewer old ones or with all of them. Anything between these is expected.
 */
export function canaryShare(percent: number, instances: number): ExpectedShare {
  const canary = Math.min(instances, Math.ceil((percent / 100) * instances));
  const shares = [percent / 100, canary / instances, canary / (instances + canary)];
  return { low: Math.min(...shares) * (1 - BALANCING_TOLERANCE), high: Math.min(1, Math.max(...shares) * (1 + BALANCING_TOLERANCE)) };
}

/** Variant weights are probabilities of each request (API_ProductionVariant, InitialVariantWeight). */
export function weightedShare(percent: number): ExpectedShare {
  return { low: percent / 100, high: percent / 100 };
}
