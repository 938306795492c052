import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, type EvaluationRequest } from '../../lib/rehearsal/aws/iam/evaluate';
import type { PolicyDocument, PolicyStatement, Principal } from '../../lib/rehearsal/kernel/simulation';

const roleArn = 'arn:aws:iam::111122223333:role/service/Trainer';
const role: Principal = { arn: roleArn };
const root: Principal = { arn: 'arn:aws:iam::111122223333:root', root: true };
const events: Principal = { arn: 'events.amazonaws.com', service: 'events.amazonaws.com' };
const object = 'arn:aws:s3:::lake/curated/flight/part-1.csv';

function policy(...Statement: Partial<PolicyStatement>[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: Statement.map((statement) => ({ Effect: 'Allow', ...statement })) as PolicyStatement[] };
}

function decide(request: Partial<EvaluationRequest>): ReturnType<typeof evaluate> {
  return evaluate({ principal: role, action: 's3:GetObject', resource: object, context: {}, identityPolicies: [], resourcePolicies: [], ...request });
}

const identity = (statement: Partial<PolicyStatement>, request: Partial<EvaluationRequest> = {}): boolean =>
  decide({ ...request, identityPolicies: [policy(statement)] }).allowed;

const byResource = (statement: Partial<PolicyStatement> & Record<string, unknown>, request: Partial<EvaluationRequest> = {}): boolean =>
  decide({ ...request, resourcePolicies: [policy({ Action: '*', Resource: '*', ...statement })] }).allowed;

describe('actions', () => {
  test.each([
    ['s3:GetObject', true],
    ['S3:getobject', true],
    ['s3:Get*', true],
    ['s3:Get?bject', true],
    ['s3:GetObject?', false],
    ['s3:*', true],
    ['*', true],
    ['s3:GetObjectVersion', false],
    ['sagemaker:*', false],
    [['sqs:*', 's3:GetObject'], true],
  ])('%s → %s', (Action, allowed) => {
    expect(identity({ Action, Resource: '*' })).toBe(allowed);
  });

  test('NotAction covers all but what it names', () => {
    expect(identity({ NotAction: 's3:Put*', Resource: '*' })).toBe(true);
    expect(identity({ NotAction: ['s3:Get*', 'iam:*'], Resource: '*' })).toBe(false);
  });
});

describe('resources', () => {
  test.each([
    ['*', true],
    [object, true],
    ['arn:aws:s3:::lake/*', true],
    ['arn:aws:s3:::lake/*/part-?.csv', true],
    ['arn:aws:s3:::LAKE/*', false],
    ['arn:aws:s3:::lake', false],
    ['arn:*:s3:*:*:lake/*', true],
    ['arn:aws:*:lake/*', 'no ARN'],
    ['arn:aws:s3:::${aws:PrincipalTag/bucket}/*', true],
    ['arn:aws:s3:::${aws:PrincipalTag/missing}/*', false],
    ["arn:aws:s3:::${aws:PrincipalTag/missing, 'lake'}/*", true],
    ['arn:aws:s3:::lake/${aws:PrincipalTag/star}', false],
    ['lake/*', 'no ARN'],
  ])('%s → %s', (Resource, expected) => {
    const check = (): boolean => identity({ Action: 's3:*', Resource }, { context: { 'aws:PrincipalTag/bucket': 'lake', 'aws:PrincipalTag/star': '*' } });
    if (typeof expected === 'string') expect(check).toThrow(expected);
    else expect(check()).toBe(expected);
  });

  test('an action without a resource of its own needs Resource *', () => {
    expect(identity({ Action: 's3:*', Resource: '*' }, { resource: '*' })).toBe(true);
    expect(identity({ Action: 's3:*', Resource: 'arn:aws:s3:::*' }, { resource: '*' })).toBe(false);
  });

  test('NotResource covers all but what it names', () => {
    expect(identity({ Action: 's3:*', NotResource: 'arn:aws:s3:::lake/secret/*' })).toBe(true);
    expect(identity({ Action: 's3:*', NotResource: ['arn:aws:s3:::lake/curated/*'] })).toBe(false);
  });
});

describe('conditions', () => {
  const context = {
    'aws:PrincipalArn': roleArn,
    'aws:SecureTransport': 'true',
    'aws:CurrentTime': '2001-02-01T12:00:00Z',
    'aws:SourceIp': '192.0.2.17',
    'aws:TagKeys': ['model', 'owner'],
    's3:max-keys': '10',
    's3:prefix': 'curated/flight',
    'iam:PassedToService': 'sagemaker.amazonaws.com',
  };
  test.each<[string, string, unknown, boolean]>([
    ['StringEquals', 'iam:PassedToService', 'sagemaker.amazonaws.com', true],
    ['StringEquals', 'IAM:passedtoservice', ['x', 'sagemaker.amazonaws.com'], true],
    ['StringEquals', 'iam:PassedToService', 'SageMaker.amazonaws.com', false],
    ['StringEquals', 's3:missing', 'x', false],
    ['StringEqualsIfExists', 's3:missing', 'x', true],
    ['StringEqualsIfExists', 's3:prefix', 'x', false],
    ['StringNotEquals', 's3:prefix', ['x', 'y'], true],
    ['StringNotEquals', 's3:prefix', ['x', 'curated/flight'], false],
    ['StringNotEquals', 's3:missing', 'x', true],
    ['StringEqualsIgnoreCase', 's3:prefix', 'CURATED/flight', true],
    ['StringNotEqualsIgnoreCase', 's3:prefix', 'CURATED/flight', false],
    ['StringEquals', 'aws:PrincipalArn', '${aws:PrincipalArn}', true],
    ['StringLike', 's3:prefix', 'curated/*', true],
    ['StringLike', 's3:prefix', 'Curated/*', false],
    ['StringLike', 's3:prefix', 'curated/${*}', false],
    ['StringNotLike', 's3:prefix', 'raw/*', true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/service/*', true],
    ['ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*', true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:sts::*:role/*', false],
    ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/*', true],
    ['ArnNotEquals', 'aws:PrincipalArn', roleArn, false],
    ['Bool', 'aws:SecureTransport', 'true', true],
    ['Bool', 'aws:SecureTransport', false, false],
    ['BoolIfExists', 'aws:MultiFactorAuthPresent', 'true', true],
    ['Null', 's3:missing', 'true', true],
    ['Null', 's3:prefix', true, false],
    ['Null', 's3:prefix', 'false', true],
    ['NumericEquals', 's3:max-keys', 10, true],
    ['NumericNotEquals', 's3:max-keys', '10.0', false],
    ['NumericLessThan', 's3:max-keys', '10', false],
    ['NumericLessThanEquals', 's3:max-keys', '10', true],
    ['NumericGreaterThan', 's3:max-keys', '9', true],
    ['NumericGreaterThanEquals', 's3:max-keys', '11', false],
    ['DateLessThan', 'aws:CurrentTime', '2001-02-02T00:00:00Z', true],
    ['DateLessThanEquals', 'aws:CurrentTime', '2001-02-01T12:00:00Z', true],
    ['DateGreaterThan', 'aws:CurrentTime', '981028800', false],
    ['DateGreaterThanEquals', 'aws:CurrentTime', '981028800', true],
    ['DateEquals', 'aws:CurrentTime', '2001-02-01T13:00:00+01:00', true],
    ['DateNotEquals', 'aws:CurrentTime', '2001-02-01', true],
    ['IpAddress', 'aws:SourceIp', '192.0.2.0/24', true],
    ['IpAddress', 'aws:SourceIp', ['198.51.100.0/24', '2001:db8::/32'], false],
    ['NotIpAddress', 'aws:SourceIp', '192.0.2.0/24', false],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['model', 'owner', 'cost'], true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['model'], false],
    ['ForAllValues:StringEquals', 'aws:missing', ['model'], true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['owner'], true],
    ['ForAnyValue:StringLike', 'aws:TagKeys', ['own*'], true],
    ['ForAnyValue:StringEquals', 'aws:missing', ['model'], false],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['owner'], true],
    ['ForAllValues:StringNotEquals', 'aws:TagKeys', ['owner'], false],
  ])('%s %s %j → %s', (operator, key, value, allowed) => {
    expect(identity({ Action: '*', Resource: '*', Condition: { [operator]: { [key]: value as string } } }, { context })).toBe(allowed);
  });

  test('operators and keys are ANDed', () => {
    const both = (prefix: string, keys: number): boolean =>
      identity({ Action: '*', Resource: '*', Condition: { StringEquals: { 's3:prefix': prefix }, NumericEquals: { 's3:max-keys': keys } } }, { context });
    expect([both('curated/flight', 10), both('curated/flight', 11), both('raw', 10)]).toEqual([true, false, false]);
  });

  test.each([
    [{ StringMatches: { 's3:prefix': 'x' } }, "Condition operator 'StringMatches' is not known"],
    [{ 'ForSomeValues:StringEquals': { 's3:prefix': 'x' } }, "Condition operator 'ForSomeValues:StringEquals' is not known"],
    [{ StringEquals: { prefix: 'x' } }, "'prefix' is no condition key"],
    [{ NumericEquals: { 's3:max-keys': 'ten' } }, "'ten' is no number"],
    [{ DateEquals: { 'aws:CurrentTime': 'today' } }, "'today' is no date"],
    [{ IpAddress: { 'aws:SourceIp': 'home' } }, "'home' is no IP address range"],
    [{ StringEquals: { 's3:prefix': { nested: true } } }, 'needs text, numbers or booleans'],
    [{ StringEquals: { 's3:prefix': '${not a variable}' } }, 'is no policy variable'],
  ])('%j is an error, not a guess', (Condition, message) => {
    expect(() => identity({ Action: '*', Resource: '*', Condition: Condition as PolicyStatement['Condition'] }, { context })).toThrow(message);
  });
});

describe('statements that IAM refuses', () => {
  test.each([
    [{ Action: '*', Resource: '*', Conditon: {} }, "unknown element 'Conditon'"],
    [{ Action: '*', NotAction: '*', Resource: '*' }, 'needs Action or NotAction'],
    [{ Resource: '*' }, 'needs Action or NotAction'],
    [{ Action: 'GetObject', Resource: '*' }, "'GetObject', which is no action"],
    [{ Action: '*', Resource: '*', NotResource: '*' }, 'both Resource and NotResource'],
    [{ Effect: 'Permit', Action: '*', Resource: '*' }, "effect 'Permit'"],
  ])('%j', (statement, message) => {
    expect(() => identity(statement as Partial<PolicyStatement>)).toThrow(message);
  });

  test('an unknown version, and variables without the version that knows them', () => {
    expect(() => decide({ identityPolicies: [{ Version: '2022', Statement: [] }] })).toThrow("version '2022'");
    const own: PolicyDocument = { Statement: { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::${aws:PrincipalAccount}/*' } };
    expect(() => decide({ identityPolicies: [own] })).toThrow('needs the version 2012-10-17');
  });
});

describe('principals of resource policies', () => {
  test.each<[string, PolicyStatement['Principal'], Principal, boolean]>([
    ['everybody', '*', role, true],
    ['everybody, as AWS', { AWS: '*' }, role, true],
    ['everybody, a service', '*', events, true],
    ['the role', { AWS: roleArn }, role, true],
    ['a session of the role', { AWS: 'arn:aws:sts::111122223333:assumed-role/Other/s' }, { arn: 'arn:aws:iam::111122223333:role/Other' }, true],
    ['another role', { AWS: [`${roleArn}2`] }, role, false],
    ['the account: left to its identity policies', { AWS: 'arn:aws:iam::111122223333:root' }, role, false],
    ['the service', { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] }, events, true],
    ['another service', { Service: 'sns.amazonaws.com' }, events, false],
    ['a service, for a role', { Service: 'events.amazonaws.com' }, role, false],
    ['the account, for a service', { AWS: '111122223333' }, events, false],
  ])('%s', (_, named, principal, allowed) => {
    expect(byResource({ Principal: named }, { principal })).toBe(allowed);
  });

  test('a Deny of the account is a Deny of everybody in it', () => {
    const deny = policy({ Effect: 'Deny', Principal: { AWS: '111122223333' }, Action: '*', Resource: '*' });
    const identityPolicies = [policy({ Action: '*', Resource: '*' })];
    expect(decide({ identityPolicies, resourcePolicies: [deny] })).toEqual({ allowed: false, reason: 'with an explicit deny in a resource-based policy' });
    expect(decide({ principal: root, resourcePolicies: [deny] }).allowed).toBe(false);
    expect(decide({ principal: { arn: 'arn:aws:iam::444455556666:role/X' }, identityPolicies, resourcePolicies: [deny] }).allowed).toBe(true);
  });

  test('NotPrincipal denies all others', () => {
    const deny = policy({ Effect: 'Deny', NotPrincipal: { AWS: roleArn }, Action: '*', Resource: '*' } as never);
    const identityPolicies = [policy({ Action: '*', Resource: '*' })];
    expect(decide({ identityPolicies, resourcePolicies: [deny] }).allowed).toBe(true);
    expect(decide({ principal: { arn: `${roleArn}2` }, identityPolicies, resourcePolicies: [deny] }).allowed).toBe(false);
    expect(() => byResource({ NotPrincipal: { AWS: roleArn } })).toThrow('NotPrincipal with Allow');
  });

  test.each([
    [{ Robot: 'x' }, "Principal type 'Robot' is not known"],
    [{ AWS: 'arn:aws:iam::111122223333:role/*' }, 'is no AWS principal'],
    ['everyone', "Principal 'everyone' is not known"],
    [undefined, 'needs Principal or NotPrincipal'],
  ])('%j is an error', (named, message) => {
    expect(() => byResource({ Principal: named as never })).toThrow(message);
  });
});

describe('the decision', () => {
  const allowAll = policy({ Action: '*', Resource: '*' });
  const denyGet = policy({ Effect: 'Deny', Action: 's3:Get*', Resource: '*' });

  test('says in the words of AWS why not', () => {
    expect(decide({}).reason).toBe('because no identity-based policy allows the s3:GetObject action');
    expect(decide({ identityPolicies: [allowAll, denyGet] }).reason).toBe('with an explicit deny in an identity-based policy');
    expect(decide({ principal: events }).reason).toBe('because no resource-based policy allows the s3:GetObject action');
  });

  test('the root of the account and services have no identity policies', () => {
    expect(decide({ principal: root, identityPolicies: [denyGet] }).allowed).toBe(true);
    expect(decide({ principal: events, identityPolicies: [allowAll] }).allowed).toBe(false);
  });

  test('KMS: the key policy allows the principal, or leaves it to IAM by allowing the account', () => {
    const key = 'arn:aws:kms:us-east-1:111122223333:key/k';
    const decrypt = (identityPolicies: PolicyDocument[], ...keyPolicy: Partial<PolicyStatement>[]): boolean =>
      decide({ action: 'kms:Decrypt', resource: key, identityPolicies, resourcePolicies: [policy(...keyPolicy)] }).allowed;
    const toAccount = { Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
    const toRole = { Principal: { AWS: roleArn }, Action: 'kms:Decrypt', Resource: '*' };
    const mine = policy({ Action: 'kms:Decrypt', Resource: key });
    expect(decrypt([mine])).toBe(false);
    expect(decrypt([mine], toAccount)).toBe(true);
    expect(decrypt([], toAccount)).toBe(false);
    expect(decrypt([], toRole)).toBe(true);
    expect(decrypt([mine], { ...toAccount, Action: 'kms:Encrypt' })).toBe(false);
    expect(decrypt([mine], toAccount, { ...toRole, Effect: 'Deny' })).toBe(false);
  });
});

describe('for any policies', () => {
  const actions = ['s3:GetObject', 's3:PutObject', 'kms:Decrypt', 'sagemaker:CreateModel'];
  const resources = [object, 'arn:aws:s3:::lake', 'arn:aws:kms:us-east-1:111122223333:key/k', '*'];
  const pattern = (words: string[]): fc.Arbitrary<string> =>
    fc.oneof(fc.constant('*'), fc.constantFrom(...words), fc.constantFrom(...words.filter((word) => word !== '*')).map((word) => word.replace(/[^:/]*$/, '*')));
  const condition = fc.oneof(
    fc.constant(undefined),
    fc.constantFrom('StringEquals', 'StringNotEquals', 'StringLikeIfExists', 'ForAllValues:StringLike', 'ForAnyValue:StringEquals').chain((operator) =>
      fc.constantFrom('a', 'b', '*').map((value) => ({ [operator]: { 's3:x': value } })),
    ),
  );
  const element = (name: 'Action' | 'Resource', words: string[]): fc.Arbitrary<Partial<PolicyStatement>> =>
    fc.tuple(fc.boolean(), fc.array(pattern(words), { minLength: 1, maxLength: 2 })).map(([not, values]) => ({ [not ? `Not${name}` : name]: values }));
  const statement = (effect: 'Allow' | 'Deny', withPrincipal: boolean): fc.Arbitrary<PolicyStatement> =>
    fc
      .tuple(element('Action', actions), element('Resource', resources), condition, fc.constantFrom<PolicyStatement['Principal'][]>('*', { AWS: roleArn }, { AWS: '111122223333' }, { Service: 'events.amazonaws.com' }))
      .map(([action, resource, Condition, Principal]) => ({
        Effect: effect,
        ...action,
        ...resource,
        ...(Condition ? { Condition } : {}),
        ...(withPrincipal ? { Principal } : {}),
      }));
  const any = (withPrincipal: boolean): fc.Arbitrary<PolicyStatement> => fc.oneof(statement('Allow', withPrincipal), statement('Allow', withPrincipal), statement('Deny', withPrincipal));
  const request = fc.record({
    principal: fc.constantFrom(role, root, events),
    action: fc.constantFrom(...actions),
    resource: fc.constantFrom(...resources),
    context: fc.constantFrom<Record<string, string | string[]>[]>({}, { 's3:x': 'a' }, { 's3:x': ['a', 'b'] }),
    identity: fc.array(any(false), { maxLength: 4 }),
    resourceBased: fc.array(any(true), { maxLength: 4 }),
  });
  type Sample = typeof request extends fc.Arbitrary<infer T> ? T : never;
  const allowed = ({ identity: own, resourceBased, ...rest }: Sample): boolean =>
    evaluate({ ...rest, identityPolicies: [{ Version: '2012-10-17', Statement: own }], resourcePolicies: [{ Version: '2012-10-17', Statement: resourceBased }] }).allowed;

  test('a Deny of everything always wins', () => {
    fc.assert(
      fc.property(request, (sample) => {
        expect(allowed({ ...sample, resourceBased: [...sample.resourceBased, { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }] })).toBe(false);
      }),
    );
  });

  test('one more Allow never takes access away', () => {
    fc.assert(
      fc.property(request, statement('Allow', false), statement('Allow', true), (sample, own, based) => {
        const before = allowed(sample);
        const after = allowed({ ...sample, identity: [own, ...sample.identity], resourceBased: [...sample.resourceBased, based] });
        expect(before && !after).toBe(false);
      }),
    );
  });

  test('one more Deny never gives access', () => {
    fc.assert(
      fc.property(request, statement('Deny', false), statement('Deny', true), (sample, own, based) => {
        const before = allowed(sample);
        const after = allowed({ ...sample, identity: [...sample.identity, own], resourceBased: [based, ...sample.resourceBased] });
        expect(!before && after).toBe(false);
      }),
    );
  });

  test('the order of statements does not matter', () => {
    fc.assert(
      fc.property(request, (sample) => {
        const reversed = { ...sample, identity: sample.identity.toReversed(), resourceBased: sample.resourceBased.toReversed() };
        expect(allowed(reversed)).toBe(allowed(sample));
      }),
    );
  });

  test('a pattern made of the text itself matches, and a star in a value stays a star', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '(', '[', '\\', '+', '/') }), (text) => {
        const literal = text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
        expect(identity({ Action: '*', Resource: `arn:aws:s3:::b/${literal}` }, { resource: `arn:aws:s3:::b/${text}` })).toBe(true);
        if (text.includes('*')) {
          expect(identity({ Action: '*', Resource: `arn:aws:s3:::b/${literal}` }, { resource: `arn:aws:s3:::b/${text.replace('*', 'xyz')}` })).toBe(false);
        }
      }),
    );
  });
});
