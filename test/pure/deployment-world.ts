import { partialSteps, type RoutingType } from '../../lib/deployment/deployment.contract';
import { DIGEST, MODEL, REPOSITORY } from './deployment-settings';
import { type Input, invalid, page, raise, SurroundingWorld } from './deployment-surroundings';

export * from './deployment-settings';

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
export class DeploymentWorld extends SurroundingWorld {
  public readonly models = new Map<string, Input>();
  public readonly configs = new Map<string, Input>();
  public readonly packages = new Map<string, Input>();
  public readonly calls: string[] = [];
  public readonly inputs: { operation: string; input: Input }[] = [];
  public endpoint?: { status: string; config: string; failureReason?: string };
  public update?: Update;
  public instances = 2;
  /** Configurations that plain updates have brought, and when: for metrics without the configuration as dimension. */
  private readonly plainUpdates: { since: number; config: string }[] = [];
  /** Makes SageMaker go back silently when it would have finished. */
  public silentRollback = false;
  /** Configurations that a plain update never reaches: SageMaker goes back. */
  public unreachable: (config: string) => boolean = () => false;
  /** Makes a new endpoint fail. */
  public creationFails = false;
  /** Throws instead of answering. */
  public fault: (operation: string) => Error | undefined = () => undefined;

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
    const tripped = this.published.some((metric) => metric.config === config && metric.value === 1 && metric.time >= since && metric.time + 60_000 <= this.now && metric.time <= baking + bakes);
    if (tripped && alarms.some((name) => name.endsWith('-analysis'))) {
      this.alarms.get(`${config}-analysis`)!.StateValue = 'ALARM';
      this.alarms.get(`${config}-analysis`)!.StateReason = 'Threshold Crossed';
      this.endpoint = { ...this.endpoint, status: 'InService' };
      this.update = undefined;
    } else if (this.now >= baking + bakes) {
      const goesBack = bakes > 0 ? this.silentRollback : this.unreachable(config);
      if (bakes === 0 && !goesBack) this.plainUpdates.push({ since: baking, config });
      this.endpoint = { status: 'InService', config: goesBack ? this.endpoint.config : config };
      this.update = undefined;
    }
  }

  protected fleetAt(config: string | undefined, time: number): string | undefined {
    if (config === undefined) return this.plainUpdates.findLast(({ since }) => since <= time)?.config ?? 'before';
    return this.update?.config === config && time < this.update.since + PROVISIONING ? undefined : config;
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
    if (['Creating', 'Updating'].includes(this.endpoint.status)) throw invalid('Cannot update in-progress endpoint "arn".');
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
}

/** As API_BlueGreenUpdatePolicy and API_RollingUpdatePolicy add it up. */
function bakingMilliseconds(config: Input | undefined): number {
  if (config === undefined) return 0;
  const { RollingUpdatePolicy: rolling, BlueGreenUpdatePolicy: blueGreen } = config;
  if (rolling) return (partialSteps('ROLLING', rolling.MaximumBatchSize.Value) + 1) * rolling.WaitIntervalInSeconds * 1000;
  const { Type, WaitIntervalInSeconds, LinearStepSize } = blueGreen.TrafficRoutingConfiguration;
  return ((partialSteps(Type as RoutingType, LinearStepSize?.Value ?? 100) + 1) * WaitIntervalInSeconds + blueGreen.TerminationWaitInSeconds) * 1000;
}
