import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RehearsalGateway, createGateway } from '../../lib/rehearsal/aws/gateway';
import { AwsError } from '../../lib/rehearsal/kernel/aws-error';
import { FaultPlan } from '../../lib/rehearsal/kernel/faults';
import { Random } from '../../lib/rehearsal/kernel/random';
import type { Gateway, Principal, SimulatedService, Simulation } from '../../lib/rehearsal/kernel/simulation';
import { Timeline } from '../../lib/rehearsal/kernel/timeline';
import { VirtualClock } from '../../lib/rehearsal/kernel/virtual-clock';
import { type SageMakerService, createSageMaker } from '../../lib/rehearsal/services/sagemaker';

export const IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/assets:abc';
export const ROLE = 'arn:aws:iam::111122223333:role/execution';
export const START = Date.UTC(2001, 1, 1);
export const MINUTE = 60_000;

/** Learns the mean of the last column; its hyperparameter `fail` makes it give up. */
const TRAIN = `#!/usr/bin/env node
const fs = require('node:fs'), path = require('node:path');
const base = process.env.SAGEMAKER_BASE_DIR;
const hyperparameters = JSON.parse(fs.readFileSync(path.join(base, 'input/config/hyperparameters.json')));
const folder = path.join(base, 'input/data/train');
if (hyperparameters.fail) { fs.writeFileSync(path.join(base, 'output/failure'), 'no good: ' + folder); process.exit(3); }
let sum = 0, rows = 0;
for (const file of fs.readdirSync(folder).sort()) for (const line of fs.readFileSync(path.join(folder, file), 'utf8').trim().split('\\n')) { sum += Number(line.split(',').at(-1)); rows++; }
console.log('validation:loss=0.9;'); console.log('validation:loss=' + (sum / rows) + ';');
fs.writeFileSync(path.join(base, 'model/model.json'), JSON.stringify({ mean: sum / rows, environment: Object.keys(process.env).sort() }));
`;

/** Answers the mean plus the first field, per line; a first field of "boom" is an error. */
const SERVE = `#!/usr/bin/env node
const fs = require('node:fs'), path = require('node:path'), http = require('node:http');
const model = JSON.parse(fs.readFileSync(path.join(process.env.SAGEMAKER_BASE_DIR, 'model/model.json')));
http.createServer((request, response) => {
  if (request.url === '/ping') return response.writeHead(200).end();
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('end', () => {
    if (body.startsWith('boom')) return response.writeHead(Number(body.split(',')[1] ?? 500)).end('boom');
    const answer = body.trim().split('\\n').map((line) => (model.mean + Number(line.split(',')[0])) * Number(process.env.FACTOR ?? 1)).join('\\n') + '\\n';
    response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8', 'content-length': answer.length }).end(answer);
  });
}).listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
`;

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Record<string, string>;
  readonly value: number;
  readonly unit: string;
  readonly time: number;
}

/** A simulation with the neighbours of SageMaker in memory: enough to see what it asks of them. */
export class SageMakerWorld {
  public readonly objects = new Map<string, Buffer>();
  public readonly metrics: Metric[] = [];
  public readonly events: { detailType: string; detail: Record<string, any>; resources: string[]; time: number }[] = [];
  public readonly alarms = new Map<string, string>();
  /** Messages by topic. */
  public readonly published: { topic: string; message: Record<string, any>; time: number }[] = [];
  /** `s3:GetObject` and the like, that the execution role must not do. */
  public readonly denied = new Set<string>();
  public readonly clock = new VirtualClock(START);
  public readonly faults = new FaultPlan();
  public readonly folder = mkdtempSync(join(tmpdir(), 'sagemaker-'));
  public readonly service: SageMakerService;
  public readonly simulation: Simulation;
  private readonly gateway: RehearsalGateway;

  public constructor(seed = 1) {
    const image = this.image('good', { train: TRAIN, serve: SERVE });
    this.simulation = {
      clock: this.clock,
      random: new Random(seed),
      timeline: new Timeline(),
      faults: this.faults,
      account: '111122223333',
      region: 'us-east-1',
      partition: 'aws',
      workFolder: join(this.folder, 'work'),
      gateway: { call: (principal, service, operation, input) => this.neighbour(principal, service, operation, input), requireFor: () => () => undefined },
      service: <T extends SimulatedService>(id: string): T => this.inProcess(id) as T,
    };
    const services = createSageMaker(this.simulation, new Map([[IMAGE, image]]));
    this.service = services[0] as SageMakerService;
    this.gateway = createGateway({ ...this.simulation, services: new Map(services.map((service) => [service.id, service])) });
  }

  /** The simulation as a client sees it: SageMaker and its runtime behind the real gateway, S3 in memory. */
  public get client(): Simulation {
    const call: Gateway['call'] = (principal, service, operation, input) =>
      service.startsWith('sagemaker') ? this.gateway.call(principal, service, operation, input) : this.neighbour(principal, service, operation, input);
    return { ...this.simulation, gateway: { ...this.simulation.gateway, call } };
  }

  /** A folder with executables, as an image asset. */
  public image(name: string, files: Record<string, string>): string {
    const folder = join(this.folder, 'images', name);
    mkdirSync(folder, { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(join(folder, file), content);
      chmodSync(join(folder, file), 0o755);
    }
    return folder;
  }

  /** One API request, alone, as an action of the clock; the real gateway checks what goes in and what comes out. */
  public async call(operation: string, input: Record<string, unknown>, service = 'sagemaker'): Promise<any> {
    const task = this.clock.spawn(() => this.gateway.call({ arn: 'arn:aws:iam::111122223333:user/operator', root: true }, service, operation, input));
    await this.clock.runUntil(this.clock.now());
    return await task.promise;
  }

  public async invoke(body: string, input: Record<string, unknown> = {}): Promise<any> {
    const answer = await this.call('InvokeEndpoint', { EndpointName: 'shop', Body: Buffer.from(body), ContentType: 'text/csv', ...input }, 'sagemaker-runtime');
    return { ...answer, Body: Buffer.from(answer.Body) };
  }

  public async invokeAsync(input: Record<string, unknown>): Promise<any> {
    return await this.call('InvokeEndpointAsync', { EndpointName: 'shop', ContentType: 'text/csv', ...input }, 'sagemaker-runtime');
  }

  /** Values of a metric with exactly these dimensions, in the order of time. */
  public values(name: string, dimensions: Record<string, string>): number[] {
    const text = (of: Record<string, string>): string => JSON.stringify(Object.entries(of).sort());
    return this.metrics.filter((metric) => metric.name === name && text(metric.dimensions) === text(dimensions)).map((metric) => metric.value);
  }

  public async describe(): Promise<any> {
    return await this.call('DescribeEndpoint', { EndpointName: 'shop' });
  }

  public async minutes(count: number): Promise<void> {
    await this.clock.runUntil(this.clock.now() + count * MINUTE);
  }

  public text(key: string): string {
    return this.objects.get(key)!.toString('utf8');
  }

  /** Creates the endpoint and lets it come into service. */
  public async serve(config: string): Promise<void> {
    await this.call('CreateEndpoint', { EndpointName: 'shop', EndpointConfigName: config });
    await this.minutes(10);
  }

  /** Model, endpoint configuration and artifacts under one name; the model answers mean + first field. */
  public async deployable(name: string, options: { mean?: number; instances?: number; capture?: unknown; image?: string } = {}): Promise<void> {
    await this.model(name, options);
    await this.config(name, {
      ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: name, InitialInstanceCount: options.instances ?? 4, InstanceType: 'ml.m5.large', InitialVariantWeight: 1 }],
      ...(options.capture ? { DataCaptureConfig: options.capture } : {}),
    });
  }

  public async config(name: string, request: Record<string, unknown>): Promise<void> {
    await this.call('CreateEndpointConfig', { EndpointConfigName: name, ...request });
  }

  public async model(name: string, options: { mean?: number; image?: string; request?: Record<string, unknown> } = {}): Promise<void> {
    const trained = await import('../../lib/rehearsal/containers/model-archive');
    const folder = join(this.folder, `model-${name}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'model.json'), JSON.stringify({ mean: options.mean ?? 1 }));
    this.objects.set(`lake/models/${name}.tar.gz`, await trained.packModel(folder));
    await this.call('CreateModel', {
      ModelName: name,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: options.image ?? IMAGE, ModelDataUrl: `s3://lake/models/${name}.tar.gz` },
      ...options.request,
    });
  }

  public async close(): Promise<void> {
    await this.service.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private neighbour(principal: Principal, service: string, operation: string, input: Record<string, any>): Promise<any> {
    if (this.denied.has(`${service}:${operation}`)) {
      return Promise.reject(new AwsError('AccessDenied', `User: ${principal.arn} is not authorized to perform: ${service}:${operation}`, 403));
    }
    if (service === 'sagemaker') return this.gateway.call(principal, service, operation, input);
    if (service === 'cloudwatch') return Promise.resolve({ MetricAlarms: input.AlarmNames.filter((name: string) => this.alarms.has(name)).map((name: string) => ({ AlarmName: name, StateValue: this.alarms.get(name) })) });
    if (service === 'sns') {
      this.published.push({ topic: input.TopicArn, message: JSON.parse(input.Message), time: this.clock.now() });
      return Promise.resolve({});
    }
    const path = `${input.Bucket}/${input.Key ?? ''}`;
    switch (operation) {
      case 'PutObject':
        this.objects.set(path, Buffer.from(input.Body));
        return Promise.resolve({});
      case 'ListObjectsV2':
        return Promise.resolve({
          Contents: [...this.objects.keys()].filter((key) => key.startsWith(`${input.Bucket}/${input.Prefix}`)).sort().map((key) => ({ Key: key.slice(input.Bucket.length + 1) })),
        });
      default: {
        const object = this.objects.get(path);
        return object ? Promise.resolve({ Body: object }) : Promise.reject(new AwsError(operation === 'HeadObject' ? 'NotFound' : 'NoSuchKey', 'no such key', 404));
      }
    }
  }

  private inProcess(id: string): unknown {
    if (id === 'iam') return { id, mayAssume: (role: string) => role === ROLE };
    if (id === 'events') {
      return {
        id,
        publish: (event: Record<string, any>) => this.events.push({ detailType: event['detail-type'], detail: event.detail, resources: event.resources, time: this.clock.now() }),
      };
    }
    return {
      id,
      putMetric: (namespace: string, name: string, dimensions: Record<string, string>, value: number, unit: string, time: number) =>
        this.metrics.push({ namespace, name, dimensions, value, unit, time }),
    };
  }
}
