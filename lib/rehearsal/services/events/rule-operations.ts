import { AwsError } from '../../kernel/aws-error';
import { operation, type Operation } from '../operations';
import type { EventBridgeService, Rule, RuleTarget } from './eventbridge-service';

/** Largest detail of an entry (API reference, PutEvents). */
const ENTRY_LIMIT = 256 * 1024;

/** PutEvents and the operations on rules. */
export function ruleOperations(service: EventBridgeService): Record<string, Operation> {
  const named = (input: Record<string, any>): string => service.arnOf(`rule/${input.Name ?? input.Rule}`);
  return {
    PutEvents: {
      authorize: (input) =>
        (input.Entries as any[]).map((entry) => ({
          action: 'events:PutEvents',
          resource: busArn(service, entry.EventBusName),
          context: { 'events:source': entry.Source, 'events:detail-type': entry.DetailType },
        })),
      handle: (input) => {
        const Entries = (input.Entries as any[]).map((entry) => putEvent(service, entry));
        return { FailedEntryCount: Entries.filter((entry) => 'ErrorCode' in entry).length, Entries };
      },
    },
    PutRule: operation('events:PutRule', named, (input) => ({ RuleArn: service.putRule(input).arn })),
    PutTargets: operation('events:PutTargets', named, (input) => {
      const { targets } = service.rule(input.Rule);
      for (const target of input.Targets as RuleTarget[]) {
        const index = targets.findIndex((other) => other.Id === target.Id);
        targets.splice(index < 0 ? targets.length : index, index < 0 ? 0 : 1, target);
      }
      return { FailedEntryCount: 0, FailedEntries: [] };
    }),
    RemoveTargets: operation('events:RemoveTargets', named, (input) => {
      const { targets } = service.rule(input.Rule);
      for (const id of input.Ids as string[]) {
        const index = targets.findIndex((target) => target.Id === id);
        if (index >= 0) targets.splice(index, 1);
      }
      return { FailedEntryCount: 0, FailedEntries: [] };
    }),
    DeleteRule: operation('events:DeleteRule', named, (input) => {
      const rule = service.allRules().find(({ name }) => name === input.Name);
      if (rule && rule.targets.length > 0) throw new AwsError('ValidationException', 'Rule can\'t be deleted since it has targets.', 400);
      service.deleteRule(input.Name);
      return {};
    }),
    EnableRule: operation('events:EnableRule', named, (input) => ((service.rule(input.Name).enabled = true), {})),
    DisableRule: operation('events:DisableRule', named, (input) => ((service.rule(input.Name).enabled = false), {})),
    DescribeRule: operation('events:DescribeRule', named, (input) => describe(service.rule(input.Name))),
    ListRules: operation('events:ListRules', service.arnOf('rule/*'), (input) => ({
      Rules: service.allRules().filter(({ name }) => name.startsWith(input.NamePrefix ?? '')).map(describe),
    })),
    ListTargetsByRule: operation('events:ListTargetsByRule', named, (input) => ({ Targets: service.rule(input.Rule).targets })),
  };
}

function putEvent(service: EventBridgeService, entry: any): Record<string, string> {
  if (!entry.Source || !entry.DetailType || entry.Detail === undefined) return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source, DetailType and Detail are required' };
  if (entry.Source.startsWith('aws.')) return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  if (Buffer.byteLength(entry.Detail) > ENTRY_LIMIT) throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.', 400);
  let detail: Record<string, unknown>;
  try {
    detail = JSON.parse(entry.Detail) as Record<string, unknown>;
  } catch {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  const time = (entry.Time as Date | undefined)?.getTime();
  return { EventId: service.publish({ source: entry.Source, 'detail-type': entry.DetailType, detail, resources: entry.Resources, time }) };
}

function busArn(service: EventBridgeService, bus = 'default'): string {
  const name = bus.split('/').pop()!;
  if (name !== 'default') throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`, 400);
  return service.arnOf('event-bus/default');
}

function describe(rule: Rule): Record<string, unknown> {
  return {
    Name: rule.name,
    Arn: rule.arn,
    State: rule.enabled ? 'ENABLED' : 'DISABLED',
    EventBusName: 'default',
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    ...(rule.pattern === undefined ? {} : { EventPattern: JSON.stringify(rule.pattern) }),
    ...(rule.schedule === undefined ? {} : { ScheduleExpression: rule.schedule }),
  };
}
