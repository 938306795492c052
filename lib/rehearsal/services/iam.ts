import { evaluate } from '../aws/iam/evaluate';
import { PolicyError } from '../aws/iam/patterns';
import { statementsOf } from '../aws/iam/statement';
import { Authorizer, type AuthorizerOptions, type IdentityPolicies } from '../aws/authorizer';
import type { Authorization, CreatedResource, PolicyDocument, Principal, ResourceRequest } from '../kernel/simulation';
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
  protected readonly operations: Record<string, Operation> = {};
  private readonly roles = new Map<string, Role>();
  private readonly managed = new Map<string, PolicyDocument>();
  private readonly authorizer: Authorizer;

  public constructor(private readonly options: IamOptions) {
    super();
    this.authorizer = new Authorizer(options);
  }

  /** Identity policies of the role. @throws when the template has no such role */
  public policiesOf(roleArn: string): readonly PolicyDocument[] {
    const role = this.roleByArn(roleArn);
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
    const name: string = RoleName ?? request.logicalId;
    const arn = `arn:${this.options.partition}:iam::${this.options.account}:role${Path ?? '/'}${name}`;
    const inline = new Map((Policies as { PolicyName: string; PolicyDocument: unknown }[]).map((policy) => [policy.PolicyName, checked(policy.PolicyDocument, request)]));
    for (const policy of ManagedPolicyArns as string[]) this.managedPolicy(policy, arn);
    this.roles.set(name, { arn, trust: checked(AssumeRolePolicyDocument, request), managed: [...(ManagedPolicyArns as string[])], inline });
    return { ref: name, attributes: { Arn: arn, RoleId: `AROA${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '').padEnd(17, 'A').slice(0, 17)}` } };
  }

  private createPolicy(request: ResourceRequest): CreatedResource {
    const { PolicyName, PolicyDocument, Roles = [] } = request.properties;
    const document = checked(PolicyDocument, request);
    for (const name of Roles as string[]) this.roleByName(name, request).inline.set(PolicyName as string, document);
    return { ref: request.logicalId, attributes: { Id: request.logicalId } };
  }

  private createManagedPolicy(request: ResourceRequest): CreatedResource {
    const { ManagedPolicyName, Path, PolicyDocument, Roles = [] } = request.properties;
    const arn = `arn:${this.options.partition}:iam::${this.options.account}:policy${Path ?? '/'}${ManagedPolicyName ?? request.logicalId}`;
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
