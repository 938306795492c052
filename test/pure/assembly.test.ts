import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AssetCatalogue } from '../../lib/rehearsal/assembly/asset-catalogue';
import { CloudAssembly, type Template } from '../../lib/rehearsal/assembly/cloud-assembly';
import { IntrinsicResolver } from '../../lib/rehearsal/assembly/intrinsics';
import { parameterValues } from '../../lib/rehearsal/assembly/parameters';
import { physicalName } from '../../lib/rehearsal/assembly/physical-name';
import { creationOrder, referencesOf } from '../../lib/rehearsal/assembly/references';

function resolver(template: Partial<Template> = {}): IntrinsicResolver {
  return new IntrinsicResolver({
    template: { Resources: { Bucket: { Type: 'AWS::S3::Bucket' } }, ...template },
    parameters: new Map<string, unknown>([
      ['AWS::Region', 'us-east-1'],
      ['Names', ['a', 'b']],
      ['Stage', 'prod'],
    ]),
    resource: (id) => (id === 'Bucket' ? { ref: 'bucket-name', attributes: { Arn: 'arn:aws:s3:::bucket-name', 'Nested.Value': 7 } } : undefined),
    importValue: (name) => `imported ${name}`,
    availabilityZones: (region) => [`${region}a`, `${region}b`],
    dynamicReference: (text) => text.replace('{{resolve:ssm:/x}}', 'from-ssm'),
  });
}

const CONDITIONS = {
  IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
  IsTest: { 'Fn::Not': [{ Condition: 'IsProd' }] },
  Either: { 'Fn::Or': [{ Condition: 'IsTest' }, { Condition: 'IsProd' }] },
  Both: { 'Fn::And': [{ Condition: 'IsTest' }, { Condition: 'IsProd' }] },
};

describe('intrinsic functions', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref', { Ref: 'Bucket' }, 'bucket-name'],
    ['GetAtt as list', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::bucket-name'],
    ['GetAtt as text, with a dot in the attribute', { 'Fn::GetAtt': 'Bucket.Nested.Value' }, 7],
    ['Join', { 'Fn::Join': ['/', ['s3:/', { Ref: 'Bucket' }, '*']] }, 's3://bucket-name/*'],
    ['Join over a list parameter', { 'Fn::Join': ['-', { Ref: 'Names' }] }, 'a-b'],
    ['Sub with attribute, variable and escape', { 'Fn::Sub': ['${Bucket.Arn}/${Key}/${!Literal}', { Key: { Ref: 'Stage' } }] }, 'arn:aws:s3:::bucket-name/prod/${Literal}'],
    ['Select and Split', { 'Fn::Select': [5, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Bucket', 'Arn'] }] }] }, 'bucket-name'],
    ['If', { 'Fn::If': ['IsProd', 'yes', 'no'] }, 'yes'],
    ['If with conditions on conditions', { a: { 'Fn::If': ['Either', 1, 2] }, b: { 'Fn::If': ['Both', 1, 2] } }, { a: 1, b: 2 }],
    ['NoValue in an object and in a list', { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, { b: [1] }],
    ['ImportValue', { 'Fn::ImportValue': 'Other:Arn' }, 'imported Other:Arn'],
    ['FindInMap', { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'key'] }, 'found'],
    ['FindInMap with a default', { 'Fn::FindInMap': ['Map', 'nowhere', 'key', { DefaultValue: 'fallback' }] }, 'fallback'],
    ['GetAZs', { 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b']],
    ['Base64', { 'Fn::Base64': 'text' }, 'dGV4dA=='],
    ['Length', { 'Fn::Length': { Ref: 'Names' } }, 2],
    ['ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Stage' } } }, '{"a":"prod"}'],
    ['dynamic reference', 'prefix-{{resolve:ssm:/x}}', 'prefix-from-ssm'],
    ['Condition of an IAM statement, which is none', { Condition: { StringEquals: { a: 'b' } } }, { Condition: { StringEquals: { a: 'b' } } }],
  ])('%s', (_, value, expected) => {
    expect(resolver({ Conditions: CONDITIONS, Mappings: { Map: { 'us-east-1': { key: 'found' } } } }).resolve(value)).toEqual(expected);
  });

  test.each<[unknown, RegExp]>([
    [{ Ref: 'Nothing' }, /Nothing is neither a parameter nor a resource/],
    [{ 'Fn::GetAtt': ['Bucket', 'Colour'] }, /attribute Colour of Bucket \(AWS::S3::Bucket\) is not simulated; known: Arn/],
    [{ 'Fn::Cidr': ['10.0.0.0/8', 1, 8] }, /intrinsic function Fn::Cidr is not simulated/],
    [{ 'Fn::Select': [9, ['a']] }, /no item 9/],
    [{ 'Fn::If': ['Missing', 1, 2] }, /no condition Missing/],
  ])('fails on %j', (value, message) => {
    expect(() => resolver().resolve(value)).toThrow(message);
  });

  test('leaves whatever contains none untouched', () => {
    const plain = fc.jsonValue().filter((value) => !/"(Ref|Fn::|Condition)|__proto__|\{\{resolve/.test(JSON.stringify(value)));
    fc.assert(fc.property(plain, (value) => JSON.stringify(resolver().resolve(value)) === JSON.stringify(value)));
  });
});

describe('creation order', () => {
  test('puts a resource after all that it refers to or depends on', () => {
    const Resources = {
      Function: { Type: 'F', Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, Env: { 'Fn::Sub': '${Bucket.Arn}/x' } }, DependsOn: ['Policy'] },
      Policy: { Type: 'P', Properties: { Roles: [{ Ref: 'Role' }] } },
      Bucket: { Type: 'B' },
      Role: { Type: 'R' },
    };
    const order = creationOrder({ Resources });
    for (const before of ['Role', 'Policy', 'Bucket']) expect(order.indexOf(before)).toBeLessThan(order.indexOf('Function'));
    expect(order.indexOf('Role')).toBeLessThan(order.indexOf('Policy'));
  });

  test('fails on a circle, naming it', () => {
    const Resources = { A: { Type: 'T', Properties: { x: { Ref: 'B' } } }, B: { Type: 'T', DependsOn: 'A' } };
    expect(() => creationOrder({ Resources })).toThrow('circular dependency: A → B → A');
  });

  test('does not take variables of Fn::Sub for resources', () => {
    expect([...referencesOf({ 'Fn::Sub': ['${A}${B}${!C}', { A: { Ref: 'D' } }] })].sort()).toEqual(['B', 'D']);
  });
});

describe('physical names', () => {
  test('are stack, logical id and a suffix that follows from them', () => {
    const name = physicalName({ stackName: 'Stack', logicalId: 'Topic1234' });
    expect(name).toMatch(/^Stack-Topic1234-[A-Z0-9]{12}$/);
    expect(physicalName({ stackName: 'Stack', logicalId: 'Topic1234' })).toBe(name);
    expect(physicalName({ stackName: 'Stack', logicalId: 'Topic1235' })).not.toBe(name);
  });

  test('never exceed their limit', () => {
    const id = fc.string({ minLength: 1, maxLength: 200, unit: fc.constantFrom('a', 'B', '7') });
    fc.assert(fc.property(id, id, fc.integer({ min: 40, max: 128 }), (stackName, logicalId, limit) => physicalName({ stackName, logicalId }, limit).length <= limit));
  });
});

describe('a cloud assembly', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assembly-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (path: string, content: unknown): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(content));
  };
  const stack = (templateFile: string, dependencies: string[] = [], environment = 'aws://unknown-account/unknown-region'): unknown => ({
    type: 'aws:cloudformation:stack',
    environment,
    properties: { templateFile },
    dependencies,
  });

  test('gives its stacks in the order of their dependencies, those of stages included', () => {
    write('manifest.json', {
      artifacts: {
        First: stack('a.json', ['Second', 'First.assets']),
        Second: stack('a.json'),
        'First.assets': { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
        'assembly-Prod': { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } },
      },
    });
    write('a.json', { Resources: {} });
    write('assets.json', {
      files: { h1: { source: { path: 'asset.h1', packaging: 'zip' }, destinations: { d: { bucketName: 'assets-${AWS::AccountId}-${AWS::Region}', objectKey: 'h1.zip' } } } },
      dockerImages: { h2: { source: { directory: 'asset.h2' }, destinations: { d: { repositoryName: 'repo-${AWS::AccountId}', imageTag: 'h2' } } } },
    });
    write('assembly-Prod/manifest.json', { artifacts: { ProdStack: stack('b.json', [], 'aws://444455556666/eu-west-1') } });
    write('assembly-Prod/b.json', { Resources: {} });
    const assembly = CloudAssembly.read(folder);
    expect(assembly.stacks.map(({ id, account, region }) => [id, account, region])).toEqual([
      ['Second', undefined, undefined],
      ['First', undefined, undefined],
      ['ProdStack', '444455556666', 'eu-west-1'],
    ]);
    const assets = new AssetCatalogue('111122223333', 'us-east-1', 'aws');
    for (const each of assembly.stacks) assets.add(each);
    expect(assets.file('assets-111122223333-us-east-1', 'h1.zip')).toEqual({ path: join(folder, 'asset.h1'), packaging: 'zip' });
    expect([...assets.imageFolders]).toEqual([['111122223333.dkr.ecr.us-east-1.amazonaws.com/repo-111122223333:h2', join(folder, 'asset.h2')]]);
    expect(() => assets.file('other', 'key')).toThrow('no asset s3://other/key');
  });

  test('fails when the folder is none', () => {
    expect(() => CloudAssembly.read(join(folder, 'nowhere'))).toThrow(/is no cloud assembly/);
  });

  test('takes parameters from defaults, lists and SSM', () => {
    const template = {
      Resources: {},
      Parameters: {
        Plain: { Type: 'Number', Default: 3 },
        List: { Type: 'CommaDelimitedList', Default: 'a, b' },
        Version: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/version' },
      },
    };
    write('manifest.json', { artifacts: { S: stack('t.json') } });
    write('t.json', template);
    const [artifact] = CloudAssembly.read(folder).stacks;
    const surroundings = { account: '1', region: 'cn-north-1', partition: 'aws-cn', ssmParameter: (name: string) => (name === '/version' ? '30' : undefined) };
    const values = parameterValues(artifact!, 'id', surroundings);
    expect(Object.fromEntries(values)).toMatchObject({ Plain: '3', List: ['a', 'b'], Version: '30', 'AWS::URLSuffix': 'amazonaws.com.cn', 'AWS::StackName': 'S' });
    expect(() => parameterValues(artifact!, 'id', { ...surroundings, ssmParameter: () => undefined })).toThrow('no SSM parameter "/version"');
  });
});
