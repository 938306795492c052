import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkShape } from '../../lib/rehearsal/aws/schema-check';
import { serviceIds, serviceModel } from '../../lib/rehearsal/aws/sdk-registry';
import { shapeOf, type Structure } from '../../lib/rehearsal/aws/shape';
import { enumMembers } from '../../scripts/enum-members';

const root = resolve(__dirname, '../..');

function problems(service: string, operation: string, input: unknown): string[] {
  const model = serviceModel(service)!;
  return checkShape(model.operations.get(operation)!.input, input, model).map((problem) => problem.message);
}

describe('the SDK schemas', () => {
  test.each(serviceIds)('of %s put the required members first, as the type declarations name them', (id) => {
    const folder = join(root, 'node_modules/@aws-sdk', `client-${id}`, 'dist-types/models');
    const files = readdirSync(folder).filter((name) => /^models_\d+\.d\.ts$/.test(name));
    const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const declared = new Map([...text.matchAll(/export interface (\w+) \{([\s\S]*?)\n\}/g)].map((match) => [match[1]!, match[2]!]));
    let compared = 0;
    for (const value of Object.values(serviceModel(id)!.sdk)) {
      if (!Array.isArray(value) || value[0] !== 3) continue;
      const shape = shapeOf(value) as Structure;
      const body = declared.get(shape.name);
      if (body === undefined) continue;
      // Optional streams and documents may lack `| undefined`; required members never have a question mark.
      const required = [...body.matchAll(/\n {4}(\w+): [^\n]*;/g)].map((match) => match[1]!);
      expect({ [shape.name]: [...shape.required].sort() }).toEqual({ [shape.name]: required.sort() });
      compared++;
    }
    expect(compared).toBeGreaterThan(1);
  });

  test('have the enum members that enum-members.json says', () => {
    expect(readFileSync(join(root, 'lib/rehearsal/aws/enum-members.json'), 'utf8')).toBe(enumMembers());
  });
});

describe('the schema check', () => {
  test('lets a complete input pass, with null and undefined for what is absent', () => {
    const input = {
      EndpointConfigName: 'flight-delay-v1',
      ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: 'm', InitialInstanceCount: 1, InstanceType: 'ml.m5.large', InitialVariantWeight: 1.5 }],
      Tags: undefined,
      KmsKeyId: null,
    };
    expect(problems('sagemaker', 'CreateEndpointConfig', input)).toEqual([]);
  });

  test('names an unknown member with its path, and the nearest that is known', () => {
    expect(problems('sagemaker', 'CreateModel', { ModelName: 'm', ExecutionRole: 'r', PrimaryContainer: { Image: 'i', Enviroment: {} } })).toEqual([
      'Unknown member ExecutionRole in CreateModelInput; did you mean ExecutionRoleArn?',
      'Unknown member PrimaryContainer.Enviroment in ContainerDefinition; did you mean Environment?',
    ]);
  });

  test('names missing required members at every depth', () => {
    expect(problems('sagemaker', 'CreateEndpointConfig', { ProductionVariants: [{ ModelName: 'm' }] })).toEqual([
      'Missing required member ProductionVariants[0].VariantName of ProductionVariant',
      'Missing required member EndpointConfigName of CreateEndpointConfigInput',
    ]);
  });

  test('does not ask for idempotency tokens, which the SDK fills in', () => {
    expect(problems('sagemaker', 'CreatePipeline', { PipelineName: 'p', RoleArn: 'r' })).toEqual([]);
  });

  test.each([
    ['sagemaker', 'CreateModel', { ModelName: 3 }, 'ModelName must be a string, but is the number 3'],
    ['sagemaker', 'CreateModel', { ModelName: 'm', Containers: {} }, 'Containers must be a list, but is a structure'],
    ['sagemaker', 'CreateModel', { ModelName: 'm', PrimaryContainer: 'image' }, 'PrimaryContainer must be a structure, but is the string "image"'],
    ['sagemaker', 'CreateModel', { ModelName: 'm', PrimaryContainer: { Environment: { A: 1 } } }, "PrimaryContainer.Environment['A'] must be a string, but is the number 1"],
    ['sagemaker', 'CreateModel', { ModelName: 'm', EnableNetworkIsolation: 'true' }, 'EnableNetworkIsolation must be a boolean, but is the string "true"'],
    ['sagemaker', 'ListModels', { CreationTimeAfter: '2001-01-01' }, 'CreationTimeAfter must be a Date, but is the string "2001-01-01"'],
    ['sagemaker', 'ListModels', { CreationTimeAfter: new Date('never') }, 'CreationTimeAfter is an invalid Date'],
    ['cloudwatch', 'GetMetricData', { StartTime: new Date(0), EndTime: new Date(0), MetricDataQueries: [null] }, 'MetricDataQueries[0] must be a value, but is null'],
    ['sns', 'Publish', { Message: 'm', MessageAttributes: { a: { DataType: 'Binary', BinaryValue: 7 } } }, "MessageAttributes['a'].BinaryValue must be bytes, but is the number 7"],
    ['s3', 'PutObject', { Bucket: 'b', Key: 'k', Body: { not: 'a stream' } }, 'Body must be bytes, but is a structure'],
    ['sfn', 'StartExecution', [], 'The input must be a structure, but is a list'],
  ])('%s %s %j: %s', (service, operation, input, message) => {
    expect(problems(service, operation, input)).toEqual([message]);
  });

  test('knows enums that the type declarations name, in lists too', () => {
    expect(problems('sagemaker', 'UpdateModelPackage', { ModelPackageArn: 'a', ModelApprovalStatus: 'approved' })).toEqual([
      "Value 'approved' at ModelApprovalStatus must be a value of its enum; did you mean Approved?",
    ]);
    expect(problems('cloudwatch', 'PutMetricAlarm', { AlarmName: 'a', Statistic: 'P99', ComparisonOperator: 'LessThanThreshold' })).toEqual([
      "Value 'P99' at Statistic must be one of [Average, Maximum, Minimum, SampleCount, Sum]",
    ]);
    expect(problems('cloudwatch', 'DescribeAlarms', { AlarmTypes: ['MetricAlarm', 'MetricAlarms'] })[0]).toContain('AlarmTypes[1]');
  });

  test('a union needs exactly one member', () => {
    const job = (AutoMLProblemTypeConfig: object): object => ({
      AutoMLJobName: 'j',
      AutoMLJobInputDataConfig: [],
      OutputDataConfig: { S3OutputPath: 's3://b/k' },
      AutoMLProblemTypeConfig,
      RoleArn: 'r',
    });
    const tabular = { TabularJobConfig: { TargetAttributeName: 'delayed' } };
    expect(problems('sagemaker', 'CreateAutoMLJobV2', job(tabular))).toEqual([]);
    expect(problems('sagemaker', 'CreateAutoMLJobV2', job({ ...tabular, TextClassificationJobConfig: { ContentColumn: 'c', TargetLabelColumn: 't' } }))).toEqual([
      'AutoMLProblemTypeConfig is a union and needs exactly one member, but 2 are set',
    ]);
    expect(problems('sagemaker', 'CreateAutoMLJobV2', job({}))).toEqual(['AutoMLProblemTypeConfig is a union and needs exactly one member, but 0 are set']);
  });
});
