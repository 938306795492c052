import { parseExpression } from './expression';
import { FUNCTION_NAMES } from './functions';

/** What an expression needs from outside, found in its syntax tree. */
export interface ExpressionNeeds {
  /** Variables it reads and does not bind itself. */
  readonly variables: Set<string>;
  /** Members of `$states` it reads by name. */
  readonly states: Set<string>;
  /** Mentions `$$`, which Step Functions does not have. */
  readonly root: boolean;
}

/** @throws the parser's error when the expression is not JSONata */
export function expressionNeeds(text: string): ExpressionNeeds {
  const used = new Set<string>();
  const bound = new Set<string>();
  const states = new Set<string>();
  let root = false;
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || node instanceof RegExp) return;
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    const { type, value, lhs, steps, arguments: parameters, focus, index } = node as Record<string, any>;
    if (type === 'variable') {
      if (value === '$') root = true;
      else if (value !== '') used.add(String(value));
    }
    if (type === 'bind') bound.add(String(lhs?.value));
    if (type === 'lambda') for (const parameter of parameters ?? []) bound.add(String(parameter.value));
    // `@$name` and `#$name` bind the context and its position.
    if (typeof focus === 'string') bound.add(focus);
    if (typeof index === 'string') bound.add(index);
    if (type === 'path' && steps?.[0]?.type === 'variable' && steps[0].value === 'states' && steps[1]?.type === 'name') {
      states.add(String(steps[1].value));
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseExpression(text).ast());
  const variables = new Set([...used].filter((name) => !bound.has(name) && !FUNCTION_NAMES.has(name) && name !== 'states'));
  return { variables, states, root };
}
