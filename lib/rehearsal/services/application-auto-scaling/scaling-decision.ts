/** What a policy wants, given one alarm in ALARM. Pure; capacities are not yet within minimum and maximum. */

/**
 * Capacity that keeps the metric at, but not above, its target (guide, "Target tracking scaling policies"): never less than what is needed,
 * also when it removes. From zero there is nothing to multiply: a target tracking policy does not wake what has no capacity.
 */
export function trackedCapacity(capacity: number, metric: number, target: number): number {
  return Math.ceil(rounded((capacity * metric) / target));
}

interface StepAdjustment {
  readonly MetricIntervalLowerBound?: number | string;
  readonly MetricIntervalUpperBound?: number | string;
  readonly ScalingAdjustment: number | string;
}

/** By the step that the distance to the alarm's threshold lies in (guide, "Step scaling policies"). @returns the same capacity when in none */
export function steppedCapacity(capacity: number, breach: number, configuration: Record<string, any>): number {
  const step = ((configuration.StepAdjustments ?? []) as StepAdjustment[]).find((candidate) => contains(candidate, breach));
  if (!step) return capacity;
  const adjustment = Number(step.ScalingAdjustment);
  if (configuration.AdjustmentType === 'ExactCapacity') return adjustment;
  if (configuration.AdjustmentType === 'ChangeInCapacity') return capacity + adjustment;
  const change = roundedChange((capacity * adjustment) / 100);
  const least = Number(configuration.MinAdjustmentMagnitude ?? 0);
  return capacity + Math.sign(adjustment) * Math.max(Math.abs(change), least);
}

/** Above the threshold the lower bound belongs to a step, below it the upper one (same page). */
function contains({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }: StepAdjustment, breach: number): boolean {
  const low = lower === undefined ? -Infinity : Number(lower);
  const high = upper === undefined ? Infinity : Number(upper);
  return breach >= 0 ? breach >= low && breach < high : breach > low && breach <= high;
}

/** Toward zero, but never to zero (same page, PercentChangeInCapacity). */
function roundedChange(change: number): number {
  if (change === 0) return 0;
  return Math.abs(change) < 1 ? Math.sign(change) : Math.trunc(rounded(change));
}

/** 3 * 70 / 70 must not become 4 because of the last bit of a double. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
