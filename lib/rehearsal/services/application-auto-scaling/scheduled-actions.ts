import { AwsError } from '../../kernel/aws-error';
import type { Timer } from '../../kernel/virtual-clock';
import type { Simulation } from '../../kernel/simulation';
import type { ScheduleExpression } from '../events/schedule-expression';
import { parseZonedSchedule } from '../events/zoned-schedule';
import { targetKey } from './records';

interface ScheduledAction {
  readonly record: Record<string, any>;
  readonly expression: ScheduleExpression;
  readonly created: number;
  timer: Timer | undefined;
}

/** Scheduled actions of targets: at their times, minimum and maximum change (guide, "Scheduled scaling"). */
export class ScheduledActions {
  private readonly actions = new Map<string, ScheduledAction>();

  /** @param perform changes the target; it may be gone or suspended */
  public constructor(
    private readonly simulation: Simulation,
    private readonly perform: (action: Record<string, any>) => void,
  ) {}

  /** Creates, or changes what is given (API reference, PutScheduledAction). */
  public put(input: Record<string, any>, arn: string): void {
    const key = keyOf(input);
    const previous = this.actions.get(key);
    const now = this.simulation.clock.now();
    // Dates from the API, text from a template.
    const times = Object.fromEntries(['StartTime', 'EndTime'].filter((name) => input[name] !== undefined).map((name) => [name, new Date(input[name])]));
    const record: Record<string, any> = { CreationTime: new Date(now), ...previous?.record, ...input, ...times, ScheduledActionARN: arn };
    if (record.Schedule === undefined) throw new AwsError('ValidationException', 'Schedule is required for a new scheduled action', 400);
    let expression: ScheduleExpression;
    try {
      expression = parseZonedSchedule(record.Schedule, record.Timezone ?? 'UTC');
    } catch (error) {
      throw new AwsError('ValidationException', (error as Error).message, 400);
    }
    previous?.timer?.cancel();
    const action: ScheduledAction = { record, expression, created: previous?.created ?? now, timer: undefined };
    this.actions.set(key, action);
    this.arm(action);
  }

  public delete(input: Record<string, any>): boolean {
    this.actions.get(keyOf(input))?.timer?.cancel();
    return this.actions.delete(keyOf(input));
  }

  public deleteOf(target: Record<string, any>): void {
    for (const { record } of [...this.actions.values()]) if (targetKey(record) === targetKey(target)) this.delete(record);
  }

  public all(): Record<string, any>[] {
    return [...this.actions.values()].map(({ record }) => record);
  }

  private arm(action: ScheduledAction): void {
    const { clock } = this.simulation;
    const start = timeOf(action.record.StartTime);
    const from = Math.max(clock.now(), (start ?? 0) - 1);
    const next = action.expression.next(from, start ?? action.created);
    if (next === undefined || next > (timeOf(action.record.EndTime) ?? Infinity)) return;
    action.timer = clock.at(next, () => {
      this.arm(action);
      this.perform(action.record);
    });
  }
}

function keyOf(input: Record<string, any>): string {
  return `${targetKey(input)}|${input.ScheduledActionName}`;
}

function timeOf(value: Date | undefined): number | undefined {
  return value?.getTime();
}
