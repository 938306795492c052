import { type DeploymentSettings, partialSteps, type RoutingType } from '../../lib/deployment/deployment.contract';

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
  /** Baking and termination, in milliseconds; 0 for a plain update. */
  readonly bakes?: number;
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
  public instances = 2;
  public scaling?: Input;
  public policy?: Input;
  public readonly policies = new Map<string, Input>();
  public readonly scheduled = new Map<string, Input>();
  public readonly executions: string[] = [];
  /** Requests, errors and latency of one fleet in one minute. */
  public traffic: (config: string, minute: number) => { requests: number; errors: number; latency: number } | undefined = () => ({ requests: 500, errors: 0, latency: 20_000 });
  /** Makes SageMaker go back silently when it would have finished. */
  public silentRollback = false;
  /** Configurations that a plain update never reaches: SageMaker goes back. */
  public unreachable: (config: string) => boolean = () => false;
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
    this.configs.set(name, { EndpointConfigName: name, ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 2, InitialVariantWeight: 1 }] });
    this.endpoint = { status: 'InService', config: name };
    this.scaling = { ScalableDimension: 'sagemaker:variant:DesiredInstanceCount', MinCapacity: 2, MaxCapacity: 4, SuspendedState: { DynamicScalingInSuspended: false } };
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
    const { config, since, alarms, bakes = 1_500_000 } = this.update;
    const baking = since + PROVISIONING;
    const tripped = this.published.some((metric) => metric.config === config && metric.value === 1 && metric.time + 60_000 <= this.now && metric.time <= baking + bakes);
    if (tripped && alarms.some((name) => name.endsWith('-analysis'))) {
      this.alarms.get(`${config}-analysis`)!.StateValue = 'ALARM';
      this.alarms.get(`${config}-analysis`)!.StateReason = 'Threshold Crossed';
      this.endpoint = { ...this.endpoint, status: 'InService' };
      this.update = undefined;
    } else if (this.now >= baking + bakes) {
      const goesBack = bakes > 0 ? this.silentRollback : this.unreachable(config);
      this.endpoint = { status: 'InService', config: goesBack ? this.endpoint.config : config };
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
      ProductionVariants: this.variants('ProductionVariants'),
      ...(this.configs.get(this.endpoint.config)?.['ShadowProductionVariants'] ? { ShadowProductionVariants: this.variants('ShadowProductionVariants') } : {}),
      ...(this.update && this.endpoint.status === 'Updating'
        ? {
            PendingDeploymentSummary: {
              EndpointConfigName: this.update.config,
              StartTime: new Date(this.update.since),
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
    const alarms = (DeploymentConfig?.AutoRollbackConfiguration.Alarms ?? []).map((alarm: Input) => alarm.AlarmName);
    this.endpoint = { ...this.endpoint, status: 'Updating' };
    this.update = { config: EndpointConfigName, since: this.now, alarms, bakes: bakingMilliseconds(DeploymentConfig) };
    return {};
  }

  private variants(list: string): Input[] {
    return (this.configs.get(this.endpoint!.config)?.[list] ?? [{ VariantName: 'AllTraffic' }]).map((variant: Input) => ({
      VariantName: variant.VariantName,
      DesiredInstanceCount: this.instances,
      DeployedImages: [{ ResolvedImage: `${REPOSITORY}@${DIGEST}` }],
    }));
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
  protected onDescribeScalableTargets({ ScalableDimension }: Input): Input {
    return { ScalableTargets: this.scaling?.['ScalableDimension'] === ScalableDimension ? [this.scaling] : [] };
  }

  protected onRegisterScalableTarget({ ScalableDimension, MinCapacity, MaxCapacity, SuspendedState }: Input): Input {
    if (!this.scaling && MinCapacity === undefined) throw new Error('a new scalable target needs capacities');
    this.scaling = { ...this.scaling, ScalableDimension, ...(MinCapacity === undefined ? {} : { MinCapacity, MaxCapacity }), SuspendedState };
    return {};
  }

  protected onPutScalingPolicy(input: Input): Input {
    this.policy = input;
    this.policies.set(input.PolicyName, input);
    return { PolicyARN: `arn:policy:${input.PolicyName}` };
  }

  protected onDeleteScalingPolicy({ PolicyName }: Input): Input {
    if (!this.policies.delete(PolicyName)) throw named('ObjectNotFoundException', PolicyName);
    return {};
  }

  protected onDescribeScalingPolicies({ NextToken }: Input): Input {
    const { names, NextToken: next } = page([...this.policies.keys()], NextToken, 'names', 'PolicyName');
    return { ScalingPolicies: names.map(({ PolicyName }: Input) => this.policies.get(PolicyName)), NextToken: next };
  }

  protected onPutScheduledAction(input: Input): Input {
    this.scheduled.set(input.ScheduledActionName, input);
    return {};
  }

  protected onDeleteScheduledAction({ ScheduledActionName }: Input): Input {
    if (!this.scheduled.delete(ScheduledActionName)) throw named('ObjectNotFoundException', ScheduledActionName);
    return {};
  }

  protected onDescribeScheduledActions({ NextToken }: Input): Input {
    return page([...this.scheduled.keys()], NextToken, 'ScheduledActions', 'ScheduledActionName');
  }

  protected onDeregisterScalableTarget(): Input {
    if (!this.scaling) throw named('ObjectNotFoundException', 'no scalable target');
    this.scaling = undefined;
    this.policies.clear();
    this.scheduled.clear();
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

  protected onListExecutions(): Input {
    return { executions: this.executions.map((executionArn) => ({ executionArn })) };
  }

  protected onStopExecution({ executionArn }: Input): Input {
    this.executions.splice(this.executions.indexOf(executionArn), 1);
    return {};
  }

  protected onStartExecution(input: Input): Input {
    if (this.started.some((execution) => execution['name'] === input.name)) throw named('ExecutionAlreadyExists', input.name);
    this.started.push(input);
    return {};
  }
}

/** As API_BlueGreenUpdatePolicy and API_RollingUpdatePolicy add it up. */
function bakingMilliseconds(config: Input | undefined): number {
  if (config === undefined) return 0;
  const { RollingUpdatePolicy: rolling, BlueGreenUpdatePolicy: blueGreen } = config;
  if (rolling) return (partialSteps('ROLLING', rolling.MaximumBatchSize.Value) + 1) * rolling.WaitIntervalInSeconds * 1000;
  const { Type, WaitIntervalInSeconds, LinearStepSize } = blueGreen.TrafficRoutingConfiguration;
  return ((partialSteps(Type as RoutingType, LinearStepSize?.Value ?? 100) + 1) * WaitIntervalInSeconds + blueGreen.TerminationWaitInSeconds) * 1000;
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
