import { type BudgetPolicy, type ControllerState, type TrainingRun } from './retraining.contract';

/** What was measured replaces what was known. Two months are enough: a budget is of a month, and an event may come a little late. */
export function rememberRuns(state: ControllerState, measured: readonly TrainingRun[], time: string): ControllerState {
  if (measured.length === 0) return state;
  const oldest = monthOf(new Date(Date.parse(time) - 31 * 24 * 3_600_000).toISOString());
  const known = (state.runs ?? []).filter((run) => !measured.some(({ executionArn }) => executionArn === run.executionArn));
  const runs = [...known, ...measured].filter((run) => monthOf(run.time) >= oldest).sort((a, b) => (a.time < b.time ? -1 : 1));
  return { ...state, runs };
}

/**
 * Why the budget allows no further run in the month of `time`, or undefined. Nothing else runs when this is asked, so all that was begun is
 * known; a job that is still being stopped counts with its time so far. The last run allowed may exceed the budget: how long it takes, nobody knows before.
 */
export function exhausted(policy: BudgetPolicy | undefined, state: ControllerState, time: string): string | undefined {
  if (!policy) return undefined;
  const spent = spentSeconds(state, time);
  if (spent < policy.secondsPerMonth) return undefined;
  return `${hours(spent)} of ${hours(policy.secondsPerMonth)} hours of training time are used in ${monthOf(time)} (UTC); a person can still retrain.`;
}

export function spentSeconds(state: ControllerState, time: string): number {
  return (state.runs ?? []).filter((run) => monthOf(run.time) === monthOf(time)).reduce((sum, { seconds }) => sum + seconds, 0);
}

export function monthOf(time: string): string {
  return new Date(time).toISOString().slice(0, 7);
}

function hours(seconds: number): string {
  return (seconds / 3600).toFixed(2).replace(/\.?0+$/, '');
}
