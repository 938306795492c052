import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { DataContract } from '../../lib/data/data-contract';
import { DataLake } from '../../lib/data/data-lake';
import { runIdOf } from '../../lib/governance/run-id';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { extractQuality } from '../../lib/model-quality/extract-quality.lambda';
import { GroundTruth } from '../../lib/model-quality/ground-truth';
import { joinLabels } from '../../lib/model-quality/join-labels.lambda';
import { judgeQuality } from '../../lib/model-quality/judge-quality.lambda';
import { ModelQualityWorkflow } from '../../lib/model-quality/model-quality-workflow';
import { planQuality } from '../../lib/model-quality/plan-quality.lambda';
import { publishQuality } from '../../lib/model-quality/publish-quality.lambda';
import { Monitoring } from '../../lib/monitoring/monitoring';
import { Problems } from '../../lib/private/errors';
import { ModelRegistry } from '../../lib/registry/model-registry';
import { Retraining } from '../../lib/retraining/retraining';
import { RetrainingController } from '../../lib/retraining/retraining-controller';
import { at, BUCKET, ENVIRONMENT, MODEL } from '../pure/monitoring-world';
import { QUALITY_CONTRACT, QualityWorld, scored, sequence, type Served } from '../pure/quality-world';
import { FakeWorld } from '../pure/sfn-fakes';

const TRAINING = 'arn:aws:states:us-east-1:111122223333:stateMachine:Training';

const template = ((): Template => {
  const stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const lake = new DataLake(stack, 'Lake');
  const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake, owner: ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' }) });
  const registry = new ModelRegistry(stack, 'Registry', { modelName: MODEL });
  const contract = DataContract.fromObject({
    task: QUALITY_CONTRACT.task,
    columns: QUALITY_CONTRACT.columns.map(({ name, type, roles }) => ({ name, type, roles: [...roles] })),
  });
  const trainingStateMachine = sfn.StateMachine.fromStateMachineArn(stack, 'Training', TRAINING);
  const controller = new RetrainingController(stack, 'Retraining', { modelName: MODEL, lake, governance, retraining: Retraining.onDrift(), trainingStateMachine });
  new ModelQualityWorkflow(stack, 'ModelQuality', {
    modelName: MODEL,
    lake,
    governance,
    registry,
    endpointName: MODEL,
    contract,
    monitoring: Monitoring.standard({ groundTruth: GroundTruth.labels() }),
    controller,
  });
  return Template.fromStack(stack);
})();

/** The synthesized state machine, run by the rehearsal's interpreter; handlers are the real functions, AWS is in memory. */
const definition = ((): any => {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const parts = machine!['Properties'].DefinitionString['Fn::Join'][1] as (string | Record<string, any>)[];
  const reference = (part: Record<string, any>): string => (part['Ref'] === undefined ? part['Fn::GetAtt'][0] : part['Ref'].startsWith('AWS::') ? 'aws' : BUCKET);
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : reference(part))).join(''));
})();

interface Run {
  readonly status: string;
  readonly locks: string[];
  readonly outcomes: any[];
  readonly told: any[];
}

/** One execution, due a quarter past the hour. */
async function judge(model: QualityWorld, hour: number, options: { broken?: string; busy?: boolean } = {}): Promise<Run> {
  const world = new FakeWorld();
  const locks: string[] = [];
  const outcomes: any[] = [];
  const told: any[] = [];
  const c = model.client;
  const functions: Record<string, (event: any) => unknown> = {
    ModelQualityPlan: (event) => planQuality(event, { s3: c, sagemaker: c }, ENVIRONMENT),
    ModelQualityExtract: async (event) => ({ done: (await extractQuality(event, c, BUCKET, MODEL)) ?? true }),
    ModelQualityJoin: async (event) => ({ done: (await joinLabels(event, c, BUCKET, MODEL)) ?? true }),
    ModelQualityJudge: (event) => judgeQuality(event, { s3: c, cloudwatch: c }, BUCKET, MODEL),
    ModelQualityPublish: async (event) => ({ done: (await publishQuality(event, c, BUCKET, MODEL)) ?? true }),
    RetrainingDecide: (event) => {
      told.push(event);
      return { outcome: 'NOTHING', reasons: [], executionArn: null };
    },
    GovernanceLock: (event) => {
      const acquired = event.action === 'acquire' && options.busy !== true;
      locks.push(event.action === 'release' ? 'released' : acquired ? 'acquired' : 'busy');
      return { acquired, runId: runIdOf(`${event.holder}${hour}`) };
    },
    GovernanceRecordOutcome: (event) => {
      outcomes.push(event);
      return { sequence: 1 };
    },
  };
  world.handlers['lambda:Invoke'] = async ({ FunctionName, Payload }) => {
    const name = Object.keys(functions).find((candidate) => String(FunctionName).startsWith(candidate))!;
    try {
      if (name === options.broken) throw new Error(`${name} is broken`);
      const answer = await functions[name]!(JSON.parse(Buffer.from(Payload as Uint8Array).toString()));
      return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Buffer.from(JSON.stringify(answer)) };
    } catch (error) {
      return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify({ errorType: (error as Error).name, errorMessage: (error as Error).message })) };
    }
  };
  world.handlers['s3:GetObject'] = ({ Key }) => ({ Body: Buffer.from(model.objects.get(Key as string)!.body) });
  const scheduledTime = new Date(Date.parse(at(hour)) + 900_000).toISOString();
  const { status } = await world.run(structuredClone(definition), { scheduledTime });
  return { status, locks, outcomes, told };
}

function traffic(skill: number, count = 600): Served[] {
  const random = sequence(11);
  return Array.from({ length: count }, (_, row) => ({ id: `id-${row}`, ...scored(random, skill), origin: 'ab'[row % 2]!, hour: row % 20, version: 1 }));
}

function labelled(skill: number): QualityWorld {
  const model = new QualityWorld();
  const rows = traffic(skill);
  model.serve(rows);
  model.label(rows, 22);
  return model;
}

describe('the synthesized model-quality workflow', () => {
  it('records quietly that nothing is deployed', async () => {
    const model = new QualityWorld();
    model.objects.delete(`state/${MODEL}/champion.json`);
    const { status, locks, outcomes } = await judge(model, 24);
    expect({ status, locks }).toEqual({ status: 'SUCCEEDED', locks: ['acquired', 'released'] });
    expect(outcomes).toMatchObject([{ workflow: 'model-quality', outcome: 'NOT_DEPLOYED', page: false }]);
  });

  it('extracts, joins and judges, tells the controller and records the verdict', async () => {
    const model = labelled(0.3);
    const { status, locks, outcomes, told } = await judge(model, 24);
    expect({ status, locks }).toEqual({ status: 'SUCCEEDED', locks: ['acquired', 'released'] });
    expect(outcomes).toMatchObject([{ outcome: 'DEGRADED', page: false, detail: { version: 1, labelCoverage: 1, windows: [{ window: '2001-02-05T00:00:00Z', outcome: 'DRIFTED' }] } }]);
    expect(told).toMatchObject([{ trigger: 'drift', kind: 'concept', outcome: 'DRIFTED', version: 1, window: { start: '2001-02-05T00:00:00Z', end: '2001-02-06T00:00:00Z' } }]);
    expect(model.report(0).versions[0]!.outcome).toBe('DEGRADED');
  });

  it('skips quietly when nothing is new, and while another execution judges', async () => {
    const model = labelled(1);
    expect((await judge(model, 24)).outcomes).toMatchObject([{ outcome: 'STABLE' }]);
    const again = await judge(model, 25);
    expect(again).toMatchObject({ status: 'SUCCEEDED', locks: ['acquired', 'released'], told: [], outcomes: [{ outcome: 'SKIPPED', page: false }] });
    expect(await judge(model, 26, { busy: true })).toMatchObject({ status: 'SUCCEEDED', locks: ['busy'], outcomes: [{ outcome: 'SKIPPED' }] });
  });

  it('records predictions of which nobody knows the truth yet', async () => {
    const model = new QualityWorld();
    model.serve(traffic(1));
    const { status, outcomes, told } = await judge(model, 24);
    expect({ status, told }).toEqual({ status: 'SUCCEEDED', told: [] });
    expect(outcomes).toMatchObject([{ outcome: 'INSUFFICIENT_DATA', page: false, detail: { labelCoverage: 0, windows: [] } }]);
  });

  it('judges a window for the last time without any new file', async () => {
    const model = labelled(1);
    await judge(model, 24);
    const last = await judge(model, 24 * 9);
    expect(last.outcomes).toMatchObject([{ outcome: 'STABLE', detail: { windows: [{ outcome: 'STABLE' }] } }]);
    expect(model.report(0)).toMatchObject({ final: true, revision: 2 });
  });

  it.each(['ModelQualityPlan', 'ModelQualityExtract', 'ModelQualityJoin', 'ModelQualityJudge', 'RetrainingDecide', 'ModelQualityPublish', 'GovernanceLock'])(
    'records a page and gives the lock back when %s fails, and the next run makes up for it',
    async (broken) => {
      const model = labelled(0.3);
      const { status, locks, outcomes } = await judge(model, 24, { broken });
      expect(status).toBe('FAILED');
      expect(outcomes).toMatchObject([{ outcome: 'FAILED', page: true }]);
      if (broken !== 'GovernanceLock') expect(locks).toEqual(['acquired', 'released']);
      const next = await judge(model, 25);
      expect(next).toMatchObject({ outcomes: [{ outcome: 'DEGRADED' }], told: [{ outcome: 'DRIFTED' }] });
    },
  );
});

describe('the choice of ground truth', () => {
  const problemsOf = (groundTruth: GroundTruth, document = QUALITY_CONTRACT): string[] => {
    const problems = new Problems();
    groundTruth._validate('groundTruth', problems, document);
    return problems.all.map(({ code, path }) => `${path} ${code}`);
  };

  it('fails for everything that is wrong, at once', () => {
    const wrong = GroundTruth.labels({
      interval: Duration.hours(5),
      maximumDelay: Duration.days(91),
      metric: 'acuracy',
      margin: -1,
      minimumLabels: 10,
      minimumSliceLabels: 1.5,
      falseAlarmRate: 0.5,
      decisionThreshold: 0.12345,
    });
    expect(problemsOf(wrong).sort()).toEqual([
      'groundTruth.decisionThreshold DecisionThresholdOutOfRange',
      'groundTruth.falseAlarmRate FalseAlarmRateOutOfRange',
      'groundTruth.interval QualityIntervalOutOfRange',
      'groundTruth.margin MarginNegative',
      'groundTruth.maximumDelay MaximumDelayOutOfRange',
      'groundTruth.metric UnknownMetric',
      'groundTruth.minimumLabels MinimumLabelsOutOfRange',
      'groundTruth.minimumSliceLabels MinimumLabelsOutOfRange',
    ]);
    expect(problemsOf(GroundTruth.labels({ metric: 'calibrationError' }))).toEqual(['groundTruth.metric CalibrationIsJudgedApart']);
    expect(problemsOf(GroundTruth.labels({ decisionThreshold: 0.3 }), { ...QUALITY_CONTRACT, task: 'regression' })).toEqual(['groundTruth.decisionThreshold DecisionThresholdWithoutScore']);
    expect(problemsOf(GroundTruth.labels())).toEqual([]);
  });

  it('lets no function do more than its step needs', () => {
    const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('ModelQuality'));
    const actions = new Set(policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action)));
    expect([...actions].filter((action) => /\*|s3:Delete/.test(action as string))).toEqual([]);
    const judges = policies.filter(([, { Properties }]) => JSON.stringify(Properties).includes('cloudwatch:PutMetricData')).map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(judges).toEqual(['ModelQualityJudgeRoleDefaultPolicy']);
  });
});
