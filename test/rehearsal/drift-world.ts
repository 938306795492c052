import { ENDPOINT_NAMESPACE } from '../../lib/monitoring/metric-catalogue.contract';
import { windowKeys } from '../../lib/monitoring/monitoring.contract';
import type { DriftReport } from '../../lib/monitoring/drift-report';
import { lakeKeys } from '../../lib/data/data-lake.contract';
import type { QualityReport } from '../../lib/model-quality/quality-report';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import { createSimulation, type RunningSimulation } from '../../lib/rehearsal/create-simulation';
import { Rehearsal } from '../../lib/rehearsal/driver';
import type { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import type { S3Service } from '../../lib/rehearsal/services/s3/s3-service';
import { baseline, CONTRACT, csv, IMAGE, MODEL, row, type Row, testSetQuality } from './drift-model';

export const MONITORING = 'Pipeline/Monitoring/Workflow';
export const HOUR = 3_600_000;
/** Rows of a usual window. */
export const ROWS = 300;
const START = Date.parse('2001-02-05T00:00:00Z');
const RUN = 'run-1';

/** What lies in the lake of one hour. */
export interface Hour {
  /** Objects by name: whatever a file may hold. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** Invocations that SageMaker counts; 0: nobody asked. */
  readonly invocations: number;
}

/** The synthesized small model on simulated AWS: version 1 serves, its baseline exists, and captured files are put where data capture puts them. */
export class DriftWorld {
  public readonly rehearsal: Rehearsal;
  public readonly bucket: string;
  private asked = 1;

  public static async create(assembly: string): Promise<DriftWorld> {
    const simulation = await createSimulation({
      assembly,
      start: START,
      seed: 1,
      direct: true,
      imageFolders: { [IMAGE]: __dirname },
      serving: () => ({ start: async () => undefined, stop: async () => undefined, invoke: () => Promise.reject(new Error('nobody asks this fleet')) }),
    });
    const world = new DriftWorld(simulation);
    await world.release();
    return world;
  }

  private constructor(public readonly simulation: RunningSimulation) {
    this.rehearsal = new Rehearsal(simulation);
    this.bucket = simulation.resource('Lake/Bucket', 'AWS::S3::Bucket').ref;
  }

  public close(): Promise<void> {
    return this.simulation.close();
  }

  /** Version 1 as training leaves it, approved; the deployment workflow does the rest. */
  private async release(): Promise<void> {
    const { rehearsal, bucket } = this;
    const snapshotId = 'snapshot-1';
    await rehearsal.put(bucket, `artifacts/${MODEL}/${RUN}/model.tar.gz`, 'model');
    await rehearsal.put(bucket, lakeKeys.baseline(MODEL, RUN), JSON.stringify(baseline()));
    await rehearsal.put(bucket, lakeKeys.qualityStatistics(MODEL, RUN), JSON.stringify(testSetQuality()));
    await rehearsal.put(bucket, lakeKeys.curatedContract(MODEL, snapshotId), JSON.stringify(CONTRACT));
    await rehearsal.aws('sagemaker', 'CreateModelPackage', {
      ModelPackageGroupName: MODEL,
      InferenceSpecification: {
        Containers: [{ Image: IMAGE, ModelDataUrl: `s3://${bucket}/artifacts/${MODEL}/${RUN}/model.tar.gz` }],
        SupportedContentTypes: ['text/csv'],
        SupportedResponseMIMETypes: ['text/csv'],
      },
      ModelApprovalStatus: 'Approved',
      CustomerMetadataProperties: { snapshotId, runId: RUN, baselineUri: `s3://${bucket}/${lakeKeys.baseline(MODEL, RUN)}` },
    });
    await rehearsal.advance(85);
  }

  /** The next rows that clients ask about. */
  public rows(count = ROWS, change: (row: Row, index: number) => Row = (one) => one): Row[] {
    return Array.from({ length: count }, (_, index) => change(row(this.asked++), index));
  }

  /** Start of the hour that it is. */
  public get hour(): number {
    return Math.floor(this.rehearsal.now / HOUR) * HOUR;
  }

  /** Puts what data capture and SageMaker leave of the hour. */
  public leave(start: number, hour: Hour): void {
    for (const [name, content] of Object.entries(hour.files)) this.s3.putObject(this.bucket, `${captureFolder(start)}${name}`, content);
    if (hour.invocations === 0) return;
    const dimensions = { EndpointName: MODEL, VariantName: 'AllTraffic' };
    const { metrics, alarms } = this.simulation.service<CloudWatchService>('cloudwatch');
    metrics.put(ENDPOINT_NAMESPACE, 'Invocations', dimensions, 1, hour.invocations, 'None', start + HOUR / 2);
    metrics.put(ENDPOINT_NAMESPACE, 'Invocation5XXErrors', dimensions, 0, hour.invocations, 'None', start + HOUR / 2);
    metrics.put(ENDPOINT_NAMESPACE, 'ModelLatency', dimensions, 20_000, hour.invocations, 'Microseconds', start + HOUR / 2);
    alarms.wake();
  }

  /** Lets hours pass in which that happens, until the last one has been judged. @returns ids of their windows */
  public async pass(...hours: ((start: number) => Hour)[]): Promise<string[]> {
    const ids: string[] = [];
    for (const hour of hours) {
      const start = this.hour;
      await this.rehearsal.advanceTo(new Date(start + HOUR / 2).toISOString());
      this.leave(start, hour(start));
      await this.rehearsal.advanceTo(new Date(start + HOUR + 25 * 60_000).toISOString());
      ids.push(windowId(start));
    }
    return ids;
  }

  /** Ends of the names of alarms in ALARM, composite ones left out. */
  public alarms(): string[] {
    return this.cloudWatch.alarms
      .all()
      .filter(({ state, input }) => state === 'ALARM' && input.AlarmRule === undefined)
      .map(({ name }) => name.replace(/^.*\//, ''))
      .sort();
  }

  public get cloudWatch(): CloudWatchService {
    return this.simulation.service<CloudWatchService>('cloudwatch');
  }

  public get s3(): S3Service {
    return this.simulation.service<S3Service>('s3');
  }

  public report(window: string): DriftReport {
    return JSON.parse(this.text(windowKeys.report(MODEL, window))) as DriftReport;
  }

  /** All objects of a window. */
  public objects(window: string): { key: string; body: Buffer }[] {
    return this.s3.list(this.bucket, lakeKeys.monitoringRun(MODEL, window));
  }

  public text(key: string): string {
    return this.s3.getObject(this.bucket, key).toString();
  }

  /** Reports on predictions by their labels, window by window. */
  public quality(): QualityReport[] {
    return this.s3.list(this.bucket, lakeKeys.qualityReports(MODEL)).flatMap(({ key }) => (key.endsWith('/report.json') ? [JSON.parse(this.text(key)) as QualityReport] : []));
  }

  public ledger(): LedgerEntry[] {
    return this.s3.list(this.bucket, `${lakeKeys.ledgerPrefix(MODEL)}entries/`).map(({ key }) => JSON.parse(this.text(key)) as LedgerEntry);
  }

  /** Of what was published to the owner, in the order of time. */
  public subjects(): string[] {
    return this.rehearsal.notifications().map(({ subject }) => subject!);
  }

  public struck(fault: string): boolean {
    return this.simulation.timeline.events.some(({ kind, subject }) => kind === 'fault' && subject === fault);
  }

  /** Executions that did not end well. */
  public failures(): string[] {
    return this.rehearsal.executions().filter(({ status }) => status !== 'SUCCEEDED').map(({ arn }) => arn);
  }

  /** Ground truth that is collected now, by inference id. */
  public label(labels: readonly (readonly [id: string, truth: number])[]): void {
    const now = new Date(this.rehearsal.now).toISOString();
    const all = labels.map(([eventId, truth]) => JSON.stringify({ groundTruthData: { data: String(truth), encoding: 'CSV' }, eventMetadata: { eventId }, eventVersion: '0' }));
    this.s3.putObject(this.bucket, `${lakeKeys.labelsPrefix(MODEL)}${now.slice(0, 13).replace(/[-T]/g, '/')}/${now.slice(14, 16)}.jsonl`, text(all));
  }
}

export function windowId(start: number): string {
  return `${new Date(start).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function captureFolder(start: number): string {
  return `captured/${MODEL}/v1/${MODEL}/AllTraffic/${new Date(start).toISOString().slice(0, 13).replace(/[-T]/g, '/')}/`;
}

export interface LineOptions {
  readonly input?: string;
  readonly output?: string;
  readonly encoding?: string;
  readonly outputEncoding?: string;
  readonly eventId: string;
  readonly inferenceId?: string;
  /** Milliseconds. */
  readonly time: number;
}

/** One line of data capture. */
export function line({ input, output, encoding = 'CSV', outputEncoding = encoding, eventId, inferenceId, time }: LineOptions): string {
  const side = (mode: string, data: string, as: string): object => ({ observedContentType: as === 'JSON' ? 'application/json' : 'text/csv', mode, data, encoding: as });
  return JSON.stringify({
    captureData: { ...(input === undefined ? {} : { endpointInput: side('INPUT', input, encoding) }), ...(output === undefined ? {} : { endpointOutput: side('OUTPUT', output, outputEncoding) }) },
    eventMetadata: { eventId, ...(inferenceId === undefined ? {} : { inferenceId }), inferenceTime: new Date(time).toISOString().replace(/\.000Z$/, 'Z') },
    eventVersion: '0',
  });
}

/** The usual lines, one row each, a second apart. */
export function lines(time: number, rows: readonly Row[], change: (usual: LineOptions, index: number) => LineOptions = (usual) => usual): string[] {
  return rows.map((one, index) => line(change({ input: csv(one), output: `${one.score}`, eventId: `event-${one.number}`, inferenceId: `request-${one.number}`, time: time + index * 1000 }, index)));
}

/** Lines as the text of a file. */
export function text(all: readonly string[]): string {
  return all.map((one) => `${one}\n`).join('');
}
