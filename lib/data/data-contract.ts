import { Problem, Problems } from '../private/errors';
import { Locate, readContractDocument } from './contract-document';
import { readContractFile, written } from './contract-file';
import { ContractDocument } from './data-contract.contract';

/** Type of a column in the raw CSV files. */
export enum ColumnType {
  /** Whole number. */
  INTEGER = 'integer',
  /** Any finite number. */
  NUMBER = 'number',
  /** Text; with `categories` only the listed ones. */
  STRING = 'string',
  /** `true`, `false`, `1` or `0` in raw files; 1 and 0 in curated data and in requests to the endpoint. */
  BOOLEAN = 'boolean',
  /** ISO 8601 date or date and time; UTC unless it names an offset. */
  TIMESTAMP = 'timestamp',
}

/** What a column is for. A feature may also be a slice and protected; `label`, `id` and `time` stand alone. */
export enum ColumnRole {
  /** The model learns from it. */
  FEATURE = 'feature',
  /** The model predicts it. */
  LABEL = 'label',
  /** Names the row. */
  ID = 'id',
  /** When the row happened: the newest rows become the test set. */
  TIME = 'time',
  /** Metrics are also computed for each of its values, and gates may look at them. */
  SLICE = 'slice',
  /** Bias between its values is measured. */
  PROTECTED = 'protected',
}

/** What is predicted. */
export enum TaskType {
  /** The serving container answers the score of the positive class. */
  BINARY_CLASSIFICATION = 'binary-classification',
  /** The serving container answers the index of a category of the label. */
  MULTICLASS_CLASSIFICATION = 'multiclass-classification',
  /** The serving container answers a number. */
  REGRESSION = 'regression',
}

/** One column of the data contract. */
export interface ContractColumnOptions {
  /** As in the header of the CSV files. */
  readonly name: string;

  readonly type: ColumnType;

  /**
   * What the column is for.
   *
   * @default - one of `role` and `roles` is required
   */
  readonly role?: ColumnRole;

  /**
   * What the column is for, when it is more than one thing.
   *
   * @default - one of `role` and `roles` is required
   */
  readonly roles?: ColumnRole[];

  /**
   * Whether values may be missing.
   *
   * @default - true when `maximumNullShare` is over 0, else false
   */
  readonly nullable?: boolean;

  /**
   * Greatest share of missing values in a file, 0 to 1. A file with more is refused.
   *
   * @default - 1 when `nullable` is true, else 0
   */
  readonly maximumNullShare?: number;

  /**
   * Smallest allowed value of a number.
   *
   * @default - no limit
   */
  readonly minimum?: number;

  /**
   * Greatest allowed value of a number.
   *
   * @default - no limit
   */
  readonly maximum?: number;

  /**
   * The allowed texts.
   *
   * @default - any text
   */
  readonly categories?: string[];
}

/** Everything about the data of one model. */
export interface DataContractOptions {
  /**
   * What is predicted.
   *
   * @default - binary classification for a boolean label, multiclass classification for a string, regression for a number
   */
  readonly task?: TaskType;

  /** All columns of the raw files. The features reach the model in this order. */
  readonly columns: ContractColumnOptions[];
}

/** What the data of a model must look like. Data that breaks it never reaches training. */
export class DataContract {
  /** Reads a YAML or JSON file. */
  public static fromFile(path: string): DataContract {
    const { document, problems } = readContractFile(path);
    return new DataContract(document, problems);
  }

  /** From plain data in the format of the file. */
  public static fromObject(document: any): DataContract {
    return DataContract.read(document, written);
  }

  /** From TypeScript, with types checked by the compiler. */
  public static of(options: DataContractOptions): DataContract {
    return DataContract.read(options, written);
  }

  private static read(value: unknown, locate: Locate): DataContract {
    const problems = new Problems();
    const document = readContractDocument(value, problems, locate);
    return new DataContract(document, problems.all);
  }

  private constructor(
    private readonly document: ContractDocument | undefined,
    private readonly problems: readonly Problem[],
  ) {}

  /** @internal */
  public _validate(path: string, problems: Problems): void {
    for (const problem of this.problems) problems.add(problem.code, `${path} (${problem.path})`, problem.value, problem.rule, problem.fix);
  }

  /**
   * The contract with every optional filled in.
   *
   * @internal
   */
  public _document(): ContractDocument {
    if (!this.document) {
      const problems = new Problems();
      for (const { code, path, value, rule, fix } of this.problems) problems.add(code, path, value, rule, fix);
      problems.throwIfAny('the data contract');
    }
    return this.document!;
  }

  /**
   * The contract, or undefined when it has problems: for checks of other things against it.
   *
   * @internal
   */
  public _tryDocument(): ContractDocument | undefined {
    return this.document;
  }
}
