/** When a schedule fires next. Times are milliseconds since 1970, UTC. */
export interface ScheduleExpression {
  readonly kind: 'rate' | 'cron' | 'at';
  /** First time after `after`; undefined when there is none. @param start of the schedule: what a rate counts from */
  next(after: number, start: number): number | undefined;
}

const MINUTE = 60_000;
const UNITS: Record<string, number> = { minute: MINUTE, hour: 60 * MINUTE, day: 1440 * MINUTE };
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** `rate(5 minutes)`, `cron(0 12 * * ? *)`, `at(2001-02-01T00:00:00)` (EventBridge User Guide, "Setting a schedule pattern"). @throws Error */
export function parseScheduleExpression(expression: string): ScheduleExpression {
  const match = /^(rate|cron|at)\((.+)\)$/.exec(expression.trim());
  if (!match) throw new Error(`${JSON.stringify(expression)} is no schedule expression`);
  const body = match[2]!.trim();
  if (match[1] === 'rate') return parseRate(expression, body);
  if (match[1] === 'cron') return new Cron(expression, body);
  const time = Date.parse(`${body}Z`);
  if (Number.isNaN(time)) throw new Error(`${expression}: not a time like at(yyyy-mm-ddThh:mm:ss)`);
  return { kind: 'at', next: (after) => (time > after ? time : undefined) };
}

function parseRate(expression: string, body: string): ScheduleExpression {
  const match = /^(\d+) (minute|hour|day)(s?)$/.exec(body);
  const value = Number(match?.[1]);
  if (!match || value < 1) throw new Error(`${expression}: a rate is a positive number and minute(s), hour(s) or day(s)`);
  const step = value * UNITS[match[2]!]!;
  return { kind: 'rate', next: (after, start) => start + (Math.floor((after - start) / step) + 1) * step };
}

/** minutes hours day-of-month month day-of-week year; `?` in one of the two day fields. */
class Cron implements ScheduleExpression {
  public readonly kind = 'cron';
  private readonly minutes: Set<number>;
  private readonly hours: Set<number>;
  private readonly months: Set<number>;
  private readonly years: Set<number>;
  private readonly dayMatches: (date: Date) => boolean;

  public constructor(expression: string, body: string) {
    const fields = body.split(/\s+/);
    if (fields.length !== 6) throw new Error(`${expression}: a cron expression has six fields`);
    const [minutes, hours, days, months, weekdays, years] = fields as [string, string, string, string, string, string];
    if ((days === '?') === (weekdays === '?')) throw new Error(`${expression}: exactly one of day-of-month and day-of-week must be ?`);
    this.minutes = values(minutes, 0, 59);
    this.hours = values(hours, 0, 23);
    this.months = values(months, 1, 12, MONTHS, 1);
    this.years = values(years, 1970, 2199);
    this.dayMatches = weekdays === '?' ? dayOfMonth(days) : dayOfWeek(weekdays);
  }

  public next(after: number): number | undefined {
    let time = (Math.floor(after / MINUTE) + 1) * MINUTE;
    const limit = time + 8 * 366 * 1440 * MINUTE;
    while (time < limit) {
      const date = new Date(time);
      const day = Math.floor(time / (1440 * MINUTE)) * 1440 * MINUTE;
      const fits = this.years.has(date.getUTCFullYear()) && this.months.has(date.getUTCMonth() + 1) && this.dayMatches(date);
      if (!fits) time = day + 1440 * MINUTE;
      else if (!this.hours.has(date.getUTCHours())) time = (Math.floor(time / (60 * MINUTE)) + 1) * 60 * MINUTE;
      else if (!this.minutes.has(date.getUTCMinutes())) time += MINUTE;
      else return time;
    }
    return undefined;
  }
}

function dayOfMonth(field: string): (date: Date) => boolean {
  if (field === 'L') return (date) => date.getUTCDate() === lastDay(date);
  const nearest = /^(\d+)W$/.exec(field);
  if (nearest) return (date) => date.getUTCDate() === nearestWeekday(date, Number(nearest[1]));
  const days = values(field, 1, 31);
  return (date) => days.has(date.getUTCDate());
}

/** 1 is Sunday. */
function dayOfWeek(field: string): (date: Date) => boolean {
  const nth = /^(\w+)#([1-5])$/.exec(field);
  if (nth) {
    const [day] = values(nth[1]!, 1, 7, WEEKDAYS, 1);
    return (date) => date.getUTCDay() + 1 === day && Math.ceil(date.getUTCDate() / 7) === Number(nth[2]);
  }
  const last = /^(\w+)L$/.exec(field);
  if (last) {
    const [day] = values(last[1]!, 1, 7, WEEKDAYS, 1);
    return (date) => date.getUTCDay() + 1 === day && date.getUTCDate() + 7 > lastDay(date);
  }
  const days = values(field === 'L' ? '7' : field, 1, 7, WEEKDAYS, 1);
  return (date) => days.has(date.getUTCDay() + 1);
}

/** `*`, lists, ranges and steps; names count from `base`. */
function values(field: string, low: number, high: number, names: readonly string[] = [], base = 0): Set<number> {
  const result = new Set<number>();
  const number = (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named + base : Number(text);
    if (!Number.isInteger(value) || value < low || value > high) throw new Error(`cron: ${JSON.stringify(text)} is not in ${low} to ${high}`);
    return value;
  };
  for (const part of field.split(',')) {
    const [range, step] = part.split('/') as [string, string | undefined];
    const [from, to] = range.split('-') as [string, string | undefined];
    const first = range === '*' ? low : number(from);
    const last = range === '*' ? high : to === undefined ? (step === undefined ? first : high) : number(to);
    const stride = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(stride) || stride < 1) throw new Error(`cron: ${JSON.stringify(part)} has no valid step`);
    for (let value = first; value <= last; value += stride) result.add(value);
  }
  return result;
}

function lastDay(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Weekday nearest to a day of the month, never in another month. */
function nearestWeekday(date: Date, day: number): number {
  const wanted = Math.min(day, lastDay(date));
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), wanted)).getUTCDay();
  if (weekday === 6) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 0) return wanted === lastDay(date) ? wanted - 2 : wanted + 1;
  return wanted;
}
