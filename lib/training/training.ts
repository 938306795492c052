import { Duration, Size, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ContractDocument, columnLayout } from '../data/data-contract.contract';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { Algorithm } from './algorithm';
import { ContainerImage, ContainerImageConfig } from './container-image';

/** The training job. */
export interface TrainingOptions {
  /**
   * Hyperparameters of the training job; a run may override single ones.
   *
   * @default - none
   */
  readonly hyperparameters?: { [name: string]: string };

  /**
   * When the training job is stopped and the run fails.
   *
   * @default Duration.hours(1)
   */
  readonly maxRuntime?: Duration;

  /**
   * Instance type of the training job and of the batch transform that scores the test set.
   *
   * @default ml.m5.large
   */
  readonly instanceType?: string;

  /**
   * Instances of the training job.
   *
   * @default 1
   */
  readonly instanceCount?: number;

  /**
   * Disk of each training instance.
   *
   * @default Size.gibibytes(30)
   */
  readonly volumeSize?: Size;

  /**
   * Names the code that trains, for the lineage: a release or a commit.
   *
   * @default - hash of the local asset, else the image's digest or tag
   */
  readonly codeVersion?: string;
}

/** A number that SageMaker reads from the log of the training job. */
export interface MetricDefinition {
  /** `validation:auc` */
  readonly name: string;
  /** Regular expression whose first group is the number. */
  readonly regex: string;
}

/** A training job in a container of your own. */
export interface ContainerTrainingOptions extends TrainingOptions {
  /**
   * Numbers to read from the job's log.
   *
   * @default - none
   */
  readonly metricDefinitions?: MetricDefinition[];

  /**
   * Environment of the training container.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Whether containers run without any network. SageMaker moves data and model for them.
   *
   * @default true
   */
  readonly networkIsolation?: boolean;
}

/** What the workflow needs to start the job. @internal */
export interface TrainingConfig {
  readonly image: ContainerImageConfig;
  readonly hyperparameters: { [name: string]: string };
  readonly maxRuntime: Duration;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly volumeSize: Size;
  readonly codeVersion: string;
  readonly metricDefinitions: MetricDefinition[];
  readonly environment: { [name: string]: string };
  readonly networkIsolation: boolean;
  /** Whether the job gets the data contract as a channel; built-in algorithms refuse channels that they do not know. */
  readonly contractChannel: boolean;
}

/** How the model is trained. The same image serves it. */
export abstract class Training {
  /** In a container of your own, with programs `train` and `serve`. */
  public static container(image: ContainerImage, options: ContainerTrainingOptions = {}): Training {
    return new ContainerTraining(image, options);
  }

  /** With an algorithm that SageMaker brings. */
  public static builtIn(algorithm: Algorithm, options: TrainingOptions): Training {
    return new BuiltInTraining(algorithm, options);
  }

  /** @internal */
  protected readonly _options: TrainingOptions;

  protected constructor(options: TrainingOptions) {
    this._options = options;
  }

  /**
   * Checks the options; with the contract at hand also against its columns.
   *
   * @internal
   */
  public _validate(path: string, problems: Problems, _document?: ContractDocument): void {
    const { hyperparameters, maxRuntime, instanceType, instanceCount, volumeSize } = this._options;
    const entries = Object.entries(hyperparameters ?? {});
    problems.require(entries.length <= 100, 'TooManyHyperparameters', `${path}.hyperparameters`, entries.length, 'must be at most 100 (API_CreateTrainingJob)', 'pass a file instead');
    for (const [name, value] of entries) {
      const text = typeof value === 'string' && value.length <= 2500;
      problems.require(text, 'HyperparameterValue', `${path}.hyperparameters.${name}`, value, 'must be a text of at most 2500 characters', `write '${String(value)}'`);
    }
    if (maxRuntime !== undefined && !maxRuntime.isUnresolved()) {
      const seconds = maxRuntime.toSeconds();
      const fits = seconds >= 60 && seconds <= 5 * 86_400;
      problems.require(fits, 'MaxRuntimeOutOfRange', `${path}.maxRuntime`, maxRuntime.toHumanString(), 'must be from 1 minute to 5 days', 'use Duration.hours(1)');
    }
    if (instanceType !== undefined) {
      const valid = /^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(instanceType);
      problems.require(valid, 'InstanceType', `${path}.instanceType`, instanceType, 'must be a SageMaker instance type', "write for example 'ml.m5.xlarge'");
    }
    if (instanceCount !== undefined && !Token.isUnresolved(instanceCount)) {
      problems.require(Number.isInteger(instanceCount) && instanceCount >= 1, 'InstanceCount', `${path}.instanceCount`, instanceCount, 'must be a whole number from 1', 'use 1');
    }
    if (volumeSize !== undefined && !volumeSize.isUnresolved()) {
      const gibibytes = volumeSize.toGibibytes();
      problems.require(gibibytes >= 1, 'VolumeSize', `${path}.volumeSize`, `${gibibytes} GiB`, 'must be at least 1 GiB', 'use Size.gibibytes(30)');
    }
  }

  /** @internal */
  public abstract _validateRegion(scope: Construct, path: string, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct, document: ContractDocument): TrainingConfig;

  /** @internal */
  protected _config(image: ContainerImageConfig): TrainingConfig {
    const options = this._options;
    return {
      image,
      hyperparameters: options.hyperparameters ?? {},
      maxRuntime: options.maxRuntime ?? Defaults.TRAINING_MAX_RUNTIME,
      instanceType: options.instanceType ?? Defaults.TRAINING_INSTANCE_TYPE,
      instanceCount: options.instanceCount ?? Defaults.TRAINING_INSTANCE_COUNT,
      volumeSize: options.volumeSize ?? Defaults.TRAINING_VOLUME_SIZE,
      codeVersion: options.codeVersion ?? image.codeVersion,
      metricDefinitions: [],
      environment: {},
      networkIsolation: true,
      contractChannel: false,
    };
  }
}

class ContainerTraining extends Training {
  public constructor(
    private readonly image: ContainerImage,
    private readonly options: ContainerTrainingOptions,
  ) {
    super(options);
  }

  public override _validate(path: string, problems: Problems, document?: ContractDocument): void {
    super._validate(path, problems, document);
    this.image._validate(`${path}.image`, problems);
    (this.options.metricDefinitions ?? []).forEach(({ name, regex }, index) => {
      const at = `${path}.metricDefinitions[${index}]`;
      problems.require(/\(/.test(regex), 'MetricRegex', `${at}.regex`, regex, `must have a group that holds the number of ${name}`, "write for example 'auc: ([0-9.]+)'");
    });
  }

  public _validateRegion(): void {
    // An image of one's own lies where its owner put it.
  }

  public _bind(scope: Construct): TrainingConfig {
    return {
      ...this._config(this.image._bind(scope)),
      metricDefinitions: this.options.metricDefinitions ?? [],
      environment: this.options.environment ?? {},
      networkIsolation: this.options.networkIsolation ?? true,
      contractChannel: true,
    };
  }
}

class BuiltInTraining extends Training {
  public constructor(
    private readonly algorithm: Algorithm,
    options: TrainingOptions,
  ) {
    super(options);
  }

  public override _validate(path: string, problems: Problems, document?: ContractDocument): void {
    super._validate(path, problems, document);
    if (this._options.hyperparameters?.['num_round'] === undefined) {
      const fix = "write num_round: '200'";
      problems.add('HyperparameterMissing', `${path}.hyperparameters.num_round`, undefined, 'is required by XGBoost: the number of boosting rounds', fix);
    }
    const texts = (document ? columnLayout(document).features : []).filter((column) => column.type === 'string' || column.type === 'timestamp').map(({ name }) => name);
    if (texts.length > 0) {
      problems.add('FeaturesNotNumeric', path, texts, 'the built-in XGBoost learns from numbers and booleans only', 'encode these features in the raw files, or use Training.container');
    }
  }

  public _validateRegion(scope: Construct, path: string, problems: Problems): void {
    this.algorithm._validateRegion(scope, path, problems);
  }

  public _bind(scope: Construct, document: ContractDocument): TrainingConfig {
    const config = this._config(this.algorithm._bind(scope));
    return { ...config, hyperparameters: { ...objective(document), ...config.hyperparameters } };
  }
}

/** What XGBoost has to optimise follows from the task (XGBoost hyperparameters page of the SageMaker guide). */
function objective(document: ContractDocument): { [name: string]: string } {
  switch (document.task) {
    case 'binary-classification':
      return { objective: 'binary:logistic' };
    case 'regression':
      return { objective: 'reg:squarederror' };
    case 'multiclass-classification':
      return { objective: 'multi:softmax', num_class: String(columnLayout(document).label.categories!.length) };
  }
}
