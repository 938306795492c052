import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { DataLake } from '../../lib/data/data-lake';
import { Deployment } from '../../lib/deployment/choices/deployment';
import { DeploymentWorkflow } from '../../lib/deployment/workflow/deployment-workflow';
import { BUSY_ATTEMPTS, executionSeconds, lookInterval, maximumLooks, settlingAttempts } from '../../lib/deployment/deployment-limits.contract';
import { deploymentStages, extendedPlan } from '../../lib/deployment/plan/deployment-stages.lambda-shared';
import type { DeploymentSettings, ShadowSettings, TestSettings } from '../../lib/deployment/deployment.contract';
import { Endpoint } from '../../lib/deployment/choices/endpoint';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { ModelRegistry } from '../../lib/registry/model-registry';

const MODEL = 'flight-delay';

/** Limits that SageMaker and the library set, not their defaults. */
const LONGEST = {
  maximumSeconds: 28_800,
  terminationWaitSeconds: 300,
  routing: { type: 'CANARY', percent: 50, waitSeconds: 600 },
  analysis: { intervalSeconds: 60, minimumRequests: 100, confidence: 0.95, test: 'CONFIDENCE_SEQUENCE', inconclusive: 'ROLL_BACK', maximumExtensions: 0 },
} as const;
const SHADOW = { maximumSeconds: 30 * 86_400, intervalSeconds: 60 } as ShadowSettings;
const TEST = { maximumSeconds: 90 * 86_400, intervalSeconds: 60 } as TestSettings;

interface Synthesized {
  readonly stack: Stack;
  readonly workflow: DeploymentWorkflow;
  readonly template: Template;
}

function synthesize(deployment: (stack: Stack) => Deployment = () => Deployment.canary(), app = new App()): Synthesized {
  const stack = new Stack(app, 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const lake = new DataLake(stack, 'Lake');
  const owner = ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' });
  const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake, owner });
  const registry = new ModelRegistry(stack, 'Registry', { modelName: MODEL });
  const workflow = new DeploymentWorkflow(stack, 'Deployment', { modelName: MODEL, lake, governance, registry, deployment: deployment(stack) });
  return { stack, workflow, template: Template.fromStack(stack) };
}

/** The definition as text, references replaced by their logical names. */
function definition(template: Template): any {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const string = machine!['Properties'].DefinitionString as { 'Fn::Join': [string, (string | Record<string, any>)[]] };
  const flat = string['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'Ref' in part ? 'aws' : 'arn:aws:lambda:us-east-1:111122223333:function:handler'));
  return JSON.parse(flat.join(''));
}

describe('the deployment workflow', () => {
  const { template, workflow } = synthesize();

  it('is valid Amazon States Language', () => {
    // The types that test/pure declares for this package are not what it returns.
    const result = validate(definition(template), { checkPaths: true, checkArn: true });
    expect(result.errors).toEqual([]);
    expect(result.isValid).toBe(true);
  });

  it('gives every task a timeout and retries, and catches errors of every task but those that end the execution', () => {
    const tasks = Object.entries<any>(definition(template).States).filter(([, state]) => state.Type === 'Task');
    expect(tasks.length).toBeGreaterThan(8);
    for (const [name, task] of tasks) {
      expect(task.TimeoutSeconds, name).toBeGreaterThan(0);
      expect(task.Retry, name).not.toHaveLength(0);
      expect(task.Catch, name).toHaveLength(1);
    }
  });

  it('reaches a recorded outcome from every state', () => {
    const states: Record<string, any> = definition(template).States;
    const next = (state: any): string[] => [state.Next, state.Default, ...(state.Choices ?? []).map((c: any) => c.Next), ...(state.Catch ?? []).map((c: any) => c.Next)].filter(Boolean);
    const terminal = Object.keys(states).filter((name) => ['Succeed', 'Fail'].includes(states[name].Type));
    expect(terminal.sort()).toEqual(['Ended', 'Failed', 'Unrecorded']);
    for (const name of Object.keys(states).filter((candidate) => !terminal.includes(candidate))) expect(next(states[name]), name).not.toHaveLength(0);
    // Without RecordOutcome no end can be reached.
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name) || name === 'RecordOutcome') return;
      seen.add(name);
      next(states[name]).forEach(visit);
    };
    visit('Initialize');
    expect(terminal.filter((name) => seen.has(name))).toEqual([]);
  });

  it('starts on an approval of its own model package group', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.sagemaker'],
        'detail-type': ['SageMaker Model Package State Change'],
        detail: { ModelPackageGroupName: [MODEL], ModelApprovalStatus: ['Approved'] },
      },
      Targets: [Match.objectLike({ InputTransformer: Match.objectLike({ InputPathsMap: Match.objectLike({ 'detail-ModelPackageArn': '$.detail.ModelPackageArn' }) }) })],
    });
  });

  it('finishes what a dead run of its own began', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [{ Ref: Match.stringLikeRegexp('^DeploymentWorkflow') }], status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
      },
      Targets: [
        Match.objectLike({
          InputTransformer: {
            InputPathsMap: { 'detail-name': '$.detail.name', 'detail-status': '$.detail.status', 'detail-executionArn': '$.detail.executionArn' },
            InputTemplate: '{"trigger":"reconcile","reason":"run <detail-name> ended as <detail-status>","deadExecutionArn":<detail-executionArn>}',
          },
        }),
      ],
    });
  });

  it('removes the rules that start deployments before the endpoint', () => {
    const [[endpoint]] = Object.entries(template.findResources('Custom::SageMakerEndpointLifecycle')) as [[string, unknown]];
    const rules = Object.values(template.findResources('AWS::Events::Rule')).filter((rule) => JSON.stringify(rule['Properties'].Targets).includes('DeploymentWorkflow'));
    expect(rules).toHaveLength(2);
    for (const rule of rules) expect(rule['DependsOn']).toContain(endpoint);
  });

  it('owns the endpoint through a custom resource whose properties change with what serves', () => {
    const serving = (deployment: Deployment): unknown =>
      Object.values(synthesize(() => deployment).template.findResources('Custom::SageMakerEndpointLifecycle'))[0]!['Properties'].ServingConfiguration;
    expect(serving(Deployment.canary())).toBe(serving(Deployment.canary({ waitInterval: Duration.minutes(20) })));
    expect(serving(Deployment.canary())).not.toBe(serving(Deployment.canary({ endpoint: Endpoint.realTime({ samplingPercentage: 50 }) })));
    expect(serving(Deployment.canary())).not.toBe(serving(Deployment.canary({ canarySize: 25, endpoint: Endpoint.realTime({ instanceCount: 4 }) })));
    expect(workflow.endpointName).toBe(MODEL);
  });

  it('passes its role to SageMaker only, and names what it changes', () => {
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap((policy) => policy['Properties'].PolicyDocument.Statement as any[]);
    const passing = statements.filter((statement) => [statement.Action].flat().includes('iam:PassRole'));
    expect(passing).toEqual([expect.objectContaining({ Condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } } })]);
    const unscoped = statements.filter((statement) => statement.Resource === '*').flatMap((statement) => [statement.Action].flat());
    for (const action of unscoped) {
      expect(action).toMatch(/^(xray:|logs:|cloudwatch:(GetMetricData|PutMetricData)$|sagemaker:List(EndpointConfigs|Models)$|application-autoscaling:Describe(ScalableTargets|ScalingPolicies|ScheduledActions)$|ecr:GetAuthorizationToken$)/);
    }
  });

  it('has no unacknowledged cdk-nag finding', () => {
    const app = new App();
    const { stack } = synthesize(undefined, app);
    const report = new AwsSolutionsChecks(app).validateScope(stack);
    expect(report.violations.map((violation) => `${violation.ruleName} ${violation.violatingResources.map((resource) => resource.resourceLogicalId).join()}`)).toEqual([]);
  });

  it.each<[string, Partial<DeploymentSettings>]>([
    ['the longest release with the shortest interval', {}],
    ['extensions of it', { analysis: { ...LONGEST.analysis, inconclusive: 'EXTEND', maximumExtensions: 3 } }],
    ['a month of shadow and three months of a test, looked at each minute', { shadow: SHADOW, test: TEST }],
    ['all of it', { shadow: SHADOW, test: TEST, analysis: { ...LONGEST.analysis, inconclusive: 'EXTEND', maximumExtensions: 3 } }],
  ])('stays below the limits of Step Functions with %s', (_title, more) => {
    const timed = { ...LONGEST, ...more } as DeploymentSettings;
    let plan: any = { resource: 'm-v2-r000000000000', champion: {} };
    plan = { ...plan, stages: deploymentStages(timed, plan, 'approval') };
    let looks = plan.stages.reduce((sum: number, stage: any) => sum + stage.maximumLooks, 0);
    for (let extension = 0; extension < timed.analysis.maximumExtensions; extension++) {
      plan = extendedPlan(timed, plan);
      looks += plan.stages.at(-1).maximumLooks;
    }
    // Task 5 events, Wait 2, Choice 2. Waiting for the lock, for the endpoint, to abort and to restore; a stage's other states.
    const events = 9 * (looks + 2 * BUSY_ATTEMPTS + 2 * settlingAttempts(timed)) + 60 * 7;
    expect(events).toBeLessThan(24_000);
    expect(executionSeconds(timed)).toBeLessThan(365 * 86_400);
    for (const { stage } of plan.stages) expect(maximumLooks(timed, stage) * lookInterval(timed, stage)).toBeGreaterThanOrEqual(stage === 'AB_TEST' ? TEST.maximumSeconds : 28_800);
  });

  it('looks as often as the user asks for while that fits', () => {
    expect(lookInterval(LONGEST as DeploymentSettings, 'RELEASE')).toBe(60);
    expect(lookInterval({ ...LONGEST, test: { ...TEST, maximumSeconds: 7 * 86_400, intervalSeconds: 3600 } } as DeploymentSettings, 'AB_TEST')).toBe(3600);
  });
});
