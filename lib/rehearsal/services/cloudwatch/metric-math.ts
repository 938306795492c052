/** A time series (value per period start) or one number for every period. */
export type MathValue = number | ReadonlyMap<number, number> | readonly ReadonlyMap<number, number>[];

type Node = (variables: ReadonlyMap<string, MathValue>, times: readonly number[]) => MathValue;

type Binary = (a: number, b: number) => number;

const truth = (holds: boolean): number => (holds ? 1 : 0);

/** Operators by precedence, loosest first (CloudWatch User Guide, "Using math expressions", "Metric math syntax and functions"). */
const OPERATORS: Record<string, Binary>[] = [
  { OR: (a, b) => truth(a !== 0 || b !== 0), '||': (a, b) => truth(a !== 0 || b !== 0) },
  { AND: (a, b) => truth(a !== 0 && b !== 0), '&&': (a, b) => truth(a !== 0 && b !== 0) },
  {
    '==': (a, b) => truth(a === b),
    '!=': (a, b) => truth(a !== b),
    '<=': (a, b) => truth(a <= b),
    '>=': (a, b) => truth(a >= b),
    '<': (a, b) => truth(a < b),
    '>': (a, b) => truth(a > b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b },
  { '^': (a, b) => a ** b },
];

/** An expression of metric math. @throws Error for what is not simulated */
export function parseMetricMath(expression: string): { evaluate: Node; identifiers: string[] } {
  return new Parser(expression).parse();
}

class Parser {
  private readonly tokens: string[];
  private readonly identifiers = new Set<string>();
  private position = 0;

  public constructor(private readonly expression: string) {
    this.tokens = expression.match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_]\w*|==|!=|<=|>=|&&|\|\||\S/gi) ?? [];
  }

  public parse(): { evaluate: Node; identifiers: string[] } {
    const evaluate = this.binary(0);
    if (this.position < this.tokens.length) throw this.unknown(this.tokens[this.position]!);
    return { evaluate, identifiers: [...this.identifiers] };
  }

  private binary(level: number): Node {
    const operators = OPERATORS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    for (let token = this.tokens[this.position]; token !== undefined && token in operators; token = this.tokens[this.position]) {
      this.position++;
      const right = this.binary(level + 1);
      const [before, apply] = [left, operators[token]!];
      left = (variables, times) => combine(before(variables, times), right(variables, times), apply);
    }
    return left;
  }

  private unary(): Node {
    if (this.tokens[this.position] !== '-') return this.primary();
    this.position++;
    const operand = this.unary();
    return (variables, times) => combine(0, operand(variables, times), (_, value) => -value);
  }

  private primary(): Node {
    const token = this.next();
    if (/^\d/.test(token)) return () => Number(token);
    if (token === '(') return this.closing(this.binary(0), ')');
    if (token === '[') return this.array();
    if (!/^[A-Za-z_]/.test(token)) throw this.unknown(token);
    if (this.tokens[this.position] === '(') return this.call(token.toUpperCase());
    this.identifiers.add(token);
    return (variables) => {
      const value = variables.get(token);
      if (value === undefined) throw new Error(`metric math: ${token} is not defined in ${this.expression}`);
      return value;
    };
  }

  private array(): Node {
    const items = this.list(']');
    return (variables, times) => items.map((item) => asSeries(item(variables, times), times));
  }

  private call(name: string): Node {
    this.position++;
    const parameters = this.list(')');
    const implementation = FUNCTIONS[name];
    if (!implementation) throw new Error(`metric math function ${name} is not simulated (${this.expression})`);
    return (variables, times) =>
      implementation(
        parameters.map((parameter) => parameter(variables, times)),
        times,
      );
  }

  private list(end: string): Node[] {
    const items: Node[] = [];
    while (this.tokens[this.position] !== end) {
      items.push(/^(REPEAT|LINEAR)$/.test(this.tokens[this.position] ?? '') ? this.word() : this.binary(0));
      if (this.tokens[this.position] === ',') this.position++;
      else if (this.tokens[this.position] !== end) throw this.unknown(this.tokens[this.position] ?? 'end');
    }
    this.position++;
    return items;
  }

  private word(): Node {
    throw new Error(`metric math: FILL with ${this.next()} is not simulated (${this.expression})`);
  }

  private closing(node: Node, end: string): Node {
    if (this.next() !== end) throw this.unknown(end);
    return node;
  }

  private next(): string {
    const token = this.tokens[this.position++];
    if (token === undefined) throw this.unknown('end');
    return token;
  }

  private unknown(token: string): Error {
    return new Error(`metric math: cannot understand ${JSON.stringify(token)} in ${JSON.stringify(this.expression)}`);
  }
}

type MathFunction = (values: MathValue[], times: readonly number[]) => MathValue;

/** Over one series: a number. Over a list of series: a series, period by period. */
const aggregating =
  (reduce: (values: number[]) => number): MathFunction =>
  ([value], times) => {
    if (typeof value === 'number') return value;
    if (Array.isArray(value)) {
      const lists = value as ReadonlyMap<number, number>[];
      return perPeriod(times, (time) => {
        const present = lists.map((series) => series.get(time)).filter((item) => item !== undefined);
        return present.length === 0 ? undefined : reduce(present);
      });
    }
    const all = [...(value as ReadonlyMap<number, number>).values()];
    return all.length === 0 ? new Map() : reduce(all);
  };

const mapping =
  (change: (value: number) => number): MathFunction =>
  ([value]) =>
    combine(0, value!, (_, item) => change(item));

const FUNCTIONS: Record<string, MathFunction> = {
  SUM: aggregating((values) => values.reduce((a, b) => a + b, 0)),
  AVG: aggregating((values) => values.reduce((a, b) => a + b, 0) / values.length),
  MIN: aggregating((values) => Math.min(...values)),
  MAX: aggregating((values) => Math.max(...values)),
  ABS: mapping(Math.abs),
  CEIL: mapping(Math.ceil),
  FLOOR: mapping(Math.floor),
  IF: ([condition, yes, no], times) => {
    if (typeof condition === 'number') return condition !== 0 ? yes! : (no ?? new Map());
    const [chosen, other] = [asSeries(yes!, times), no === undefined ? new Map<number, number>() : asSeries(no, times)];
    return perPeriod(times, (time) => {
      const value = (condition as ReadonlyMap<number, number>).get(time);
      return value === undefined ? undefined : (value !== 0 ? chosen : other).get(time);
    });
  },
  FILL: ([value, filler], times) => {
    const fill = (series: ReadonlyMap<number, number>): ReadonlyMap<number, number> =>
      perPeriod(times, (time) => series.get(time) ?? (typeof filler === 'number' ? filler : (filler as ReadonlyMap<number, number>).get(time)));
    if (Array.isArray(value)) return (value as ReadonlyMap<number, number>[]).map(fill);
    return fill(asSeries(value!, times));
  },
};

/** Period by period; a period that one side lacks has no value, and so has a division by zero. */
function combine(a: MathValue, b: MathValue, apply: Binary): MathValue {
  if (Array.isArray(a)) return (a as ReadonlyMap<number, number>[]).map((item) => combine(item, b, apply) as ReadonlyMap<number, number>);
  if (Array.isArray(b)) return (b as ReadonlyMap<number, number>[]).map((item) => combine(a, item, apply) as ReadonlyMap<number, number>);
  if (typeof a === 'number' && typeof b === 'number') return apply(a, b);
  const series = (typeof a === 'number' ? b : a) as ReadonlyMap<number, number>;
  return perPeriod([...series.keys()], (time) => {
    const left = typeof a === 'number' ? a : (a as ReadonlyMap<number, number>).get(time);
    const right = typeof b === 'number' ? b : (b as ReadonlyMap<number, number>).get(time);
    return left === undefined || right === undefined ? undefined : apply(left, right);
  });
}

function perPeriod(times: readonly number[], valueAt: (time: number) => number | undefined): ReadonlyMap<number, number> {
  const result = new Map<number, number>();
  for (const time of times) {
    const value = valueAt(time);
    if (value !== undefined && Number.isFinite(value)) result.set(time, value);
  }
  return result;
}

export function asSeries(value: MathValue, times: readonly number[]): ReadonlyMap<number, number> {
  if (typeof value === 'number') return perPeriod(times, () => value);
  if (Array.isArray(value)) throw new Error('metric math: a list of series where one is needed');
  return value as ReadonlyMap<number, number>;
}
