import { Duration } from 'aws-cdk-lib';
import { Problems } from '../private/errors';
import { BudgetPolicy } from './retraining.contract';

/** How much retraining by itself may use in one calendar month (UTC). What is used up starts nothing more; a person can always retrain. */
export abstract class RetrainingBudget {
  /**
   * Training time as SageMaker bills it, of all training jobs of the model together: seconds times instances, those of a person's runs included.
   * It is known when a run is over, so the last run may exceed the budget. Scoring the test set is not counted.
   */
  public static trainingTime(time: Duration): RetrainingBudget {
    return new TrainingTimeBudget(time);
  }

  /** @internal */
  public abstract _validate(path: string, problems: Problems): void;

  /** @internal */
  public abstract _policy(): BudgetPolicy;
}

class TrainingTimeBudget extends RetrainingBudget {
  public constructor(private readonly time: Duration) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    problems.require(
      this.time.isUnresolved() || this.time.toSeconds() > 0,
      'RetrainingBudgetEmpty',
      path,
      this.time.toString(),
      'must be longer than nothing, or nothing ever retrains by itself',
      'use Retraining.manual(), or for example Duration.hours(20)',
    );
  }

  public _policy(): BudgetPolicy {
    return { secondsPerMonth: this.time.toSeconds() };
  }
}
