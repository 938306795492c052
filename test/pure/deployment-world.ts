import type { DeploymentSettings } from '../../lib/deployment/deployment.contract';

export const MODEL = 'flight-delay';
export const START = Date.parse('2001-02-01T00:00:00Z');
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const REPOSITORY = '111122223333.dkr.ecr.us-east-1.amazonaws.com/models';

export const SETTINGS: DeploymentSettings = {
  modelName: MODEL,
  endpointName: MODEL,
  bucket: 'lake',
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/k',
  executionRoleArn: 'arn:aws:iam::111122223333:role/execution',
  runbookUrl: 'https://example.com/runbook',
  endpoint: {
    kind: 'REAL_TIME',
    instanceType: 'ml.m5.large',
    instanceCount: 2,
    networkIsolation: true,
    samplingPercentage: 100,
    scaling: {
      dimension: 'sagemaker:variant:DesiredInstanceCount',
      minimum: 2,
      maximum: 4,
      policies: [
        {
          type: 'TARGET_TRACKING',
          name: 'invocations-per-instance',
          metric: { predefined: 'SageMakerVariantInvocationsPerInstance' },
          target: 1000,
          scaleInCooldownSeconds: 300,
          scaleOutCooldownSeconds: 300,
        },
      ],
      schedules: [],
    },
  },
  keepVersions: 1,
  routing: { type: 'CANARY', percent: 50, waitSeconds: 600 },
  terminationWaitSeconds: 300,
  maximumSeconds: 5100,
  rollback: { errorRate: 0.05, latencyMicroseconds: 1_000_000, latencyPercentile: 95 },
  analysis: { intervalSeconds: 60, minimumRequests: 100, confidence: 0.95, test: 'CONFIDENCE_SEQUENCE', inconclusive: 'ROLL_BACK', maximumExtensions: 0 },
  alarms: [],
};

type Input = Record<string, any>;

interface Update {
  readonly config: string;
  readonly since: number;
  readonly alarms: string[];
}

const PROVISIONING = 240_000;

export function packageArn(version: number): string {
  return `arn:aws:sagemaker:us-east-1:111122223333:model-package/${MODEL}/${version}`;
}

/** What deployments touch, in memory and strict: an operation that is not here is an error. Time is given, nothing passes by itself. */
export class DeploymentWorld {
  public now = START;
  public readonly objects = new Map<string, { body: string; etag: string }>();
  public readonly models = new Map<string, Input>();
  public readonly configs = new Map<string, Input>();
  public readonly alarms = new Map<string, Input>();
  public readonly packages = new Map<string, Input>();
  public readonly calls: string[] = [];
  public readonly inputs: { operation: string; input: Input }[] = [];
  public readonly published: { time: number; value: number; config: string }[] = [];
  public readonly started: Input[] = [];
  public endpoint?: { status: string; config: string; failureReason?: string };
  public update?: Update;
  public scaling?: Input;
  public policy?: Input;
  /** Requests, errors and latency of one fleet in one minute. */
  public traffic: (config: string, minute: number) => { requests: number; errors: number; latency: number } | undefined = () => ({ requests: 500, errors: 0, latency: 20_000 });
  /** Makes SageMaker go back silently when it would have finished. */
  public silentRollback = false;
  /** Makes a new endpoint fail. */
  public creationFails = false;
  /** Throws instead of answering. */
  public fault: (operation: string) => Error | undefined = () => undefined;
  private etags = 0;

  /** Stands in for every client: handlers only ever call `send`. */
  public readonly client: any = {
    send: async (command: { constructor: { name: string }; input: Input }): Promise<unknown> => {
      const operation = command.constructor.name.replace(/Command$/, '');
      this.settle();
      this.calls.push(operation);
      this.inputs.push({ operation, input: command.input });
      const fault = this.fault(operation);
      if (fault) throw fault;
      const handle = (this as Record<string, any>)[`on${operation}`];
      if (!handle) throw new Error(`the test has no ${operation}`);
      return handle.call(this, command.input);
    },
  };

  public addVersion(version: number, more: Input = {}): string {
    this.packages.set(packageArn(version), {
      ModelPackageArn: packageArn(version),
      ModelPackageGroupName: MODEL,
      ModelApprovalStatus: 'Approved',
      CustomerMetadataProperties: {},
      InferenceSpecification: { Containers: [{ Image: `${REPOSITORY}:v1`, ImageDigest: DIGEST, ModelDataUrl: `s3://lake/artifacts/${MODEL}/${version}/model.tar.gz` }] },
      ...more,
    });
    return packageArn(version);
  }

  /** A champion as an earlier deployment has left it. */
  public serve(version: number, runId = 'r000000000000'): string {
    const name = `${MODEL}-v${version}-${runId}`;
    this.addVersion(version);
    this.models.set(name, { ModelName: name, PrimaryContainer: { ModelDataUrl: `s3://lake/artifacts/${MODEL}/${version}/model.tar.gz` } });
    this.configs.set(name, { EndpointConfigName: name, ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: name }] });
    this.endpoint = { status: 'InService', config: name };
    this.scaling = { MinCapacity: 2, MaxCapacity: 4, SuspendedState: { DynamicScalingInSuspended: false } };
    this.put(`state/${MODEL}/champion.json`, {
      version,
      modelPackageArn: packageArn(version),
      endpointName: MODEL,
      endpointConfigName: name,
      modelName: name,
      since: '2001-01-01T00:00:00Z',
      executionArn: 'arn:earlier',
      previous: [],
    });
    return name;
  }

  public put(key: string, value: unknown): void {
    this.objects.set(key, { body: JSON.stringify(value), etag: `"${++this.etags}"` });
  }

  public json(key: string): any {
    return JSON.parse(this.objects.get(key)!.body);
  }

  public get champion(): any {
    return this.json(`state/${MODEL}/champion.json`);
  }

  /** Lets SageMaker do what time has made due. */
  public settle(): void {
    if (this.endpoint?.status === 'Creating' && this.update && this.now >= this.update.since + PROVISIONING) {
      Object.assign(this.endpoint, this.creationFails ? { status: 'Failed', failureReason: 'the container does not answer /ping' } : { status: 'InService' });
      this.update = undefined;
    }
    if (this.endpoint?.status !== 'Updating' || !this.update) return;
    const { config, since, alarms } = this.update;
    const baking = since + PROVISIONING;
    const tripped = this.published.some((metric) => metric.config === config && metric.value === 1 && metric.time + 60_000 <= this.now && metric.time <= baking + 1_200_000);
    if (tripped && alarms.some((name) => name.endsWith('-analysis'))) {
      this.alarms.get(`${config}-analysis`)!.StateValue = 'ALARM';
      this.alarms.get(`${config}-analysis`)!.StateReason = 'Threshold Crossed';
      this.endpoint = { ...this.endpoint, status: 'InService' };
      this.update = undefined;
    } else if (this.now >= baking + 1_200_000 + 300_000) {
      this.endpoint = { status: 'InService', config: this.silentRollback ? this.endpoint.config : config };
      this.update = undefined;
    }
  }

  // SageMaker
  protected onDescribeModelPackage({ ModelPackageName }: Input): Input {
    return structuredClone(this.packages.get(ModelPackageName)!);
  }

  protected onUpdateModelPackage({ ModelPackageArn, CustomerMetadataProperties }: Input): Input {
    for (const value of Object.values(CustomerMetadataProperties as Record<string, string>)) {
      if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u.test(value)) throw invalid(`value ${value}`);
    }
    Object.assign(this.packages.get(ModelPackageArn)!['CustomerMetadataProperties'], CustomerMetadataProperties);
    return {};
  }

  protected onDescribeEndpoint(): Input {
    if (!this.endpoint) throw invalid(`Could not find endpoint "${MODEL}".`);
    const baking = this.update && this.now >= this.update.since + PROVISIONING;
    return {
      EndpointName: MODEL,
      EndpointStatus: this.endpoint.status,
      EndpointConfigName: this.endpoint.config,
      FailureReason: this.endpoint.failureReason,
      ProductionVariants: [{ VariantName: 'AllTraffic', DeployedImages: [{ ResolvedImage: `${REPOSITORY}@${DIGEST}` }] }],
      ...(this.update && this.endpoint.status === 'Updating'
        ? {
            PendingDeploymentSummary: {
              EndpointConfigName: this.update.config,
              ProductionVariants: [{ VariantName: 'AllTraffic', VariantStatus: [baking ? { Status: 'Baking', StartTime: new Date(this.update.since + PROVISIONING) } : { Status: 'Creating' }] }],
            },
          }
        : {}),
    };
  }

  protected onCreateModel(input: Input): Input {
    if (this.models.has(input.ModelName)) throw invalid(`Cannot create already existing model "${input.ModelName}".`);
    this.models.set(input.ModelName, input);
    return {};
  }

  protected onCreateEndpointConfig(input: Input): Input {
    if (this.configs.has(input.EndpointConfigName)) throw invalid('Cannot create already existing endpoint configuration.');
    this.configs.set(input.EndpointConfigName, input);
    return {};
  }

  protected onDescribeEndpointConfig({ EndpointConfigName }: Input): Input {
    return this.configs.get(EndpointConfigName) ?? raise(invalid('Could not find endpoint configuration.'));
  }

  protected onDescribeModel({ ModelName }: Input): Input {
    return this.models.get(ModelName) ?? raise(invalid('Could not find model.'));
  }

  protected onCreateEndpoint({ EndpointConfigName }: Input): Input {
    if (this.endpoint) throw invalid('Cannot create already existing endpoint.');
    this.endpoint = { status: 'Creating', config: EndpointConfigName };
    this.update = { config: EndpointConfigName, since: this.now, alarms: [] };
    return {};
  }

  protected onUpdateEndpoint({ EndpointConfigName, DeploymentConfig }: Input): Input {
    if (this.endpoint?.status !== 'InService') throw invalid(`Cannot update in-progress endpoint "${MODEL}".`);
    if (!this.configs.has(EndpointConfigName)) throw invalid('Could not find endpoint configuration.');
    const alarms = DeploymentConfig.AutoRollbackConfiguration.Alarms.map((alarm: Input) => alarm.AlarmName);
    this.endpoint = { ...this.endpoint, status: 'Updating' };
    this.update = { config: EndpointConfigName, since: this.now, alarms };
    return {};
  }

  protected onDeleteEndpoint(): Input {
    if (!this.endpoint) throw invalid('Could not find endpoint.');
    this.endpoint = undefined;
    return {};
  }

  protected onListEndpointConfigs({ NameContains, NextToken }: Input): Input {
    return page([...this.configs.keys()].filter((name) => name.includes(NameContains)), NextToken, 'EndpointConfigs', 'EndpointConfigName');
  }

  protected onListModels({ NameContains, NextToken }: Input): Input {
    return page([...this.models.keys()].filter((name) => name.includes(NameContains)), NextToken, 'Models', 'ModelName');
  }

  protected onDeleteEndpointConfig({ EndpointConfigName }: Input): Input {
    if (this.endpoint?.config === EndpointConfigName || this.update?.config === EndpointConfigName) throw new Error(`${EndpointConfigName} is in use`);
    if (!this.configs.delete(EndpointConfigName)) throw invalid('Could not find endpoint configuration.');
    return {};
  }

  protected onDeleteModel({ ModelName }: Input): Input {
    if (this.endpoint && this.endpoint.config === ModelName) throw new Error(`${ModelName} is in use`);
    if (!this.models.delete(ModelName)) throw invalid('Could not find model.');
    return {};
  }

  // CloudWatch
  protected onPutMetricAlarm(input: Input): Input {
    this.alarms.set(input.AlarmName, { StateValue: 'INSUFFICIENT_DATA', ...this.alarms.get(input.AlarmName), ...input });
    return {};
  }

  protected onDescribeAlarms({ AlarmNames, AlarmNamePrefix, StateValue }: Input): Input {
    const found = [...this.alarms.values()].filter(
      (alarm) => (!AlarmNames || AlarmNames.includes(alarm.AlarmName)) && (!AlarmNamePrefix || alarm.AlarmName.startsWith(AlarmNamePrefix)) && (!StateValue || alarm.StateValue === StateValue),
    );
    return { MetricAlarms: found };
  }

  protected onDeleteAlarms({ AlarmNames }: Input): Input {
    for (const name of AlarmNames) if (!this.alarms.delete(name)) throw new Error(`no alarm ${name}`);
    return {};
  }

  protected onPutMetricData({ MetricData }: Input): Input {
    for (const datum of MetricData) this.published.push({ time: datum.Timestamp.getTime(), value: datum.Value, config: datum.Dimensions[1].Value });
    return {};
  }

  protected onGetMetricData({ MetricDataQueries, StartTime, EndTime }: Input): Input {
    const results = new Map<string, { Id: string; Timestamps: Date[]; Values: number[] }>(MetricDataQueries.map((query: Input) => [query.Id, { Id: query.Id, Timestamps: [], Values: [] }]));
    for (let time = StartTime.getTime(); time < EndTime.getTime(); time += 60_000) {
      const config = MetricDataQueries[0].MetricStat.Metric.Dimensions[2].Value;
      const isNew = this.update?.config === config;
      if (isNew && time < this.update!.since + PROVISIONING) continue;
      const minute = this.traffic(config, time);
      if (!minute) continue;
      for (const [id, result] of results) {
        result.Timestamps.push(new Date(time));
        result.Values.push((minute as Record<string, number>)[id]!);
      }
    }
    return { MetricDataResults: [...results.values()] };
  }

  // Application Auto Scaling
  protected onDescribeScalableTargets(): Input {
    return { ScalableTargets: this.scaling ? [this.scaling] : [] };
  }

  protected onRegisterScalableTarget({ MinCapacity, MaxCapacity, SuspendedState }: Input): Input {
    if (!this.scaling && MinCapacity === undefined) throw new Error('a new scalable target needs capacities');
    this.scaling = { ...this.scaling, ...(MinCapacity === undefined ? {} : { MinCapacity, MaxCapacity }), SuspendedState };
    return {};
  }

  protected onPutScalingPolicy(input: Input): Input {
    this.policy = input;
    return {};
  }

  protected onDeregisterScalableTarget(): Input {
    if (!this.scaling) throw named('ObjectNotFoundException', 'no scalable target');
    this.scaling = undefined;
    return {};
  }

  // S3 and Step Functions
  protected onGetObject({ Key }: Input): Input {
    const found = this.objects.get(Key) ?? raise(named('NoSuchKey', Key));
    return { ETag: found.etag, Body: { transformToString: async () => found.body } };
  }

  protected onPutObject({ Key, Body, IfNoneMatch, IfMatch }: Input): Input {
    const found = this.objects.get(Key);
    if ((IfNoneMatch === '*' && found) || (IfMatch !== undefined && found?.etag !== IfMatch)) throw named('PreconditionFailed', Key);
    this.objects.set(Key, { body: Body, etag: `"${++this.etags}"` });
    return {};
  }

  protected onStartExecution(input: Input): Input {
    if (this.started.some((execution) => execution['name'] === input.name)) throw named('ExecutionAlreadyExists', input.name);
    this.started.push(input);
    return {};
  }
}

/** Two a page, so that everybody must read on. */
function page(names: string[], token: string | undefined, list: string, key: string): Input {
  const first = Number(token ?? 0);
  return { [list]: names.slice(first, first + 2).map((name) => ({ [key]: name })), NextToken: first + 2 < names.length ? String(first + 2) : undefined };
}

function invalid(message: string): Error {
  return named('ValidationException', message);
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function raise(error: Error): never {
  throw error;
}
