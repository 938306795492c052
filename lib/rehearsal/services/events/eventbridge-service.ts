import { physicalName } from '../../assembly/physical-name';
import { AwsError } from '../../kernel/aws-error';
import type { CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';
import type { Timer } from '../../kernel/virtual-clock';
import { OperationTable, parsePolicy, type Operation } from '../operations';
import { matchesPattern, type EventPattern } from './event-pattern';
import { ruleOperations } from './rule-operations';
import { targetInput, type TargetInput } from './input-transformer';
import { parseScheduleExpression } from './schedule-expression';
import { callTarget, reportFailure } from './target';

export interface RuleTarget extends TargetInput {
  readonly Id: string;
  readonly Arn: string;
  readonly RoleArn?: string;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  enabled: boolean;
  readonly pattern: EventPattern | undefined;
  readonly schedule: string | undefined;
  readonly targets: RuleTarget[];
  timer: Timer | undefined;
}

/** An event as its source hands it over; EventBridge adds the envelope. */
export interface SourceEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Record<string, unknown>;
  readonly resources?: readonly string[];
  /** Milliseconds since 1970. */
  readonly time?: number;
}

/** Amazon EventBridge: the default bus and its rules. docs/rehearsal/events.md says what is simulated. */
export class EventBridgeService extends OperationTable {
  public readonly id = 'eventbridge';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::Events::Rule': (request) => {
      const { properties } = request;
      if (properties.EventBusName !== undefined && properties.EventBusName !== 'default') throw new Error(`event bus ${properties.EventBusName} is not simulated, only the default bus`);
      const rule = this.putRule({ ...properties, Name: properties.Name ?? physicalName(request) });
      rule.targets.push(...((properties.Targets ?? []) as RuleTarget[]));
      return { ref: rule.name, attributes: { Arn: rule.arn } };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::Events::Rule': {
      update: ({ properties }, existing) => {
        const rule = this.putRule({ ...properties, Name: existing.ref });
        rule.targets.splice(0, rule.targets.length, ...((properties.Targets ?? []) as RuleTarget[]));
        return existing;
      },
      delete: ({ ref }) => this.deleteRule(ref),
    },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly rules = new Map<string, Rule>();
  private published = 0;

  public constructor(public readonly simulation: Simulation) {
    super();
    this.operations = ruleOperations(this);
  }

  public allRules(): Rule[] {
    return [...this.rules.values()];
  }

  public override inventory(): string[] {
    return this.allRules().map(({ arn }) => arn);
  }

  public rule(name: string): Rule {
    const rule = this.rules.get(name);
    if (!rule) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`, 400);
    return rule;
  }

  public deleteRule(name: string): void {
    this.rules.get(name)?.timer?.cancel();
    this.rules.delete(name);
  }

  public arnOf(resource: string): string {
    const { partition, region, account } = this.simulation;
    return `arn:${partition}:events:${region}:${account}:${resource}`;
  }

  public putRule(input: Record<string, any>): Rule {
    const previous = this.rules.get(input.Name);
    previous?.timer?.cancel();
    const rule: Rule = {
      name: input.Name,
      arn: this.arnOf(`rule/${input.Name}`),
      description: input.Description,
      enabled: input.State !== 'DISABLED',
      pattern: input.EventPattern === undefined ? undefined : (parsePolicy(input.EventPattern) as unknown as EventPattern),
      schedule: input.ScheduleExpression,
      targets: previous?.targets ?? [],
      timer: undefined,
    };
    // Patterns are checked when the rule is made, not when the first event comes.
    if (rule.pattern) matchesPattern(rule.pattern, {});
    this.rules.set(rule.name, rule);
    if (rule.schedule !== undefined) this.schedule(rule, this.simulation.clock.now());
    return rule;
  }

  /** Puts an event on the default bus; matching rules deliver it, at least once. @returns the event's id */
  public publish(event: SourceEvent): string {
    const { clock, faults, account, region, random } = this.simulation;
    const id = random.stream(`event-${++this.published}`).uuid();
    const time = new Date(event.time ?? clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
    const envelope = {
      version: '0',
      id,
      'detail-type': event['detail-type'],
      source: event.source,
      account,
      time,
      region,
      resources: [...(event.resources ?? [])],
      detail: event.detail,
    };
    const matching = this.allRules().filter((rule) => rule.enabled && rule.pattern && matchesPattern(rule.pattern, envelope));
    if (matching.length === 0) return id;
    const fault = faults.event(clock.now(), event['detail-type']);
    const copies = fault?.copies ?? 1;
    for (let copy = 0; copy < copies; copy++) {
      for (const rule of matching) {
        for (const target of rule.targets) {
          clock.at(clock.now() + (fault?.delayMilliseconds ?? 0), () => this.deliver(rule, target, envelope, copy));
        }
      }
    }
    return id;
  }

  private async deliver(rule: Rule, target: RuleTarget, event: Record<string, unknown> & { id: string }, copy: number): Promise<void> {
    try {
      await callTarget(this.simulation, {
        service: 'events.amazonaws.com',
        sourceArn: rule.arn,
        targetArn: target.Arn,
        roleArn: target.RoleArn,
        input: targetInput(target, event, rule),
        executionName: `${event.id}_${this.simulation.random.stream(`${rule.name}/${target.Id}/${event.id}/${copy}`).uuid()}`,
      });
    } catch (error) {
      reportFailure(this.simulation, rule.name, target.Arn, error);
    }
  }

  /** A rate counts from the creation of the rule. */
  private schedule(rule: Rule, created: number): void {
    const { clock } = this.simulation;
    const next = parseScheduleExpression(rule.schedule!).next(clock.now(), created);
    if (next === undefined) return;
    rule.timer = clock.at(next, async () => {
      this.schedule(rule, created);
      if (!rule.enabled) return;
      const { account, region, random } = this.simulation;
      const time = clock.iso().replace(/\.\d{3}Z$/, 'Z');
      const id = random.stream(`${rule.name}/${next}`).uuid();
      const event = { version: '0', id, 'detail-type': 'Scheduled Event', source: 'aws.events', account, time, region, resources: [rule.arn], detail: {} };
      for (const target of rule.targets) await this.deliver(rule, target, event, 0);
    });
  }
}
