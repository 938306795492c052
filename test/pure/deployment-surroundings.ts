import { START } from './deployment-settings';

export type Input = Record<string, any>;

const QUIET = 240_000;

/** CloudWatch, Application Auto Scaling, S3 and Step Functions as far as deployments touch them. */
export abstract class SurroundingWorld {
  public now = START;
  public readonly objects = new Map<string, { body: string; etag: string }>();
  public readonly alarms = new Map<string, Input>();
  public readonly published: { time: number; value: number; config: string }[] = [];
  public readonly started: Input[] = [];
  public readonly executions: string[] = [];
  public scaling?: Input;
  public policy?: Input;
  public readonly policies = new Map<string, Input>();
  public readonly scheduled = new Map<string, Input>();
  /** Requests, errors and latency of one fleet in one minute. */
  public traffic: (config: string, minute: number) => { requests: number; errors: number; latency: number } | undefined = () => ({ requests: 500, errors: 0, latency: 20_000 });
  private etags = 0;

  public put(key: string, value: unknown): void {
    this.objects.set(key, { body: JSON.stringify(value), etag: `"${++this.etags}"` });
  }

  public json(key: string): any {
    return JSON.parse(this.objects.get(key)!.body);
  }

  /** Whether the fleet had traffic then; its configuration, where the metric does not name one. */
  protected abstract fleetAt(config: string | undefined, time: number): string | undefined;

  // CloudWatch
  protected onPutMetricAlarm(input: Input): Input {
    this.alarms.set(input.AlarmName, { StateValue: 'INSUFFICIENT_DATA', ...this.alarms.get(input.AlarmName), ...input });
    return {};
  }

  protected onDescribeAlarms({ AlarmNames, AlarmNamePrefix, StateValue }: Input): Input {
    const since = this.published.findLast((metric) => metric.value === 1)?.time ?? 0;
    // Missing data is not breaching: some minutes after the last 1 the alarm is OK again.
    if (this.now > since + QUIET) for (const [name, alarm] of this.alarms) if (name.endsWith('-analysis') && alarm['StateValue'] === 'ALARM') alarm['StateValue'] = 'OK';
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
    for (const datum of MetricData) this.published.push({ time: datum.Timestamp?.getTime() ?? this.now, value: datum.Value, config: datum.Dimensions[1].Value });
    return {};
  }

  protected onGetMetricData({ MetricDataQueries, StartTime, EndTime }: Input): Input {
    const results = new Map<string, { Id: string; Timestamps: Date[]; Values: number[] }>(MetricDataQueries.map((query: Input) => [query.Id, { Id: query.Id, Timestamps: [], Values: [] }]));
    for (let time = StartTime.getTime(); time < EndTime.getTime(); time += 60_000) {
      const config = this.fleetAt(MetricDataQueries[0].MetricStat.Metric.Dimensions[2]?.Value, time);
      const minute = config === undefined ? undefined : this.traffic(config, time);
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

/** Two a page, so that everybody must read on. */
export function page(names: string[], token: string | undefined, list: string, key: string): Input {
  const first = Number(token ?? 0);
  return { [list]: names.slice(first, first + 2).map((name) => ({ [key]: name })), NextToken: first + 2 < names.length ? String(first + 2) : undefined };
}

export function invalid(message: string): Error {
  return named('ValidationException', message);
}

export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

export function raise(error: Error): never {
  throw error;
}
