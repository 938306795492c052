import type { PolicyDocument, PolicyStatement } from '../../kernel/simulation';
import { conditionHolds } from './conditions';
import { matches, matchesArn, PolicyError, type ConditionContext } from './patterns';

/** One request as policies see it. */
export interface PolicyRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

const elements = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];
const checked = new WeakMap<PolicyDocument, readonly PolicyStatement[]>();

/** The statements of a policy. @throws PolicyError when it holds what IAM does not know */
export function statementsOf(policy: PolicyDocument): readonly PolicyStatement[] {
  let statements = checked.get(policy);
  if (!statements) {
    if (policy.Version !== undefined && policy.Version !== '2012-10-17' && policy.Version !== '2008-10-17') {
      throw new PolicyError(`Policy version '${policy.Version}' is not known`);
    }
    statements = asList(policy.Statement);
    // The older version, which is also the default, knows no variables: they would be literal text, which nobody means.
    if (policy.Version !== '2012-10-17' && JSON.stringify(statements).includes('${')) {
      throw new PolicyError('A policy with variables needs the version 2012-10-17');
    }
    statements.forEach(check);
    checked.set(policy, statements);
  }
  return statements;
}

function check(statement: PolicyStatement): void {
  const where = `Statement ${statement.Sid ?? JSON.stringify(statement).slice(0, 120)}`;
  const unknown = Object.keys(statement).find((name) => !elements.includes(name));
  if (unknown !== undefined) throw new PolicyError(`${where} has the unknown element '${unknown}'`);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw new PolicyError(`${where} has the effect '${String(statement.Effect)}'`);
  if ((statement.Action === undefined) === (statement.NotAction === undefined)) throw new PolicyError(`${where} needs Action or NotAction`);
  if (statement.Resource !== undefined && statement.NotResource !== undefined) throw new PolicyError(`${where} has both Resource and NotResource`);
  for (const action of [...asList(statement.Action ?? []), ...asList(statement.NotAction ?? [])]) {
    if (action !== '*' && !/^[\w-]+:[\w*?-]+$/.test(action)) throw new PolicyError(`${where} names '${action}', which is no action`);
  }
}

/** Action, resource and condition; the principal of a resource policy is the caller's to compare. */
export function appliesTo(statement: PolicyStatement, request: PolicyRequest): boolean {
  const { action, resource, context } = request;
  const named = (patterns: string | string[]): boolean => asList(patterns).some((pattern) => matches(pattern, action, undefined, true));
  if (statement.Action !== undefined ? !named(statement.Action) : named(statement.NotAction!)) return false;
  const covered = (patterns: string | string[]): boolean => asList(patterns).some((pattern) => matchesArn(pattern, resource, context));
  // Trust policies have no Resource.
  if (statement.Resource !== undefined && resource !== '*' && !covered(statement.Resource)) return false;
  if (statement.Resource !== undefined && resource === '*' && !asList(statement.Resource).includes('*')) return false;
  if (statement.NotResource !== undefined && covered(statement.NotResource)) return false;
  return statement.Condition === undefined || conditionHolds(statement.Condition, context);
}

export function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
