/** Context of a request: keys in lower case, because IAM compares key names without case. */
export type ConditionContext = ReadonlyMap<string, string | readonly string[]>;

/** A policy that IAM itself would refuse, or that uses something not simulated. Never a reason to guess. */
export class PolicyError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'PolicyError';
  }
}

type Matcher = (text: string) => boolean;

const compiled = new Map<string, Matcher>();

/**
 * Pattern with `*` and `?`; policy variables are put in as literal text. A variable that the context does not hold matches nothing
 * (IAM User Guide, "IAM policy elements: Variables and tags").
 */
export function matches(pattern: string, text: string, context: ConditionContext | undefined, ignoreCase = false): boolean {
  if (!context || !pattern.includes('${')) return matcher(pattern, ignoreCase)(text);
  const source = withVariables(pattern, context);
  return source !== undefined && new RegExp(`^${source}$`, 's').test(text);
}

function matcher(pattern: string, ignoreCase: boolean): Matcher {
  const key = ignoreCase ? `i${pattern}` : `s${pattern}`;
  let found = compiled.get(key);
  if (!found) compiled.set(key, (found = compile(pattern, ignoreCase)));
  return found;
}

function compile(pattern: string, ignoreCase: boolean): Matcher {
  if (pattern === '*') return () => true;
  if (!ignoreCase && !/[*?]/.test(pattern)) return (text) => text === pattern;
  const expression = new RegExp(`^${globSource(pattern)}$`, ignoreCase ? 'is' : 's');
  return (text) => expression.test(text);
}

const patternParts = new Map<string, readonly string[]>();

/** The six parts of an ARN are compared one by one, as ArnLike and Resource do. */
export function matchesArn(pattern: string, arn: string, context: ConditionContext | undefined): boolean {
  if (pattern === '*') return true;
  let wanted = patternParts.get(pattern);
  if (!wanted) {
    wanted = arnParts(pattern);
    if (!wanted) throw new PolicyError(`'${pattern}' is no ARN: it needs six parts separated by colons`);
    patternParts.set(pattern, wanted);
  }
  const given = plainArnParts(arn);
  return given !== undefined && wanted.every((part, i) => matches(part, given[i]!, context));
}

/** Text with its policy variables put in, or undefined when one is missing. Wildcards keep no meaning. */
export function substitute(text: string, context: ConditionContext): string | undefined {
  if (!text.includes('${')) return text;
  const parts = split(text).map((part) => (typeof part === 'string' ? part : valueOf(part.variable, context)));
  return parts.includes(undefined) ? undefined : parts.join('');
}

function arnParts(pattern: string): string[] | undefined {
  // Colons inside of a policy variable do not part an ARN.
  const masked = pattern.replaceAll(/\$\{[^}]*\}/g, (variable) => variable.replaceAll(':', '\u0000'));
  return plainArnParts(masked)?.map((part) => part.replaceAll('\u0000', ':'));
}

function plainArnParts(arn: string): string[] | undefined {
  const parts: string[] = [];
  let start = 0;
  while (parts.length < 5) {
    const end = arn.indexOf(':', start);
    if (end < 0) return undefined;
    parts.push(arn.slice(start, end));
    start = end + 1;
  }
  parts.push(arn.slice(start));
  return parts;
}

function globSource(pattern: string): string {
  return escape(pattern).replaceAll('\\*', '.*').replaceAll('\\?', '.');
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function withVariables(pattern: string, context: ConditionContext): string | undefined {
  let source = '';
  for (const part of split(pattern)) {
    if (typeof part === 'string') source += globSource(part);
    else {
      const value = valueOf(part.variable, context);
      if (value === undefined) return undefined;
      source += escape(value);
    }
  }
  return source;
}

function split(text: string): (string | { variable: string })[] {
  return text.split(/(\$\{[^}]*\})/).map((part) => (part.startsWith('${') ? { variable: part.slice(2, -1) } : part));
}

/** `${*}`, `${?}` and `${$}` stand for the character; `${key, 'default'}` has a default. */
function valueOf(variable: string, context: ConditionContext): string | undefined {
  if (variable === '*' || variable === '?' || variable === '$') return variable;
  const parsed = /^\s*([\w-]+:[\w:/=.@+-]+)\s*(?:,\s*'([^']*)'\s*)?$/.exec(variable);
  if (!parsed) throw new PolicyError(`'\${${variable}}' is no policy variable`);
  const value = context.get(parsed[1]!.toLowerCase()) ?? parsed[2];
  // IAM: multi-valued keys cannot be used as variables.
  return typeof value === 'string' ? value : undefined;
}
