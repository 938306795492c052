import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestRecord } from '../../lib/rehearsal/aws/record';
import type { StackResult } from '../../lib/rehearsal/assembly/stack-result';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';

export const START = Date.parse('2001-02-01T00:00:00Z');
export const MINUTE = 60_000;
/** Of endpoints in the templates. */
export const IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1';

export type Resources = Record<
  string,
  {
    Type: string;
    Properties?: Record<string, unknown>;
    DependsOn?: string | string[];
    Condition?: string;
    Metadata?: unknown;
    DeletionPolicy?: string;
    UpdateReplacePolicy?: string;
  }
>;

/** Role that a service may assume, with one inline policy. */
export function role(service: string, ...statements: { Action: string | string[]; Resource: unknown }[]): Resources[string] {
  const PolicyDocument = { Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }] },
      Policies: statements.length > 0 ? [{ PolicyName: 'inline', PolicyDocument }] : [],
    },
  };
}

/** Function whose code is the asset of that name. */
export function lambda(asset: string, roleId: string, environment: Record<string, unknown> = {}): Resources[string] {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: { 'Fn::GetAtt': [roleId, 'Arn'] },
      Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: `${asset}.zip` },
      Environment: { Variables: environment },
    },
  };
}

/** Model, configuration and endpoint (`Endpoint`, called `shop`) of a template; its containers answer 1. */
export function endpoint(config: Record<string, unknown> = {}, variant: Record<string, unknown> = {}, update: Record<string, unknown> = {}): Resources {
  const instances = { InstanceType: 'ml.m5.large', InitialInstanceCount: 1 };
  return {
    ServingRole: role('sagemaker.amazonaws.com', { Action: ['ecr:*', 's3:*', 'cloudwatch:DescribeAlarms'], Resource: '*' }),
    Model: { Type: 'AWS::SageMaker::Model', Properties: { ExecutionRoleArn: { 'Fn::GetAtt': ['ServingRole', 'Arn'] }, PrimaryContainer: { Image: IMAGE } } },
    Config: {
      Type: 'AWS::SageMaker::EndpointConfig',
      Properties: {
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
            InitialVariantWeight: 1,
            ...('ServerlessConfig' in variant ? {} : instances),
            ...variant,
          },
        ],
        ...config,
      },
    },
    Endpoint: { Type: 'AWS::SageMaker::Endpoint', Properties: { EndpointName: 'shop', EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] }, ...update } },
  };
}

/** A cloud assembly written by hand, deployed. */
export class PlatformWorld {
  public readonly records: RequestRecord[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'platform-'));
  private simulation: RunningSimulation | undefined;
  private assemblies = 0;

  /** @param code source of `index.js` by asset name */
  public async deploy(resources: Resources, code: Record<string, string> = {}, more: Record<string, unknown> = {}): Promise<RunningSimulation> {
    const assembly = this.assembly(resources, code, more);
    this.simulation = await createSimulation({
      assembly,
      start: START,
      seed: 1,
      record: (record) => this.records.push(record),
      imageFolders: { [IMAGE]: join(assembly, 'image') },
      serving: () => ({
        start: () => Promise.resolve(),
        stop: () => Promise.resolve(),
        invoke: () => Promise.resolve({ status: 200, contentType: 'text/csv', headers: {}, body: Buffer.from('1\n') }),
      }),
    });
    return this.simulation;
  }

  /** Deploys another template over the first, or another stack. @param code its keys tell code of the same asset name apart */
  public async update(resources: Resources, code: Record<string, string> = {}, more: Record<string, unknown> = {}, stackName = 'Test'): Promise<StackResult> {
    const [result] = await this.simulation!.deploy(this.assembly(resources, code, more, stackName));
    return result!;
  }

  /** Folder of a cloud assembly with one stack. */
  private assembly(resources: Resources, code: Record<string, string>, more: Record<string, unknown>, stackName = 'Test'): string {
    const folder = join(this.folder, String(++this.assemblies));
    mkdirSync(join(folder, 'image'), { recursive: true });
    const write = (file: string, content: unknown): void => writeFileSync(join(folder, file), JSON.stringify(content));
    const files: Record<string, unknown> = {};
    for (const [name, source] of Object.entries(code)) {
      mkdirSync(join(folder, `asset.${name}`), { recursive: true });
      writeFileSync(join(folder, `asset.${name}`, 'index.js'), source);
      files[name] = { source: { path: `asset.${name}`, packaging: 'zip' }, destinations: { d: { bucketName: 'assets-${AWS::AccountId}', objectKey: `${name}.zip` } } };
    }
    write('manifest.json', {
      artifacts: {
        [stackName]: { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties: { templateFile: 'Test.json' }, dependencies: ['Test.assets'] },
        'Test.assets': { type: 'cdk:asset-manifest', properties: { file: 'Test.assets.json' } },
      },
    });
    write('Test.assets.json', { files });
    write('Test.json', { Resources: resources, ...more });
    return folder;
  }

  /** A request of the operator, as an action of its own. */
  public call(service: string, operation: string, input: Record<string, unknown>): Promise<any> {
    return this.simulation!.perform(() => this.simulation!.invokeOperator(service, operation, input));
  }

  /** Result of a function, parsed. */
  public async invoke(FunctionName: string, payload: unknown = {}): Promise<{ error: string | undefined; value: any }> {
    const { Payload, FunctionError } = await this.call('lambda', 'Invoke', { FunctionName, Payload: Buffer.from(JSON.stringify(payload)) });
    return { error: FunctionError, value: JSON.parse(Buffer.from(Payload).toString()) };
  }

  public async advance(minutes: number): Promise<void> {
    const { clock } = this.simulation!;
    await clock.runUntil(clock.now() + minutes * MINUTE);
  }

  public async close(): Promise<void> {
    await this.simulation?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
