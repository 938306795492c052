import type { AwsClients, Connection } from '../../lib/cli/aws-clients';
import { AwsFailure } from '../../lib/cli/aws-failure';
import { main } from '../../lib/cli/main';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import type { ChampionPointer } from '../../lib/deployment/deployment.contract';
import { chainEntry } from '../../lib/governance/ledger';
import type { LedgerEntry, OutcomeEvent } from '../../lib/governance/outcome.contract';
import type { OperationsSettings } from '../../lib/operations/operations.contract';

export const MODEL = 'churn';
export const NOW = Date.parse('2001-03-04T12:00:00Z');
const STATES = 'arn:aws:states:us-east-1:111122223333';
export const DEPLOYMENT = `${STATES}:stateMachine:Deployment`;
export const CALLER = 'arn:aws:iam::111122223333:user/ops';
export const CONFIG = 'churn-v3-r0123456789ab';
export const PREVIOUS = 'churn-v2-r123456789abc';

export const SETTINGS: OperationsSettings = {
  form: 1,
  modelName: MODEL,
  bucket: 'lake',
  endpointName: MODEL,
  modelPackageGroup: MODEL,
  deploymentStateMachineArn: DEPLOYMENT,
  trainingStateMachineArn: `${STATES}:stateMachine:Training`,
  monitoringStateMachineArn: `${STATES}:stateMachine:Monitoring`,
  freezeFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:Freeze',
  alarmPrefix: 'Churn/Pipeline/',
};

export const packageArn = (version: number): string => `arn:aws:sagemaker:us-east-1:111122223333:model-package/${MODEL}/${version}`;

export const CHAMPION: ChampionPointer = {
  version: 3,
  modelPackageArn: packageArn(3),
  endpointName: MODEL,
  endpointConfigName: CONFIG,
  modelName: CONFIG,
  since: '2001-03-02T08:00:00.000Z',
  executionArn: `${STATES}:execution:Deployment:a`,
  previous: [
    { version: 2, endpointConfigName: PREVIOUS, modelName: PREVIOUS },
    { version: 1, endpointConfigName: 'churn-v1-r23456789abcd', modelName: 'churn-v1-r23456789abcd' },
  ],
};

export interface FakeExecution {
  readonly arn: string;
  /** Types and names of states in the order of entering; one more is reached with each look of whoever follows. */
  readonly states: readonly (readonly [type: string, name: string])[];
  readonly end?: { readonly status: string; readonly output?: string; readonly error?: string; readonly cause?: string };
  readonly input?: string;
}

/** An account as the command line sees it; every operation can be replaced. */
export class CliWorld {
  public readonly objects = new Map<string, unknown>();
  public endpoint: Record<string, unknown> | undefined = {
    EndpointStatus: 'InService',
    EndpointConfigName: CONFIG,
    ProductionVariants: [{ VariantName: 'AllTraffic', CurrentWeight: 1, CurrentInstanceCount: 2, DesiredInstanceCount: 2 }],
  };
  /** Approval status by version; the last is the newest. */
  public packages: Record<number, string> = { 1: 'Approved', 2: 'Approved', 3: 'Approved' };
  public metadata: Record<string, string> = {};
  public target: Record<string, unknown> | undefined = { MinCapacity: 2, MaxCapacity: 4, SuspendedState: { DynamicScalingOutSuspended: false } };
  public alarms: Record<string, unknown>[] = [];
  public running: Record<string, FakeExecution[]> = {};
  public settings: unknown = SETTINGS;
  public started: Record<string, any>[] = [];
  public invoked: Record<string, any>[] = [];
  public connection: Connection | undefined;
  public slept = 0;
  /** What the execution that is started does. */
  public next: FakeExecution = { arn: `${STATES}:execution:Deployment:started`, states: [], end: { status: 'SUCCEEDED', output: '{"name":"DEPLOYED","reasons":["it serves"]}' } };
  /** Answers in place of an operation, e.g. `{ 'ssm.getParameter': () => { throw … } }`. */
  public instead: Record<string, (input: any) => unknown> = {};
  private looks = 0;

  public constructor() {
    this.objects.set(lakeKeys.championPointer(MODEL), CHAMPION);
  }

  public record(...outcomes: (Partial<OutcomeEvent> & { readonly outcome: string })[]): LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    for (const outcome of outcomes) {
      const number = entries.length + 1;
      const base: OutcomeEvent = { eventId: `e${number}`, workflow: 'deployment', executionArn: 'arn', time: new Date(NOW - (outcomes.length - number) * 3_600_000).toISOString(), reasons: ['because'], page: false, outcome: '' };
      entries.push(chainEntry({ ...base, ...outcome }, MODEL, entries[entries.length - 1]));
    }
    for (const entry of entries) this.objects.set(lakeKeys.ledgerEntry(MODEL, entry.sequence), entry);
    this.objects.set(lakeKeys.ledgerHead(MODEL), { sequence: entries.length });
    return entries;
  }

  public async run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    let stdout = '';
    let stderr = '';
    const code = await main(argv, {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      environment: {},
      folder: '.',
      now: () => NOW + this.slept,
      sleep: async (milliseconds) => void (this.slept += milliseconds),
      connect: (connection) => {
        this.connection = connection;
        return this.clients();
      },
    });
    return { code, stdout, stderr };
  }

  private clients(): AwsClients {
    const operations: Record<string, Record<string, (input: any) => unknown>> = {
      ssm: {
        getParameter: ({ Name }) => (Name === `/cdk-ml-pipeline/${MODEL}` ? { Parameter: { Value: JSON.stringify(this.settings) } } : fail('ParameterNotFound')),
        getParametersByPath: ({ NextToken }) => (NextToken === undefined ? { Parameters: [{ Name: '/cdk-ml-pipeline/churn' }], NextToken: 'more' } : { Parameters: [{ Name: '/cdk-ml-pipeline/fraud' }] }),
      },
      s3: {
        getObject: ({ Key }) => (this.objects.has(Key) ? { Body: { transformToString: async () => JSON.stringify(this.objects.get(Key)) } } : fail('NoSuchKey')),
      },
      sageMaker: {
        describeEndpoint: () => this.endpoint ?? fail('ValidationException'),
        describeModelPackage: ({ ModelPackageName }) => {
          const status = this.packages[Number(ModelPackageName.split('/').pop())];
          return status === undefined ? fail('ValidationException') : { ModelApprovalStatus: status, CustomerMetadataProperties: this.metadata };
        },
        listModelPackages: ({ ModelApprovalStatus }) => ({
          ModelPackageSummaryList: Object.entries(this.packages)
            .filter(([, status]) => ModelApprovalStatus === undefined || status === ModelApprovalStatus)
            .map(([version]) => ({ ModelPackageVersion: Number(version), ModelPackageArn: packageArn(Number(version)), CreationTime: new Date(NOW - 3_600_000) }))
            .reverse(),
        }),
      },
      autoScaling: { describeScalableTargets: () => ({ ScalableTargets: this.target === undefined ? [] : [this.target] }) },
      cloudWatch: { describeAlarms: ({ AlarmNamePrefix }) => ({ MetricAlarms: this.alarms.filter(({ AlarmName }) => String(AlarmName).startsWith(AlarmNamePrefix)) }) },
      lambda: {
        invoke: (input) => {
          this.invoked.push(JSON.parse(Buffer.from(input.Payload).toString()));
          return { Payload: Buffer.from(JSON.stringify({ changed: true, state: { frozen: true, reason: 'r', by: CALLER, since: new Date(NOW).toISOString(), events: ['1'] } })) };
        },
      },
      sts: { getCallerIdentity: () => ({ Arn: CALLER }) },
      sfn: {
        startExecution: (input) => {
          this.started.push(input);
          return { executionArn: this.next.arn };
        },
        listExecutions: ({ stateMachineArn }) => ({ executions: (this.running[stateMachineArn] ?? []).map(({ arn }) => ({ executionArn: arn, startDate: new Date(NOW - 300_000) })) }),
        describeExecution: ({ executionArn }) => {
          if (executionArn !== this.next.arn) return { status: 'RUNNING', input: this.execution(executionArn).input };
          this.looks++;
          return this.looks > this.next.states.length && this.next.end ? { ...this.next.end } : { status: 'RUNNING' };
        },
        getExecutionHistory: ({ executionArn, nextToken }) => {
          const { states } = this.execution(executionArn);
          const reached = executionArn === this.next.arn ? states.slice(0, this.looks) : states;
          const events = reached.map(([type, name], index) => ({ id: index + 1, type, timestamp: new Date(NOW + index * 60_000), stateEnteredEventDetails: { name } })).reverse();
          // Pages of two, so that whoever reads them has to go on.
          const start = nextToken === undefined ? 0 : Number(nextToken);
          return { events: events.slice(start, start + 2), nextToken: start + 2 < events.length ? String(start + 2) : undefined };
        },
      },
    };
    const service = (name: string): unknown =>
      new Proxy({}, { get: (_, operation: string) => async (input: unknown) => (this.instead[`${name}.${operation}`] ?? operations[name]![operation]!)(input) });
    return Object.fromEntries(Object.keys(operations).map((name) => [name, service(name)])) as unknown as AwsClients;
  }

  private execution(arn: string): FakeExecution {
    return [this.next, ...Object.values(this.running).flat()].find((execution) => execution.arn === arn)!;
  }
}

export function fail(code: string, message = code, passing = false): never {
  throw new AwsFailure(code, message, passing);
}
