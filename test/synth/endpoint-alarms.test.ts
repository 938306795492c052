import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';
import { Problems } from '../../lib/private/errors';

const root = resolve(__dirname, '../..');
const runbook = readFileSync(join(root, 'docs/operator-runbook.md'), 'utf8');

/** Metrics that each kind of endpoint publishes (monitoring-cloudwatch, async-inference-monitor, serverless-endpoints-monitoring). */
const COMMON = ['Invocation4XXErrors', 'Invocation5XXErrors', 'ModelLatency'];
const PUBLISHED: Record<string, string[]> = {
  realTime: [...COMMON, 'Invocations', 'InvocationsPerInstance'],
  asynchronous: [
    ...COMMON,
    'RequestDownloadFailures',
    'ResponseUploadFailures',
    'ExpiredRequests',
    'ApproximateBacklogSize',
    'ApproximateBacklogSizePerInstance',
    'ApproximateAgeOfOldestRequest',
    'HasBacklogWithoutCapacity',
  ],
  serverless: [...COMMON, 'Invocations', 'ServerlessConcurrentExecutionsUtilization'],
};
const WITHOUT_VARIANT = ['ApproximateBacklogSize', 'ApproximateBacklogSizePerInstance', 'ApproximateAgeOfOldestRequest', 'HasBacklogWithoutCapacity'];

const DEPLOYMENTS: Record<string, ml.Deployment> = {
  realTime: ml.Deployment.canary(),
  asynchronous: ml.Deployment.canary({ endpoint: ml.Endpoint.asynchronous() }),
  serverless: ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless() }),
};

interface Built {
  readonly app: App;
  readonly stack: Stack;
  readonly pipeline: ml.MlPipeline;
  readonly template: Template;
}

function build(deployment: ml.Deployment, monitoring = ml.Monitoring.none()): Built {
  const app = new App();
  const stack = new Stack(app, 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const contract = ml.DataContract.fromFile(join(root, 'examples/quickstart/contract.yaml'));
  const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
    modelName: 'churn',
    owner: ml.ModelOwner.team('growth'),
    trainingData: ml.TrainingData.fromBucket(new ml.DataLake(stack, 'Lake'), { contract }),
    training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
    deployment,
    monitoring,
  });
  return { app, stack, pipeline, template: Template.fromStack(stack) };
}

type Alarm = Record<string, any>;

/** By the end of their names: endpoint alarms only. */
function endpointAlarms({ template }: Built): Record<string, Alarm> {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties as Alarm);
  return Object.fromEntries(alarms.map((alarm) => [String(alarm['AlarmName']).split('/').at(-1)!, alarm] as const).filter(([name]) => name.startsWith('endpoint-')));
}

function metricsOf(alarm: Alarm): { MetricName: string; Dimensions: { Name: string; Value: string }[] }[] {
  if (alarm['MetricName'] !== undefined) return [alarm as any];
  return (alarm['Metrics'] as any[]).flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []));
}

describe.each(Object.keys(DEPLOYMENTS))('the alarms of a %s endpoint', (kind) => {
  const built = build(DEPLOYMENTS[kind]!);
  const alarms = endpointAlarms(built);

  it('are there without monitoring, with what the kind can be ill of', () => {
    const more: Record<string, string[]> = { realTime: [], asynchronous: ['endpoint-backlog', 'endpoint-capacity'], serverless: ['endpoint-capacity'] };
    expect(Object.keys(alarms).sort()).toEqual(['endpoint-errors', 'endpoint-latency', ...more[kind]!].sort());
    expect(built.pipeline.monitoring).toBeUndefined();
    expect(built.pipeline.endpointAlarms.all.length).toBe(Object.keys(alarms).length);
  });

  it('watch metrics that SageMaker publishes for it, of the whole endpoint and not of one fleet', () => {
    for (const { MetricName, Dimensions } of Object.values(alarms).flatMap(metricsOf)) {
      expect(PUBLISHED[kind]).toContain(MetricName);
      const names = Dimensions.map(({ Name }) => Name).sort();
      expect({ MetricName, names }).toEqual({ MetricName, names: WITHOUT_VARIANT.includes(MetricName) ? ['EndpointName'] : ['EndpointName', 'VariantName'] });
    }
  });

  it('say where to read on, and stay quiet without requests', () => {
    for (const [name, alarm] of Object.entries(alarms)) {
      expect(alarm['TreatMissingData'], name).toBe('notBreaching');
      // The one of their severity notifies for them.
      expect(alarm['AlarmActions'], name).toBeUndefined();
      expect(JSON.stringify(alarm['AlarmDescription']), name).toContain(`#${name}`);
      expect(runbook, name).toContain(`\n## ${name}\n`);
    }
  });

  it('are on a dashboard of the endpoint, which shows published metrics only', () => {
    const dashboards = Object.values(built.template.findResources('AWS::CloudWatch::Dashboard'));
    expect(dashboards).toHaveLength(1);
    const body = JSON.stringify(dashboards[0]!['Properties'].DashboardBody);
    const shown = [...body.matchAll(/AWS\/SageMaker\\*",\\*"(\w+)/g)].map((match) => match[1]!);
    expect(shown.length).toBeGreaterThan(4);
    expect(shown.filter((name) => !PUBLISHED[kind]!.includes(name))).toEqual([]);
    expect(body).toContain('DeploymentAnalysisFailed');
    expect(body).toContain('WorkflowOutcome');
  });

  it('bring no unacknowledged finding of cdk-nag', () => {
    const report = new AwsSolutionsChecks(built.app).validateScope(built.stack);
    expect(report.violations.map((violation) => `${violation.ruleName} ${violation.violatingResources.map((resource) => resource.resourceLogicalId).join()}`)).toEqual([]);
  });
});

describe('the alarms of an endpoint', () => {
  it('are the same with monitoring, on the dashboard of monitoring', () => {
    const monitored = build(ml.Deployment.canary(), ml.Monitoring.standard());
    expect(endpointAlarms(monitored)).toEqual(endpointAlarms(build(ml.Deployment.canary())));
    monitored.template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    expect(monitored.pipeline.dashboard).toBe(monitored.pipeline.monitoring?.dashboard);
    const body = JSON.stringify(Object.values(monitored.template.findResources('AWS::CloudWatch::Dashboard'))[0]);
    expect(body).toContain('PipelineDeploymentAlarmsErrors');
  });

  it('belong to a pinned deployment too, also before a version is named', () => {
    for (const deployment of [ml.Deployment.pinned(), ml.Deployment.pinned({ version: 3 })]) {
      expect(Object.keys(endpointAlarms(build(deployment))).sort()).toEqual(['endpoint-errors', 'endpoint-latency']);
    }
  });

  it('have the thresholds that the user chose', () => {
    const asynchronous = ml.Endpoint.asynchronous({ errorRateThreshold: 0.2, latencyThreshold: Duration.minutes(2), backlogAgeThreshold: Duration.minutes(20) });
    const chosen = endpointAlarms(build(ml.Deployment.canary({ endpoint: asynchronous })));
    expect(Object.fromEntries(Object.entries(chosen).map(([name, { Threshold }]) => [name, Threshold]))).toEqual({
      'endpoint-errors': 0.2,
      'endpoint-latency': 120_000_000,
      'endpoint-backlog': 1200,
      'endpoint-capacity': 1,
    });
    const serverless = ml.Endpoint.serverless({ latencyThreshold: Duration.millis(300), concurrencyThreshold: 0.5 });
    const second = endpointAlarms(build(ml.Deployment.allAtOnce({ endpoint: serverless })));
    expect([second['endpoint-latency']!['Threshold'], second['endpoint-capacity']!['Threshold']]).toEqual([300_000, 0.5]);
  });

  it('leave the concurrency alone when one request is all of it', () => {
    expect(endpointAlarms(build(ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless({ maximumConcurrency: 1 }) })))).not.toHaveProperty('endpoint-capacity');
  });

  it('do not deploy again when a threshold changes', () => {
    const properties = (deployment: ml.Deployment): unknown => Object.values(build(deployment).template.findResources('Custom::SageMakerEndpointLifecycle'))[0]!['Properties'].ServingConfiguration;
    expect(properties(ml.Deployment.canary({ endpoint: ml.Endpoint.realTime({ errorRateThreshold: 0.2 }) }))).toEqual(properties(ml.Deployment.canary()));
  });

  it('refuse thresholds that mean nothing, all at once', () => {
    const problems = new Problems();
    const wrong = { errorRateThreshold: 2, latencyThreshold: Duration.seconds(0) };
    ml.Deployment.canary({ endpoint: ml.Endpoint.asynchronous({ ...wrong, backlogAgeThreshold: Duration.seconds(0) }) })._validate('deployment', problems);
    ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless({ ...wrong, concurrencyThreshold: 0 }) })._validate('other', problems);
    expect(problems.all.map(({ code, path }) => `${code} ${path}`)).toEqual([
      'ShareOutOfRange deployment.endpoint.errorRateThreshold',
      'ThresholdOutOfRange deployment.endpoint.latencyThreshold',
      'ThresholdOutOfRange deployment.endpoint.backlogAgeThreshold',
      'ShareOutOfRange other.endpoint.errorRateThreshold',
      'ThresholdOutOfRange other.endpoint.latencyThreshold',
      'ShareOutOfRange other.endpoint.concurrencyThreshold',
    ]);
  });
});
