import type { Authorization, PolicyDocument, Principal, SimulatedService } from '../kernel/simulation';
import { evaluate, type Decision } from './iam/evaluate';

export interface AuthorizerOptions {
  readonly clock: { now(): number };
  readonly services: ReadonlyMap<string, SimulatedService>;
  readonly account: string;
  readonly region: string;
}

/** The service that knows the policies of roles. */
export interface IdentityPolicies extends SimulatedService {
  policiesOf(roleArn: string): readonly PolicyDocument[];
}

/** Finds the policies that a request meets, adds the global condition keys, and lets the evaluator decide. */
export class Authorizer {
  public constructor(private readonly options: AuthorizerOptions) {}

  public decide(principal: Principal, authorization: Authorization): Decision {
    const { action, resource } = authorization;
    const byIdentity = principal.root !== true && principal.service === undefined;
    return evaluate({
      principal,
      action,
      resource,
      context: { ...this.globalKeys(principal, resource), ...principal.context, ...authorization.context },
      identityPolicies: byIdentity ? this.identity().policiesOf(principal.arn) : [],
      resourcePolicies: this.resourcePolicies(resource),
    });
  }

  /** IAM User Guide, "AWS global condition context keys". */
  private globalKeys(principal: Principal, resource: string): Record<string, string> {
    const { account, region, clock } = this.options;
    const now = clock.now();
    const keys: Record<string, string> = {
      'aws:SecureTransport': 'true',
      'aws:CurrentTime': new Date(now).toISOString(),
      'aws:EpochTime': String(Math.floor(now / 1000)),
      'aws:RequestedRegion': region,
      'aws:ResourceAccount': resource.split(':')[4] || account,
      'aws:PrincipalIsAWSService': String(principal.service !== undefined),
    };
    if (principal.service !== undefined) {
      return { ...keys, 'aws:PrincipalServiceName': principal.service, 'aws:SourceAccount': account };
    }
    const type = principal.root === true ? 'Account' : 'AssumedRole';
    return { ...keys, 'aws:PrincipalArn': principal.arn, 'aws:PrincipalAccount': principal.arn.split(':')[4] || account, 'aws:PrincipalType': type };
  }

  private resourcePolicies(arn: string): PolicyDocument[] {
    const policies: PolicyDocument[] = [];
    for (const service of this.options.services.values()) {
      const policy = service.resourcePolicy?.(arn);
      if (policy) policies.push(policy);
    }
    return policies;
  }

  private identity(): IdentityPolicies {
    const service = this.options.services.get('iam');
    if (!service) throw new Error('A role makes a request, but no service with the id iam knows its policies');
    return service as IdentityPolicies;
  }
}

/** `arn:aws:iam::1:role/path/Name` acts as `arn:aws:sts::1:assumed-role/Name/session`; AWS names the session in its messages. */
export function callerName(principal: Principal): string {
  const role = /^arn:([\w-]+):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(principal.arn);
  return role ? `arn:${role[1]}:sts::${role[2]}:assumed-role/${role[3]}/rehearsal` : principal.arn;
}
