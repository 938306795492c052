import { CONTINUING } from './fields';
import type { Machine, State } from './definition';

/** Every transition leads to a state of the same machine or branch, every state can be reached, and there is an end. */
export function checkTransitions(machine: Machine, place: string, report: (place: string, problem: string) => void): void {
  const states = machine.States;
  const targets = new Map<string, string[]>();
  for (const [name, state] of Object.entries(states)) targets.set(name, transitions(state));
  if (!(machine.StartAt in states)) report(`${place}/StartAt`, `there is no state ${JSON.stringify(machine.StartAt)}`);
  for (const [name, nexts] of targets) {
    for (const next of nexts) if (!(next in states)) report(`${place}/States/${name}`, `leads to ${JSON.stringify(next)}, which is not a state here`);
  }
  const reached = new Set<string>();
  const open = [machine.StartAt];
  while (open.length > 0) {
    const name = open.pop()!;
    if (reached.has(name) || !targets.has(name)) continue;
    reached.add(name);
    open.push(...targets.get(name)!);
  }
  for (const name of targets.keys()) if (!reached.has(name)) report(`${place}/States/${name}`, 'cannot be reached');
  const isEnd = (state: State): boolean => ['Succeed', 'Fail'].includes(state?.Type) || (CONTINUING.has(state?.Type) && state.Next === undefined);
  const ends = Object.values(states).some(isEnd);
  if (!ends) report(`${place}/States`, 'no state ends the machine');
}

function transitions(state: State): string[] {
  const rules = [state, ...list(state?.Catch), ...list(state?.Choices)] as { Next?: string }[];
  const nexts = rules.map((rule) => rule?.Next);
  if (state?.Default !== undefined) nexts.push(state.Default);
  return nexts.filter((next): next is string => typeof next === 'string');
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
