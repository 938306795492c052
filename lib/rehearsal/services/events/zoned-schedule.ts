import { parseScheduleExpression, type ScheduleExpression } from './schedule-expression';

/**
 * A schedule expression in a time zone of the IANA database. Of an hour that comes twice the first one counts, a time that the clocks leave out
 * comes as much later as they are put forward. @throws Error when expression or zone is none
 */
export function parseZonedSchedule(text: string, timeZone: string): ScheduleExpression {
  const expression = parseScheduleExpression(text);
  if (expression.kind === 'rate' || ['UTC', 'Etc/UTC', 'GMT'].includes(timeZone)) return expression;
  const offsetAt = offsetsOf(timeZone);
  const next = (after: number, start: number): number | undefined => {
    let local: number | undefined = after + offsetAt(after);
    for (;;) {
      local = expression.next(local, start + offsetAt(start));
      if (local === undefined) return undefined;
      const time = local - offsetAt(local - offsetAt(local));
      if (time > after) return time;
    }
  };
  return { kind: expression.kind, next };
}

/** Milliseconds that the local time of a zone is ahead of UTC, by time. */
function offsetsOf(timeZone: string): (time: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  } catch {
    throw new Error(`${JSON.stringify(timeZone)} is no time zone`);
  }
  return (time) => {
    const second = Math.floor(time / 1000) * 1000;
    const part = Object.fromEntries(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!) - second;
  };
}
