import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAnswer, addLabel, type Answer, type Evidence, type Label, labelPlace, newEvidence } from '../../lib/deployment/analysis/evidence';
import { totalEvidence } from '../../lib/deployment/analysis/evidence-limits';
import { countOutcomes, isRight, outcomeEstimate, type OutcomeMeasure } from '../../lib/deployment/analysis/outcomes';
import { type AgreementRules, comparison, countPairs, labelled, pairing } from '../../lib/deployment/analysis/pairs';
import { judgeShadow, type ShadowObservations } from '../../lib/deployment/analysis/shadow-verdict';
import { judgeTest, momentsEstimate, shareEstimate, type TestRules } from '../../lib/deployment/analysis/test-verdict';
import { binomial, mulberry32 } from '../../scripts/canary-simulation';

/** Evidence of answers in this order. */
function evidenceOf(champion: readonly Answer[], challenger: readonly Answer[], labels: readonly Label[] = [], shared = true): Evidence {
  const evidence = newEvidence('1970-01-01T00:00:00Z', '1970/01/01/00/');
  for (const each of champion) addAnswer(evidence, 'champion', each, shared);
  for (const each of challenger) addAnswer(evidence, 'challenger', each, shared);
  for (const each of labels) addLabel(evidence, each, labelPlace('1970/01/01/00/', 'labels.jsonl'));
  return evidence;
}

const answer = (inferenceId: string | undefined, predictions: string[], eventId = `e-${inferenceId}`, time = 0): Answer => ({ eventId, inferenceId, time, predictions });
const paired = (champion: readonly Answer[], shadow: readonly Answer[], rules: AgreementRules = {}, labels: readonly Label[] = []) => totalEvidence(evidenceOf(champion, shadow, labels), countPairs(rules));

describe('pairing', () => {
  it('joins answers to the same request by the inference id, row by row', () => {
    const found = paired([answer('a', ['1', '2'], 'e1'), answer('b', ['3'], 'e2')], [answer('b', ['4'], 'e3'), answer('a', ['1', '5'], 'e4')]);
    expect([...found.scores].sort(([a], [b]) => a - b)).toEqual([[1, 1], [2, 5], [3, 4]]);
    expect(pairing(found)).toEqual({ championOnly: 0, shadowOnly: 0, ambiguous: 0, uneven: 0 });
  });

  it('joins by an event id that both records share, and by no other', () => {
    expect(comparison(paired([answer(undefined, ['1'], 'same')], [answer(undefined, ['1'], 'same')])).pairs).toBe(1);
    expect(pairing(paired([answer(undefined, ['1'], 'x')], [answer(undefined, ['1'], 'y')]))).toMatchObject({ championOnly: 1, shadowOnly: 1 });
  });

  it('leaves out an id that was used twice, and another number of predictions', () => {
    const found = paired([answer('a', ['1'], 'e1'), answer('a', ['2'], 'e2'), answer('b', ['1', '2'])], [answer('a', ['1'], 'e3'), answer('b', ['1'])]);
    expect({ ...pairing(found), ...comparison(found) }).toEqual({ pairs: 0, disagreements: 0, numeric: 0, ambiguous: 1, uneven: 1, championOnly: 0, shadowOnly: 0 });
  });
});

describe('comparing pairs', () => {
  const compared = (values: readonly [string, string][], rules: AgreementRules) =>
    comparison(paired([answer('x', values.map(([champion]) => champion))], [answer('x', values.map(([, shadow]) => shadow), 'e2')], rules));

  it('counts decisions that differ, scores beyond the tolerance, and texts that are not equal', () => {
    const scores: [string, string][] = [['0.4', '0.45'], ['0.4', '0.6'], ['0.9', '0.5']];
    expect(compared(scores, { decisionThreshold: 0.5 })).toMatchObject({ pairs: 3, disagreements: 1, numeric: 3 });
    expect(compared(scores, { tolerance: 0.1 })).toMatchObject({ disagreements: 2, meanDifference: expect.closeTo(0.65 / 3, 12), p99Difference: expect.closeTo(0.4, 12) });
    expect(compared([['late', 'late'], ['late', 'on time'], ['1', 'late'], ['', '0']], {})).toEqual({ pairs: 4, disagreements: 3, numeric: 0 });
  });

  it('disagrees less with more tolerance, and as much with sides exchanged', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true }).map(String);
    fc.assert(
      fc.property(fc.array(fc.tuple(score, score), { maxLength: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, tolerance) => {
        const found = compared(values, { tolerance });
        expect(compared(values, { tolerance: tolerance + 0.1 }).disagreements).toBeLessThanOrEqual(found.disagreements);
        expect(compared(values.map(([a, b]): [string, string] => [b, a]), { tolerance }).disagreements).toBe(found.disagreements);
      }),
    );
  });

  it('says which side was right where the truth is known', () => {
    const found = paired([answer('x', ['0.9', '0.9', '0.1'])], [answer('x', ['0.1', '0.8', '0.9'], 'e2')], { decisionThreshold: 0.5 }, [{ id: 'x', values: ['1', '1', '?'] }]);
    expect(labelled(found)).toEqual({ pairs: 2, onlyChampion: 1, onlyShadow: 0 });
  });
});

describe('the shadow may go on', () => {
  const rules = { minimumPairs: 200, maximumDisagreement: 0.05, minimumRankCorrelation: 0.9, maximumLatencyRatio: 1.5, confidence: 0.95 };
  const pairing = { pairs: [], championOnly: 3, shadowOnly: 1, ambiguous: 0, uneven: 0 };
  const given = (disagreements: number, pairs: number, more: Partial<ShadowObservations> = {}) =>
    judgeShadow({ pairing, comparison: { pairs, disagreements, numeric: pairs, rankCorrelation: 0.99, meanDifference: 0.01, p99Difference: 0.1 }, latencyRatio: 1, ...more }, rules);

  it('opens, closes, and does not know, by the disagreement that cannot be chance', () => {
    expect(given(5, 500)).toMatchObject({ decision: 'OPEN', evidence: { pairs: 500, disagreementRate: 0.01 } });
    expect(given(60, 500)).toMatchObject({ decision: 'CLOSE', reasons: [expect.stringContaining('60 of 500 pairs disagree (12.00 %')] });
    expect(given(20, 500)).toMatchObject({ decision: 'UNKNOWN', reasons: [expect.stringContaining('not known yet')] });
    expect(given(0, 199)).toMatchObject({ decision: 'UNKNOWN', reasons: ['199 pairs of answers to the same request were captured, at least 200 are needed'] });
  });

  it('says when callers send no inference id', () => {
    expect(given(0, 0).reasons[0]).toContain('callers must send an InferenceId');
  });

  it('closes for another order of the scores, slowness, and labels', () => {
    const comparison = { pairs: 500, disagreements: 5, numeric: 500, rankCorrelation: 0.5 };
    expect(given(5, 500, { comparison, latencyRatio: 2 }).reasons).toEqual([
      'rank correlation 0.500 of the scores is less than 0.9',
      "median latency is 2.00 times the champion's, at most 1.5 times is allowed",
    ]);
    expect(given(5, 500, { labels: { pairs: 100, onlyChampion: 20, onlyShadow: 5 } })).toMatchObject({ decision: 'CLOSE', reasons: [expect.stringContaining('labels say')] });
    expect(given(5, 500, { labels: { pairs: 100, onlyChampion: 5, onlyShadow: 5 } }).decision).toBe('OPEN');
  });

  it('rarely closes for a rate that is allowed, however often one looks', () => {
    const uniform = mulberry32(3);
    let closed = 0;
    for (let run = 0; run < 200; run++) {
      let disagreements = 0;
      for (let pairs = 100; pairs <= 3000; pairs += 100) {
        disagreements += binomial(uniform, 100, 0.05);
        if (given(disagreements, pairs).decision === 'CLOSE') {
          closed += 1;
          break;
        }
      }
    }
    expect(closed / 200).toBeLessThanOrEqual(0.05);
  });
});

describe('labels', () => {
  const measure = { measure: 'accuracy', decisionThreshold: 0.5 } as const;
  const counted = (champion: readonly Answer[], labels: readonly Label[], of: OutcomeMeasure = measure, challenger: readonly Answer[] = []) =>
    totalEvidence(evidenceOf(champion, challenger, labels, false), countOutcomes(of)).counts;

  it('count once: double ones change nothing, contradictions are reported, unknown ones are ignored', () => {
    const answers = [answer('a', ['0.9']), answer('b', ['0.2']), answer(undefined, ['0.7'], 'event')];
    const labels = [{ id: 'a', values: ['1'] }, { id: 'a', values: ['0'] }, { id: 'event', values: ['0'] }, { id: 'event', values: ['0'] }, { id: 'nobody', values: ['1'] }];
    const found = counted([...answers, answers[0]!], labels);
    expect(found).toMatchObject({ championCount: 2, championSum: 1, labelled: 2, repeatedLabels: 2, contradictingLabels: 1, unknownLabels: 1, unusableLabels: 0, waiting: 1 });
    expect(outcomeEstimate(found, 'champion', measure)).toMatchObject({ n: 2, mean: 0.5 });
    expect(outcomeEstimate(found, 'challenger', measure)).toEqual({ n: 0, mean: 0, varianceOfMean: 0 });
  });

  it('must fit the answer, and one answer only', () => {
    const labels = [{ id: 'a', values: ['1', '0'] }, { id: 'b', values: ['?'] }, { id: 'c', values: ['1'] }, { id: 'd', values: ['1'] }];
    const found = counted([answer('a', ['1']), answer('b', ['1']), answer('c', ['1'], 'e1'), answer('c', ['1'], 'e2'), answer('d', ['1'])], labels, measure, [answer('d', ['1'], 'e3')]);
    expect(found).toMatchObject({ championCount: 0, unusableLabels: 2, ambiguousIds: 2 });
  });

  it('measure the absolute error with its variance', () => {
    const error = { measure: 'absolute-error' } as const;
    const found = counted([answer('a', ['1', '2', '4'])], [{ id: 'a', values: ['2', '2', '2'] }], error);
    expect(outcomeEstimate(found, 'champion', error)).toEqual({ n: 3, mean: 1, varianceOfMean: expect.closeTo(1 / 3, 12) });
    expect(momentsEstimate(1, 2, 4)).toEqual({ n: 1, mean: 2, varianceOfMean: 0 });
  });

  it('make an answer right on the side of the threshold', () => {
    expect([isRight({ prediction: 0.5, label: 1 }, 0.5), isRight({ prediction: 0.49, label: 1 }, 0.5), isRight({ prediction: 0.1, label: 0 }, 0.5)]).toEqual([true, false, true]);
  });
});

describe.each(['CONFIDENCE_SEQUENCE', 'MSPRT'] as const)('the test, %s', (test) => {
  const rules: TestRules = { minimumOutcomes: 100, confidence: 0.95, test, minimumImprovement: 0, betterWhen: 'HIGHER' };

  it('is undecided below the minimum and between the bounds, and names the winner', () => {
    expect(judgeTest(shareEstimate(50, 99), shareEstimate(90, 100), rules)).toMatchObject({ decision: 'UNDECIDED', evidence: { championOutcomes: 99 } });
    expect(judgeTest(shareEstimate(500, 1000), shareEstimate(520, 1000), rules).decision).toBe('UNDECIDED');
    expect(judgeTest(shareEstimate(500, 1000), shareEstimate(650, 1000), rules)).toMatchObject({ decision: 'CHALLENGER', reasons: [expect.stringContaining('better by 0.15')] });
    expect(judgeTest(shareEstimate(500, 1000), shareEstimate(350, 1000), rules).decision).toBe('CHAMPION');
    expect(judgeTest(shareEstimate(500, 1000), shareEstimate(350, 1000), { ...rules, betterWhen: 'LOWER' }).decision).toBe('CHALLENGER');
    expect(judgeTest(shareEstimate(500, 1000), shareEstimate(650, 1000), { ...rules, minimumImprovement: 0.3 }).decision).toBe('CHAMPION');
    expect(judgeTest(momentsEstimate(0, 0, 0), momentsEstimate(0, 0, 0), { ...rules, minimumOutcomes: 0 }).decision).toBe('UNDECIDED');
  });

  it('is symmetric: exchanged variants exchange the winner', () => {
    const count = fc.integer({ min: 200, max: 20_000 });
    fc.assert(
      fc.property(count, count, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (n, m, p, q) => {
        const [a, b] = [shareEstimate(Math.round(n * p), n), shareEstimate(Math.round(m * q), m)];
        const mirrored = { CHALLENGER: 'CHAMPION', CHAMPION: 'CHALLENGER', UNDECIDED: 'UNDECIDED' } as const;
        expect(judgeTest(b, a, rules).decision).toBe(mirrored[judgeTest(a, b, rules).decision]);
      }),
    );
  });

  it('rarely names a winner of equals, however often one looks, and finds a real one', () => {
    const uniform = mulberry32(17);
    const run = (improvement: number): string => {
      let [a, b] = [0, 0];
      for (let n = 100; n <= 5000; n += 100) {
        a += binomial(uniform, 100, 0.7);
        b += binomial(uniform, 100, 0.7 + improvement);
        const { decision } = judgeTest(shareEstimate(a, n), shareEstimate(b, n), rules);
        if (decision !== 'UNDECIDED') return decision;
      }
      return 'UNDECIDED';
    };
    const decisions = Array.from({ length: 200 }, () => run(0));
    for (const winner of ['CHALLENGER', 'CHAMPION']) expect(decisions.filter((decision) => decision === winner).length / 200).toBeLessThanOrEqual(0.05);
    expect(Array.from({ length: 50 }, () => run(0.05)).filter((decision) => decision === 'CHALLENGER').length).toBeGreaterThanOrEqual(48);
  });
});
