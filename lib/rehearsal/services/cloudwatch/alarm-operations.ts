import type { Operation } from '../operations';
import { operation } from '../operations';
import type { Alarm } from './alarm';
import type { CloudWatchService } from './cloudwatch-service';
import { CompositeAlarm } from './composite-alarm';

/** PutMetricAlarm and its neighbours. */
export function alarmOperations(service: CloudWatchService): Record<string, Operation> {
  const named = (input: Record<string, any>): string => service.arnOf(input.AlarmName);
  return {
    PutMetricAlarm: operation('cloudwatch:PutMetricAlarm', named, (input) => (service.putMetricAlarm(input), {})),
    PutCompositeAlarm: operation('cloudwatch:PutCompositeAlarm', named, (input) => (service.putCompositeAlarm(input), {})),
    DeleteAlarms: {
      authorize: (input) => (input.AlarmNames as string[]).map((name) => ({ action: 'cloudwatch:DeleteAlarms', resource: service.arnOf(name) })),
      handle: (input) => {
        for (const name of input.AlarmNames as string[]) service.alarms.remove(name);
        return {};
      },
    },
    DescribeAlarms: {
      // Named alarms are authorized one by one, a listing on all of them.
      authorize: (input) =>
        ((input.AlarmNames as string[] | undefined) ?? ['*']).map((name) => ({ action: 'cloudwatch:DescribeAlarms', resource: service.arnOf(name) })),
      handle: (input) => {
        const names = input.AlarmNames as string[] | undefined;
        const types: string[] = input.AlarmTypes ?? ['MetricAlarm'];
        const found = service.alarms
          .all()
          .filter((alarm) => names === undefined || names.includes(alarm.name))
          .filter((alarm) => input.AlarmNamePrefix === undefined || alarm.name.startsWith(input.AlarmNamePrefix))
          .filter((alarm) => input.StateValue === undefined || alarm.state === input.StateValue)
          .sort((a, b) => (a.name < b.name ? -1 : 1));
        const from = input.NextToken === undefined ? 0 : Number(input.NextToken);
        const limit = input.MaxRecords ?? 100;
        const page = found.slice(from, from + limit);
        return {
          MetricAlarms: types.includes('MetricAlarm') ? page.filter((alarm) => !(alarm instanceof CompositeAlarm)).map(describe) : [],
          CompositeAlarms: types.includes('CompositeAlarm') ? page.filter((alarm) => alarm instanceof CompositeAlarm).map(describe) : [],
          ...(from + limit < found.length ? { NextToken: String(from + limit) } : {}),
        };
      },
    },
    SetAlarmState: operation('cloudwatch:SetAlarmState', named, (input) => (service.alarms.setState(input.AlarmName, input.StateValue, input.StateReason), {})),
    EnableAlarmActions: switchActions(service, 'cloudwatch:EnableAlarmActions', true),
    DisableAlarmActions: switchActions(service, 'cloudwatch:DisableAlarmActions', false),
    DescribeAlarmHistory: operation('cloudwatch:DescribeAlarmHistory', named, (input) => ({
      AlarmHistoryItems: [...service.history(input.AlarmName)].reverse().map((transition) => ({
        AlarmName: input.AlarmName,
        Timestamp: new Date(transition.time),
        HistoryItemType: 'StateUpdate',
        HistorySummary: `Alarm updated to ${transition.state}`,
        HistoryData: JSON.stringify({ newState: { stateValue: transition.state, stateReason: transition.reason } }),
      })),
    })),
  };
}

function switchActions(service: CloudWatchService, action: string, enabled: boolean): Operation {
  return {
    authorize: (input) => (input.AlarmNames as string[]).map((name) => ({ action, resource: service.arnOf(name) })),
    handle: (input) => {
      for (const name of input.AlarmNames as string[]) {
        const alarm = service.alarms.get(name);
        if (alarm) alarm.input.ActionsEnabled = enabled;
      }
      return {};
    },
  };
}

function describe(alarm: Alarm): Record<string, unknown> {
  const { Tags: _, ...input } = alarm.input;
  return {
    ...input,
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.actionsEnabled,
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateUpdatedTimestamp: new Date(alarm.stateUpdated),
  };
}
