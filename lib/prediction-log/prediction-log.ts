import { Duration } from 'aws-cdk-lib';
import { columnLayout, ContractDocument } from '../data/data-contract.contract';
import { Defaults } from '../private/defaults';
import { didYouMean, Problems } from '../private/errors';

export interface StandardPredictionLogOptions {
  /**
   * How long a logged prediction is kept.
   *
   * @default Duration.days(365)
   */
  readonly retention?: Duration;

  /**
   * How long the raw captured data of this model is kept: the requests as they came, dropped columns included. Monitoring reads it, the
   * log does not need it once it is written.
   *
   * @default - 30 days when columns are dropped, else the data lake's `capturedExpiration`
   */
  readonly captureRetention?: Duration;

  /**
   * Features that never reach the log, because they say who somebody is. Monitoring goes on seeing them in the captured data.
   *
   * @default - none
   */
  readonly droppedColumns?: string[];
}

/** @internal */
export interface PredictionLogSettings {
  readonly retention: Duration;
  /** Undefined: as long as the lake keeps captured data. */
  readonly captureRetention?: Duration;
  readonly droppedColumns: readonly string[];
}

/** Whether every prediction is kept as one row of a table that can be queried. */
export class PredictionLog {
  /** An Athena table with one row per captured prediction: which version, on what input, when, how fast. */
  public static standard(options: StandardPredictionLogOptions = {}): PredictionLog {
    return new PredictionLog(options);
  }

  /** Captured data stays as SageMaker writes it. */
  public static none(): PredictionLog {
    return new PredictionLog(undefined);
  }

  private constructor(private readonly options: StandardPredictionLogOptions | undefined) {}

  /** @internal */
  public get _enabled(): boolean {
    return this.options !== undefined;
  }

  /**
   * `captureMinimum` is how long monitoring needs captured data, `captureMaximum` how long the lake keeps it.
   *
   * @internal
   */
  public _validate(path: string, problems: Problems, captureMinimum: Duration, captureMaximum: Duration, contract?: ContractDocument): void {
    const { retention, captureRetention, droppedColumns } = this.options ?? {};
    days(`${path}.retention`, retention, Duration.days(1), problems);
    if (days(`${path}.captureRetention`, captureRetention, captureMinimum, problems)) {
      problems.require(
        captureRetention!.toDays() <= captureMaximum.toDays(),
        'CaptureRetentionBeyondLake',
        `${path}.captureRetention`,
        captureRetention!.toHumanString(),
        `must be at most ${captureMaximum.toHumanString()}, after which the data lake removes captured data anyway`,
        'give the DataLake a longer capturedExpiration, or shorten this',
      );
    }
    if (!contract) return;
    const features = columnLayout(contract).features.map(({ name }) => name);
    (droppedColumns ?? []).forEach((name, index) => {
      const meant = didYouMean(name, features);
      const fix = meant ? `did you mean '${meant}'?` : `requests hold features only: ${features.join(', ')}`;
      problems.require(features.includes(name), 'UnknownFeature', `${path}.droppedColumns[${index}]`, name, 'must be a feature of the contract', fix);
    });
  }

  /** @internal */
  public _settings(): PredictionLogSettings {
    const { retention, captureRetention, droppedColumns } = this.options ?? {};
    const sensitive = droppedColumns !== undefined && droppedColumns.length > 0;
    return {
      retention: retention ?? Defaults.PREDICTION_LOG_RETENTION,
      captureRetention: captureRetention ?? (sensitive ? Defaults.SENSITIVE_CAPTURE_EXPIRATION : undefined),
      droppedColumns: droppedColumns ?? [],
    };
  }
}

/** S3 expires by whole days. False when there is nothing more to check. */
function days(path: string, value: Duration | undefined, minimum: Duration, problems: Problems): boolean {
  if (value === undefined || value.isUnresolved()) return false;
  const count = value.toSeconds() / 86_400;
  const holds = Number.isInteger(count) && count >= minimum.toDays({ integral: false });
  problems.require(holds, 'RetentionOutOfRange', path, value.toHumanString(), `must be whole days, at least ${minimum.toHumanString()}`, 'use for example Duration.days(90)');
  return holds;
}
