import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { AccountRootPrincipal, Effect, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { main } from '../../lib/cli/main';
import * as ml from '../../lib';
import { type Loopback, startLoopback } from '../../lib/rehearsal/aws/loopback';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';
import type { StepFunctionsService } from '../../lib/rehearsal/services/sfn';
import { MODEL } from '../faults/fault-stacks';
import { VirtualTraffic } from '../faults/virtual-traffic';

const MINUTE = 60_000;
const IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/shop:v1';

/** Both have `grants.operate`; the onlooker is denied to start anything. */
const ROLES = ['Operator', 'Onlooker'] as const;
type RoleName = (typeof ROLES)[number];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A pipeline in the simulated AWS, and the command line beside it: the real SDK clients over HTTP, in the name of a role that has nothing
 * but `grants.operate`. Virtual time passes while the command line waits.
 */
export class CommandLineWorld {
  private last: Promise<unknown> = Promise.resolve();
  private readonly loopbacks = new Map<RoleName, Loopback>();

  public static async create(): Promise<CommandLineWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
    const app = new App({ outdir: folder, analyticsReporting: false });
    const stack = new Stack(app, 'Shop', { env: { account: '111122223333', region: 'us-east-1' } });
    const lake = new ml.DataLake(stack, 'Lake');
    const columns = [
      { name: 'basket', type: ml.ColumnType.NUMBER, role: ml.ColumnRole.FEATURE },
      { name: 'bought', type: ml.ColumnType.BOOLEAN, role: ml.ColumnRole.LABEL },
    ];
    const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
      modelName: MODEL,
      owner: ml.ModelOwner.team('shop-team', { email: 'shop-team@example.com' }),
      trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.of({ columns }) }),
      training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
      // Its windows would need a baseline, which versions that were registered by hand do not have.
      monitoring: ml.Monitoring.standard({ interval: Duration.days(1) }),
    });
    Repository.fromRepositoryName(stack, 'Image', MODEL).grantPull(pipeline.deployment!.executionRole);
    for (const name of ROLES) pipeline.grants.operate(new Role(stack, name, { assumedBy: new AccountRootPrincipal() }));
    const onlooker = stack.node.findChild('Onlooker') as Role;
    onlooker.addToPolicy(new PolicyStatement({ effect: Effect.DENY, actions: ['states:StartExecution'], resources: ['*'] }));
    app.synth();
    const told: Record<string, any>[] = [];
    const simulation = await createSimulation({
      assembly: folder,
      start: Date.UTC(2001, 2, 4, 5),
      seed: 1,
      record: ({ operation, input }) => void (operation === 'PutEvents' && told.push(JSON.parse((input as any).Entries[0].Detail))),
      imageFolders: { [IMAGE]: __dirname },
      serving: () => ({ start: async () => undefined, stop: async () => undefined, invoke: () => Promise.reject(new Error('nobody asks this fleet')) }),
    });
    const world = new CommandLineWorld(simulation, folder, told);
    for (const name of ROLES) {
      const principal = { arn: String(simulation.resource(name, 'AWS::IAM::Role').attributes?.Arn) };
      const { account, partition } = simulation;
      world.loopbacks.set(name, await startLoopback(simulation.gateway, { account, partition, principal, run: (action) => world.next(() => simulation.perform(action)) }));
    }
    return world;
  }

  private constructor(
    public readonly simulation: RunningSimulation,
    private readonly folder: string,
    /** Details of what was put on the event bus. */
    public readonly told: readonly Record<string, any>[],
  ) {
    new VirtualTraffic(simulation);
  }

  public run(...argv: string[]): Promise<Ran> {
    return this.runAs('Operator', ...argv);
  }

  public async runAs(role: RoleName, ...argv: string[]): Promise<Ran> {
    let stdout = '';
    let stderr = '';
    const code = await main([...argv, '--endpoint-url', this.url(role), '--region', 'us-east-1'], {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      environment: {},
      folder: tmpdir(),
      now: () => this.simulation.clock.now(),
      sleep: (milliseconds) => this.advance(milliseconds / MINUTE),
    });
    return { code, stdout, stderr };
  }

  public url(role: RoleName): string {
    return this.loopbacks.get(role)!.url;
  }

  public aws(service: string, operation: string, input: Record<string, unknown>): Promise<any> {
    return this.next(() => this.simulation.perform(() => this.simulation.invokeOperator(service, operation, input)));
  }

  public advance(minutes: number): Promise<void> {
    return this.next(() => this.simulation.clock.runUntil(this.simulation.clock.now() + minutes * MINUTE));
  }

  /** Until nothing runs any more. */
  public async settle(): Promise<void> {
    await this.advance(1);
    const sfn = this.simulation.service<StepFunctionsService>('sfn');
    await this.next(() => this.simulation.clock.runUntilDone(() => sfn.running().length === 0, this.simulation.clock.now() + 600 * MINUTE));
  }

  public async register(approved: boolean): Promise<string> {
    const bucket = this.simulation.resource('Lake/Bucket', 'AWS::S3::Bucket').ref;
    const key = `artifacts/${MODEL}/model.tar.gz`;
    await this.aws('s3', 'PutObject', { Bucket: bucket, Key: key, Body: 'a model' });
    const { ModelPackageArn } = await this.aws('sagemaker', 'CreateModelPackage', {
      ModelPackageGroupName: MODEL,
      InferenceSpecification: { Containers: [{ Image: IMAGE, ModelDataUrl: `s3://${bucket}/${key}` }], SupportedContentTypes: ['text/csv'], SupportedResponseMIMETypes: ['text/csv'] },
      ModelApprovalStatus: approved ? 'Approved' : 'PendingManualApproval',
    });
    return ModelPackageArn as string;
  }

  public async close(): Promise<void> {
    for (const loopback of this.loopbacks.values()) await loopback.close();
    await this.simulation.close();
    rmSync(this.folder, { recursive: true });
  }

  /** One thing at a time drives the clock. */
  private next<T>(action: () => Promise<T>): Promise<T> {
    const done = this.last.then(action);
    this.last = done.catch(() => undefined);
    return done;
  }
}
