import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { analyzeDeployment } from '../../lib/deployment/looks/analyze-deployment.lambda';
import { type AnalysisEvent, type AnalysisResult, type DeploymentPlan, NO_ANALYSIS, type StagePlan } from '../../lib/deployment/deployment-plan.contract';
import { capturedVersion, type DeploymentSettings, type StageName } from '../../lib/deployment/deployment.contract';
import { CAPTURED_FILES_MAXIMUM, readCaptured } from '../../lib/deployment/looks/look-captured.lambda-shared';
import { readLabel } from '../../lib/deployment/looks/look-labels.lambda-shared';
import { MODEL, SETTINGS } from './deployment-world';

type Input = Record<string, any>;

const START = Date.parse('2001-02-01T00:00:00Z');
const RESOURCE = `${MODEL}-v2-rabcdefabcdef`;
const CHAMPION = `${MODEL}-v1-r000000000000`;
const at = (minutes: number): string => new Date(START + minutes * 60_000).toISOString();

/** What looks read, in memory. Objects are listed two a page. */
class LooksWorld {
  public endpoint: Input | undefined = { EndpointStatus: 'InService', EndpointConfigName: RESOURCE };
  public readonly objects = new Map<string, string>();
  public readonly published: number[] = [];
  public alarms: Input[] = [];
  public fault: string | undefined;
  /** Requests, errors and latency of a minute by the values of the dimensions; undefined = none. */
  public minute: (dimensions: string, time: number) => { requests: number; errors?: number; latency?: number } | undefined = () => undefined;
  /** Sum and number of business outcomes of a period. */
  public outcome: (variant: string) => { sum: number; count: number } = () => ({ sum: 0, count: 0 });
  public readonly queries: Input[] = [];

  public readonly client: any = Object.assign(new S3Client({ region: 'us-east-1' }), {
    send: async (command: { constructor: { name: string }; input: Input }): Promise<unknown> => {
      const operation = command.constructor.name.replace(/Command$/, '');
      if (this.fault === operation) throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
      return (this as Input)[`on${operation}`](command.input);
    },
  });

  protected onDescribeEndpoint(): Input {
    if (!this.endpoint) throw Object.assign(new Error('Could not find endpoint "x".'), { name: 'ValidationException' });
    return this.endpoint;
  }

  protected onDescribeAlarms({ AlarmNames }: Input): Input {
    return { MetricAlarms: this.alarms.filter(({ AlarmName }) => AlarmNames.includes(AlarmName)) };
  }

  protected onPutMetricData({ MetricData }: Input): Input {
    this.published.push(MetricData[0].Value);
    return {};
  }

  protected onGetMetricData({ MetricDataQueries, StartTime, EndTime }: Input): Input {
    this.queries.push(...MetricDataQueries);
    const value = ({ Id, MetricStat }: Input, time: number): number | undefined => {
      const dimensions = MetricStat.Metric.Dimensions.map(({ Value }: Input) => Value).join('/');
      if (MetricStat.Metric.Namespace !== 'AWS/SageMaker') return this.outcome(dimensions)[Id.endsWith('_sum') ? 'sum' : 'count'];
      const found = this.minute(dimensions, time);
      if (Id === 'requests') return found?.requests;
      return Id === 'errors' ? found && (found.errors ?? 0) : found && (found.latency ?? 20_000);
    };
    const results = MetricDataQueries.map((query: Input) => {
      const times: number[] = [];
      for (let time = StartTime.getTime(); time < EndTime.getTime(); time += query['MetricStat'].Period * 1000) if (value(query, time) !== undefined) times.push(time);
      return { Id: query['Id'], Timestamps: times.map((time) => new Date(time)), Values: times.map((time) => value(query, time)) };
    });
    return { MetricDataResults: results };
  }

  protected onListObjectsV2({ Prefix, StartAfter, ContinuationToken }: Input): Input {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(Prefix) && key > (StartAfter ?? '')).sort();
    const first = Number(ContinuationToken ?? 0);
    const next = first + 2 < keys.length ? String(first + 2) : undefined;
    return { Contents: keys.slice(first, first + 2).map((Key) => ({ Key, Size: this.objects.get(Key)!.length })), NextContinuationToken: next, IsTruncated: next !== undefined };
  }

  protected onGetObject({ Key }: Input): Input {
    const found = this.objects.get(Key);
    if (found === undefined) throw Object.assign(new Error(Key), { name: 'NoSuchKey' });
    return { ETag: etag(found), Body: { transformToString: async () => found } };
  }

  protected onPutObject({ Key, Body, IfNoneMatch, IfMatch }: Input): Input {
    const found = this.objects.get(Key);
    if (IfMatch === undefined ? IfNoneMatch === '*' && found !== undefined : found === undefined || etag(found) !== IfMatch) throw Object.assign(new Error(Key), { name: 'PreconditionFailed' });
    this.objects.set(Key, Body);
    return {};
  }

  /** One captured file of answers, at a minute of the stage. */
  public capture(version: number, variant: string, minute: number, answers: readonly { id?: string; event?: string; score: string }[]): void {
    const time = at(minute);
    const hour = time.slice(0, 13).replace(/[-T]/g, '/');
    const lines = answers.map(({ id, event, score }, index) =>
      JSON.stringify({
        captureData: { endpointOutput: { observedContentType: 'text/csv', mode: 'OUTPUT', data: score, encoding: 'CSV' } },
        eventMetadata: { eventId: event ?? `${variant}-${minute}-${index}`, ...(id === undefined ? {} : { inferenceId: id }), inferenceTime: time },
        eventVersion: '0',
      }),
    );
    this.objects.set(`captured/${MODEL}/v${version}/${MODEL}/${variant}/${hour}/${time.slice(14, 16)}-00-000-${variant}.jsonl`, `${lines.join('\n')}\n`);
  }

  public label(minute: number, labels: readonly { id: string; data: string }[]): void {
    const lines = labels.map(({ id, data }) => JSON.stringify({ groundTruthData: { data, encoding: 'CSV' }, eventMetadata: { eventId: id }, eventVersion: '0' }));
    this.objects.set(`labels/${MODEL}/${at(minute).slice(0, 13).replace(/[-T]/g, '/')}/${minute}.jsonl`, lines.join('\n'));
  }

  /** Captured files never change: what replaces them is another stage. */
  public forget(): void {
    for (const key of [...this.objects.keys()]) if (key.includes('/evidence/')) this.objects.delete(key);
  }

  public freeze(): void {
    this.objects.set(`state/${MODEL}/freeze.json`, JSON.stringify({ frozen: true, reason: 'holidays', by: 'arn:aws:iam::111122223333:user/operator', since: at(0) }));
  }
}

function etag(body: string): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

let world: LooksWorld;
beforeEach(() => {
  world = new LooksWorld();
});

const SHADOW: DeploymentSettings['shadow'] = {
  samplingPercentage: 100,
  instanceCount: 1,
  intervalSeconds: 300,
  minimumSeconds: 1800,
  maximumSeconds: 7200,
  minimumPairs: 200,
  decisionThreshold: 0.5,
  maximumDisagreement: 0.05,
  minimumRankCorrelation: 0.9,
  maximumLatencyRatio: 1.5,
  confidence: 0.95,
  inconclusive: 'ROLL_BACK',
};

const TEST: DeploymentSettings['test'] = {
  challengerPercent: 50,
  instanceCount: 1,
  intervalSeconds: 300,
  maximumSeconds: 7200,
  minimumOutcomes: 100,
  confidence: 0.95,
  test: 'CONFIDENCE_SEQUENCE',
  minimumImprovement: 0,
  outcome: { type: 'LABELS', measure: 'accuracy', decisionThreshold: 0.5 },
  undecided: 'KEEP_CHAMPION',
};

const stage = (name: StageName, more: Partial<StagePlan> = {}): StagePlan => ({
  stage: name,
  config: name === 'RELEASE' ? RESOURCE : `${RESOURCE}-${name === 'SHADOW' ? 'shadow' : 'test'}`,
  intervalSeconds: 60,
  maximumLooks: 100,
  ...more,
});

function event(name: StageName, minute: number, more: Partial<AnalysisEvent> = {}, planned: Partial<StagePlan> = {}): AnalysisEvent {
  const plan: DeploymentPlan = {
    action: 'UPDATE',
    reasons: [],
    page: false,
    modelPackageArn: 'arn',
    version: 2,
    resource: RESOURCE,
    previousConfig: CHAMPION,
    champion: { version: 1, modelName: CHAMPION, endpointConfigName: CHAMPION },
    stages: [stage('SHADOW'), stage('AB_TEST'), stage('RELEASE', planned)],
  };
  return { plan, stage: name, automatic: true, state: NO_ANALYSIS, startedAt: at(0), now: at(minute), ...more };
}

/** Asked twice: a look must be repeatable. */
async function look(given: AnalysisEvent, settings: DeploymentSettings = { ...SETTINGS, shadow: SHADOW, test: TEST }): Promise<AnalysisResult> {
  const clients = { sagemaker: world.client, cloudWatch: world.client, s3: world.client };
  const found = await analyzeDeployment(given, clients, settings);
  expect(await analyzeDeployment(given, clients, settings)).toEqual(found);
  return found;
}

/** Since the stage was first seen serving. */
const since = (minute: number) => ({ state: { ...NO_ANALYSIS, bakingSince: at(minute) } });

describe('a look at a guarded release', () => {
  const pending = { EndpointConfigName: RESOURCE, ProductionVariants: [{ VariantName: 'AllTraffic', VariantStatus: [{ Status: 'Baking', StartTime: new Date(at(0)) }] }] };
  const updating = { EndpointStatus: 'Updating', EndpointConfigName: CHAMPION, PendingDeploymentSummary: pending, ProductionVariants: [{ VariantName: 'AllTraffic', CurrentInstanceCount: 2 }] };
  const settings: DeploymentSettings = { ...SETTINGS, analysis: { ...SETTINGS.analysis, predictionDistance: 0.2 } };
  beforeEach(() => {
    world.endpoint = updating;
    world.minute = () => ({ requests: 500 });
  });

  it('waits while it changes, verifies at rest', async () => {
    expect(await look(event('RELEASE', 3))).toMatchObject({ settled: false, next: 'WAIT', state: { failures: [], evidence: { championRequests: 1500, challengerRequests: 1500, trafficShare: 0.5 } } });
    expect(world.published).toEqual([0, 0]);
    world.endpoint = { EndpointStatus: 'InService', EndpointConfigName: RESOURCE };
    expect(await look(event('RELEASE', 30))).toMatchObject({ settled: true, next: 'VERIFY' });
    world.endpoint = undefined;
    expect(await look(event('RELEASE', 30))).toMatchObject({ settled: true, next: 'VERIFY' });
  });

  it('compares with the old fleet as it is, after a shadow stage too', async () => {
    world.endpoint = { ...updating, EndpointConfigName: `${RESOURCE}-shadow` };
    world.minute = (dimensions) => (dimensions.endsWith(RESOURCE) || dimensions.endsWith('-shadow') ? { requests: 500 } : undefined);
    expect((await look(event('RELEASE', 3))).state.evidence).toMatchObject({ championRequests: 1500 });
  });

  it('compares an all-at-once release with the hour before it', async () => {
    world.minute = (dimensions, time) => (dimensions.endsWith(RESOURCE) === time >= START ? { requests: 500 } : undefined);
    const routing = { type: 'ALL_AT_ONCE', percent: 100, waitSeconds: 600 } as const;
    expect((await look(event('RELEASE', 3, {}, { routing }))).state.evidence).toMatchObject({ championRequests: 30_000, challengerRequests: 1500 });
  });

  it('compares captured predictions of both versions', async () => {
    const scores = (shift: number) => Array.from({ length: 150 }, (_, index) => ({ score: String(((index * 0.618) % 1) + shift) }));
    world.capture(1, 'AllTraffic', 1, scores(0));
    world.capture(2, 'AllTraffic', 1, scores(0.8));
    const { state } = await look(event('RELEASE', 5), settings);
    expect(state.failures).toEqual([expect.stringContaining('predictions differ')]);
    expect(world.published).toEqual([1, 1]);
    world.capture(2, 'AllTraffic', 1, scores(0.01));
    expect((await look(event('RELEASE', 5), settings)).state).toMatchObject({ failures: [], evidence: { predictionsCompared: 150 } });
  });

  it('says in the end that nothing was captured, and that the release may be extended', async () => {
    const extending: DeploymentSettings = { ...settings, analysis: { ...settings.analysis, inconclusive: 'EXTEND' } };
    expect((await look(event('RELEASE', 3), extending)).state).toMatchObject({ failures: [], decided: false });
    const { state } = await look(event('RELEASE', 7), extending);
    expect(state).toMatchObject({ decided: true, inconclusive: true, failures: [expect.stringContaining('analysis is inconclusive: captured predictions cannot be compared: 0 of the new fleet')] });
    expect((await look(event('RELEASE', 7, {}, { inconclusive: 'PROMOTE' }), extending)).state).toMatchObject({ decided: true, failures: [] });
  });

  it('is inconclusive when the canary did not get its share', async () => {
    world.minute = (dimensions) => ({ requests: dimensions.endsWith(RESOURCE) ? 100 : 900 });
    expect((await look(event('RELEASE', 7))).state).toMatchObject({ inconclusive: true, failures: [expect.stringContaining('sample ratio mismatch')] });
  });

  it('counts the requests of an asynchronous endpoint by the samples of its errors', async () => {
    const { scaling: _, ...fleet } = SETTINGS.endpoint as Extract<DeploymentSettings['endpoint'], { kind: 'REAL_TIME' }>;
    await look(event('RELEASE', 3), { ...SETTINGS, endpoint: { ...fleet, kind: 'ASYNCHRONOUS' } });
    expect(world.queries.find(({ Id }) => Id === 'requests')!['MetricStat']).toMatchObject({ Stat: 'SampleCount', Metric: { MetricName: 'Invocation5XXErrors' } });
    expect(world.queries.some(({ MetricStat }) => MetricStat.Metric.MetricName === 'Invocations')).toBe(false);
  });

  it('makes SageMaker roll back when a person freezes the model, unless a person deploys', async () => {
    world.freeze();
    expect((await look(event('RELEASE', 3))).state).toMatchObject({ frozen: true });
    expect((await look(event('RELEASE', 3))).state.failures).toEqual([expect.stringContaining('are frozen since 2001-02-01T00:00:00.000Z by arn:aws:iam::111122223333:user/operator: holidays')]);
    expect(world.published).toEqual([1, 1, 1, 1]);
    expect((await look(event('RELEASE', 3, { automatic: false }))).state.failures).toEqual([]);
  });

  it.each(['DescribeEndpoint', 'GetMetricData', 'GetObject', 'PutMetricData', 'DescribeAlarms'])('fails as a whole when %s is throttled: the workflow asks again', async (operation) => {
    world.fault = operation;
    await expect(look(event('RELEASE', 3))).rejects.toThrow('Rate exceeded');
  });
});

describe('a look at a release without guardrails', () => {
  const serverless: DeploymentSettings = {
    ...SETTINGS,
    endpoint: { kind: 'SERVERLESS', memorySizeMegabytes: 2048, maximumConcurrency: 5 },
    routing: { type: 'UNGUARDED', percent: 100, waitSeconds: 600 },
    alarms: ['orders-lost'],
  };
  const given = (minute: number, more: Partial<AnalysisEvent> = since(2)) => look(event('RELEASE', minute, more), serverless);
  beforeEach(() => {
    world.minute = () => ({ requests: 50 });
  });

  it('waits for the update, bakes, then verifies', async () => {
    world.endpoint = { EndpointStatus: 'Updating', EndpointConfigName: CHAMPION };
    expect(await given(1, {})).toMatchObject({ settled: false, next: 'WAIT' });
    world.endpoint = { EndpointStatus: 'InService', EndpointConfigName: RESOURCE };
    expect(await given(2, {})).toMatchObject({ settled: true, next: 'WAIT', state: { bakingSince: at(2) } });
    expect(await given(11)).toMatchObject({ next: 'WAIT', state: { evidence: { championRequests: 3000 } } });
    expect(await given(12)).toMatchObject({ next: 'VERIFY', state: { decided: true } });
    expect(world.published).toEqual([]);
  });

  it('puts the old version back for errors against the hour before', async () => {
    world.minute = (_, time) => ({ requests: 50, errors: time > START ? 2 : 0 });
    expect(await given(10)).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringContaining('error rate 4.00 % of the new fleet')] } });
  });

  it('puts it back for limits, and for an alarm of the user', async () => {
    world.minute = (_, time) => ({ requests: 50, latency: time > START ? 2_000_000 : 20_000 });
    expect((await given(6)).state.failures).toEqual(['latency was over 1000 ms in 3 of the last 3 minutes']);
    world.minute = () => ({ requests: 50 });
    world.alarms = [{ AlarmName: 'orders-lost', StateReason: 'too many' }];
    expect(await given(4)).toMatchObject({ next: 'RESTORE', state: { failures: [], alarms: ['rollback alarm orders-lost went into ALARM: too many'] } });
  });

  it('is inconclusive without traffic when the baking is over', async () => {
    world.minute = () => undefined;
    expect(await given(11)).toMatchObject({ next: 'WAIT' });
    expect(await given(12)).toMatchObject({ next: 'RESTORE', state: { inconclusive: true } });
  });

  it('restores for a freeze, verifies what is not as asked, and does not hold up a first deployment', async () => {
    world.freeze();
    expect(await given(4)).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringContaining('frozen')] } });
    expect(await given(4, { ...since(2), automatic: false })).toMatchObject({ next: 'WAIT' });
    expect(await given(4, { automatic: false, abort: true })).toMatchObject({ next: 'RESTORE' });
    const first = event('RELEASE', 4, { automatic: false });
    expect((await look({ ...first, plan: { ...first.plan, previousConfig: undefined } }, serverless)).next).toBe('VERIFY');
    world.endpoint = { EndpointStatus: 'InService', EndpointConfigName: CHAMPION };
    expect(await given(4)).toMatchObject({ next: 'VERIFY' });
    world.endpoint = { EndpointStatus: 'Failed', EndpointConfigName: RESOURCE };
    expect(await given(4)).toMatchObject({ next: 'VERIFY' });
  });
});

describe('a look at the shadow', () => {
  beforeEach(() => {
    world.endpoint = { EndpointStatus: 'InService', EndpointConfigName: `${RESOURCE}-shadow` };
    world.minute = () => ({ requests: 100 });
  });
  const score = (index: number): number => (index * 0.618) % 1;
  /** Answers over half an hour; every `step`th decision of the shadow differs. */
  const answers = (count: number, step: number, withId = true): void => {
    for (let minute = 0; minute < 30; minute++) {
      const requests = Array.from({ length: Math.ceil(count / 30) }, (_, index) => minute * Math.ceil(count / 30) + index);
      world.capture(1, 'AllTraffic', minute, requests.map((index) => ({ id: withId ? `r${index}` : undefined, score: String(score(index)) })));
      world.capture(1, 'Shadow-v2', minute, requests.map((index) => ({ id: withId ? `r${index}` : undefined, score: String(index % step === 0 ? 1 - score(index) : score(index)) })));
    }
  };

  it('waits for the time, then opens the next stage for answers that agree', async () => {
    answers(600, 101);
    expect(await look(event('SHADOW', 10, since(0)))).toMatchObject({ settled: true, next: 'WAIT', state: { reasons: [expect.stringContaining('600 seconds')] } });
    const found = await look(event('SHADOW', 31, since(0)));
    expect(found).toMatchObject({ next: 'NEXT_STAGE', state: { decided: true, evidence: { pairs: 600, championOnly: 0, latencyRatio: 1 } } });
    expect(found.state.evidence!['disagreementRate']).toBeCloseTo(0.01, 2);
    expect(capturedVersion([...world.objects.keys()].find((key) => key.includes('Shadow'))!)).toBe(2);
  });

  it('closes for answers that disagree, slowness and errors', async () => {
    answers(600, 4);
    expect(await look(event('SHADOW', 31, since(0)))).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringMatching(/^shadow: \d+ of 600 pairs disagree/), expect.stringContaining('rank correlation')] } });
    world.forget();
    answers(600, 1000);
    world.minute = (dimensions) => ({ requests: 100, latency: dimensions.includes('Shadow') ? 50_000 : 20_000 });
    expect((await look(event('SHADOW', 31, since(0)))).state.failures).toEqual(["shadow: median latency is 2.50 times the champion's, at most 1.5 times is allowed"]);
    world.minute = (dimensions) => ({ requests: 100, errors: dimensions.includes('Shadow') ? 10 : 0 });
    expect((await look(event('SHADOW', 5, since(0)))).state.failures[0]).toContain('shadow: error rate 10.00 % of the new fleet');
  });

  it('asks the labels when there are any', async () => {
    answers(600, 101);
    // The truth is always what the champion decided; six decisions of the shadow were others.
    world.label(20, Array.from({ length: 600 }, (_, index) => ({ id: `r${index}`, data: score(index) >= 0.5 ? '1' : '0' })));
    expect(await look(event('SHADOW', 31, since(0)))).toMatchObject({ next: 'RESTORE', state: { evidence: { labelledPairs: 600 }, failures: [expect.stringContaining('labels say that the shadow is worse: 6 pairs')] } });
  });

  it('says at the end of the time that callers send no inference id', async () => {
    answers(600, 101, false);
    expect(await look(event('SHADOW', 31, since(0)))).toMatchObject({ next: 'WAIT', state: { reasons: [expect.stringContaining('InferenceId')] } });
    expect(await look(event('SHADOW', 121, since(0)))).toMatchObject({ next: 'RESTORE', state: { inconclusive: true, failures: [expect.stringContaining('shadow is inconclusive')] } });
    expect(await look(event('SHADOW', 121, since(0)), { ...SETTINGS, shadow: { ...SHADOW!, inconclusive: 'PROMOTE' } })).toMatchObject({ next: 'NEXT_STAGE' });
  });

  it('restores for a freeze', async () => {
    world.freeze();
    expect(await look(event('SHADOW', 5, since(0)))).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringContaining('frozen')] } });
  });
});

describe('a look at the test', () => {
  beforeEach(() => {
    world.endpoint = { EndpointStatus: 'InService', EndpointConfigName: `${RESOURCE}-test` };
    world.minute = () => ({ requests: 100 });
  });
  /** 400 labelled answers of each variant, so many of ten right. */
  const labelled = (champion: number, challenger: number): void => {
    for (const [variant, right] of [['AllTraffic', champion], ['Challenger-v2', challenger]] as const) {
      const ids = Array.from({ length: 400 }, (_, index) => `${variant}${index}`);
      world.capture(1, variant, 3, ids.map((id, index) => ({ id, score: index % 10 < right ? '0.9' : '0.1' })));
      world.label(variant === 'AllTraffic' ? 10 : 11, [...ids, ids[0]!, `unknown-${variant}`].map((id) => ({ id, data: '1' })));
    }
  };

  it('waits without labels, then names the winner', async () => {
    expect(await look(event('AB_TEST', 20, since(0)))).toMatchObject({ settled: true, next: 'WAIT' });
    labelled(6, 9);
    expect(await look(event('AB_TEST', 20, since(0)))).toMatchObject({
      next: 'NEXT_STAGE',
      state: { evidence: { championMean: 0.6, challengerMean: 0.9, labels: 804, repeatedLabels: 2, contradictingLabels: 0, unknownLabels: 2, unusableLabels: 0 } },
    });
    world.forget();
    labelled(9, 6);
    expect(await look(event('AB_TEST', 20, since(0)))).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringContaining('test lost: the challenger is better by -0.3')] } });
  });

  it('goes on with what a dead run saw, since when that saw it', async () => {
    labelled(7, 7);
    expect(await look(event('AB_TEST', 15, since(0)))).toMatchObject({ next: 'WAIT' });
    for (const key of [...world.objects.keys()].filter((each) => each.startsWith('captured/') || each.startsWith('labels/'))) world.objects.delete(key);
    const found = await look(event('AB_TEST', 60));
    expect(found).toMatchObject({ next: 'WAIT', state: { bakingSince: at(0), continuedAt: at(60), evidence: { championOutcomes: 400, challengerOutcomes: 400, filesRead: 4 } } });
    expect(await look(event('AB_TEST', 120))).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringContaining('undecided')] } });
    const outcome = { type: 'METRIC', namespace: 'Shop', metricName: 'Converted', variantDimension: 'Variant', dimensions: {}, betterWhen: 'HIGHER' } as const;
    world.forget();
    await look(event('AB_TEST', 5), { ...SETTINGS, test: { ...TEST!, outcome } });
    expect((await look(event('AB_TEST', 60), { ...SETTINGS, test: { ...TEST!, outcome } })).state).toMatchObject({ bakingSince: at(5), continuedAt: at(60) });
  });

  it('times out by the choice of the user', async () => {
    labelled(7, 7);
    expect(await look(event('AB_TEST', 119, since(0)))).toMatchObject({ next: 'WAIT' });
    expect(await look(event('AB_TEST', 120, since(0)))).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringContaining('undecided')] } });
    expect(await look(event('AB_TEST', 120, since(0)), { ...SETTINGS, test: { ...TEST!, undecided: 'PROMOTE_CHALLENGER' } })).toMatchObject({ next: 'NEXT_STAGE' });
  });

  it('decides on a metric of the business', async () => {
    const outcome = { type: 'METRIC', namespace: 'Shop', metricName: 'Converted', variantDimension: 'Variant', dimensions: { Page: 'checkout' }, betterWhen: 'HIGHER' } as const;
    const settings = { ...SETTINGS, test: { ...TEST!, outcome } };
    world.outcome = (dimensions) => ({ count: 50, sum: dimensions === 'Challenger-v2/checkout' ? 15 : 5 });
    expect(await look(event('AB_TEST', 20, since(0)), settings)).toMatchObject({ next: 'NEXT_STAGE', state: { evidence: { championMean: 0.1, challengerMean: 0.3, championOutcomes: 950 } } });
    expect(await look(event('AB_TEST', 20, since(0)), { ...settings, test: { ...settings.test, outcome: { ...outcome, betterWhen: 'LOWER' } } })).toMatchObject({ next: 'RESTORE' });
    expect(await look(event('AB_TEST', 1, since(0)), settings)).toMatchObject({ next: 'WAIT' });
  });

  it('ends early for an alarm of the user', async () => {
    world.alarms = [{ AlarmName: 'orders-lost', StateReason: 'too many' }];
    const settings = { ...SETTINGS, test: TEST, alarms: ['orders-lost'] };
    expect(await look(event('AB_TEST', 10, since(0)), settings)).toMatchObject({ next: 'RESTORE', state: { alarms: [expect.stringContaining('too many')] } });
  });

  it('ends early for errors, and decides nothing on traffic that was not split as planned', async () => {
    labelled(6, 9);
    world.minute = (dimensions) => ({ requests: dimensions.includes('Challenger') ? 60 : 100 });
    expect(await look(event('AB_TEST', 60, since(0)))).toMatchObject({ next: 'WAIT', state: { reasons: [expect.stringContaining('sample ratio mismatch'), expect.any(String)] } });
    expect(await look(event('AB_TEST', 120, since(0)))).toMatchObject({ next: 'RESTORE', state: { inconclusive: true } });
    world.minute = (dimensions) => ({ requests: 100, errors: dimensions.includes('Challenger') ? 4 : 0 });
    expect(await look(event('AB_TEST', 10, since(0)))).toMatchObject({ next: 'RESTORE', state: { failures: [expect.stringContaining('test ended early: error rate')] } });
  });
});

describe('reading captured answers', () => {
  it('cuts all fleets at the same minute when there are too many files, and says how many were left out', async () => {
    for (let file = 0; file < CAPTURED_FILES_MAXIMUM + 60; file++) {
      const name = `${String(Math.floor(file / 6)).padStart(2, '0')}-${String((file % 6) * 10).padStart(2, '0')}-000-x.jsonl`;
      const line = JSON.stringify({ captureData: { endpointOutput: { data: '1', encoding: 'CSV' } }, eventMetadata: { eventId: `a${file}`, inferenceTime: at(file / 6) } });
      world.objects.set(`captured/${MODEL}/v1/${MODEL}/AllTraffic/2001/02/01/00/${name}`, line);
      if (file % 6 === 0) world.objects.set(`captured/${MODEL}/v1/${MODEL}/Shadow-v2/2001/02/01/00/${name}`, line);
    }
    const fleets = ['AllTraffic', 'Shadow-v2'].map((variant) => ({ version: 1, variant }));
    const [champion, shadow] = await readCaptured(world.client, SETTINGS, fleets, at(0), at(60));
    expect(champion).toMatchObject({ skippedFiles: 60, badLines: 0 });
    expect(champion!.answers).toHaveLength(CAPTURED_FILES_MAXIMUM);
    expect(shadow!.answers).toHaveLength(CAPTURED_FILES_MAXIMUM / 6);
  });

  it('counts lines that are none', async () => {
    world.objects.set(`captured/${MODEL}/v1/${MODEL}/AllTraffic/2001/02/01/00/00-00-000-x.jsonl`, 'nothing\n');
    expect(await readCaptured(world.client, SETTINGS, [{ version: 1, variant: 'AllTraffic' }], at(0), at(60))).toEqual([{ answers: [], badLines: 1, skippedFiles: 0 }]);
    expect([readLabel('{}'), readLabel('x'), readLabel('{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"a"}}')]).toEqual([undefined, undefined, { id: 'a', values: ['1'] }]);
  });
});
