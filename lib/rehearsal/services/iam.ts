import { evaluate } from '../aws/iam/evaluate';
import { PolicyError } from '../aws/iam/patterns';
import { statementsOf } from '../aws/iam/statement';
import { Authorizer, type AuthorizerOptions, type IdentityPolicies } from '../aws/authorizer';
import type { Authorization, CreatedResource, ExistingResource, PolicyDocument, Principal, ResourceLifecycle, ResourceRequest } from '../kernel/simulation';
import { awsManagedPolicy } from './iam-managed-policies';
import type { Iam } from './iam-access';
import { OperationTable, parsePolicy, type Operation } from './operations';

export interface IamOptions extends AuthorizerOptions {
  readonly partition: string;
}

interface Role {
  readonly arn: string;
  readonly trust: PolicyDocument;
  readonly managed: string[];
  /** By policy name: AWS::IAM::Policy puts its document here as well. */
  readonly inline: Map<string, PolicyDocument>;
}

/** Roles and policies of the template: who may do what. It has no API of its own in the rehearsal. */
export class IamService extends OperationTable implements Iam, IdentityPolicies {
  public readonly id = 'iam';
  public readonly resources = {
    'AWS::IAM::Role': (request: ResourceRequest) => this.createRole(request),
    'AWS::IAM::Policy': (request: ResourceRequest) => this.createPolicy(request),
    'AWS::IAM::ManagedPolicy': (request: ResourceRequest) => this.createManagedPolicy(request),
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::IAM::Role': {
      update: (request, existing) => this.updateRole(request, existing),
      delete: ({ ref }) => {
        this.deleted.add(this.roles.get(ref)!.arn);
        this.roles.delete(ref);
      },
    },
    'AWS::IAM::Policy': {
      update: (request, { request: old }) => {
        this.detachInline(old);
        return this.createPolicy(request);
      },
      delete: ({ request }) => this.detachInline(request),
    },
    'AWS::IAM::ManagedPolicy': {
      update: (request, { ref, request: old }) => {
        this.detachManaged(ref, old);
        return this.createManagedPolicy(request);
      },
      delete: ({ ref, request }) => {
        this.detachManaged(ref, request);
        this.managed.delete(ref);
      },
    },
  };
  protected readonly operations: Record<string, Operation> = {};
  /** ARNs of roles that are gone; whatever still acts with them may do nothing. */
  private readonly deleted = new Set<string>();
  private readonly roles = new Map<string, Role>();
  private readonly managed = new Map<string, PolicyDocument>();
  private readonly authorizer: Authorizer;

  public constructor(private readonly options: IamOptions) {
    super();
    this.authorizer = new Authorizer(options);
  }

  public override inventory(): string[] {
    return [...[...this.roles.values()].map(({ arn }) => arn), ...this.managed.keys()];
  }

  /** Identity policies of the role. @throws when the template has no such role */
  public policiesOf(roleArn: string): readonly PolicyDocument[] {
    const role = this.roleByArn(roleArn);
    if (!role && this.deleted.has(roleArn)) return [];
    if (!role) throw new PolicyError(`No role with the ARN ${roleArn} was created from the template`);
    return [...role.inline.values(), ...role.managed.map((arn) => this.managedPolicy(arn, role.arn))];
  }

  /** Whether the trust policy lets an AWS service take the role on. */
  public mayAssume(roleArn: string, servicePrincipal: string): boolean {
    const role = this.roleByArn(roleArn);
    if (!role) return false;
    const service: Principal = { arn: servicePrincipal, service: servicePrincipal };
    const context = { 'aws:SourceAccount': this.options.account, 'aws:PrincipalIsAWSService': 'true' };
    return evaluate({ principal: service, action: 'sts:AssumeRole', resource: roleArn, context, identityPolicies: [], resourcePolicies: [role.trust] }).allowed;
  }

  public allows(principal: Principal, authorization: Authorization): boolean {
    return this.authorizer.decide(principal, authorization).allowed;
  }

  private createRole(request: ResourceRequest): CreatedResource {
    const { RoleName, Path, AssumeRolePolicyDocument, Policies = [], ManagedPolicyArns = [], PermissionsBoundary } = request.properties;
    if (PermissionsBoundary !== undefined) throw new PolicyError(`${request.constructPath}: permissions boundaries are not simulated`);
    const name: string = RoleName ?? generatedName(request);
    const arn = `arn:${this.options.partition}:iam::${this.options.account}:role${Path ?? '/'}${name}`;
    const inline = new Map((Policies as { PolicyName: string; PolicyDocument: unknown }[]).map((policy) => [policy.PolicyName, checked(policy.PolicyDocument, request)]));
    for (const policy of ManagedPolicyArns as string[]) this.managedPolicy(policy, arn);
    this.roles.set(name, { arn, trust: checked(AssumeRolePolicyDocument, request), managed: [...(ManagedPolicyArns as string[])], inline });
    return { ref: name, attributes: { Arn: arn, RoleId: `AROA${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '').padEnd(17, 'A').slice(0, 17)}` } };
  }

  /** What other resources attached to the role stays. */
  private updateRole(request: ResourceRequest, { ref, request: { properties: old } }: ExistingResource): CreatedResource {
    const previous = this.roles.get(ref)!;
    const created = this.createRole(request);
    const role = this.roles.get(ref)!;
    const own = new Set(((old.Policies ?? []) as { PolicyName: string }[]).map(({ PolicyName }) => PolicyName));
    for (const [name, document] of previous.inline) if (!own.has(name) && !role.inline.has(name)) role.inline.set(name, document);
    const ownManaged = new Set((old.ManagedPolicyArns ?? []) as string[]);
    role.managed.push(...previous.managed.filter((arn) => !ownManaged.has(arn) && !role.managed.includes(arn)));
    return created;
  }

  private detachInline({ properties }: ResourceRequest): void {
    for (const name of (properties.Roles ?? []) as string[]) this.roles.get(name)?.inline.delete(properties.PolicyName as string);
  }

  private detachManaged(arn: string, { properties }: ResourceRequest): void {
    for (const name of (properties.Roles ?? []) as string[]) {
      const managed = this.roles.get(name)?.managed ?? [];
      if (managed.includes(arn)) managed.splice(managed.indexOf(arn), 1);
    }
  }

  private createPolicy(request: ResourceRequest): CreatedResource {
    const { PolicyName, PolicyDocument, Roles = [] } = request.properties;
    const document = checked(PolicyDocument, request);
    for (const name of Roles as string[]) this.roleByName(name, request).inline.set(PolicyName as string, document);
    return { ref: request.logicalId, attributes: { Id: request.logicalId } };
  }

  private createManagedPolicy(request: ResourceRequest): CreatedResource {
    const { ManagedPolicyName, Path, PolicyDocument, Roles = [] } = request.properties;
    const arn = `arn:${this.options.partition}:iam::${this.options.account}:policy${Path ?? '/'}${ManagedPolicyName ?? generatedName(request)}`;
    this.managed.set(arn, checked(PolicyDocument, request));
    for (const name of Roles as string[]) this.roleByName(name, request).managed.push(arn);
    return { ref: arn, attributes: { PolicyArn: arn } };
  }

  private managedPolicy(arn: string, user: string): PolicyDocument {
    const policy = this.managed.get(arn) ?? awsManagedPolicy(arn, this.options.partition);
    if (!policy) throw new PolicyError(`${user} uses the managed policy ${arn}, whose content the rehearsal does not know; write its statements inline`);
    return policy;
  }

  private roleByName(name: string, request: ResourceRequest): Role {
    const role = this.roles.get(name);
    if (!role) throw new PolicyError(`${request.constructPath} is for the role '${name}', which is not in the template`);
    return role;
  }

  private roleByArn(arn: string): Role | undefined {
    const role = this.roles.get(arn.slice(arn.lastIndexOf('/') + 1));
    return role?.arn === arn ? role : undefined;
  }
}

/** CloudFormation's names end in random characters; roles are unique by logical id here. */
function generatedName({ logicalId, generation }: ResourceRequest): string {
  return generation === undefined ? logicalId : `${logicalId}-${generation}`;
}

/** Reads a policy and finds at once what the evaluator does not know. */
function checked(document: unknown, request: ResourceRequest): PolicyDocument {
  const policy = parsePolicy(document);
  try {
    statementsOf(policy);
  } catch (error) {
    throw error instanceof PolicyError ? new PolicyError(`${request.constructPath}: ${error.message}`) : error;
  }
  return policy;
}
