import jsonata from 'jsonata';
import { StatesError } from './states-error';

/**
 * JSONata in state machines: a string is an expression only when all of it is wrapped in `{% … %}` (Step Functions guide,
 * "Transforming data with JSONata in Step Functions"). Everything else is a literal.
 */
export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}') && value.length >= 4;
}

/** What is inside `{% … %}`. */
export function expressionText(value: string): string {
  return value.slice(2, -2).trim();
}

/** Parsing is the expensive part and every state runs many times. An expression holds no state between evaluations. */
const parsed = new Map<string, jsonata.Expression>();

export function parseExpression(text: string): jsonata.Expression {
  let expression = parsed.get(text);
  if (!expression) {
    expression = jsonata(text);
    parsed.set(text, expression);
  }
  return expression;
}

/** @throws StatesError States.QueryEvaluationError when the expression fails or gives nothing: JSON has no undefined. */
export async function evaluateExpression(value: string, bindings: Record<string, unknown>, field: string): Promise<unknown> {
  const text = expressionText(value);
  const failed = (what: string): StatesError =>
    new StatesError('States.QueryEvaluationError', `The JSONata expression '${text}' specified for the field '${field}' ${what}`);
  let result: unknown;
  try {
    result = await parseExpression(text).evaluate(undefined, bindings);
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    throw failed(`threw an error during evaluation. ${code ? `${code}: ` : ''}${message ?? String(error)}`);
  }
  if (result === undefined) throw failed('returned nothing (undefined).');
  // The round trip drops JSONata's marks on sequences and shares nothing with variables.
  const json = JSON.stringify(result, (_key, part: unknown) => {
    if (typeof part === 'function' || (typeof part === 'object' && part !== null && '_jsonata_lambda' in part)) throw failed('returned a function.');
    return part;
  });
  if (json === undefined) throw failed('returned a function.');
  return JSON.parse(json);
}

/** Evaluates every expression in a JSON value; keys are never expressions. */
export async function evaluateTemplate(value: unknown, bindings: Record<string, unknown>, field: string): Promise<unknown> {
  if (isExpression(value)) return evaluateExpression(value, bindings, field);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) items.push(await evaluateTemplate(item, bindings, `${field}/${index}`));
    return items;
  }
  if (typeof value === 'object' && value !== null) {
    const members: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) members[key] = await evaluateTemplate(member, bindings, `${field}/${key}`);
    return members;
  }
  return value;
}
