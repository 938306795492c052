import { describe, expect, test } from 'vitest';
import type { ResourceRequest, SimulatedService } from '../../lib/rehearsal/kernel/simulation';
import { IamService } from '../../lib/rehearsal/services/iam';
import { StsService } from '../../lib/rehearsal/services/sts';
import { allow, FakeService, fixture, role, root } from './gateway-fixture';

function iam(...others: SimulatedService[]): IamService {
  const services = new Map(others.map((service) => [service.id, service]));
  const service = new IamService({ clock: { now: () => 0 }, services, account: '111122223333', region: 'us-east-1', partition: 'aws' });
  services.set('iam', service);
  return service;
}

function create(service: IamService, type: keyof IamService['resources'], logicalId: string, properties: Record<string, unknown>): ReturnType<IamService['resources'][typeof type]> {
  const request: ResourceRequest = { type, logicalId, properties, constructPath: `Stack/${logicalId}`, stackName: 'Stack', assembly: '' };
  return service.resources[type](request);
}

const trust = (service: string, condition?: object): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service }, ...(condition ? { Condition: condition } : {}) }],
});

const arn = 'arn:aws:iam::111122223333:role/Trainer';

describe('roles of the template', () => {
  test('gather inline, attached and managed policies', () => {
    const service = iam();
    const managed = create(service, 'AWS::IAM::ManagedPolicy', 'Shared', { PolicyDocument: allow('s3:*'), ManagedPolicyName: 'shared', Path: '/ml/' });
    expect(managed.ref).toBe('arn:aws:iam::111122223333:policy/ml/shared');
    const created = create(service, 'AWS::IAM::Role', 'Trainer', {
      AssumeRolePolicyDocument: trust('sagemaker.amazonaws.com'),
      Policies: [{ PolicyName: 'inline', PolicyDocument: allow('kms:Decrypt') }],
      ManagedPolicyArns: [managed.ref, 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
    });
    expect(created).toMatchObject({ ref: 'Trainer', attributes: { Arn: arn } });
    create(service, 'AWS::IAM::Policy', 'DefaultPolicy', { PolicyName: 'default', Roles: ['Trainer'], PolicyDocument: allow('sagemaker:CreateModel') });
    expect(service.policiesOf(arn)).toEqual([allow('kms:Decrypt'), allow('sagemaker:CreateModel'), allow('s3:*'), allow(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'])]);
  });

  test('may be taken on by the services that they trust', () => {
    const service = iam();
    const created = create(service, 'AWS::IAM::Role', 'Role', { RoleName: 'Named', Path: '/p/', AssumeRolePolicyDocument: trust('states.amazonaws.com') });
    const named = created.attributes!.Arn as string;
    expect(named).toBe('arn:aws:iam::111122223333:role/p/Named');
    expect(service.mayAssume(named, 'states.amazonaws.com')).toBe(true);
    expect(service.mayAssume(named, 'lambda.amazonaws.com')).toBe(false);
    expect(service.mayAssume('arn:aws:iam::111122223333:role/Named', 'states.amazonaws.com')).toBe(false);
    const own = trust('scheduler.amazonaws.com', { StringEquals: { 'aws:SourceAccount': '111122223333' } });
    const foreign = trust('scheduler.amazonaws.com', { StringEquals: { 'aws:SourceAccount': '444455556666' } });
    create(service, 'AWS::IAM::Role', 'Own', { AssumeRolePolicyDocument: own });
    create(service, 'AWS::IAM::Role', 'Foreign', { AssumeRolePolicyDocument: foreign });
    expect(service.mayAssume('arn:aws:iam::111122223333:role/Own', 'scheduler.amazonaws.com')).toBe(true);
    expect(service.mayAssume('arn:aws:iam::111122223333:role/Foreign', 'scheduler.amazonaws.com')).toBe(false);
  });

  test('are asked in process with the resource policies of the other services', () => {
    const bucketPolicy = { Version: '2012-10-17', Statement: { Effect: 'Deny' as const, Principal: '*' as const, Action: 's3:DeleteObject', Resource: '*' } };
    const service = iam(new FakeService('s3', {}, () => [], bucketPolicy));
    create(service, 'AWS::IAM::Role', 'Trainer', {
      AssumeRolePolicyDocument: trust('sagemaker.amazonaws.com'),
      Policies: [{ PolicyName: 'p', PolicyDocument: allow('s3:*', 'arn:aws:s3:::lake/*') }],
    });
    expect(service.allows(role, { action: 's3:GetObject', resource: 'arn:aws:s3:::lake/k' })).toBe(true);
    expect(service.allows(role, { action: 's3:GetObject', resource: 'arn:aws:s3:::other/k' })).toBe(false);
    expect(service.allows(role, { action: 's3:DeleteObject', resource: 'arn:aws:s3:::lake/k' })).toBe(false);
  });

  test('fail where they are made when the rehearsal cannot know what they allow', () => {
    const service = iam();
    const base = { AssumeRolePolicyDocument: trust('lambda.amazonaws.com') };
    expect(() => create(service, 'AWS::IAM::Role', 'R', { ...base, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })).toThrow(
      'arn:aws:iam::111122223333:role/R uses the managed policy arn:aws:iam::aws:policy/AdministratorAccess, whose content the rehearsal does not know',
    );
    expect(() => create(service, 'AWS::IAM::Role', 'R', { ...base, PermissionsBoundary: 'arn' })).toThrow('permissions boundaries are not simulated');
    expect(() => create(service, 'AWS::IAM::Policy', 'P', { PolicyName: 'p', Roles: ['Nobody'], PolicyDocument: allow('s3:*') })).toThrow("Stack/P is for the role 'Nobody'");
    expect(() => create(service, 'AWS::IAM::Policy', 'P', { PolicyName: 'p', Roles: [], PolicyDocument: { Statement: [{ Effect: 'Allow', Actions: 's3:*' }] } })).toThrow(
      "Stack/P: Statement",
    );
    expect(() => service.policiesOf('arn:aws:iam::111122223333:role/Nobody')).toThrow('was created from the template');
  });
});

describe('STS', () => {
  test('says who the caller is, without any permission', async () => {
    const { gateway } = fixture(new StsService(), iam());
    expect(await gateway.call(root, 'sts', 'GetCallerIdentity', {})).toEqual({ Account: '111122223333', Arn: root.arn, UserId: '111122223333' });
    expect(await gateway.call(role, 'sts', 'GetCallerIdentity', {})).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:sts::111122223333:assumed-role/Trainer/rehearsal',
    });
  });
});
