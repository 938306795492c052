import { AwsError } from '../../kernel/aws-error';
import type { SimulatedService, Simulation } from '../../kernel/simulation';
import type { EventBridgeService } from '../events/eventbridge-service';
import { CompositeAlarm } from './composite-alarm';
import { MetricAlarm, type Alarm, type AlarmState } from './alarm';
import { MINUTE } from './metric-store';

/** Application Auto Scaling, as far as alarms call it. */
interface ScalingPolicies extends SimulatedService {
  /** @throws AwsError when there is no such policy */
  alarmed(policyArn: string): void;
}

/** All alarms; evaluates them every minute for as long as something can change, and acts on changes. */
export class AlarmBoard {
  private readonly alarms = new Map<string, Alarm>();
  private readonly removed: Alarm[] = [];
  private tick: number | undefined;

  public constructor(private readonly simulation: Simulation) {}

  /** In the order of their creation. */
  public all(): Alarm[] {
    return [...this.alarms.values()];
  }

  /** Those that were deleted too. */
  public everSeen(): Alarm[] {
    return [...this.removed, ...this.alarms.values()];
  }

  public get(name: string): Alarm | undefined {
    return this.alarms.get(name);
  }

  /** Creates, or replaces and keeps the state (API reference, PutMetricAlarm). */
  public put(alarm: Alarm): void {
    const previous = this.alarms.get(alarm.name);
    if (previous) {
      alarm.state = previous.state;
      alarm.stateReason = previous.stateReason;
      alarm.stateUpdated = previous.stateUpdated;
      alarm.history.push(...previous.history);
    }
    this.alarms.set(alarm.name, alarm);
    if (alarm instanceof MetricAlarm) this.wake();
    else this.evaluateComposites();
  }

  public remove(name: string): void {
    const alarm = this.alarms.get(name);
    if (!alarm) return;
    const user = this.all().find((other) => other instanceof CompositeAlarm && other.children.includes(name));
    if (user) throw new AwsError('ValidationError', `Cannot delete ${name} as ${user.name} depends on it`, 400);
    this.removed.push(alarm);
    this.alarms.delete(name);
  }

  public setState(name: string, state: AlarmState, reason: string): void {
    const alarm = this.alarms.get(name);
    if (!alarm) throw new AwsError('ResourceNotFound', `There is no alarm ${name}`, 404);
    this.change(alarm, state, reason);
    if (alarm instanceof MetricAlarm) alarm.disturb();
    this.wake();
  }

  /** New data: evaluate at the next whole minute. */
  public wake(): void {
    const next = (Math.floor(this.simulation.clock.now() / MINUTE) + 1) * MINUTE;
    if (this.tick !== undefined || this.alarms.size === 0) return;
    this.tick = next;
    this.simulation.clock.at(next, () => this.evaluate(next));
  }

  private evaluate(now: number): void {
    this.tick = undefined;
    let active = false;
    for (const alarm of this.all()) {
      if (!(alarm instanceof MetricAlarm)) continue;
      if (alarm.mayChange(now)) {
        const { state, reason } = alarm.evaluate(now);
        this.change(alarm, state, reason);
      }
      // When nothing lies in the range any more, the next minutes would say the same as this one.
      active ||= alarm.queries.series().some((series) => series.lastMinute * MINUTE >= now - alarm.range - MINUTE);
    }
    if (active) this.wake();
  }

  private change(alarm: Alarm, state: AlarmState, reason: string): void {
    if (alarm.state === state) return;
    const { clock, timeline } = this.simulation;
    const previous = { value: alarm.state, reason: alarm.stateReason, timestamp: eventTime(alarm.stateUpdated) };
    alarm.state = state;
    alarm.stateReason = reason;
    alarm.stateUpdated = clock.now();
    alarm.history.push({ time: clock.now(), state, reason });
    timeline.emit({ time: clock.now(), kind: 'alarm', subject: alarm.name, status: state, message: `${previous.value} → ${state}: ${reason}` });
    this.simulation.service<EventBridgeService>('eventbridge').publish({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      resources: [alarm.arn],
      detail: {
        alarmName: alarm.name,
        configuration: configurationOf(alarm),
        previousState: previous,
        state: { value: state, reason, timestamp: eventTime(clock.now()) },
      },
    });
    if (alarm.actionsEnabled) for (const action of alarm.actions()) clock.spawn(() => this.act(alarm, action, previous.value));
    this.evaluateComposites();
  }

  private evaluateComposites(): void {
    for (const alarm of this.all()) {
      if (!(alarm instanceof CompositeAlarm)) continue;
      const missing = alarm.children.find((name) => !this.alarms.has(name));
      if (missing !== undefined) throw new AwsError('ValidationError', `AlarmRule of ${alarm.name} names ${missing}, which does not exist`, 400);
      const { state, reason } = alarm.evaluate((name) => this.alarms.get(name)!.state);
      this.change(alarm, state, reason);
    }
  }

  private async act(alarm: Alarm, action: string, previous: AlarmState): Promise<void> {
    const { gateway, account, region } = this.simulation;
    const context = { 'aws:SourceArn': alarm.arn, 'aws:SourceAccount': account };
    try {
      if (action.includes(':sns:')) {
        const principal = { arn: alarm.arn, service: 'cloudwatch.amazonaws.com', context };
        const Subject = `${alarm.state}: "${alarm.name}" in ${region}`.slice(0, 99);
        await gateway.call(principal, 'sns', 'Publish', { TopicArn: action, Subject, Message: JSON.stringify(this.message(alarm, previous)) });
      } else if (action.includes(':lambda:')) {
        const principal = { arn: alarm.arn, service: 'lambda.alarms.cloudwatch.amazonaws.com', context };
        const Payload = Buffer.from(JSON.stringify(this.lambdaEvent(alarm, previous)));
        await gateway.call(principal, 'lambda', 'Invoke', { FunctionName: action, InvocationType: 'Event', Payload });
      } else if (action.includes(':scalingPolicy:')) this.simulation.service<ScalingPolicies>('application-auto-scaling').alarmed(action);
      else throw new AwsError('ValidationError', `alarm action ${action} is not simulated`, 400);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const message = `action ${action} failed: ${error.code}: ${error.message}`;
      this.simulation.timeline.emit({ time: this.simulation.clock.now(), kind: 'alarm', subject: alarm.name, status: 'FAILED', message });
    }
  }

  /** Message of an alarm to its topic, as subscribers know it. */
  private message(alarm: Alarm, previous: AlarmState): Record<string, unknown> {
    const { input } = alarm;
    return {
      AlarmName: alarm.name,
      AlarmDescription: input.AlarmDescription ?? null,
      AWSAccountId: this.simulation.account,
      NewStateValue: alarm.state,
      NewStateReason: alarm.stateReason,
      StateChangeTime: eventTime(alarm.stateUpdated),
      Region: this.simulation.region,
      AlarmArn: alarm.arn,
      OldStateValue: previous,
      ...(alarm instanceof MetricAlarm ? { Trigger: triggerOf(input) } : { AlarmRule: input.AlarmRule }),
    };
  }

  private lambdaEvent(alarm: Alarm, previous: AlarmState): Record<string, unknown> {
    return {
      source: 'aws.cloudwatch',
      alarmArn: alarm.arn,
      accountId: this.simulation.account,
      time: eventTime(alarm.stateUpdated),
      region: this.simulation.region,
      alarmData: {
        alarmName: alarm.name,
        state: { value: alarm.state, reason: alarm.stateReason, timestamp: eventTime(alarm.stateUpdated) },
        previousState: { value: previous },
        configuration: configurationOf(alarm),
      },
    };
  }
}

function triggerOf(input: Record<string, any>): Record<string, unknown> {
  return {
    MetricName: input.MetricName,
    Namespace: input.Namespace,
    Statistic: input.Statistic?.toUpperCase(),
    Dimensions: (input.Dimensions ?? []).map((dimension: any) => ({ name: dimension.Name, value: dimension.Value })),
    Period: input.Period,
    EvaluationPeriods: input.EvaluationPeriods,
    DatapointsToAlarm: input.DatapointsToAlarm,
    ComparisonOperator: input.ComparisonOperator,
    Threshold: input.Threshold,
    TreatMissingData: input.TreatMissingData,
    Metrics: input.Metrics,
  };
}

/** `configuration` of the event (CloudWatch User Guide, "Alarm events and EventBridge"). */
function configurationOf(alarm: Alarm): Record<string, unknown> {
  const { input } = alarm;
  if (alarm instanceof CompositeAlarm) return { alarmRule: input.AlarmRule, ...(input.AlarmDescription ? { description: input.AlarmDescription } : {}) };
  const metrics = (input.Metrics as any[] | undefined) ?? [{ Id: 'm1', MetricStat: { Metric: input, Period: input.Period, Stat: input.Statistic ?? input.ExtendedStatistic } }];
  return {
    ...(input.AlarmDescription ? { description: input.AlarmDescription } : {}),
    metrics: metrics.map((query) => ({
      id: query.Id,
      ...(query.Expression === undefined ? {} : { expression: query.Expression }),
      ...(query.MetricStat === undefined
        ? {}
        : {
            metricStat: {
              metric: {
                namespace: query.MetricStat.Metric.Namespace,
                name: query.MetricStat.Metric.MetricName,
                dimensions: Object.fromEntries((query.MetricStat.Metric.Dimensions ?? []).map((dimension: any) => [dimension.Name, dimension.Value])),
              },
              period: Number(query.MetricStat.Period),
              stat: query.MetricStat.Stat,
            },
          }),
      returnData: query.ReturnData ?? true,
    })),
  };
}

function eventTime(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000');
}
