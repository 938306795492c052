import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { RetrainingPolicy } from './retraining.contract';
import { RetrainingBudget } from './retraining-budget';

export interface OnDriftOptions {
  /**
   * Time after the start of a retraining in which drift starts no other.
   *
   * @default Duration.days(1)
   */
  readonly cooldown?: Duration;

  /**
   * Drifted windows, among the last `of`, that start a retraining.
   *
   * @default 3
   */
  readonly windows?: number;

  /**
   * Judged windows of the champion that are looked at. Windows before it became champion do not count.
   *
   * @default 4
   */
  readonly of?: number;

  /**
   * Windows of concept drift, among the last `conceptOf`, that start a retraining: labels say that the predictions have got worse. They are
   * counted apart from windows of data drift, and fewer are enough: such a verdict needs no guess whether the change matters.
   *
   * @default 2
   */
  readonly conceptWindows?: number;

  /**
   * Windows judged by labels that are looked at, of the champion.
   *
   * @default 3
   */
  readonly conceptOf?: number;

  /**
   * Retrainings that drift may start within seven days.
   *
   * @default 3
   */
  readonly maximumPerWeek?: number;

  /**
   * Retrainings in a row that may leave the drift uncured; after that the loop guard stops and pages a person.
   *
   * @default 2
   */
  readonly maximumUncured?: number;
}

export interface OnNewDataOptions {
  /**
   * End of the key of the object that says that new raw data is complete. It has to be written last.
   *
   * @default '_SUCCESS'
   */
  readonly marker?: string;
}

/** @internal */
export interface RetrainingTriggers {
  readonly policy: RetrainingPolicy;
  readonly schedules: readonly ScheduleExpression[];
}

/** What starts a training execution by itself. Whatever it is, one execution runs at a time, and every decision is recorded. */
export abstract class Retraining {
  /** When the champion's data or predictions have drifted for long enough. Needs monitoring. */
  public static onDrift(options: OnDriftOptions = {}): Retraining {
    return new DriftRetraining(options);
  }

  /** At fixed times, whatever the data does. */
  public static onSchedule(schedule: ScheduleExpression): Retraining {
    return new ScheduleRetraining(schedule);
  }

  /** When new raw data is complete: a marker object was written below `raw/<model>/`. */
  public static onNewData(options: OnNewDataOptions = {}): Retraining {
    return new NewDataRetraining(options);
  }

  /** Only when a person says so. */
  public static manual(): Retraining {
    return new CombinedRetraining([]);
  }

  /** Any of several triggers. */
  public static anyOf(...triggers: Retraining[]): Retraining {
    return new CombinedRetraining(triggers);
  }

  /** The same triggers, as long as the month's budget lasts. */
  public withinBudget(budget: RetrainingBudget): Retraining {
    return new BudgetedRetraining(this, budget);
  }

  /** @internal */
  public abstract _validate(path: string, problems: Problems): void;

  /** @internal */
  public abstract _triggers(): RetrainingTriggers;
}

class DriftRetraining extends Retraining {
  public constructor(private readonly options: OnDriftOptions) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    const { windows, of, conceptWindows, conceptOf, cooldownSeconds, maximumPerWeek, maximumUncured } = this.policy();
    const positive = (name: string, value: number, most: number, fix: string): void =>
      problems.require(Number.isInteger(value) && value >= 1 && value <= most, 'RetrainingLimitOutOfRange', `${path}.${name}`, value, `must be an integer from 1 to ${most}`, fix);
    positive('of', of, 24, 'use 4');
    positive('windows', windows, of, 'use 3 of 4');
    positive('conceptOf', conceptOf, 24, 'use 3');
    positive('conceptWindows', conceptWindows, conceptOf, 'use 2 of 3');
    positive('maximumPerWeek', maximumPerWeek, 21, 'use 3; more often than every eight hours is no reaction to drift but a schedule');
    positive('maximumUncured', maximumUncured, 10, 'use 2');
    problems.require(
      cooldownSeconds >= 3600,
      'CooldownTooShort',
      `${path}.cooldown`,
      this.options.cooldown?.toString(),
      'must be at least an hour, so that a retraining has been deployed and observed before the next',
      'use Duration.days(1)',
    );
  }

  public _triggers(): RetrainingTriggers {
    return { policy: { drift: this.policy() }, schedules: [] };
  }

  private policy(): NonNullable<RetrainingPolicy['drift']> {
    return {
      windows: this.options.windows ?? Defaults.RETRAINING_WINDOWS,
      of: this.options.of ?? Defaults.RETRAINING_OF,
      conceptWindows: this.options.conceptWindows ?? Defaults.CONCEPT_RETRAINING_WINDOWS,
      conceptOf: this.options.conceptOf ?? Defaults.CONCEPT_RETRAINING_OF,
      cooldownSeconds: (this.options.cooldown ?? Defaults.RETRAINING_COOLDOWN).toSeconds(),
      maximumPerWeek: this.options.maximumPerWeek ?? Defaults.RETRAININGS_PER_WEEK,
      maximumUncured: this.options.maximumUncured ?? Defaults.MAXIMUM_UNCURED,
    };
  }
}

class ScheduleRetraining extends Retraining {
  public constructor(private readonly schedule: ScheduleExpression) {
    super();
  }

  public _validate(): void {
    // ScheduleExpression has checked itself.
  }

  public _triggers(): RetrainingTriggers {
    return { policy: {}, schedules: [this.schedule] };
  }
}

class NewDataRetraining extends Retraining {
  public constructor(private readonly options: OnNewDataOptions) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    const { marker } = this.options;
    problems.require(
      marker === undefined || /^[\w.-]+$/.test(marker),
      'MarkerInvalid',
      `${path}.marker`,
      marker,
      'must be the end of an object key: letters, digits, dot, dash, underscore',
      "use '_SUCCESS'",
    );
  }

  public _triggers(): RetrainingTriggers {
    return { policy: { newData: { marker: this.options.marker ?? Defaults.MARKER } }, schedules: [] };
  }
}

class CombinedRetraining extends Retraining {
  public constructor(private readonly triggers: Retraining[]) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    this.triggers.forEach((trigger, index) => trigger._validate(this.triggers.length === 1 ? path : `${path}[${index}]`, problems));
    problems.require(
      this.triggers.every((trigger) => trigger._triggers().policy.budget === undefined),
      'RetrainingBudgetInside',
      path,
      'a trigger with a budget of its own',
      'must not hold a budget, which is one for all triggers of the model',
      'write Retraining.anyOf(…).withinBudget(…)',
    );
    for (const kind of ['drift', 'newData'] as const) {
      const count = this.triggers.filter((trigger) => trigger._triggers().policy[kind] !== undefined).length;
      problems.require(count <= 1, 'RetrainingTriggerTwice', path, `${count} × ${kind}`, 'may hold each kind of trigger once, schedules apart', 'merge their options into one');
    }
  }

  public _triggers(): RetrainingTriggers {
    const all = this.triggers.map((trigger) => trigger._triggers());
    return { policy: Object.assign({}, ...all.map(({ policy }) => policy)) as RetrainingPolicy, schedules: all.flatMap(({ schedules }) => schedules) };
  }
}

class BudgetedRetraining extends Retraining {
  public constructor(
    private readonly triggers: Retraining,
    private readonly budget: RetrainingBudget,
  ) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    this.triggers._validate(path, problems);
    this.budget._validate(`${path}.budget`, problems);
    problems.require(this.triggers._triggers().policy.budget === undefined, 'RetrainingBudgetTwice', `${path}.budget`, 'two budgets', 'may be given once', 'write the smaller one only');
  }

  public _triggers(): RetrainingTriggers {
    const { policy, schedules } = this.triggers._triggers();
    return { policy: { ...policy, budget: this.budget._policy() }, schedules };
  }
}
