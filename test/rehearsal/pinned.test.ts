import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as ml from '../../lib';
import type { ChampionPointer } from '../../lib/deployment/deployment.contract';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import type { StackResult } from '../../lib/rehearsal/assembly/stack-result';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';
import type { SageMakerService } from '../../lib/rehearsal/services/sagemaker';

const MODEL = 'churn';
const IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/churn:1';

interface Asked {
  readonly version?: number;
  readonly canarySize?: number;
  readonly samplingPercentage?: number;
  /** Something else in the stack fails after the release has been proven. */
  readonly failsLater?: boolean;
}

const folders: string[] = [];

function synthesize({ version, samplingPercentage, failsLater }: Asked): string {
  const folder = mkdtempSync(join(tmpdir(), 'pinned-'));
  folders.push(folder);
  const app = new App({ outdir: folder });
  const stack = new Stack(app, 'Churn', { env: { account: '111122223333', region: 'us-east-1' } });
  const columns = [
    { name: 'basket', type: ml.ColumnType.NUMBER, role: ml.ColumnRole.FEATURE },
    { name: 'left', type: ml.ColumnType.BOOLEAN, role: ml.ColumnRole.LABEL },
  ];
  const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
    modelName: MODEL,
    owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
    trainingData: ml.TrainingData.fromBucket(new ml.DataLake(stack, 'Lake'), { contract: ml.DataContract.of({ columns }) }),
    training: ml.Training.container(ml.ContainerImage.fromEcrRepository(Repository.fromRepositoryName(stack, 'Image', MODEL), '1')),
    deployment: ml.Deployment.pinned({
      version,
      by: ml.Deployment.canary({ canarySize: 50, waitInterval: Duration.minutes(10), endpoint: ml.Endpoint.realTime({ instanceCount: 2, samplingPercentage }) }),
    }),
  });
  if (failsLater) {
    const broken = new CfnResource(stack, 'Broken', { type: 'Custom::Nothing', properties: { ServiceToken: 'nobody' } });
    broken.node.addDependency(pipeline.pinnedDeployment!);
  }
  app.synth();
  return folder;
}

describe('a pinned deployment, released by stack updates', () => {
  let simulation: RunningSimulation;

  const aws = (service: string, operation: string, input: Record<string, unknown>): Promise<any> => simulation.perform(() => simulation.invokeOperator(service, operation, input));
  const bucket = (): string => simulation.resource('Lake/Bucket', 'AWS::S3::Bucket').ref;

  async function deploy(asked: Asked): Promise<StackResult> {
    return (await simulation.deploy(synthesize(asked)))[0]!;
  }

  /** A failure says why. */
  const told = ({ status, reason }: StackResult): string => (reason === undefined ? status : `${status}: ${reason}`);

  async function register(status = 'Approved'): Promise<string> {
    const key = `artifacts/${MODEL}/model.tar.gz`;
    await aws('s3', 'PutObject', { Bucket: bucket(), Key: key, Body: 'a model' });
    const { ModelPackageArn } = await aws('sagemaker', 'CreateModelPackage', {
      ModelPackageGroupName: MODEL,
      InferenceSpecification: { Containers: [{ Image: IMAGE, ModelDataUrl: `s3://${bucket()}/${key}` }], SupportedContentTypes: ['text/csv'], SupportedResponseMIMETypes: ['text/csv'] },
      ModelApprovalStatus: status,
    });
    return ModelPackageArn as string;
  }

  async function json<T>(key: string): Promise<T> {
    const { Body } = await aws('s3', 'GetObject', { Bucket: bucket(), Key: key });
    return JSON.parse(await Body.transformToString()) as T;
  }

  async function outcomes(): Promise<string[]> {
    const { Contents } = await aws('s3', 'ListObjectsV2', { Bucket: bucket(), Prefix: `state/${MODEL}/ledger/entries/` });
    const entries: string[] = [];
    // One after the other: only one thing at a time drives the clock.
    for (const { Key } of (Contents ?? []) as { Key: string }[]) {
      const { workflow, outcome, detail } = await json<LedgerEntry>(Key);
      if (workflow === 'deployment') entries.push(`${outcome} ${(detail as { version: number }).version}`);
    }
    return entries;
  }

  const champion = (): Promise<ChampionPointer> => json<ChampionPointer>(`state/${MODEL}/champion.json`);
  const served = (): string => simulation.service<SageMakerService>('sagemaker').endpoint(MODEL)!.endpointConfigName;

  beforeAll(async () => {
    simulation = await createSimulation({
      assembly: synthesize({}),
      start: Date.UTC(2001, 2, 4, 5),
      seed: 1,
      imageFolders: { [IMAGE]: __dirname },
      serving: () => ({ start: async () => undefined, stop: async () => undefined, invoke: () => Promise.reject(new Error('nobody asks this fleet')) }),
    });
    for (const status of ['Approved', 'Approved', 'PendingManualApproval']) await register(status);
  }, 60_000);
  afterAll(async () => {
    await simulation.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  beforeEach(() => expect(simulation.defects).toEqual([]));

  it('deploys nothing until a version is named', () => {
    expect(simulation.service<SageMakerService>('sagemaker').endpoint(MODEL)).toBeUndefined();
  });

  it('creates the endpoint, proves it, and names the champion', async () => {
    expect(told(await deploy({ version: 1 }))).toBe('UPDATE_COMPLETE');
    expect(await champion()).toMatchObject({ version: 1, endpointName: MODEL, endpointConfigName: served() });
    expect(await outcomes()).toEqual(['DEPLOYED 1']);
  });

  it('releases another version with alarms that watch the new fleet, and removes the old configuration', async () => {
    const before = served();
    expect(told(await deploy({ version: 2 }))).toBe('UPDATE_COMPLETE');
    expect(served()).not.toBe(before);
    expect(await champion()).toMatchObject({ version: 2, endpointConfigName: served() });
    expect(await outcomes()).toEqual(['DEPLOYED 1', 'DEPLOYED 2']);
    const { MetricAlarms } = await aws('cloudwatch', 'DescribeAlarms', { AlarmNamePrefix: `${MODEL}-pinned-` });
    expect(MetricAlarms).toHaveLength(2);
    for (const alarm of MetricAlarms) expect(JSON.stringify(alarm)).toContain(served());
    await expect(aws('sagemaker', 'DescribeEndpointConfig', { EndpointConfigName: before })).rejects.toThrow(/Could not find/);
  });

  it('does nothing when an approval comes, or the same is deployed again', async () => {
    const before = served();
    await aws('sagemaker', 'UpdateModelPackage', { ModelPackageArn: `arn:aws:sagemaker:us-east-1:111122223333:model-package/${MODEL}/1`, ModelApprovalStatus: 'Approved' });
    await simulation.clock.runUntil(simulation.clock.now() + 3_600_000);
    expect((await deploy({ version: 2 })).status).toBe('UNCHANGED');
    expect(served()).toBe(before);
    expect(await outcomes()).toHaveLength(2);
  });

  it('refuses a version that nobody approved, before anything changes', async () => {
    const before = served();
    const result = await deploy({ version: 3 });
    expect(result).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', reason: expect.stringContaining('version 3 is not approved: its status is PendingManualApproval') });
    expect(served()).toBe(before);
    expect(await outcomes()).toHaveLength(2);
  });

  it('fails the stack when SageMaker rolled back silently, which CloudFormation calls a success', async () => {
    const before = await champion();
    simulation.faults.add({ type: 'silent-rollback', id: 'silent', endpointName: MODEL, times: 1 });
    await register();
    const result = await deploy({ version: 4 });
    simulation.faults.remove('silent');
    expect(result).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', reason: expect.stringMatching(/endpoint serves .*, not .*: SageMaker rolled the deployment back/) });
    expect(await champion()).toEqual(before);
    expect(served()).toBe(before.endpointConfigName);
    expect(await outcomes()).toEqual(['DEPLOYED 1', 'DEPLOYED 2', 'ROLLED_BACK 4']);
    const { CustomerMetadataProperties } = await aws('sagemaker', 'DescribeModelPackage', { ModelPackageName: `arn:aws:sagemaker:us-east-1:111122223333:model-package/${MODEL}/4` });
    expect(CustomerMetadataProperties).toMatchObject({ deploymentOutcome: 'ROLLED_BACK' });
  });

  it('records once when CloudFormation itself fails before the check', async () => {
    simulation.faults.add({ type: 'request', id: 'refused', service: 'sagemaker', operation: 'UpdateEndpoint', code: 'ResourceLimitExceeded', statusCode: 400, times: 1 });
    expect(told(await deploy({ version: 4 }))).toMatch(/^UPDATE_ROLLBACK_COMPLETE: .*Injected fault refused/);
    expect(await outcomes()).toEqual(['DEPLOYED 1', 'DEPLOYED 2', 'ROLLED_BACK 4', 'ROLLED_BACK 4']);
    expect(await champion()).toMatchObject({ version: 2, endpointConfigName: served() });
  });

  it('goes back, with the pointer, when something else in the stack fails after the release', async () => {
    expect(told(await deploy({ version: 4, failsLater: true }))).toMatch(/^UPDATE_ROLLBACK_COMPLETE: .*Broken/);
    expect(await champion()).toMatchObject({ version: 2, endpointConfigName: served() });
    expect((await outcomes()).slice(4)).toEqual(['DEPLOYED 4', 'DEPLOYED 2']);
  });

  it('releases another configuration of the same version', async () => {
    const before = served();
    expect(told(await deploy({ version: 2, samplingPercentage: 50 }))).toBe('UPDATE_COMPLETE');
    expect(served()).not.toBe(before);
    expect(await champion()).toMatchObject({ version: 2, endpointConfigName: served() });
    expect((await outcomes()).slice(6)).toEqual(['DEPLOYED 2']);
  });

  it('leaves nothing of SageMaker but the registry when the stack goes', async () => {
    expect(await simulation.destroy()).toMatchObject([{ status: 'DELETE_COMPLETE' }]);
    expect(simulation.inventory().filter((arn) => arn.includes(':sagemaker:'))).toEqual([`arn:aws:sagemaker:us-east-1:111122223333:model-package-group/${MODEL}`]);
  });
});
