import { physicalName } from '../../assembly/physical-name';
import { AwsError } from '../../kernel/aws-error';
import type { CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';
import { OperationTable, type Operation } from '../operations';
import { MetricAlarm, type Alarm, type Transition } from './alarm';
import { AlarmBoard } from './alarm-board';
import { alarmOperations } from './alarm-operations';
import { CompositeAlarm } from './composite-alarm';
import { metricOperations } from './metric-operations';
import { MetricStore } from './metric-store';

/** Amazon CloudWatch: metrics and alarms on the virtual clock. docs/rehearsal/cloudwatch.md says what is simulated. */
export class CloudWatchService extends OperationTable {
  public readonly id = 'cloudwatch';
  public readonly metrics = new MetricStore();
  public readonly alarms: AlarmBoard;
  public readonly dashboards = new Map<string, string>();
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::CloudWatch::Alarm': (request) => this.created(this.putMetricAlarm({ ...request.properties, AlarmName: request.properties.AlarmName ?? physicalName(request, 255) })),
    'AWS::CloudWatch::CompositeAlarm': (request) =>
      this.created(this.putCompositeAlarm({ ...request.properties, AlarmName: request.properties.AlarmName ?? physicalName(request, 255) })),
    'AWS::CloudWatch::Dashboard': (request) => {
      const name: string = request.properties.DashboardName ?? physicalName(request, 255);
      JSON.parse(request.properties.DashboardBody);
      this.dashboards.set(name, request.properties.DashboardBody);
      return { ref: name };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::CloudWatch::Alarm': {
      update: ({ properties }, { ref }) => this.created(this.putMetricAlarm({ ...properties, AlarmName: ref })),
      delete: ({ ref }) => this.alarms.remove(ref),
    },
    'AWS::CloudWatch::CompositeAlarm': {
      update: ({ properties }, { ref }) => this.created(this.putCompositeAlarm({ ...properties, AlarmName: ref })),
      delete: ({ ref }) => this.alarms.remove(ref),
    },
    'AWS::CloudWatch::Dashboard': {
      update: ({ properties }, existing) => {
        JSON.parse(properties.DashboardBody);
        this.dashboards.set(existing.ref, properties.DashboardBody);
        return existing;
      },
      delete: ({ ref }) => this.dashboards.delete(ref),
    },
  };
  protected readonly operations: Record<string, Operation>;

  public constructor(private readonly simulation: Simulation) {
    super();
    this.alarms = new AlarmBoard(simulation);
    this.operations = { ...metricOperations(this, simulation), ...alarmOperations(this) };
  }

  /** Data of a service in the same process. @param time milliseconds since 1970 */
  public putMetric(namespace: string, name: string, dimensions: Record<string, string>, value: number, unit: string, time: number): void {
    this.metrics.put(namespace, name, dimensions, value, 1, unit, time);
    this.alarms.wake();
  }

  /** State changes of an alarm so far. */
  public history(alarmName: string): readonly Transition[] {
    return this.alarms.get(alarmName)?.history ?? [];
  }

  /** Every alarm that ever existed, for the summary: those of the template and those created at run time. */
  public allAlarms(): Alarm[] {
    return this.alarms.everSeen();
  }

  public override inventory(): string[] {
    const { partition, account } = this.simulation;
    return [...this.alarms.all().map(({ arn }) => arn), ...[...this.dashboards.keys()].map((name) => `arn:${partition}:cloudwatch::${account}:dashboard/${name}`)];
  }

  public arnOf(alarmName: string): string {
    const { partition, region, account } = this.simulation;
    return `arn:${partition}:cloudwatch:${region}:${account}:alarm:${alarmName}`;
  }

  public putMetricAlarm(input: Record<string, any>): Alarm {
    const alarm = new MetricAlarm(this.arnOf(input.AlarmName), input, this.simulation.clock.now(), this.metrics);
    this.alarms.put(alarm);
    return alarm;
  }

  public putCompositeAlarm(input: Record<string, any>): Alarm {
    const alarm = new CompositeAlarm(this.arnOf(input.AlarmName), input, this.simulation.clock.now());
    const missing = alarm.children.find((name) => !this.alarms.get(name));
    if (missing !== undefined) throw new AwsError('ValidationError', `AlarmRule names ${missing}, which does not exist`, 400);
    this.alarms.put(alarm);
    return alarm;
  }

  private created(alarm: Alarm): CreatedResource {
    return { ref: alarm.name, attributes: { Arn: alarm.arn } };
  }
}
