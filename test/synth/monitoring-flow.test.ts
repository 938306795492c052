import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { DataContract } from '../../lib/data/data-contract';
import { DataLake } from '../../lib/data/data-lake';
import { Deployment } from '../../lib/deployment/choices/deployment';
import { EndpointAlarms } from '../../lib/deployment/endpoint-alarms';
import { runIdOf } from '../../lib/governance/run-id';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { evaluateDrift } from '../../lib/monitoring/evaluate-drift.lambda';
import { findDuplicates } from '../../lib/monitoring/find-duplicates.lambda';
import { Monitoring } from '../../lib/monitoring/monitoring';
import { MonitoringWorkflow } from '../../lib/monitoring/monitoring-workflow';
import { planWindow } from '../../lib/monitoring/plan-window.lambda';
import { profileCapture } from '../../lib/monitoring/profile-capture.lambda';
import { reduceProfiles } from '../../lib/monitoring/reduce-profiles.lambda';
import { ModelRegistry } from '../../lib/registry/model-registry';
import { decide } from '../../lib/retraining/decide-retraining.lambda';
import { Retraining } from '../../lib/retraining/retraining';
import { RetrainingController } from '../../lib/retraining/retraining-controller';
import { at, BUCKET, ENVIRONMENT, MODEL, Model } from '../pure/monitoring-world';
import { FakeWorld } from '../pure/sfn-fakes';

const TRAINING = 'arn:aws:states:us-east-1:111122223333:stateMachine:Training';

/** The synthesized state machine, run by the rehearsal's interpreter; handlers are the real functions, AWS is in memory. */
const definition = ((): any => {
  const stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const lake = new DataLake(stack, 'Lake');
  const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake, owner: ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' }) });
  const registry = new ModelRegistry(stack, 'Registry', { modelName: MODEL });
  const contract = DataContract.fromObject({
    columns: [
      { name: 'delayed', type: 'boolean', roles: ['label'] },
      { name: 'distance', type: 'integer', roles: ['feature'], minimum: 0 },
      { name: 'origin', type: 'string', roles: ['feature'], categories: ['a', 'b'] },
    ],
  });
  const trainingStateMachine = sfn.StateMachine.fromStateMachineArn(stack, 'Training', TRAINING);
  const controller = new RetrainingController(stack, 'Retraining', { modelName: MODEL, lake, governance, retraining: Retraining.onDrift(), trainingStateMachine });
  new MonitoringWorkflow(stack, 'Monitoring', {
    modelName: MODEL,
    lake,
    governance,
    registry,
    endpointName: MODEL,
    endpointAlarms: new EndpointAlarms(stack, 'EndpointAlarms', { endpointName: MODEL, governance, deployment: Deployment.canary() }),
    contract,
    monitoring: Monitoring.standard(),
    controller,
  });
  const [machine] = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
  const parts = machine!['Properties'].DefinitionString['Fn::Join'][1] as (string | Record<string, any>)[];
  const reference = (part: Record<string, any>): string => (part['Ref'] === undefined ? part['Fn::GetAtt'][0] : part['Ref'].startsWith('AWS::') ? 'aws' : BUCKET);
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : reference(part))).join(''));
})();

/** One execution for the window that starts at the hour. */
async function monitor(model: Model, hour: number, options: { broken?: string; brokenWindow?: string; busy?: boolean } = {}): Promise<{ status: string; locks: string[]; outcomes: any[] }> {
  const world = new FakeWorld();
  const locks: string[] = [];
  const outcomes: any[] = [];
  const c = model.client;
  const functions: Record<string, (event: any) => unknown> = {
    MonitoringPlanWindow: (event) => planWindow(event, { s3: c, sagemaker: c }, ENVIRONMENT),
    MonitoringProfileCapture: async (event) => ({ done: (await profileCapture(event, c, BUCKET, MODEL)) ?? true }),
    MonitoringFindDuplicates: (event) => findDuplicates(event, model.source),
    MonitoringReduceProfiles: async (event) => ({ done: (await reduceProfiles(event, model.source)) ?? true }),
    MonitoringEvaluateDrift: (event) => evaluateDrift(event, { s3: c, sagemaker: c, cloudwatch: c }, ENVIRONMENT),
    RetrainingDecide: (event) => {
      const environment = { LAKE_BUCKET: BUCKET, MODEL_NAME: MODEL, TRAINING_STATE_MACHINE_ARN: TRAINING, OUTCOME_FUNCTION: 'outcome' };
      return decide(event, { s3: c, sfn: c, lambda: c, sagemaker: c }, { ...environment, POLICY: JSON.stringify(Retraining.onDrift()._triggers().policy) });
    },
    GovernanceLock: (event) => {
      const acquired = event.action === 'acquire' && options.busy !== true;
      locks.push(event.action === 'release' ? 'released' : acquired ? 'acquired' : 'busy');
      return { acquired, runId: runIdOf(event.holder) };
    },
    GovernanceRecordOutcome: (event) => {
      outcomes.push(event);
      return { sequence: 1 };
    },
  };
  world.handlers['lambda:Invoke'] = async ({ FunctionName, Payload }) => {
    const name = Object.keys(functions).find((candidate) => String(FunctionName).startsWith(candidate))!;
    try {
      const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString()) as { windowId?: string };
      if (name === options.broken || (event.windowId !== undefined && event.windowId === options.brokenWindow)) throw new Error(`${name} is broken`);
      const answer = await functions[name]!(event);
      return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Buffer.from(JSON.stringify(answer)) };
    } catch (error) {
      return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify({ errorType: (error as Error).name, errorMessage: (error as Error).message })) };
    }
  };
  world.handlers['s3:GetObject'] = ({ Key }) => ({ Body: Buffer.from(model.objects.get(Key as string)!.body) });
  const scheduledTime = new Date(Date.parse(at(hour + 1)) + 900_000).toISOString();
  const { status } = await world.run(structuredClone(definition), { scheduledTime });
  return { status, locks, outcomes };
}

describe('the synthesized monitoring workflow', () => {
  it('records quietly that nothing is deployed', async () => {
    const { status, locks, outcomes } = await monitor(new Model(), 10);
    expect({ status, locks }).toEqual({ status: 'SUCCEEDED', locks: ['acquired', 'released'] });
    expect(outcomes).toMatchObject([{ workflow: 'monitoring', outcome: 'NOT_DEPLOYED', page: false, reasons: ['No model version is deployed.'] }]);
  });

  it('profiles the files of a window in its map and records the verdict', async () => {
    const model = new Model(1);
    for (let i = 0; i < 3; i++) model.serve(1, 10, 100, undefined, `file-${i}`);
    const { status, outcomes } = await monitor(model, 10);
    expect(status).toBe('SUCCEEDED');
    expect(outcomes).toMatchObject([{ outcome: 'STABLE', page: false, detail: { rows: 300, version: 1, window: { start: '2001-02-05T10:00:00Z' } } }]);
    expect(outcomes[0].reasons).toHaveLength(2);
  });

  it('starts one retraining when three windows drifted', async () => {
    const model = new Model(1);
    for (const hour of [10, 11, 12, 13]) {
      model.serve(1, hour, 300, (i) => 400 + (i % 100));
      expect((await monitor(model, hour)).outcomes).toMatchObject([{ outcome: 'DRIFTED', page: false }]);
    }
    expect(model.started).toHaveLength(1);
    expect(model.outcomes.map(({ outcome }) => outcome)).toEqual(['DECLINED', 'DECLINED', 'STARTED', 'DECLINED']);
  });

  it('skips a window that is done, and one while another execution runs', async () => {
    const model = new Model(1);
    await monitor(model, 10);
    const again = await monitor(model, 10);
    expect(again.outcomes).toMatchObject([{ outcome: 'SKIPPED', page: false, reasons: ['The window has its report already, and nothing has changed.'] }]);
    expect(again.locks).toEqual(['acquired', 'released']);
    const busy = await monitor(model, 11, { busy: true });
    expect(busy).toMatchObject({ status: 'SUCCEEDED', locks: ['busy'], outcomes: [{ outcome: 'SKIPPED', reasons: ['Another monitoring execution is running.'] }] });
  });

  it('does what was missed and what came late before the window that is due, each with its own outcome', async () => {
    const model = new Model(1);
    for (const hour of [10, 11, 12]) model.serve(1, hour, 300, hour === 11 ? (i) => 400 + (i % 100) : undefined);
    await monitor(model, 10);
    model.serve(1, 10, 300, undefined, 'late');
    const { status, locks, outcomes } = await monitor(model, 12);
    expect({ status, locks }).toEqual({ status: 'SUCCEEDED', locks: ['acquired', 'released'] });
    expect(outcomes.map(({ eventId, outcome, detail }) => [eventId, outcome, detail.rows])).toEqual([
      ['monitoring#20010205T100000Z#2', 'STABLE', 600],
      ['monitoring#20010205T110000Z#1', 'DRIFTED', 300],
      ['monitoring#20010205T120000Z#1', 'STABLE', 300],
    ]);
    const { decisions, windows } = model.json<{ decisions: { eventId: string }[]; windows: { id: string; revision?: number }[] }>(`state/${MODEL}/retraining-controller.json`);
    expect(decisions.map(({ eventId }) => eventId)).toEqual(['drift#20010205T100000Z', 'drift#20010205T100000Z#2', 'drift#20010205T110000Z', 'drift#20010205T120000Z']);
    expect(windows.map(({ id, revision }) => [id, revision])).toEqual([['20010205T100000Z', 2], ['20010205T110000Z', undefined], ['20010205T120000Z', undefined]]);
  });

  it('counts an event that is in two files once', async () => {
    const model = new Model(1);
    model.serve(1, 10, 300);
    const [key] = [...model.objects.keys()].filter((name) => name.startsWith('captured/'));
    model.put(key!.replace('00-00-000-a', '00-00-000-b'), model.objects.get(key!)!.body);
    expect((await monitor(model, 10)).outcomes).toMatchObject([{ outcome: 'STABLE', detail: { rows: 300 } }]);
  });

  it('lets a window that cannot be judged blind nobody to the others, and does it when it can', async () => {
    const model = new Model(1);
    await monitor(model, 10);
    for (const hour of [11, 12]) model.serve(1, hour, 300);
    const failed = await monitor(model, 12, { brokenWindow: '20010205T110000Z' });
    expect(failed.status).toBe('FAILED');
    expect(failed.locks).toEqual(['acquired', 'released']);
    expect(failed.outcomes.map(({ outcome, page }) => [outcome, page])).toEqual([['FAILED', true], ['STABLE', false]]);
    // The same event again, so it pages once, however often the window fails.
    const again = await monitor(model, 12, { brokenWindow: '20010205T110000Z' });
    expect([...failed.outcomes, ...again.outcomes].filter(({ outcome }) => outcome === 'FAILED').map(({ eventId }) => eventId)).toEqual([
      'monitoring#20010205T110000Z#1#failed',
      'monitoring#20010205T110000Z#1#failed',
    ]);
    expect((await monitor(model, 12)).outcomes).toMatchObject([{ eventId: 'monitoring#20010205T110000Z#1', outcome: 'STABLE' }]);
  });

  it.each(['MonitoringPlanWindow', 'MonitoringProfileCapture', 'MonitoringEvaluateDrift', 'RetrainingDecide', 'GovernanceLock'])(
    'records a page and gives the lock back when %s fails',
    async (broken) => {
      const model = new Model(1);
      model.serve(1, 10, 300);
      const { status, locks, outcomes } = await monitor(model, 10, { broken });
      expect(status).toBe('FAILED');
      expect(outcomes).toMatchObject([{ outcome: 'FAILED', page: true }]);
      expect(outcomes[0].reasons[0]).toMatch(/^The window could not be judged: /);
      if (broken !== 'GovernanceLock') expect(locks).toEqual(['acquired', 'released']);
    },
  );
});
