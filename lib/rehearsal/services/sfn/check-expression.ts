import type { State } from './definition';
import { expressionText, isExpression } from './expression';
import { expressionNeeds } from './free-variables';

/** Members of `$states` that a field can read beside `input` and `context` (guide, "Passing data between states with variables"). */
export interface Availability {
  readonly result?: boolean;
  readonly errorOutput?: boolean;
}

/** Unicode identifiers of at most 80 characters (guide, same page, "Variable name syntax"). */
const VARIABLE_NAME = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

/** Checks expressions without running them: do they parse, do the variables they read exist in their scope. */
export class ExpressionCheck {
  public constructor(private readonly report: (place: string, problem: string) => void) {}

  /** @returns the variables that states of this scope can read: what any of them assigns, and the outer ones */
  public enter(states: Record<string, State>, outer: ReadonlySet<string> | undefined, place: string): ReadonlySet<string> {
    const scope = new Set(outer);
    for (const [name, state] of Object.entries(states)) {
      for (const assign of assignments(state)) {
        for (const variable of Object.keys(assign)) {
          const at = `${place}/States/${name}`;
          if (!VARIABLE_NAME.test(variable) || variable === 'states') this.report(at, `Assign: "${variable}" cannot be the name of a variable`);
          // Guide, same page: an inner scope cannot assign a name that an outer scope uses.
          if (outer?.has(variable)) this.report(at, `Assign: variable "${variable}" belongs to an outer scope`);
          scope.add(variable);
        }
      }
    }
    return scope;
  }

  public value(value: unknown, place: string, scope: ReadonlySet<string>, available: Availability): void {
    if (Array.isArray(value)) {
      value.forEach((item, index) => this.value(item, `${place}/${index}`, scope, available));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) this.value(member, `${place}/${key}`, scope, available);
    } else if (isExpression(value)) {
      this.expression(expressionText(value), place, scope, available);
    } else if (typeof value === 'string' && (value.trim().startsWith('{%') || value.trim().endsWith('%}'))) {
      this.report(place, `${JSON.stringify(value)}: an expression is the whole string, from {% to %}`);
    }
  }

  private expression(text: string, place: string, scope: ReadonlySet<string>, available: Availability): void {
    let needs;
    try {
      needs = expressionNeeds(text);
    } catch (error) {
      this.report(place, `is not JSONata: ${(error as Error).message} in ${text}`);
      return;
    }
    if (needs.root) this.report(place, `$$ does not exist in Step Functions, in ${text}`);
    for (const name of needs.variables) {
      if (!scope.has(name)) this.report(place, `$${name} is neither a function of Step Functions nor assigned in this scope, in ${text}`);
    }
    for (const member of needs.states) {
      const here = member === 'input' || member === 'context' || available[member as keyof Availability];
      if (!here) this.report(place, `$states.${member} is not available here, in ${text}`);
    }
  }
}

function assignments(state: State): Record<string, unknown>[] {
  const rules: unknown[] = [state, ...(Array.isArray(state?.Catch) ? state.Catch : []), ...(Array.isArray(state?.Choices) ? state.Choices : [])];
  const assigns = rules.map((rule) => (rule as State | undefined)?.Assign);
  return assigns.filter((assign) => typeof assign === 'object' && assign !== null);
}
