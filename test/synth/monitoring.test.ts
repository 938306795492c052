import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import validate from 'asl-validator';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { DataContract } from '../../lib/data/data-contract';
import { DataLake } from '../../lib/data/data-lake';
import { Deployment } from '../../lib/deployment/choices/deployment';
import { EndpointAlarms } from '../../lib/deployment/endpoint-alarms';
import { AlarmSeverity } from '../../lib/governance/alarm-severity';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { BusinessMetric } from '../../lib/monitoring/business-metric';
import { FeatureMetrics } from '../../lib/monitoring/feature-metrics';
import { type CatalogueMetric, METRICS } from '../../lib/monitoring/metric-catalogue.contract';
import { Monitoring } from '../../lib/monitoring/monitoring';
import { MonitoringWorkflow } from '../../lib/monitoring/monitoring-workflow';
import { ConfigurationError, Problems } from '../../lib/private/errors';
import { ExecutionFailuresAlarm } from '../../lib/private/execution-failures';
import { Workflow } from '../../lib/private/workflow';
import { ModelRegistry } from '../../lib/registry/model-registry';
import { Retraining } from '../../lib/retraining/retraining';
import { RetrainingController } from '../../lib/retraining/retraining-controller';

const MODEL = 'flight-delay';
const root = resolve(__dirname, '../..');

interface Synthesized {
  readonly stack: Stack;
  readonly template: Template;
  readonly monitoring: MonitoringWorkflow;
}

function synthesize(monitoring = Monitoring.standard(), retraining: Retraining | undefined = Retraining.onDrift(), app = new App()): Synthesized {
  const stack = new Stack(app, 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const lake = new DataLake(stack, 'Lake');
  const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake, owner: ModelOwner.team('flight-ops', { email: 'flight-ops@example.com' }) });
  const registry = new ModelRegistry(stack, 'Registry', { modelName: MODEL });
  const contract = DataContract.fromObject({
    columns: [
      { name: 'delayed', type: 'boolean', roles: ['label'] },
      { name: 'distance', type: 'integer', roles: ['feature'], minimum: 0 },
      { name: 'origin', type: 'string', roles: ['feature'] },
    ],
  });
  const training = new Workflow(stack, 'Training', {
    definition: { Comment: 'training', QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: { Type: 'Succeed' } } },
    handlers: [],
    timeout: Duration.hours(1),
  });
  const trainingStateMachine: sfn.IStateMachine = training.stateMachine;
  const controller = retraining && new RetrainingController(stack, 'Retraining', { modelName: MODEL, lake, governance, retraining, trainingStateMachine });
  const endpointAlarms = new EndpointAlarms(stack, 'EndpointAlarms', { endpointName: MODEL, governance, deployment: Deployment.canary() });
  const workflow = new MonitoringWorkflow(stack, 'Monitoring', { modelName: MODEL, lake, governance, registry, endpointName: MODEL, endpointAlarms, contract, monitoring, controller });
  return { stack, template: Template.fromStack(stack), monitoring: workflow };
}

function definition(template: Template): any {
  const machine = Object.values(template.findResources('AWS::StepFunctions::StateMachine')).find(({ Properties }) => JSON.stringify(Properties).includes('EvaluateDrift'));
  const parts = machine!['Properties'].DefinitionString['Fn::Join'][1] as (string | Record<string, any>)[];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'Ref' in part ? 'aws' : 'arn:aws:lambda:us-east-1:111122223333:function:handler')).join(''));
}

function problemsOf(choice: Monitoring | Retraining, path: string): string[] {
  const problems = new Problems();
  choice._validate(path, problems);
  return problems.all.map((problem) => `${problem.code} ${problem.path}`);
}

describe('the monitoring workflow', () => {
  const { template, monitoring } = synthesize();

  it('is valid Amazon States Language, with and without a controller', () => {
    for (const text of [definition(template), definition(synthesize(Monitoring.standard(), undefined).template)]) {
      const result = validate(text, { checkPaths: true, checkArn: true }) as unknown as { isValid: boolean; errors: unknown[] };
      expect(result.errors).toEqual([]);
      expect(result.isValid).toBe(true);
    }
  });

  it('gives every task a timeout, retries and, outside the map, a catch that records the failure', () => {
    const { States } = definition(template);
    const tasks = [...Object.entries<any>(States), ...Object.entries<any>(States.ProfileFiles.ItemProcessor.States)].filter(([, state]) => state.Type === 'Task');
    for (const [name, task] of tasks) {
      expect(task.TimeoutSeconds, name).toBeGreaterThan(0);
      expect(task.Retry.length, name).toBeGreaterThan(0);
      // A record that fails ends the execution as failed; an error in a file's profile is the map's.
      if (!name.startsWith('Record') && name !== 'ProfileCapture') expect(task.Catch[0].ErrorEquals, name).toEqual(['States.ALL']);
    }
  });

  it('passes the contract and the thresholds to its handlers', () => {
    const { States } = definition(template);
    expect(States.PlanWindow.Arguments.Payload.features).toEqual([
      { name: 'distance', type: 'numeric', minimum: 0 },
      { name: 'origin', type: 'categorical' },
    ]);
    expect(States.EvaluateDrift.Arguments.Payload.policy).toMatchObject({ minimumSampleSize: 200, psiThreshold: 0.2, falseDiscoveryRate: 0.01, driftedShare: 0.3 });
  });

  it('starts after each window and its watermark, with the time that was due', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(15 * * * ? *)',
      Target: { Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}', RoleArn: Match.anyValue() },
    });
    synthesize(Monitoring.standard({ interval: Duration.hours(6), watermark: Duration.minutes(5) })).template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(5 0/6 * * ? *)',
    });
  });

  it('may start and stop nothing but its own child executions, and invoke nothing but its handlers', () => {
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as any[]);
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action === '*' || /^\w+:\*$/.test(action))).toEqual([]);
    const starts = statements.filter(({ Action }) => JSON.stringify(Action).includes('states:StartExecution'));
    expect(starts.map(({ Resource }) => JSON.stringify(Resource)).every((resource) => resource.includes('Ref'))).toBe(true);
  });

  it('has no unacknowledged cdk-nag finding', () => {
    const app = new App();
    const triggers = Retraining.anyOf(Retraining.onDrift(), Retraining.onNewData(), Retraining.onSchedule(ScheduleExpression.rate(Duration.days(7))));
    const { stack } = synthesize(Monitoring.standard(), triggers, app);
    const report = new AwsSolutionsChecks(app).validateScope(stack);
    expect(report.violations.map((violation) => `${violation.ruleName} ${violation.violatingResources.map((resource) => resource.resourceLogicalId).join()}`)).toEqual([]);
  });

  it('has a section in the operator runbook for every alarm, and says what missing data means', () => {
    const runbook = readFileSync(resolve(root, 'docs/operator-runbook.md'), 'utf8');
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    // The endpoint has two, the retraining controller one.
    expect(alarms.length).toBe(monitoring.alarms.length + 3);
    for (const { Properties } of alarms) {
      const anchor = /#([a-z-]+)$/.exec(JSON.stringify(Properties.AlarmDescription).replace(/"$/, ''))![1]!;
      expect(Properties.AlarmName).toMatch(new RegExp(`/${anchor}$`));
      expect(runbook.toLowerCase().replace(/ /g, '-')).toContain(`\n##-${anchor}\n`);
      expect(Properties.TreatMissingData, anchor).toBeDefined();
    }
  });

  it('takes silence of a sparse metric for no breach', () => {
    const sparse = Object.values<CatalogueMetric>(METRICS).filter((metric) => metric.sparse === true).map(({ name }) => name);
    const watching = Object.values(template.findResources('AWS::CloudWatch::Alarm')).filter(({ Properties }) => sparse.includes(Properties.MetricName));
    expect(watching.map(({ Properties }) => [Properties.MetricName, Properties.TreatMissingData])).toEqual([
      ['OperationalDrift', 'notBreaching'],
      ['TrainingServingSkew', 'notBreaching'],
    ]);
  });

  it('notifies once for all alarms of a severity, and leads to dashboard and runbook', () => {
    const alarms = template.findResources('AWS::CloudWatch::Alarm');
    expect(Object.values(alarms).filter(({ Properties }) => Properties.AlarmActions !== undefined)).toEqual([]);
    const composites = Object.values(template.findResources('AWS::CloudWatch::CompositeAlarm'));
    expect(composites.map(({ Properties }) => Properties.AlarmName)).toEqual(['Test/Governance/ticket', 'Test/Governance/page']);
    const watched = composites.map(({ Properties }) => Object.keys(alarms).filter((id) => JSON.stringify(Properties.AlarmRule).includes(`"${id}"`)).map((id) => alarms[id]!['Properties'].AlarmName.split('/').pop()));
    expect(watched[0]).toEqual(expect.arrayContaining(['data-drift', 'prediction-drift', 'data-quality', 'blind-monitor', 'stale-capture', 'operational-drift', 'monitoring-failures', 'retraining-controller-failures']));
    expect(watched[1]).toEqual(['endpoint-errors', 'endpoint-latency']);
    expect(watched.flat().length).toBe(Object.keys(alarms).length);
    for (const { Properties } of composites) {
      expect(Properties.AlarmActions.length).toBe(1);
      const description = JSON.stringify(Properties.AlarmDescription);
      expect(description).toContain('#dashboards:name=');
      expect(description).toMatch(/operator-runbook\.md#(page|ticket)"/);
    }
  });

  it('lets every alarm notify by itself when the owner wants that, and tickets go elsewhere', () => {
    const stack = new Stack(new App(), 'Owner', { env: { account: '111122223333', region: 'us-east-1' } });
    const tickets = Topic.fromTopicArn(stack, 'Tickets', 'arn:aws:sns:us-east-1:111122223333:tickets');
    const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake: new DataLake(stack, 'Lake'), owner: ModelOwner.team('flight-ops', { ticketTopic: tickets, eachAlarmNotifies: true }) });
    new EndpointAlarms(stack, 'EndpointAlarms', { endpointName: MODEL, governance, deployment: Deployment.canary() });
    const failing = new Workflow(stack, 'Training', { definition: { Comment: '', QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }, handlers: [], timeout: Duration.hours(1) });
    new ExecutionFailuresAlarm(stack, 'Failures', { governance, stateMachine: failing.stateMachine, workflow: 'training' });
    const owned = Template.fromStack(stack);
    owned.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 0);
    owned.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'Owner/training-failures', AlarmActions: ['arn:aws:sns:us-east-1:111122223333:tickets'] });
    owned.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'Owner/EndpointAlarms/endpoint-errors', AlarmActions: [{ Ref: Match.stringLikeRegexp('GovernanceTopic') }] });
  });

  it('takes silence for stale captures where requests were counted, and only there', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: Match.stringLikeRegexp('stale-capture$'),
      Threshold: 3600,
      TreatMissingData: 'notBreaching',
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(FILL(requests, 0) > 0, FILL(age, 7200), 0)', Id: 'expr_1' })]),
    });
  });

  it('notifies when the monitor falls silent, but not before it ever spoke', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'MonitorBlind',
      TreatMissingData: 'missing',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
      Period: 3600,
      InsufficientDataActions: [Match.anyValue()],
    });
  });

  it('alarms on drift in two of three windows', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DataDrift', Period: 3600, DatapointsToAlarm: 2, EvaluationPeriods: 3, TreatMissingData: 'ignore' });
  });
});

describe('choices of metrics', () => {
  const chosen = synthesize(
    Monitoring.standard({
      featureMetrics: FeatureMetrics.top(1),
      businessMetrics: [
        BusinessMetric.cloudWatch({ name: 'conversion', namespace: 'Shop', metricName: 'Converted', dimensions: { Shop: 'de' } }).dropsBy(20, Duration.days(7)),
        BusinessMetric.cloudWatch({ name: 'complaints', namespace: 'Shop', metricName: 'Complaints', statistic: 'Sum', severity: AlarmSeverity.PAGE }).atMost(10),
        BusinessMetric.cloudWatch({ name: 'revenue', namespace: 'Shop', metricName: 'Revenue', statistic: 'Sum' }),
      ],
    }),
  ).template;
  const dashboard = JSON.stringify(Object.values(chosen.findResources('AWS::CloudWatch::Dashboard'))[0]!['Properties'].DashboardBody);

  it('tells the handlers which features and business metrics to publish', () => {
    const { policy } = definition(chosen).States.EvaluateDrift.Arguments.Payload;
    expect(policy.featureMetrics).toEqual({ type: 'TOP', count: 1 });
    expect(policy.business).toEqual([{ name: 'conversion', namespace: 'Shop', metricName: 'Converted', dimensions: { Shop: 'de' }, statistic: 'Average', percent: 20, againstSeconds: 604800 }]);
  });

  it('alarms on business metrics, as the drift alarms do', () => {
    const shared = { DatapointsToAlarm: 2, EvaluationPeriods: 3, TreatMissingData: 'notBreaching', Period: 3600 } as const;
    chosen.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...shared,
      AlarmName: Match.stringLikeRegexp('/conversion/business-metric$'),
      MetricName: 'BusinessMetricDrop',
      Dimensions: [
        { Name: 'BusinessMetricName', Value: 'conversion' },
        { Name: 'ModelName', Value: MODEL },
      ],
      Threshold: 20,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    chosen.hasResourceProperties('AWS::CloudWatch::Alarm', { ...shared, Namespace: 'Shop', MetricName: 'Complaints', Statistic: 'Sum', Threshold: 10, ComparisonOperator: 'GreaterThanThreshold' });
    const names = Object.values(chosen.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties.AlarmName as string);
    expect(names.filter((name) => name.endsWith('/business-metric'))).toHaveLength(2);
    chosen.hasResourceProperties('AWS::CloudWatch::CompositeAlarm', { AlarmName: 'Test/Governance/page', AlarmRule: { 'Fn::Join': ['', Match.arrayWith([{ 'Fn::GetAtt': [Match.stringLikeRegexp('Businesscomplaints'), 'Arn'] }])] } });
  });

  it('shows every kind of drift with the releases, features by choice and business metrics', () => {
    for (const part of ['Data drift', 'Prediction drift', 'Operational drift', 'FeaturePopulationStabilityIndex', 'Business: conversion', 'Business: complaints', 'Business: revenue']) expect(dashboard).toContain(part);
    expect(dashboard.match(/FILL\(deployed, 0\)/g)).toHaveLength(4);
    expect(JSON.stringify(Object.values(synthesize().template.findResources('AWS::CloudWatch::Dashboard')))).not.toContain('FeaturePopulationStabilityIndex');
  });

  it('fails with every wrong value at once', () => {
    const wrong = Monitoring.standard({
      operationalFactor: 1,
      featureMetrics: FeatureMetrics.top(0),
      businessMetrics: [
        BusinessMetric.cloudWatch({ name: 'Conversion rate', namespace: '', metricName: 'x', statistic: 'Median' }),
        BusinessMetric.cloudWatch({ name: 'a', namespace: 'Shop', metricName: 'x' }).dropsBy(100, Duration.minutes(90)),
        BusinessMetric.cloudWatch({ name: 'a', namespace: 'Shop', metricName: 'x' }).atLeast(Number.NaN),
      ],
    });
    expect(problemsOf(wrong, 'monitoring')).toEqual([
      'OperationalFactorOutOfRange monitoring.operationalFactor',
      'FeatureMetricsCountInvalid monitoring.featureMetrics',
      'BusinessMetricNameInvalid monitoring.businessMetrics[0].name',
      'BusinessMetricInvalid monitoring.businessMetrics[0].namespace',
      'BusinessMetricInvalid monitoring.businessMetrics[0].statistic',
      'BusinessLimitInvalid monitoring.businessMetrics[1]',
      'BusinessLimitInvalid monitoring.businessMetrics[1]',
      'BusinessLimitInvalid monitoring.businessMetrics[2]',
      'BusinessMetricTwice monitoring.businessMetrics',
    ]);
    expect(problemsOf(Monitoring.standard({ featureMetrics: FeatureMetrics.of() }), 'monitoring')).toEqual(['FeatureMetricsEmpty monitoring.featureMetrics']);
    expect(problemsOf(Monitoring.standard({ featureMetrics: FeatureMetrics.all(), businessMetrics: [] }), 'monitoring')).toEqual([]);
  });
});

describe('Monitoring', () => {
  it('fails with every wrong value at once', () => {
    const wrong = Monitoring.standard({
      interval: Duration.minutes(90),
      watermark: Duration.hours(1),
      minimumSampleSize: 10,
      psiThreshold: 0,
      falseDiscoveryRate: 0.5,
      driftedShare: 1.5,
      windows: 4,
      of: 3,
      captureRatioThreshold: 0,
      featureWeights: { distance: -1 },
    });
    expect(problemsOf(wrong, 'monitoring')).toEqual([
      'MonitoringIntervalOutOfRange monitoring.interval',
      'WatermarkOutOfRange monitoring.watermark',
      'WindowsOutOfRange monitoring.windows',
      'ShareOutOfRange monitoring.driftedShare',
      'ShareOutOfRange monitoring.captureRatioThreshold',
      'PsiThresholdOutOfRange monitoring.psiThreshold',
      'FalseDiscoveryRateOutOfRange monitoring.falseDiscoveryRate',
      'MinimumSampleSizeOutOfRange monitoring.minimumSampleSize',
      'FeatureWeightNegative monitoring.featureWeights.distance',
    ]);
  });

  it('fails when the alarm would look back more than seven days', () => {
    expect(problemsOf(Monitoring.standard({ interval: Duration.hours(24), of: 8 }), 'monitoring')).toEqual(['AlarmReachTooLong monitoring.of']);
  });

  it('fails on features that the contract does not have, with the one that was meant', () => {
    const problem = (monitoring: Monitoring): string => {
      try {
        synthesize(monitoring);
        return '';
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigurationError);
        return (error as Error).message;
      }
    };
    expect(problem(Monitoring.standard({ criticalFeatures: ['distanse'] }))).toContain("did you mean 'distance'?");
    expect(problem(Monitoring.standard({ featureWeights: { distance: 0, origin: 0 } }))).toContain('NoFeatureCounts');
    expect(problem(Monitoring.standard({ featureMetrics: FeatureMetrics.of('orgin') }))).toContain("did you mean 'origin'?");
    expect(problem(Monitoring.none())).toContain('MonitoringDisabled');
  });

  it('accepts its defaults', () => {
    expect(problemsOf(Monitoring.standard(), 'monitoring')).toEqual([]);
    expect(problemsOf(Monitoring.none(), 'monitoring')).toEqual([]);
  });
});

describe('Retraining', () => {
  it('fails with every wrong value at once', () => {
    const wrong = Retraining.anyOf(
      Retraining.onDrift({ windows: 5, of: 4, cooldown: Duration.minutes(5), maximumPerWeek: 0, maximumUncured: 0 }),
      Retraining.onNewData({ marker: '' }),
      Retraining.onNewData(),
    );
    expect(problemsOf(wrong, 'retraining')).toEqual([
      'RetrainingLimitOutOfRange retraining[0].windows',
      'RetrainingLimitOutOfRange retraining[0].maximumPerWeek',
      'RetrainingLimitOutOfRange retraining[0].maximumUncured',
      'CooldownTooShort retraining[0].cooldown',
      'MarkerInvalid retraining[1].marker',
      'RetrainingTriggerTwice retraining',
    ]);
  });

  it('listens to the marker of complete raw data of this model only', () => {
    const { template } = synthesize(Monitoring.standard(), Retraining.onNewData());
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['aws.s3'], 'detail-type': ['Object Created'], detail: { object: { key: [{ wildcard: 'raw/flight-delay/*_SUCCESS' }] } } },
    });
  });

  it('has no trigger when it is manual', () => {
    const { template } = synthesize(Monitoring.standard(), Retraining.manual());
    template.resourceCountIs('AWS::Events::Rule', 0);
    template.resourceCountIs('AWS::Scheduler::Schedule', 1);
  });

  it('starts by a schedule of its own role', () => {
    const { template } = synthesize(Monitoring.standard(), Retraining.onSchedule(ScheduleExpression.rate(Duration.days(7))));
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(7 days)',
      Target: { Input: '{"trigger":"schedule","eventId":"<aws.scheduler.scheduled-time>","time":"<aws.scheduler.scheduled-time>"}' },
    });
  });
});
