/**
 * Event patterns (EventBridge User Guide, "Comparison operators for use in event patterns"): fields must all match, a list matches when one
 * of its elements does, an array in the event when one of its elements does, `$or` when one of its patterns does.
 */
export type EventPattern = { readonly [field: string]: unknown };

type Matcher = (value: unknown) => boolean;

/** @throws Error for an operator that does not exist */
export function matchesPattern(pattern: EventPattern, event: unknown): boolean {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) return false;
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') return (wanted as EventPattern[]).some((alternative) => matchesPattern(alternative, event));
    const value = (event as Record<string, unknown>)[field];
    if (Array.isArray(wanted)) return matchesList(wanted, value);
    if (wanted === null || typeof wanted !== 'object') throw new Error(`event pattern: the value of ${field} must be a list or an object`);
    // An array of objects matches when one of them does.
    if (Array.isArray(value)) return value.some((item) => matchesPattern(wanted as EventPattern, item));
    return matchesPattern(wanted as EventPattern, value ?? {});
  });
}

function matchesList(wanted: readonly unknown[], value: unknown): boolean {
  const candidates = Array.isArray(value) ? value : [value];
  return wanted.some((element) => {
    const exists = existsOf(element);
    // `exists` is about leaf nodes: an object is none.
    if (exists !== undefined) return exists === (value !== undefined && (value === null || typeof value !== 'object' || Array.isArray(value)));
    return value !== undefined && candidates.some(matcherOf(element));
  });
}

function existsOf(element: unknown): boolean | undefined {
  return element !== null && typeof element === 'object' && 'exists' in element ? (element.exists as boolean) : undefined;
}

function matcherOf(element: unknown): Matcher {
  if (element === null || typeof element !== 'object') return (value) => value === element;
  const [operator, operand] = Object.entries(element)[0] as [string, any];
  const onText = (matches: (text: string) => boolean): Matcher => (value) => typeof value === 'string' && matches(value);
  const ignoringCase = (test: (text: string, wanted: string) => boolean): Matcher => {
    const ignored = operand !== null && typeof operand === 'object' ? (operand['equals-ignore-case'] as string).toLowerCase() : undefined;
    return onText((text) => (ignored === undefined ? test(text, operand as string) : test(text.toLowerCase(), ignored)));
  };
  switch (operator) {
    case 'prefix':
      return ignoringCase((text, wanted) => text.startsWith(wanted));
    case 'suffix':
      return ignoringCase((text, wanted) => text.endsWith(wanted));
    case 'equals-ignore-case':
      return onText((text) => text.toLowerCase() === (operand as string).toLowerCase());
    case 'wildcard':
      return onText((text) => wildcard(operand as string).test(text));
    case 'anything-but':
      return anythingBut(operand);
    case 'numeric':
      return (value) => typeof value === 'number' && numeric(operand as unknown[], value);
    case 'cidr':
      throw new Error('event pattern: cidr is not simulated');
    default:
      throw new Error(`event pattern: there is no operator ${operator}`);
  }
}

function anythingBut(operand: unknown): Matcher {
  if (operand !== null && typeof operand === 'object' && !Array.isArray(operand)) {
    // prefix, suffix, wildcard, equals-ignore-case, each with one value or a list.
    const [operator, values] = Object.entries(operand)[0]!;
    const matchers = [values].flat().map((value) => matcherOf({ [operator]: value }));
    return (value) => !matchers.some((matches) => matches(value));
  }
  const excluded = [operand].flat();
  return (value) => !excluded.includes(value);
}

function numeric(conditions: readonly unknown[], value: number): boolean {
  for (let i = 0; i < conditions.length; i += 2) {
    const bound = conditions[i + 1] as number;
    const comparisons: Record<string, boolean> = { '=': value === bound, '<': value < bound, '<=': value <= bound, '>': value > bound, '>=': value >= bound };
    const holds = comparisons[String(conditions[i])];
    if (holds === undefined) throw new Error(`event pattern: numeric has no operator ${String(conditions[i])}`);
    if (!holds) return false;
  }
  return true;
}

/** `*` is any text; `\*` and `\\` are the characters. */
function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\[*\\]|[\s\S]/g, (token) => {
    if (token === '*') return '[\\s\\S]*';
    return (token.length === 2 ? token[1]! : token).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}
