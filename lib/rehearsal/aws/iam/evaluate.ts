import type { PolicyDocument, PolicyStatement, Principal } from '../../kernel/simulation';
import { PolicyError, type ConditionContext } from './patterns';
import { appliesTo, asList, statementsOf, type PolicyRequest } from './statement';

export interface EvaluationRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  readonly identityPolicies: readonly PolicyDocument[];
  readonly resourcePolicies: readonly PolicyDocument[];
}

export interface Decision {
  readonly allowed: boolean;
  /** The end of AWS's sentence: `because no identity-based policy allows the s3:GetObject action`. */
  readonly reason: string;
}

type Grantee = 'no' | 'principal' | 'account';

/**
 * Policy evaluation within one account (IAM User Guide, "Policy evaluation logic"): an explicit Deny anywhere wins; else an Allow of an
 * identity policy or of a resource policy that names the principal is enough. KMS is the exception: the key policy must allow the
 * principal, or leave it to IAM by allowing the account (KMS Developer Guide, "Key policies").
 */
export function evaluate(request: EvaluationRequest): Decision {
  const { principal, action } = request;
  const policyRequest: PolicyRequest = { action, resource: request.resource, context: contextMap(request.context) };
  const identity = principal.root === true || principal.service !== undefined ? [] : request.identityPolicies.flatMap(statementsOf);
  const resource = request.resourcePolicies
    .flatMap(statementsOf)
    .map((statement) => ({ statement, grantee: granteeOf(statement, principal) }))
    .filter(({ grantee }) => grantee !== 'no');

  if (identity.some((statement) => statement.Effect === 'Deny' && appliesTo(statement, policyRequest))) {
    return { allowed: false, reason: 'with an explicit deny in an identity-based policy' };
  }
  if (resource.some(({ statement }) => statement.Effect === 'Deny' && appliesTo(statement, policyRequest))) {
    return { allowed: false, reason: 'with an explicit deny in a resource-based policy' };
  }
  if (principal.root === true) return { allowed: true, reason: 'because the principal is the root of the account' };

  const grants = resource.filter(({ statement }) => statement.Effect === 'Allow' && appliesTo(statement, policyRequest));
  if (grants.some(({ grantee }) => grantee === 'principal')) return { allowed: true, reason: 'because a resource-based policy allows it' };
  const delegated = !/^kms:/i.test(action) || grants.some(({ grantee }) => grantee === 'account');
  if (principal.service !== undefined || !delegated) {
    return { allowed: false, reason: `because no resource-based policy allows the ${action} action` };
  }
  if (identity.some((statement) => statement.Effect === 'Allow' && appliesTo(statement, policyRequest))) {
    return { allowed: true, reason: 'because an identity-based policy allows it' };
  }
  return { allowed: false, reason: `because no identity-based policy allows the ${action} action` };
}

function contextMap(context: EvaluationRequest['context']): ConditionContext {
  return new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
}

/** Whether the statement of a resource policy is about the principal, itself or as one of the account. */
function granteeOf(statement: PolicyStatement & { NotPrincipal?: PolicyStatement['Principal'] }, principal: Principal): Grantee {
  const { Principal: named, NotPrincipal: spared } = statement;
  if ((named === undefined) === (spared === undefined)) throw new PolicyError('A statement of a resource policy needs Principal or NotPrincipal');
  if (spared !== undefined) {
    if (statement.Effect === 'Allow') throw new PolicyError('NotPrincipal with Allow would allow everybody else, anonymous callers too');
    return matchPrincipal(spared, principal) === 'principal' ? 'no' : 'principal';
  }
  return matchPrincipal(named!, principal);
}

function matchPrincipal(element: NonNullable<PolicyStatement['Principal']>, principal: Principal): Grantee {
  if (element === '*') return 'principal';
  if (typeof element !== 'object') throw new PolicyError(`Principal '${String(element)}' is not known`);
  let grantee: Grantee = 'no';
  for (const [type, values] of Object.entries(element)) {
    for (const value of asList(values)) {
      const match = matchOne(type, value, principal);
      if (match === 'principal') return match;
      if (match === 'account') grantee = match;
    }
  }
  return grantee;
}

function matchOne(type: string, value: string, principal: Principal): Grantee {
  switch (type) {
    case 'Service':
      return principal.service === value ? 'principal' : 'no';
    case 'AWS': {
      if (value === '*') return 'principal';
      if (principal.service !== undefined) return 'no';
      const account = /^(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?$/.exec(value)?.[1];
      if (account !== undefined) return principal.arn.split(':')[4] === account ? (principal.root === true ? 'principal' : 'account') : 'no';
      if (!value.startsWith('arn:') || value.includes('*')) throw new PolicyError(`'${value}' is no AWS principal`);
      return value === principal.arn || roleOfSession(value) === principal.arn ? 'principal' : 'no';
    }
    case 'Federated':
    case 'CanonicalUser':
      return 'no';
    default:
      throw new PolicyError(`Principal type '${type}' is not known`);
  }
}

/** `arn:aws:sts::1:assumed-role/Name/session` → `arn:aws:iam::1:role/Name` */
function roleOfSession(arn: string): string | undefined {
  const parsed = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\/.+$/.exec(arn);
  return parsed ? `arn:${parsed[1]}:iam::${parsed[2]}:role/${parsed[3]}` : undefined;
}
