import { Duration, Token } from 'aws-cdk-lib';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { DataContract } from './data-contract';
import { hasRole } from './data-contract.contract';
import { DataLake } from './data-lake';
import { areaPrefix } from './data-lake.contract';
import { SplitRule } from './raw-file.contract';

/** How training finds its data, and what it keeps back for the test. */
export interface TrainingDataOptions {
  /** What the raw files must look like. */
  readonly contract: DataContract;

  /**
   * Only files below this folder of `raw/<model>/`, with a closing slash.
   *
   * @default - all of them
   */
  readonly prefix?: string;

  /**
   * The rows of this last stretch of time are the frozen test set, on which champion and challenger are compared.
   * For contracts with a column of role time.
   *
   * @default Duration.days(7)
   */
  readonly testWindow?: Duration;

  /**
   * Share of the rows that are the frozen test set, chosen by a hash of the id (or of the whole row). For contracts without a column of role time.
   *
   * @default 0.2
   */
  readonly testShare?: number;

  /**
   * Share of the rows outside the test set that the training job gets as channel `validation`.
   *
   * @default 0.1
   */
  readonly validationShare?: number;
}

/** Where training data comes from. */
export abstract class TrainingData {
  /** CSV files with a header below `raw/<model>/` of the data lake. */
  public static fromBucket(lake: DataLake, options: TrainingDataOptions): TrainingData {
    return new BucketTrainingData(lake, options);
  }

  public abstract readonly lake: DataLake;
  public abstract readonly contract: DataContract;

  /** @internal */
  public abstract _validate(path: string, problems: Problems): void;

  /** @internal */
  public abstract _split(): SplitRule;

  /** @internal */
  public abstract _rawPrefix(modelName: string): string;
}

class BucketTrainingData extends TrainingData {
  public readonly contract: DataContract;

  public constructor(
    public readonly lake: DataLake,
    private readonly options: TrainingDataOptions,
  ) {
    super();
    this.contract = options.contract;
  }

  public _validate(path: string, problems: Problems): void {
    const { prefix, testWindow, testShare, validationShare } = this.options;
    this.contract._validate(`${path}.contract`, problems);
    if (prefix !== undefined) {
      problems.require(/^[^/].*\/$/.test(prefix), 'RawPrefix', `${path}.prefix`, prefix, "must be relative to raw/<model>/ and end with '/'", "write for example 'daily/'");
    }
    const hasTime = this.contract._tryDocument()?.columns.some((column) => hasRole(column, 'time'));
    if (hasTime === false && testWindow !== undefined) {
      const fix = 'give the column role: time, or use testShare';
      problems.add('TestWindowWithoutTime', `${path}.testWindow`, testWindow.toHumanString(), 'needs a column of role time in the contract', fix);
    }
    if (hasTime === true && testShare !== undefined) {
      const fix = 'use testWindow: the newest rows show best how the model will do';
      problems.add('TestShareWithTime', `${path}.testShare`, testShare, 'must not be set when the contract has a column of role time', fix);
    }
    if (testWindow !== undefined && !testWindow.isUnresolved()) {
      problems.require(testWindow.toSeconds() > 0, 'TestWindowEmpty', `${path}.testWindow`, testWindow.toHumanString(), 'must be longer than 0', 'use Duration.days(7)');
    }
    this.share('testShare', testShare, path, problems);
    this.share('validationShare', validationShare, path, problems);
  }

  public _split(): SplitRule {
    const { testWindow, testShare, validationShare } = this.options;
    const hasTime = this.contract._document().columns.some((column) => hasRole(column, 'time'));
    return {
      ...(hasTime ? { testWindowSeconds: (testWindow ?? Defaults.TEST_WINDOW).toSeconds() } : { testShare: testShare ?? Defaults.TEST_SHARE }),
      validationShare: validationShare ?? Defaults.VALIDATION_SHARE,
    };
  }

  public _rawPrefix(modelName: string): string {
    return `${areaPrefix('raw', modelName)}${this.options.prefix ?? ''}`;
  }

  private share(name: string, value: number | undefined, path: string, problems: Problems): void {
    if (value === undefined || Token.isUnresolved(value)) return;
    problems.require(value > 0 && value <= 0.5, 'ShareOutOfRange', `${path}.${name}`, value, 'must be over 0 and at most 0.5', 'write 0.2 for twenty percent');
  }
}
