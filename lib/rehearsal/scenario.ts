import type { Rehearsal } from './driver';

/** One thing that a rehearsal must show. */
export interface Milestone {
  /** `first-model`: names it in summary and report. */
  readonly id: string;
  readonly title: string;
  /**
   * Acts and checks. Returns one sentence: what was shown, with numbers.
   * @throws when it was not shown; the message says why
   */
  run(rehearsal: Rehearsal): Promise<string>;
}

/** The life that a rehearsal goes through: the default export of a scenario file. */
export interface Scenario {
  readonly name: string;
  /** Virtual time at the start, ISO. */
  readonly start: string;
  /** In order; each begins where the one before it ended. The first that fails ends the rehearsal. */
  readonly milestones: readonly Milestone[];
}

/** A check of a milestone that does not hold. Known by its name: a scenario may have loaded this module a second time. */
export class MilestoneFailure extends Error {
  public override readonly name = 'MilestoneFailure';
}

/** @throws MilestoneFailure unless the condition holds */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new MilestoneFailure(message);
}

/** The scenario, or in one sentence what is wrong with it. */
export function readScenario(value: unknown): Scenario | string {
  // A CommonJS module that was loaded by import() has its exports, `default` included, in `default`.
  const outer = (value as { default?: unknown } | undefined)?.default ?? value;
  const scenario = ((outer as { default?: unknown } | undefined)?.default ?? outer) as Partial<Scenario> | undefined;
  if (scenario === null || typeof scenario !== 'object') return 'it has no default export with a scenario';
  if (typeof scenario.name !== 'string') return 'its default export has no name';
  if (typeof scenario.start !== 'string' || Number.isNaN(Date.parse(scenario.start))) return 'start must be an ISO time such as 2001-02-01T00:00:00Z';
  if (!Array.isArray(scenario.milestones) || scenario.milestones.length === 0) return 'it has no milestones';
  const ids = new Set<string>();
  for (const [index, milestone] of (scenario.milestones as Partial<Milestone>[]).entries()) {
    if (typeof milestone?.id !== 'string' || typeof milestone.title !== 'string' || typeof milestone.run !== 'function') {
      return `milestones[${index}] must have id, title and run`;
    }
    if (ids.has(milestone.id)) return `milestone id ${milestone.id} is used twice`;
    ids.add(milestone.id);
  }
  return scenario as Scenario;
}
