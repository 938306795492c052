import { BlockList, isIP } from 'node:net';
import { matches, matchesArn, PolicyError, substitute, type ConditionContext } from './patterns';

/** `Condition` of a statement: operators and keys are ANDed, the values of a key ORed (IAM User Guide, "Multiple context keys or values"). */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Comparison = (given: string, wanted: string, context: ConditionContext) => boolean;

interface Operator {
  readonly compare: Comparison;
  readonly negated: boolean;
}

const text: Comparison = (given, wanted, context) => given === substitute(wanted, context);
const textIgnoringCase: Comparison = (given, wanted, context) => given.toLowerCase() === substitute(wanted, context)?.toLowerCase();
const like: Comparison = (given, wanted, context) => matches(wanted, given, context);
const arn: Comparison = (given, wanted, context) => matchesArn(wanted, given, context);

function numeric(compare: (a: number, b: number) => boolean): Comparison {
  return (given, wanted) => compare(toNumber(given), toNumber(wanted));
}

function date(compare: (a: number, b: number) => boolean): Comparison {
  return (given, wanted) => compare(toTime(given), toTime(wanted));
}

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { compare: text, negated: false },
  StringNotEquals: { compare: text, negated: true },
  StringEqualsIgnoreCase: { compare: textIgnoringCase, negated: false },
  StringNotEqualsIgnoreCase: { compare: textIgnoringCase, negated: true },
  StringLike: { compare: like, negated: false },
  StringNotLike: { compare: like, negated: true },
  // ArnEquals and ArnLike behave identically.
  ArnEquals: { compare: arn, negated: false },
  ArnLike: { compare: arn, negated: false },
  ArnNotEquals: { compare: arn, negated: true },
  ArnNotLike: { compare: arn, negated: true },
  NumericEquals: { compare: numeric((a, b) => a === b), negated: false },
  NumericNotEquals: { compare: numeric((a, b) => a === b), negated: true },
  NumericLessThan: { compare: numeric((a, b) => a < b), negated: false },
  NumericLessThanEquals: { compare: numeric((a, b) => a <= b), negated: false },
  NumericGreaterThan: { compare: numeric((a, b) => a > b), negated: false },
  NumericGreaterThanEquals: { compare: numeric((a, b) => a >= b), negated: false },
  DateEquals: { compare: date((a, b) => a === b), negated: false },
  DateNotEquals: { compare: date((a, b) => a === b), negated: true },
  DateLessThan: { compare: date((a, b) => a < b), negated: false },
  DateLessThanEquals: { compare: date((a, b) => a <= b), negated: false },
  DateGreaterThan: { compare: date((a, b) => a > b), negated: false },
  DateGreaterThanEquals: { compare: date((a, b) => a >= b), negated: false },
  Bool: { compare: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(), negated: false },
  IpAddress: { compare: inRange, negated: false },
  NotIpAddress: { compare: inRange, negated: true },
};

export function conditionHolds(block: ConditionBlock, context: ConditionContext): boolean {
  return Object.entries(block).every(([name, keys]) =>
    Object.entries(keys).every(([key, value]) => {
      if (!/^[\w-]+:[\w:/=.@+-]+$/.test(key)) throw new PolicyError(`'${key}' is no condition key`);
      const wanted = (Array.isArray(value) ? value : [value]).map((item: unknown) => wantedText(item, name, key));
      return operatorHolds(name, wanted, context.get(key.toLowerCase()), context);
    }),
  );
}

function wantedText(value: unknown, operator: string, key: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new PolicyError(`Condition ${operator} of ${key} needs text, numbers or booleans, but has ${JSON.stringify(value)}`);
}

function operatorHolds(fullName: string, wanted: string[], given: string | readonly string[] | undefined, context: ConditionContext): boolean {
  if (fullName === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === (given === undefined));
  const parsed = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(fullName);
  const operator = parsed ? operators[parsed[2]!] : undefined;
  if (!parsed || !operator) throw new PolicyError(`Condition operator '${fullName}' is not known`);
  const [, set, , ifExists] = parsed;
  const fits = (value: string): boolean => operator.negated !== wanted.some((item) => operator.compare(value, item, context));

  if (given === undefined) {
    if (ifExists !== undefined || set === 'ForAllValues') return true;
    return set === undefined && operator.negated;
  }
  const values = typeof given === 'string' ? [given] : given;
  if (set === 'ForAllValues') return values.every(fits);
  // Without a set operator a negated test means that none of the values is in the list.
  return set === undefined && operator.negated ? values.every(fits) : values.some(fits);
}

function toNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || Number.isNaN(number)) throw new PolicyError(`'${value}' is no number`);
  return number;
}

/** ISO 8601 or seconds since 1970. */
function toTime(value: string): number {
  const time = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
  if (Number.isNaN(time)) throw new PolicyError(`'${value}' is no date`);
  return time;
}

function inRange(given: string, wanted: string): boolean {
  const [address = '', prefix] = wanted.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0) throw new PolicyError(`'${wanted}' is no IP address range`);
  if (isIP(given) === 0) return false;
  const list = new BlockList();
  list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
  return list.check(given, isIP(given) === 6 ? 'ipv6' : 'ipv4');
}
