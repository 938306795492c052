import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { expect } from 'vitest';
import { DataLake } from '../../lib/data/data-lake';
import { analyzeDeployment } from '../../lib/deployment/looks/analyze-deployment.lambda';
import { applyDeployment } from '../../lib/deployment/steps/apply-deployment.lambda';
import { cleanUp } from '../../lib/deployment/steps/clean-up-deployment.lambda';
import { Deployment } from '../../lib/deployment/choices/deployment';
import { deploymentDefinition } from '../../lib/deployment/workflow/deployment-definition';
import type { AnalysisEvent, AnalysisResult } from '../../lib/deployment/deployment-plan.contract';
import { DeploymentWorkflow } from '../../lib/deployment/workflow/deployment-workflow';
import type { DeploymentSettings } from '../../lib/deployment/deployment.contract';
import { readAndPlan } from '../../lib/deployment/plan/plan-deployment.lambda';
import { promote } from '../../lib/deployment/steps/promote-deployment.lambda';
import { verifyDeployment } from '../../lib/deployment/steps/verify-deployment.lambda';
import { runIdOf } from '../../lib/governance/run-id';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { ModelRegistry } from '../../lib/registry/model-registry';
import { DeploymentWorld, MODEL, packageArn, SETTINGS } from '../pure/deployment-world';
import { FakeWorld } from '../pure/sfn-fakes';

export const DEAD_RUN = 'arn:aws:states:us-east-1:111122223333:execution:deployment:dead';

interface Base {
  readonly stack: Stack;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
}

function base(): Base {
  const stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const lake = new DataLake(stack, 'Lake');
  const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake, owner: ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' }) });
  return { stack, lake, governance };
}

let canary: unknown;

/** As the construct synthesizes it. */
function canaryDefinition(): unknown {
  if (canary !== undefined) return canary;
  const { stack, lake, governance } = base();
  const registry = new ModelRegistry(stack, 'Registry', { modelName: MODEL });
  new DeploymentWorkflow(stack, 'Deployment', { modelName: MODEL, lake, governance, registry, deployment: Deployment.canary() });
  const [machine] = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
  const parts = machine!['Properties'].DefinitionString['Fn::Join'][1] as (string | Record<string, any>)[];
  return (canary = JSON.parse(parts.map((part) => (typeof part === 'string' ? part : part['Ref'] ? 'aws' : part['Fn::GetAtt'][0])).join('')));
}

/** The same for settings that need no construct. */
export function definitionOf(settings: DeploymentSettings): unknown {
  const { stack, governance } = base();
  const handler = (name: string): lambda.IFunction => lambda.Function.fromFunctionArn(stack, name, `arn:aws:lambda:us-east-1:111122223333:function:Deployment${name}`);
  const handlers = {
    plan: handler('Plan'),
    apply: handler('Apply'),
    analyze: handler('Analyze'),
    verify: handler('Verify'),
    promote: handler('Promote'),
    cleanUp: handler('CleanUp'),
  };
  return JSON.parse(JSON.stringify(stack.resolve(deploymentDefinition(governance, handlers, settings))), (_, value: any) => {
    if (value?.['Fn::Join']) return value['Fn::Join'][1].join('');
    if (value?.['Fn::GetAtt']) return value['Fn::GetAtt'][0];
    return value?.Ref ? 'aws' : value;
  });
}

export interface Recorded {
  readonly eventId: string;
  readonly outcome: string;
  readonly reasons: string[];
  readonly page: boolean;
  readonly detail: any;
}

/** A state machine run by the rehearsal's interpreter; handlers are the real functions, AWS is `DeploymentWorld`. */
export class Flow {
  public readonly sfn = new FakeWorld();
  public readonly world = new DeploymentWorld();
  public readonly outcomes: Recorded[] = [];
  public readonly locks: string[] = [];
  public lockBusy: () => boolean = () => false;
  /** Handler names that throw. */
  public broken: (handler: string, event: any) => boolean = () => false;

  /** Answers in place of the real look when it returns something. */
  public look: (event: AnalysisEvent) => AnalysisResult | undefined = () => undefined;
  /** Stops the run at its n-th call of a handler: before what the handler does, or after it. */
  public death?: { readonly call: number; readonly after: boolean };
  /** Calls of handlers so far, governance's included. */
  public calls = 0;
  private runs = 0;

  public constructor(
    private readonly definition: unknown = canaryDefinition(),
    settings: DeploymentSettings = SETTINGS,
  ) {
    const c = this.world.client;
    const clients = { s3: c, sagemaker: c, cloudWatch: c, autoScaling: c };
    const functions: Record<string, (event: any) => unknown> = {
      Plan: (event) => readAndPlan(event, clients, settings),
      Apply: (event) => applyDeployment(event, clients, settings),
      Analyze: (event) => this.look(event) ?? analyzeDeployment(event, clients, settings),
      Verify: (event) => verifyDeployment(event, clients, settings),
      Promote: (event) => promote(event, clients, settings),
      CleanUp: (event) => cleanUp(event, clients, settings),
    };
    this.sfn.handlers['lambda:Invoke'] = async ({ FunctionName, Payload }) => {
      this.world.now = this.sfn.clock.now();
      const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString());
      const name = Object.keys(functions).find((candidate) => String(FunctionName).includes(`Deployment${candidate}`));
      const dies = ++this.calls === this.death?.call;
      if (dies && !this.death!.after) return this.stop();
      try {
        if (name !== undefined && this.broken(name, event)) throw new Error(`${name} is broken`);
        const answer = name === undefined ? this.governance(event) : await functions[name]!(event);
        if (dies) return this.stop();
        return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Buffer.from(JSON.stringify(answer ?? null)) };
      } catch (error) {
        return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify({ errorType: (error as Error).name, errorMessage: (error as Error).message })) };
      }
    };
  }

  public async run(version: number, trigger = 'approval'): Promise<{ status: string; states: string[]; seconds: number }> {
    return this.start({ modelPackageArn: packageArn(version), trigger, reason: 'the test wants it' });
  }

  /** What the rule starts when a run of this state machine has died. */
  public async reconcile(dead = DEAD_RUN): Promise<{ status: string; states: string[]; seconds: number }> {
    return this.start({ trigger: 'reconcile', reason: 'run dead ended as ABORTED', deadExecutionArn: dead });
  }

  private async start(input: unknown): Promise<{ status: string; states: string[]; seconds: number }> {
    const name = `run-${++this.runs}`;
    const before = this.sfn.timeline.events.length;
    const arn = await this.sfn.machine(structuredClone(this.definition) as Record<string, unknown>, name);
    const started = this.sfn.sfn.start(arn, { input, name });
    await this.sfn.clock.runUntilDone(() => this.sfn.sfn.running().length === 0, Infinity);
    const ended = this.sfn.sfn.executions().find((execution) => execution.arn === started.arn)!;
    const states = this.sfn.timeline.events.slice(before).filter(({ kind }) => kind === 'state');
    return { status: ended.status, states: states.map(({ data }) => String(data!.state)), seconds: (ended.stopTime! - ended.startTime) / 1000 };
  }

  public get only(): Recorded {
    expect(this.outcomes).toHaveLength(1);
    return this.outcomes[0]!;
  }

  private stop(): unknown {
    const { arn } = this.sfn.sfn.running()[0]!;
    void this.sfn.sfn.handle({ principal: { kind: 'service', service: 'test' } as never, service: 'sfn', operation: 'StopExecution', input: { executionArn: arn } });
    return { StatusCode: 200, Payload: Buffer.from('null') };
  }

  private governance(event: any): unknown {
    if ('lock' in event) {
      const acquired = event.action === 'acquire' && !this.lockBusy();
      this.locks.push(event.action === 'release' ? 'released' : acquired ? 'acquired' : 'busy');
      return { acquired, holder: acquired ? event.holder : 'arn:other', runId: runIdOf(event.holder) };
    }
    this.outcomes.push(event);
    return { sequence: 1 };
  }
}

/** What every end must leave behind: no alarm, scaling on, lock released. */
export function expectTidy({ world, locks }: Flow): void {
  expect([...world.alarms.keys()]).toEqual([]);
  expect(world.scaling?.['SuspendedState']?.DynamicScalingInSuspended ?? false).toBe(false);
  expect(locks.at(-1)).toBe('released');
}
