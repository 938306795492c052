import { type ProblemList } from '../private/problem-list';

/** Reads members of a JSON object and notes where one is not what it must be. */
export class JsonReader {
  private readonly object: Readonly<Record<string, unknown>>;

  public constructor(
    value: unknown,
    private readonly path: string,
    private readonly problems: ProblemList,
  ) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.object = isObject ? (value as Record<string, unknown>) : {};
    if (!isObject) this.problems.add('NotAnObject', path, brief(value), 'must be an object', 'export the file from Model Monitor again');
  }

  public problem(key: string, value: unknown, rule: string, fix: string): void {
    this.problems.add('ModelMonitorFile', this.at(key), brief(value), rule, fix);
  }

  public child(key: string): JsonReader | undefined {
    const value = this.object[key];
    return value === undefined || value === null ? undefined : new JsonReader(value, this.at(key), this.problems);
  }

  public list(key: string, fix: string): JsonReader[] {
    if (!Array.isArray(this.object[key])) this.problem(key, this.object[key], 'must be a list', fix);
    return this.optionalList(key);
  }

  public optionalList(key: string): JsonReader[] {
    const value = this.object[key];
    if (value !== undefined && value !== null && !Array.isArray(value)) this.problem(key, value, 'must be a list', 'export the file from Model Monitor again');
    return Array.isArray(value) ? value.map((element, index) => new JsonReader(element, `${this.at(key)}[${index}]`, this.problems)) : [];
  }

  public text(key: string, required = false): string | undefined {
    const value = this.object[key];
    if (typeof value === 'string') return value;
    // Categories that are numbers or truth values.
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (required || (value !== undefined && value !== null)) this.problem(key, value, 'must be a text', 'export the file from Model Monitor again');
    return undefined;
  }

  /** Undefined also for NaN and infinities, which its container writes as texts. */
  public number(key: string, required = false): number | undefined {
    const value = this.object[key];
    if (typeof value === 'number') return value;
    if (!required && (value === undefined || value === null || NO_NUMBER.test(String(value)))) return undefined;
    this.problem(key, value, 'must be a number', 'export the file from Model Monitor again');
    return undefined;
  }

  /** Of something: whole counts are written with a fraction, `500.0`. */
  public count(key: string): number | undefined {
    const value = this.number(key);
    if (value === undefined || (value >= 0 && Number.isInteger(value))) return value;
    this.problem(key, value, 'must be a whole number from 0 on', 'export the file from Model Monitor again');
    return undefined;
  }

  public flag(key: string): boolean | undefined {
    const value = this.object[key];
    if (typeof value === 'boolean') return value;
    // `Enabled` and `Disabled` in the switches of monitoring_config.
    if (value === 'Enabled' || value === 'Disabled') return value === 'Enabled';
    if (value !== undefined && value !== null) this.problem(key, value, 'must be true or false, Enabled or Disabled', 'correct it');
    return undefined;
  }

  public texts(key: string): string[] | undefined {
    const value = this.object[key];
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value) && value.every((element) => typeof element !== 'object')) return value.map(String);
    this.problem(key, value, 'must be a list of texts', 'correct it');
    return undefined;
  }

  public numberLists(key: string): number[][] | undefined {
    const value = this.object[key];
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value) && value.every((list) => Array.isArray(list) && list.every((element) => typeof element === 'number'))) return value as number[][];
    this.problem(key, value, 'must be lists of numbers, one for each level of the sketch', 'export the file from Model Monitor again');
    return undefined;
  }

  public has(key: string): boolean {
    return this.object[key] !== undefined && this.object[key] !== null;
  }

  private at(key: string): string {
    return /[:)]$|\.json$/.test(this.path) ? `${this.path} ${key}` : `${this.path}.${key}`;
  }
}

const NO_NUMBER = /^[+-]?(nan|inf|infinity)$/i;
/** Of a text or list only so much that it is recognized. */
const BRIEF = 60;

function brief(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text !== undefined && text.length > BRIEF ? `${text.slice(0, BRIEF)}…` : value;
}
