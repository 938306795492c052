import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';
import type { ScaleFromZeroSettings, StageName } from '../../lib/deployment/deployment.contract';
import { alarmRequests } from '../../lib/deployment/requests/deployment-requests.lambda-shared';
import { scaleFromZeroAlarmRequest } from '../../lib/deployment/requests/scaling-requests.lambda-shared';
import { OUTCOMES } from '../../lib/governance/outcome.contract';
import { SETTINGS } from '../pure/deployment-settings';

const RUNBOOK = 'https://runbook.example.com/';
const columns = [
  { name: 'basket', type: ml.ColumnType.NUMBER, role: ml.ColumnRole.FEATURE },
  { name: 'left', type: ml.ColumnType.BOOLEAN, role: ml.ColumnRole.LABEL },
];

/** Descriptions of all alarms in the template of a pipeline with everything that can be had. */
function described(deployment: ml.Deployment, captures: boolean): [alarm: string, description: string][] {
  const stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  new ml.MlPipeline(stack, 'Pipeline', {
    modelName: 'churn',
    owner: ml.ModelOwner.team('growth', { email: 'growth@example.com', runbookUrl: RUNBOOK }),
    trainingData: ml.TrainingData.fromBucket(new ml.DataLake(stack, 'Lake'), { contract: ml.DataContract.of({ columns }) }),
    training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
    retraining: captures ? ml.Retraining.onDrift() : undefined,
    monitoring: captures ? ml.Monitoring.standard({ groundTruth: ml.GroundTruth.labels() }) : ml.Monitoring.none(),
    predictionLog: captures ? ml.PredictionLog.standard() : undefined,
    deployment,
  });
  const template = Template.fromStack(stack);
  const alarms = ['Alarm', 'CompositeAlarm'].flatMap((type) => Object.entries(template.findResources(`AWS::CloudWatch::${type}`)));
  // The dashboard's name is known to CloudFormation only, so a description that links to it is in parts.
  return alarms.map(([id, { Properties }]) => [id, JSON.stringify((Properties as { AlarmDescription?: unknown }).AlarmDescription ?? '')]);
}

const asynchronous = ml.Deployment.canary({ endpoint: ml.Endpoint.asynchronous({ autoscaling: ml.Autoscaling.backlogPerInstance({ minimum: 0, maximum: 2 }) }) });
const PIPELINES: [kind: string, deployment: ml.Deployment, captures: boolean, alarms: number][] = [
  ['real-time', ml.Deployment.canary(), true, 12],
  ['asynchronous', asynchronous, true, 11],
  ['serverless', ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless() }), false, 3],
  ['pinned', ml.Deployment.pinned({ version: 1 }), true, 14],
  ['pinned, asynchronous', ml.Deployment.pinned({ version: 1, by: asynchronous }), true, 13],
];
const STAGES: StageName[] = ['SHADOW', 'AB_TEST', 'RELEASE'];

/** Body of each section by the anchor that its heading gets. */
const sections = new Map(
  readFileSync(join(__dirname, '../../docs/operator-runbook.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n', 1)[0]!, section] as const),
);

function expectSection(anchor: string): void {
  expect(sections.has(anchor) ? anchor : `the runbook has no section ${anchor}`).toBe(anchor);
  for (const part of ['**Means', '**Likely causes', '**What to do']) expect(`${anchor}: ${sections.get(anchor)!.includes(part) ? '' : `lacks ${part}`}`).toBe(`${anchor}: `);
}

describe('the operator runbook has a section', () => {
  it.each(PIPELINES)('for every alarm in the template of a pipeline: %s', (_kind, deployment, captures, atLeast) => {
    const alarms = described(deployment, captures);
    expect(alarms.length).toBeGreaterThanOrEqual(atLeast);
    for (const [alarm, description] of alarms) {
      const [, anchor] = new RegExp(`${RUNBOOK}#([a-z-]+)`).exec(description) ?? [];
      expect(`${alarm} ${anchor === undefined ? 'does not lead to the runbook' : ''}`).toBe(`${alarm} `);
      expectSection(anchor!);
    }
  });

  it('for every alarm that a deployment makes while it runs', () => {
    const settings = { ...SETTINGS, runbookUrl: RUNBOOK };
    const zero: ScaleFromZeroSettings = { type: 'SCALE_FROM_ZERO', name: 'from-zero', cooldownSeconds: 300 };
    const requests = [
      ...STAGES.flatMap((stage) => alarmRequests(settings, { stage, config: 'churn-v2-r0', intervalSeconds: 60, maximumLooks: 10 })),
      scaleFromZeroAlarmRequest(settings, zero, 'arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:p'),
    ];
    expect(requests).toHaveLength(4);
    for (const { AlarmDescription } of requests) expectSection(AlarmDescription!.slice(AlarmDescription!.indexOf(`${RUNBOOK}#`) + RUNBOOK.length + 1));
  });

  it('for every outcome of every workflow, under the name that its page links to', () => {
    for (const [workflow, outcomes] of Object.entries(OUTCOMES)) {
      for (const outcome of outcomes) expectSection(`${workflow}-${outcome.toLowerCase().replaceAll('_', '-')}`);
    }
  });

  it('for nothing that its list of contents does not name', () => {
    const preamble = readFileSync(join(__dirname, '../../docs/operator-runbook.md'), 'utf8').split(/^## /m, 1)[0]!;
    const listed = [...preamble.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor!);
    expect(listed.sort()).toEqual([...sections.keys()].map((heading) => heading.toLowerCase().replaceAll(' ', '-')).sort());
  });
});
