import { physicalName } from '../../assembly/physical-name';
import { AwsError } from '../../kernel/aws-error';
import type { CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';
import type { Timer } from '../../kernel/virtual-clock';
import type { ScheduleExpression } from '../events/schedule-expression';
import { callTarget, principalOf, reportFailure } from '../events/target';
import { parseZonedSchedule } from '../events/zoned-schedule';
import type { Iam } from '../iam-access';
import { OperationTable, type Operation } from '../operations';

interface Schedule {
  readonly input: Record<string, any>;
  readonly expression: ScheduleExpression;
  readonly arn: string;
  readonly created: number;
  timer: Timer | undefined;
  runs: number;
}

/** Failed deliveries are repeated with growing waits; here once a minute (Scheduler User Guide, "Retry policy" names no numbers). */
const RETRY_WAIT = 60_000;
const RETRIES = 3;

/** Amazon EventBridge Scheduler. docs/rehearsal/scheduler.md says what is simulated. */
export class SchedulerService extends OperationTable {
  public readonly id = 'scheduler';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::Scheduler::Schedule': (request) => {
      const schedule = this.put({ ...request.properties, Name: request.properties.Name ?? physicalName(request) });
      return { ref: schedule.input.Name, attributes: { Arn: schedule.arn } };
    },
    'AWS::Scheduler::ScheduleGroup': (request) => {
      const name: string = request.properties.Name ?? physicalName(request);
      return { ref: name, attributes: { Arn: this.arnOf(`schedule-group/${name}`), State: 'ACTIVE' } };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::Scheduler::Schedule': {
      update: (request, { ref, request: { properties: old } }) => {
        // A schedule of another group is another schedule (API reference, CreateSchedule, GroupName).
        if (old.GroupName !== request.properties.GroupName) this.remove({ ...old, Name: ref });
        const { arn } = this.put({ ...request.properties, Name: ref });
        return { ref, attributes: { Arn: arn } };
      },
      delete: ({ ref, request }) => this.remove({ ...request.properties, Name: ref }),
    },
    'AWS::Scheduler::ScheduleGroup': { update: (_, existing) => existing, delete: () => undefined },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly schedules = new Map<string, Schedule>();

  public constructor(private readonly simulation: Simulation) {
    super();
    const resource = (input: Record<string, any>): string => this.arnOf(`schedule/${input.GroupName ?? 'default'}/${input.Name}`);
    // Creating hands a role to the service (Scheduler User Guide, "Identity-based policies").
    const needsRole = (action: string): Operation['authorize'] => (input) => [
      { action, resource: resource(input) },
      { action: 'iam:PassRole', resource: input.Target.RoleArn, context: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    ];
    this.operations = {
      CreateSchedule: {
        authorize: needsRole('scheduler:CreateSchedule'),
        handle: (input) => {
          if (this.schedules.has(keyOf(input))) throw new AwsError('ConflictException', `Schedule ${input.Name} already exists.`, 409);
          return { ScheduleArn: this.put(input).arn };
        },
      },
      UpdateSchedule: { authorize: needsRole('scheduler:UpdateSchedule'), handle: (input) => (this.find(input), { ScheduleArn: this.put(input).arn }) },
      GetSchedule: {
        authorize: (input) => [{ action: 'scheduler:GetSchedule', resource: resource(input) }],
        handle: (input) => {
          const { input: stored, arn, created } = this.find(input);
          const { Tags: _, ...rest } = stored;
          return { ...rest, Arn: arn, GroupName: stored.GroupName ?? 'default', State: stored.State ?? 'ENABLED', CreationDate: new Date(created) };
        },
      },
      DeleteSchedule: {
        authorize: (input) => [{ action: 'scheduler:DeleteSchedule', resource: resource(input) }],
        handle: (input) => {
          this.find(input);
          this.remove(input);
          return {};
        },
      },
      ListSchedules: {
        authorize: () => [{ action: 'scheduler:ListSchedules', resource: '*' }],
        handle: (input) => ({
          Schedules: [...this.schedules.values()]
            .filter(({ input: stored }) => stored.Name.startsWith(input.NamePrefix ?? ''))
            .map(({ input: stored, arn }) => ({ Arn: arn, Name: stored.Name, GroupName: stored.GroupName ?? 'default', State: stored.State ?? 'ENABLED', Target: { Arn: stored.Target.Arn } })),
        }),
      },
    };
  }

  public override inventory(): string[] {
    return [...this.schedules.values()].map(({ arn }) => arn);
  }

  private remove(input: Record<string, any>): void {
    this.schedules.get(keyOf(input))?.timer?.cancel();
    this.schedules.delete(keyOf(input));
  }

  private put(input: Record<string, any>): Schedule {
    const invalid = (message: string): AwsError => new AwsError('ValidationException', message, 400);
    if (input.FlexibleTimeWindow.Mode !== 'OFF') throw invalid(`schedule ${input.Name}: flexible time windows are not simulated`);
    if (!this.simulation.service<Iam>('iam').mayAssume(input.Target.RoleArn, 'scheduler.amazonaws.com')) {
      throw invalid('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.');
    }
    let expression: ScheduleExpression;
    try {
      expression = parseZonedSchedule(input.ScheduleExpression, input.ScheduleExpressionTimezone ?? 'UTC');
    } catch (error) {
      throw invalid(`Invalid Schedule Expression ${input.ScheduleExpression}: ${(error as Error).message}`);
    }
    const previous = this.schedules.get(keyOf(input));
    previous?.timer?.cancel();
    const schedule: Schedule = {
      input,
      expression,
      arn: this.arnOf(`schedule/${input.GroupName ?? 'default'}/${input.Name}`),
      created: this.simulation.clock.now(),
      timer: undefined,
      runs: previous?.runs ?? 0,
    };
    this.schedules.set(keyOf(input), schedule);
    if (input.State !== 'DISABLED') this.arm(schedule, true);
    return schedule;
  }

  /** A rate without a start date begins at once (User Guide, "Schedule types", rate-based). */
  private arm(schedule: Schedule, first: boolean): void {
    const { clock } = this.simulation;
    const { input, expression, created } = schedule;
    const start = timeOf(input.StartDate) ?? created;
    const beginning = expression.kind === 'rate' && first;
    const next = beginning ? Math.max(start, clock.now()) : expression.next(Math.max(clock.now(), expression.kind === 'at' ? 0 : start - 1), start);
    const end = timeOf(input.EndDate) ?? Infinity;
    if (next === undefined || (expression.kind !== 'at' && next > end)) return;
    schedule.timer = clock.at(next, async () => {
      if (expression.kind === 'at') {
        if (input.ActionAfterCompletion === 'DELETE') this.schedules.delete(keyOf(input));
      } else this.arm(schedule, false);
      await this.run(schedule, next);
    });
  }

  private async run(schedule: Schedule, scheduled: number): Promise<void> {
    const { clock, random } = this.simulation;
    const { Target } = schedule.input;
    const executionId = random.stream(`${schedule.arn}/${++schedule.runs}`).uuid();
    const retries = Math.min(RETRIES, Target.RetryPolicy?.MaximumRetryAttempts ?? RETRIES);
    for (let attempt = 0; ; attempt++) {
      // Context attributes (User Guide, "Adding context attributes").
      const input = String(Target.Input ?? '{}')
        .replaceAll('<aws.scheduler.schedule-arn>', schedule.arn)
        .replaceAll('<aws.scheduler.scheduled-time>', new Date(scheduled).toISOString().replace(/\.\d{3}Z$/, 'Z'))
        .replaceAll('<aws.scheduler.execution-id>', executionId)
        .replaceAll('<aws.scheduler.attempt-number>', String(attempt + 1));
      try {
        await this.call(schedule, input, executionId);
        return;
      } catch (error) {
        // Only what may pass is repeated; a denied or wrong call stays so.
        const transient = error instanceof AwsError && (error.statusCode >= 500 || error.statusCode === 429 || /Throttl/i.test(error.code));
        if (!transient || attempt >= retries) return reportFailure(this.simulation, schedule.input.Name, Target.Arn, error);
        await clock.sleep(RETRY_WAIT);
      }
    }
  }

  private async call(schedule: Schedule, input: string, executionId: string): Promise<void> {
    const { Target } = schedule.input;
    const common = { service: 'scheduler.amazonaws.com', sourceArn: schedule.arn, roleArn: Target.RoleArn as string };
    const universal = /^arn:[^:]+:scheduler:::aws-sdk:([\w-]+):(\w+)$/.exec(Target.Arn);
    if (!universal) return callTarget(this.simulation, { ...common, targetArn: Target.Arn, input, executionName: executionId });
    const service = UNIVERSAL_SERVICES[universal[1]!] ?? universal[1]!;
    const operation = universal[2]![0]!.toUpperCase() + universal[2]!.slice(1);
    await this.simulation.gateway.call(principalOf(this.simulation, common), service, operation, sdkInput(service, JSON.parse(input) as Record<string, unknown>));
  }

  private arnOf(resource: string): string {
    const { partition, region, account } = this.simulation;
    return `arn:${partition}:scheduler:${region}:${account}:${resource}`;
  }

  private find(input: Record<string, any>): Schedule {
    const schedule = this.schedules.get(keyOf(input));
    if (!schedule) throw new AwsError('ResourceNotFoundException', `Schedule ${input.Name} does not exist.`, 404);
    return schedule;
  }
}

/** Names of services in universal targets that differ from the SDK package's. */
const UNIVERSAL_SERVICES: Record<string, string> = { applicationautoscaling: 'application-auto-scaling', cloudwatchlogs: 'cloudwatch-logs' };

/** Universal targets spell members in PascalCase; Step Functions' own API does not (User Guide, "Using universal targets"). */
function sdkInput(service: string, input: Record<string, unknown>): Record<string, unknown> {
  if (service !== 'sfn') return input;
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key[0]!.toLowerCase() + key.slice(1), value]));
}

function keyOf(input: Record<string, any>): string {
  return `${input.GroupName ?? 'default'}/${input.Name}`;
}

function timeOf(date: unknown): number | undefined {
  return date === undefined ? undefined : date instanceof Date ? date.getTime() : Date.parse(String(date));
}
