import { type Estimate, lowerBoundOfDifference, type SequentialTest } from './difference';

export interface TestRules {
  /** Of each variant. */
  readonly minimumOutcomes: number;
  readonly confidence: number;
  readonly test: SequentialTest;
  readonly minimumImprovement: number;
  readonly betterWhen: 'HIGHER' | 'LOWER';
}

export type TestDecision = 'CHALLENGER' | 'CHAMPION' | 'UNDECIDED';

export interface TestVerdict {
  readonly decision: TestDecision;
  readonly reasons: readonly string[];
  readonly evidence: Readonly<Record<string, number>>;
}

/** Decisions are expected at about this multiple of the minimum: there the confidence sequence is tightest. */
const EXPECTED_MULTIPLE = 4;
/** mSPRT looks for differences of a tenth of an outcome's standard deviation: a "small effect" is a fifth (Cohen 1988). */
const EFFECT = 0.1;

/**
 * Which variant wins? Two one-sided sequential tests of the same question, "is the challenger better by more than the minimum
 * improvement?", each with the whole error probability: at most so many worse challengers win, and at most so many better ones lose.
 */
export function judgeTest(champion: Estimate, challenger: Estimate, rules: TestRules): TestVerdict {
  const sign = rules.betterWhen === 'HIGHER' ? 1 : -1;
  const evidence: Record<string, number> = {
    championOutcomes: champion.n,
    challengerOutcomes: challenger.n,
    ...(champion.n > 0 ? { championMean: champion.mean } : {}),
    ...(challenger.n > 0 ? { challengerMean: challenger.mean } : {}),
  };
  const least = Math.min(champion.n, challenger.n);
  if (least < Math.max(2, rules.minimumOutcomes)) {
    const reason = `${champion.n} outcomes of the champion and ${challenger.n} of the challenger are known, at least ${rules.minimumOutcomes} each are needed`;
    return { decision: 'UNDECIDED', reasons: [reason], evidence };
  }
  const pooled = (champion.varianceOfMean * champion.n ** 2 + challenger.varianceOfMean * challenger.n ** 2) / (champion.n + challenger.n);
  const test = { test: rules.test, alpha: 1 - rules.confidence, expected: EXPECTED_MULTIPLE * rules.minimumOutcomes, effect: EFFECT * Math.sqrt(pooled) };
  const [a, b] = [signed(champion, sign), signed(challenger, sign)];
  const improvement = b.mean - a.mean;
  const atLeast = lowerBoundOfDifference(a, b, test);
  const atMost = -lowerBoundOfDifference(b, a, test);
  Object.assign(evidence, { improvement, improvementAtLeast: atLeast, improvementAtMost: atMost });
  const shown = `the challenger is better by ${round(improvement)} (${round(atLeast)} to ${round(atMost)}) in ${challenger.n} outcomes against ${champion.n} of the champion`;
  if (atLeast > rules.minimumImprovement) return { decision: 'CHALLENGER', reasons: [`${shown}, more than ${rules.minimumImprovement}`], evidence };
  if (atMost < rules.minimumImprovement) return { decision: 'CHAMPION', reasons: [`${shown}, not more than ${rules.minimumImprovement}`], evidence };
  return { decision: 'UNDECIDED', reasons: [`${shown}; whether that is more than ${rules.minimumImprovement} is not known yet`], evidence };
}

/** Outcomes of one variant, from their sum and the sum of their squares. */
export function momentsEstimate(n: number, sum: number, squares: number): Estimate {
  if (n < 2) return { mean: n === 0 ? 0 : sum / n, varianceOfMean: 0, n };
  const mean = sum / n;
  return { mean, varianceOfMean: Math.max(0, squares - n * mean ** 2) / (n - 1) / n, n };
}

/**
 * The same from sum and number alone. No values between 0 and 1 with that mean vary more than zeros and ones do (Bhatia and Davis 2000),
 * so the test errs to the safe side for others. One success and one failure are added to the variance: without a single success it would be 0.
 */
export function shareEstimate(sum: number, n: number): Estimate {
  if (n === 0) return { mean: 0, varianceOfMean: 0, n };
  const mean = sum / n;
  const smoothed = Math.min(1, Math.max(0, (sum + 1) / (n + 2)));
  return { mean, varianceOfMean: (smoothed * (1 - smoothed)) / n, n };
}

function signed({ mean, varianceOfMean, n }: Estimate, sign: number): Estimate {
  return { mean: sign * mean, varianceOfMean, n };
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
