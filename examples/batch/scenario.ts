/** Every day a transform job with the version that serves; on the fourth its customers are others, and the drift alarm pages. */
import { lakeKeys, s3Uri } from '../../lib/data/data-lake.contract';
import type { DriftReport } from '../../lib/monitoring/drift-report';
import type { Rehearsal } from '../../lib/rehearsal/driver';
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import { alarmed, churnLife, expectOutcome, MODEL, newCustomers, START } from '../churn/life';

const CUSTOMERS = 400;

/** What the daily job does, with the permissions of its role: which version serves, its SageMaker Model, and where the captured data of that version belongs. */
async function score(rehearsal: Rehearsal, day: string): Promise<void> {
  const life = churnLife(rehearsal);
  const { version, modelName } = await life.champion();
  const input = `${lakeKeys.asynchronousRequests(MODEL)}${day}/`;
  for (const part of [0, 1]) await rehearsal.put(life.bucket, `${input}customers-${part}.csv`, `${life.ask(CUSTOMERS / 2).join('\n')}\n`);
  const role = String(rehearsal.resource('Scorer', 'AWS::IAM::Role').attributes?.Arn);
  const TransformJobName = `${MODEL}-scores-${day}`;
  const request = {
    TransformJobName,
    ModelName: modelName,
    TransformInput: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: s3Uri(life.bucket, input) } }, ContentType: 'text/csv', SplitType: 'Line' },
    TransformOutput: { S3OutputPath: s3Uri(life.bucket, `${lakeKeys.asynchronousResponses(MODEL, version)}/${day}`), Accept: 'text/csv', AssembleWith: 'Line' },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    DataCaptureConfig: { DestinationS3Uri: s3Uri(life.bucket, `${lakeKeys.batchCapture(MODEL, version)}/${day}`), GenerateInferenceId: true },
  };
  await rehearsal.simulation.perform(() => rehearsal.simulation.gateway.call({ arn: role }, 'sagemaker', 'CreateTransformJob', request));
  await rehearsal.advance(60);
  const { TransformJobStatus, FailureReason } = await rehearsal.aws('sagemaker', 'DescribeTransformJob', { TransformJobName });
  check(TransformJobStatus === 'Completed', `the job of ${day} should have completed, it is ${TransformJobStatus}: ${FailureReason}`);
}

/** The report on a day, once its window is over. */
async function reportOn(rehearsal: Rehearsal, day: string): Promise<DriftReport> {
  const next = Date.parse(`${day}T00:00:00Z`) + 86_400_000;
  await rehearsal.advanceTo(new Date(next + 30 * 60_000).toISOString());
  return rehearsal.json(churnLife(rehearsal).bucket, `${lakeKeys.monitoringRun(MODEL, `${day.replaceAll('-', '')}T000000Z`)}report.json`);
}

const first: Milestone = {
  id: 'first-version',
  title: 'v1 is trained and deployed; nobody asks its endpoint',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    await life.deliver();
    expectOutcome(await life.release('the first version'), 'DEPLOYED');
    return 'v1 serves';
  },
};

const steady: Milestone = {
  id: 'steady',
  title: 'customers like those of the training are scored on three days: judged from the job alone, and stable',
  async run(rehearsal) {
    const rows: number[] = [];
    for (const day of ['2026-03-02', '2026-03-03', '2026-03-04']) {
      await score(rehearsal, day);
      const { outcome, blind, captureRatio, versions } = await reportOn(rehearsal, day);
      check(outcome === 'STABLE' && versions[0]!.batchRecords === CUSTOMERS, `${day} should be stable on ${CUSTOMERS} rows, it is ${outcome} on ${versions[0]?.batchRecords}`);
      check(!blind && captureRatio === null, `nobody asked the endpoint on ${day}, so nothing can be missing: blind ${blind}, ratio ${captureRatio}`);
      rows.push(versions[0]!.windowRows);
    }
    return `three days with ${rows.join(', ')} rows, all stable`;
  },
};

const ids: Milestone = {
  id: 'ids',
  title: 'every score has an inference id that labels can name, and the time of its job',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    const key = `${lakeKeys.asynchronousResponses(MODEL, 1)}/2026-03-04/customers-1.csv.out`;
    const lines = (await rehearsal.text(life.bucket, key)).trim().split('\n');
    check(lines.length === CUSTOMERS / 2 && lines.every((line) => /^0?\.?\d+(\.\d+)?(e-\d+)?, [0-9a-f-]{36},2026-03-04T\d\d:\d\d:\d\dZ$/.test(line)), `not score, id and time: ${lines[0]}`);
    return lines[0]!;
  },
};

const drift: Milestone = {
  id: 'drift',
  title: 'on the fourth day the job gets new customers only: the drift alarm pages',
  async run(rehearsal) {
    const life = churnLife(rehearsal);
    life.population = newCustomers;
    const began = rehearsal.now;
    await score(rehearsal, '2026-03-05');
    const { outcome, reasons } = await reportOn(rehearsal, '2026-03-05');
    check(outcome === 'DRIFTED', `the day should have drifted, it is ${outcome}: ${reasons.join(' ')}`);
    await alarmed(rehearsal, '/data-drift', 1, began);
    const told = rehearsal.notifications().filter(({ subject, time }) => time >= began && /ALARM.*ticket/.test(subject ?? ''));
    check(told.length === 1, `the owner should have been told of the drift once, it happened ${told.length} times`);
    return reasons.join(' ');
  },
};

const scenario: Scenario = { name: 'batch', start: START, milestones: [first, steady, ids, drift] };

export default scenario;
