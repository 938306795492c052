import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';
import { readModelFile } from '../../lib/model-file/model-file';

const contract = readFileSync(resolve(__dirname, '../../examples/quickstart/contract.yaml'));
const minimal = 'modelName: churn\nowner: { team: growth }\ntrainingData: { contract: contract.yaml }\ntraining: { builtIn: xgboost-1.7-1 }\n';

function read(deployment: string): ml.Deployment {
  const folder = mkdtempSync(join(tmpdir(), 'model-'));
  writeFileSync(join(folder, 'contract.yaml'), contract);
  writeFileSync(join(folder, 'model.yaml'), `${minimal}deployment: ${deployment}\n`);
  const stack = new Stack(new App(), 'Test');
  return readModelFile(stack, 'Pipeline', join(folder, 'model.yaml'), { lake: new ml.DataLake(stack, 'Lake') }).deployment!;
}

const wait = Duration.minutes(15);
const { Deployment, Endpoint, Autoscaling } = ml;

describe('the deployment of a model file is the same as in TypeScript', () => {
  it.each<[string, ml.Deployment]>([
    ['{}', Deployment.canary()],
    ['{ canary: { canarySize: 25, waitInterval: 15m }, keepVersions: 4 }', Deployment.canary({ canarySize: 25, waitInterval: wait, keepVersions: 4 })],
    ['{ linear: { stepSize: 25, waitInterval: 15m } }', Deployment.linear({ stepSize: 25, waitInterval: wait })],
    ['{ rolling: {} }', Deployment.rolling()],
    ['{ rolling: { batchSize: 25, waitInterval: 15m } }', Deployment.rolling({ batchSize: 25, waitInterval: wait })],
    ['{ allAtOnce: { waitInterval: 15m } }', Deployment.allAtOnce({ waitInterval: wait })],
    [
      '{ terminationWait: 1m, maximumDuration: 2h, rollbackErrorRate: 0.1, rollbackLatency: 300ms, latencyPercentile: 99, minimumRequests: 50, analysisInterval: 2m, confidence: 0.9, analysisMethod: msprt, predictionDistance: 0.3, inconclusive: extend, maximumExtensions: 1 }',
      Deployment.canary({
        terminationWait: Duration.minutes(1),
        maximumDuration: Duration.hours(2),
        rollbackErrorRate: 0.1,
        rollbackLatency: Duration.millis(300),
        latencyPercentile: 99,
        minimumRequests: 50,
        analysisInterval: Duration.minutes(2),
        confidence: 0.9,
        analysisMethod: ml.AnalysisMethod.MSPRT,
        predictionDistance: 0.3,
        inconclusive: ml.InconclusiveAnalysis.EXTEND,
        maximumExtensions: 1,
      }),
    ],
    ['{ comparePredictions: false, inconclusive: promote }', Deployment.canary({ comparePredictions: false, inconclusive: ml.InconclusiveAnalysis.PROMOTE })],
    [
      '{ shadow: { samplingPercentage: 50, instanceCount: 2, analysisInterval: 10m, minimumDuration: 2h, maximumDuration: 2d, minimumPairs: 900, maximumLatencyRatio: 2, confidence: 0.99, inconclusive: promote, agreement: { regression: { tolerance: 3, minimumRankCorrelation: 0.8 } } }, canary: { canarySize: 10 } }',
      Deployment.shadow({
        samplingPercentage: 50,
        instanceCount: 2,
        analysisInterval: Duration.minutes(10),
        minimumDuration: Duration.hours(2),
        maximumDuration: Duration.days(2),
        minimumPairs: 900,
        maximumLatencyRatio: 2,
        confidence: 0.99,
        inconclusive: ml.InconclusiveAnalysis.PROMOTE,
        agreement: ml.ShadowAgreement.regression({ tolerance: 3, minimumRankCorrelation: 0.8 }),
        then: Deployment.canary({ canarySize: 10 }),
      }),
    ],
    ['{ shadow: {} }', Deployment.shadow({ then: Deployment.canary() })],
    ['{ shadow: { agreement: { sameClass: {} } } }', Deployment.shadow({ agreement: ml.ShadowAgreement.sameClass(), then: Deployment.canary() })],
    [
      '{ shadow: { agreement: { classification: { decisionThreshold: 0.3 } } } }',
      Deployment.shadow({ agreement: ml.ShadowAgreement.classification({ decisionThreshold: 0.3 }), then: Deployment.canary() }),
    ],
    ['{ abTest: { outcome: { labelAbsoluteError: {} } } }', Deployment.abTest({ outcome: ml.AbTestOutcome.labelAbsoluteError() })],
    [
      '{ shadow: {}, abTest: { outcome: { labelAccuracy: { decisionThreshold: 0.4 } }, challengerPercentage: 40, undecided: promoteChallenger }, rolling: {} }',
      Deployment.shadow({
        then: Deployment.abTest({
          outcome: ml.AbTestOutcome.labelAccuracy({ decisionThreshold: 0.4 }),
          challengerPercentage: 40,
          undecided: ml.UndecidedTest.PROMOTE_CHALLENGER,
          then: Deployment.rolling(),
        }),
      }),
    ],
    [
      '{ abTest: { outcome: { metric: { namespace: Shop, metricName: Returned, dimensions: { Country: de }, betterWhen: lower } }, analysisInterval: 2h, maximumDuration: 7d, minimumOutcomes: 500, analysisMethod: msprt, minimumImprovement: 0.01 } }',
      Deployment.abTest({
        outcome: ml.AbTestOutcome.metric({ namespace: 'Shop', metricName: 'Returned', dimensions: { Country: 'de' }, betterWhen: ml.BetterWhen.LOWER }),
        analysisInterval: Duration.hours(2),
        maximumDuration: Duration.days(7),
        minimumOutcomes: 500,
        analysisMethod: ml.AnalysisMethod.MSPRT,
        minimumImprovement: 0.01,
      }),
    ],
    ['{ pinned: { version: 7 }, linear: { stepSize: 50, waitInterval: 15m } }', Deployment.pinned({ version: 7, by: Deployment.linear({ stepSize: 50, waitInterval: wait }) })],
    ['{ pinned: {} }', Deployment.pinned()],
    ['{ endpoint: { realTime: { errorRateThreshold: 0.2, latencyThreshold: 300ms } } }', Deployment.canary({ endpoint: ml.Endpoint.realTime({ errorRateThreshold: 0.2, latencyThreshold: Duration.millis(300) }) })],
    [
      '{ endpoint: { asynchronous: { errorRateThreshold: 0.2, latencyThreshold: 5m, backlogAgeThreshold: 2h } } }',
      Deployment.canary({ endpoint: ml.Endpoint.asynchronous({ errorRateThreshold: 0.2, latencyThreshold: Duration.minutes(5), backlogAgeThreshold: Duration.hours(2) }) }),
    ],
    [
      '{ endpoint: { serverless: { errorRateThreshold: 0.2, latencyThreshold: 2s, concurrencyThreshold: 0.5 } }, allAtOnce: {} }',
      Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless({ errorRateThreshold: 0.2, latencyThreshold: Duration.seconds(2), concurrencyThreshold: 0.5 }) }),
    ],
    [
      '{ endpoint: { realTime: { instanceType: ml.c5.large, instanceCount: 3, samplingPercentage: 50, networkIsolation: false, autoscaling: { none: {} } } } }',
      Deployment.canary({
        endpoint: Endpoint.realTime({
          instanceType: ec2.InstanceType.of(ec2.InstanceClass.C5, ec2.InstanceSize.LARGE),
          instanceCount: 3,
          samplingPercentage: 50,
          networkIsolation: false,
          autoscaling: Autoscaling.none(),
        }),
      }),
    ],
    [
      "{ endpoint: { realTime: { autoscaling: { invocationsPerInstance: { target: 500, maximum: 8, scaleInCooldown: 10m, schedules: [{ schedule: 'cron(30 7 ? * MON-FRI *)', timezone: Europe/Berlin, minimum: 4 }] } } } } }",
      Deployment.canary({
        endpoint: Endpoint.realTime({
          autoscaling: Autoscaling.invocationsPerInstance({
            target: 500,
            maximum: 8,
            scaleInCooldown: Duration.minutes(10),
            schedules: [{ schedule: Schedule.cron({ minute: '30', hour: '7', weekDay: 'MON-FRI' }), timezone: TimeZone.EUROPE_BERLIN, minimum: 4 }],
          }),
        }),
      }),
    ],
    ['{ endpoint: { realTime: { autoscaling: { concurrencyPerInstance: {} } } } }', Deployment.canary({ endpoint: Endpoint.realTime({ autoscaling: Autoscaling.concurrencyPerInstance() }) })],
    [
      '{ endpoint: { asynchronous: { autoscaling: { utilization: { resource: gpuMemory, target: 70 } } } } }',
      Deployment.canary({ endpoint: Endpoint.asynchronous({ autoscaling: Autoscaling.utilization(ml.EndpointResource.GPU_MEMORY, { target: 70 }) }) }),
    ],
    [
      '{ allAtOnce: {}, endpoint: { asynchronous: { maximumConcurrentInvocationsPerInstance: 4, autoscaling: { backlogPerInstance: { minimum: 0, scaleOutCooldown: 1m } } } } }',
      Deployment.allAtOnce({
        endpoint: Endpoint.asynchronous({
          maximumConcurrentInvocationsPerInstance: 4,
          autoscaling: Autoscaling.backlogPerInstance({ minimum: 0, scaleOutCooldown: Duration.minutes(1) }),
        }),
      }),
    ],
    [
      '{ allAtOnce: {}, endpoint: { serverless: { memorySize: 4, maximumConcurrency: 20, provisionedConcurrency: 5, autoscaling: { provisionedConcurrencyUtilization: { target: 0.5 } } } } }',
      Deployment.allAtOnce({
        endpoint: Endpoint.serverless({
          memorySize: Size.gibibytes(4),
          maximumConcurrency: 20,
          provisionedConcurrency: 5,
          autoscaling: Autoscaling.provisionedConcurrencyUtilization({ target: 0.5 }),
        }),
      }),
    ],
  ])('%s', (text, deployment) => {
    const actual = read(text);
    expect(actual._choices()).toEqual(deployment._choices());
    expect(actual._pinned).toEqual(deployment._pinned);
  });
});

describe('a model file is refused', () => {
  it.each([
    ['{ canary: {}, rolling: {} }', /deployment: must have at most one of canary, linear, rolling, allAtOnce/],
    ['{ pinned: {}, shadow: {} }', /deployment: must have at most one of pinned, shadow/],
    ['{ endpoint: { realTime: {}, serverless: {} } }', /deployment\.endpoint: must have exactly one of realTime, asynchronous, serverless/],
    ['{ endpoint: {} }', /deployment\.endpoint: must have exactly one/],
    ['{ endpoint: { realTime: { autoscaling: {} } } }', /deployment\.endpoint\.realTime\.autoscaling: must have exactly one/],
    ['{ abTest: { outcome: {} } }', /deployment\.abTest\.outcome: must have exactly one/],
    ['{ abTest: {} }', /deployment\.abTest\.outcome: is required/],
    ['{ endpoint: { serverless: { samplingPercentage: 50 } } }', /deployment\.endpoint\.serverless\.samplingPercentage: is not a known key/],
    ['{ instanceType: ml.m5.large }', /deployment\.instanceType: is not a known key/],
    ['{ inconclusive: wait }', /deployment\.inconclusive: must be one of rollBack, promote, extend/],
  ])('%s', (text, message) => {
    expect(() => read(text)).toThrowError(message);
  });
});
