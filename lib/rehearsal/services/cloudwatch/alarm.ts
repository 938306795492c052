import { AwsError } from '../../kernel/aws-error';
import { asBoolean, asNumber } from '../operations';
import { MetricQueries, type MetricDataQuery } from './metric-query';
import { MINUTE, type MetricStore } from './metric-store';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface Transition {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly state: AlarmState;
  readonly reason: string;
}

type Comparison = (value: number, threshold: number) => boolean;

const COMPARISONS: Record<string, Comparison> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** What metric alarms and composite alarms have in common. */
export abstract class Alarm {
  public state: AlarmState = 'INSUFFICIENT_DATA';
  public stateReason = 'Unchecked: Initial alarm creation';
  public stateUpdated: number;
  public readonly history: Transition[] = [];

  protected constructor(
    public readonly arn: string,
    /** As PutMetricAlarm or PutCompositeAlarm got it. */
    public readonly input: Record<string, any>,
    now: number,
  ) {
    this.stateUpdated = now;
  }

  public get name(): string {
    return this.input.AlarmName as string;
  }

  public get actionsEnabled(): boolean {
    return this.input.ActionsEnabled === undefined || asBoolean(this.input.ActionsEnabled);
  }

  public actions(): string[] {
    const member = this.state === 'ALARM' ? 'AlarmActions' : this.state === 'OK' ? 'OKActions' : 'InsufficientDataActions';
    return (this.input[member] ?? []) as string[];
  }
}

/** An alarm on a metric or on metric math. */
export class MetricAlarm extends Alarm {
  public readonly period: number;
  public readonly evaluationPeriods: number;
  public readonly datapointsToAlarm: number;
  public readonly queries: MetricQueries;
  private readonly watched: MetricDataQuery;
  private readonly compare: Comparison;
  public readonly threshold: number;
  private readonly treatMissingData: string;
  private quietUntil = -Infinity;
  private seenUpdates = -1;

  public constructor(arn: string, input: Record<string, any>, now: number, private readonly store: MetricStore) {
    super(arn, input, now);
    const queries = (input.Metrics as any[] | undefined)?.map(typedQuery) ?? [singleMetric(input)];
    this.queries = new MetricQueries(store, queries);
    const returning = queries.filter((query) => query.ReturnData !== false);
    if (returning.length !== 1) throw invalid(`alarm ${input.AlarmName}: exactly one element of Metrics must return data`);
    if (input.EvaluationWindow?.WallClockWindow) throw invalid(`alarm ${input.AlarmName}: wall clock windows are not simulated`);
    this.watched = returning[0]!;
    this.period = 1000 * this.queries.period(this.watched);
    this.evaluationPeriods = asNumber(input.EvaluationPeriods) ?? 1;
    this.datapointsToAlarm = asNumber(input.DatapointsToAlarm) ?? this.evaluationPeriods;
    if (this.datapointsToAlarm > this.evaluationPeriods) throw invalid(`alarm ${input.AlarmName}: DatapointsToAlarm is greater than EvaluationPeriods`);
    const compare = COMPARISONS[input.ComparisonOperator];
    if (!compare) throw invalid(`alarm ${input.AlarmName}: ComparisonOperator ${input.ComparisonOperator} is not simulated`);
    this.compare = compare;
    this.threshold = asNumber(input.Threshold)!;
    this.treatMissingData = input.TreatMissingData ?? 'missing';
  }

  /** How far back an evaluation looks: two periods more than it needs, for late data (guide, "Configuring how alarms treat missing data"). */
  public get range(): number {
    return this.period * (this.evaluationPeriods + 2);
  }

  /** Whether an evaluation at `now` could say something else than the last one: there is new data, or old data moves to another period. */
  public mayChange(now: number): boolean {
    return now >= this.quietUntil || this.updates() !== this.seenUpdates;
  }

  /** Somebody set the state by hand: the next evaluation decides anew. */
  public disturb(): void {
    this.quietUntil = -Infinity;
  }

  /** The state at `now`, a whole minute: periods end at `now` and slide with it (guide, "Alarm evaluation window"). */
  public evaluate(now: number): { state: AlarmState; reason: string } {
    this.seenUpdates = this.updates();
    this.quietUntil = Math.min(...this.queries.series().map((series) => this.store.nextCrossing(series, now, this.period, this.range)), Infinity);
    const starts = Array.from({ length: this.evaluationPeriods + 2 }, (_, i) => now - this.period * (i + 1));
    const found = this.queries.values(this.watched, starts);
    const present = starts.flatMap((start) => found.get(start) ?? []);
    if (present.length === 0 && this.treatMissingData === 'missing') {
      return { state: 'INSUFFICIENT_DATA', reason: `Insufficient Data: ${this.evaluationPeriods} datapoints were unknown.` };
    }
    // Real data points win over missing ones, as far as the range has them.
    const considered = present.slice(0, this.evaluationPeriods);
    const missing = this.evaluationPeriods - considered.length;
    const breaching = considered.filter((value) => this.compare(value, this.threshold)).length;
    const needed = this.datapointsToAlarm;
    const reason = this.explain(considered, missing, breaching);
    if (missing === 0) return { state: breaching >= needed ? 'ALARM' : 'OK', reason };
    switch (this.treatMissingData) {
      case 'breaching':
        return { state: breaching + missing >= needed ? 'ALARM' : 'OK', reason };
      case 'notBreaching':
        return { state: breaching >= needed ? 'ALARM' : 'OK', reason };
      case 'ignore':
        if (breaching >= needed) return { state: 'ALARM', reason };
        // A real data point within the threshold settles it; breaching ones that are too few do not (tables of the same page).
        return breaching < considered.length ? { state: 'OK', reason } : { state: this.state, reason: this.stateReason };
      default:
        // Missing points count like the present ones: all present ones breaching is an alarm (table of the same page).
        return { state: breaching >= Math.min(needed, considered.length) ? 'ALARM' : 'OK', reason };
    }
  }

  /** The newest data point that an evaluation at `now` sees. */
  public latest(now: number): number | undefined {
    const end = Math.floor(now / MINUTE) * MINUTE;
    const starts = Array.from({ length: this.evaluationPeriods + 2 }, (_, i) => end - this.period * (i + 1));
    const found = this.queries.values(this.watched, starts);
    return found.get(starts.find((start) => found.has(start)) ?? NaN);
  }

  private updates(): number {
    return this.queries.series().reduce((total, series) => total + series.updates, 0);
  }

  private explain(considered: readonly number[], missing: number, breaching: number): string {
    const shown = considered.map((value) => String(Number(value.toPrecision(12)))).join(', ');
    const unknown = missing > 0 ? `, ${missing} datapoints were missing (treated as ${this.treatMissingData})` : '';
    const word = breaching === 1 ? 'datapoint' : 'datapoints';
    return `${breaching} ${word} of the last ${this.evaluationPeriods} [${shown}] breached the threshold (${this.threshold})${unknown}.`;
  }
}

function singleMetric(input: Record<string, any>): MetricDataQuery {
  const Stat = input.ExtendedStatistic ?? input.Statistic;
  if (input.MetricName === undefined || Stat === undefined) throw invalid(`alarm ${input.AlarmName}: needs Metrics, or MetricName and a statistic`);
  const Metric = { Namespace: input.Namespace, MetricName: input.MetricName, Dimensions: input.Dimensions };
  return { Id: 'm1', MetricStat: { Metric, Period: asNumber(input.Period)!, Stat } };
}

/** CloudFormation may spell numbers and booleans as text. */
function typedQuery(query: any): MetricDataQuery {
  return {
    ...query,
    ...(query.ReturnData === undefined ? {} : { ReturnData: asBoolean(query.ReturnData) }),
    ...(query.Period === undefined ? {} : { Period: Number(query.Period) }),
    ...(query.MetricStat === undefined ? {} : { MetricStat: { ...query.MetricStat, Period: Number(query.MetricStat.Period) } }),
  };
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message, 400);
}
