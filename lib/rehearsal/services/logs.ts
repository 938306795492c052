import { physicalName } from '../assembly/physical-name';
import { AwsError } from '../kernel/aws-error';
import type { Authorization, CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../kernel/simulation';
import type { CloudWatchService } from './cloudwatch/cloudwatch-service';
import { asNumber, operation, OperationTable, type Operation } from './operations';

export interface LogEvent {
  readonly time: number;
  readonly message: string;
}

interface LogGroup {
  readonly name: string;
  retentionInDays: number | undefined;
  readonly streams: Map<string, LogEvent[]>;
}

/** Amazon CloudWatch Logs: groups, streams, events, and metrics in the embedded metric format. */
export class LogsService extends OperationTable {
  public readonly id = 'cloudwatch-logs';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::Logs::LogGroup': (request) => {
      const { properties } = request;
      const group = this.group(properties.LogGroupName ?? physicalName(request, 512), asNumber(properties.RetentionInDays));
      return { ref: group.name, attributes: { Arn: `${this.arnOf(group.name)}:*` } };
    },
    'AWS::Logs::LogStream': (request) => {
      const name: string = request.properties.LogStreamName ?? physicalName(request, 512);
      this.stream(request.properties.LogGroupName, name);
      return { ref: name };
    },
    'AWS::Logs::ResourcePolicy': ({ properties }) => ({ ref: properties.PolicyName }),
    'AWS::Logs::QueryDefinition': ({ logicalId }) => ({ ref: logicalId, attributes: { QueryDefinitionId: logicalId } }),
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::Logs::LogGroup': {
      update: ({ properties }, existing) => {
        this.group(existing.ref).retentionInDays = asNumber(properties.RetentionInDays);
        return existing;
      },
      delete: ({ ref }) => this.groups.delete(ref),
    },
    'AWS::Logs::LogStream': { delete: ({ ref, request }) => this.groups.get(request.properties.LogGroupName)?.streams.delete(ref) },
    'AWS::Logs::ResourcePolicy': { update: (_, existing) => existing, delete: () => undefined },
    'AWS::Logs::QueryDefinition': { update: (_, existing) => existing, delete: () => undefined },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly groups = new Map<string, LogGroup>();

  public constructor(private readonly simulation: Simulation) {
    super();
    const group = (input: Record<string, any>): string => `${this.arnOf(input.logGroupName ?? input.logGroupIdentifier ?? '*')}:*`;
    const stream = (action: string) => (input: Record<string, any>): Authorization[] => [
      { action, resource: `${this.arnOf(input.logGroupName)}:log-stream:${input.logStreamName}` },
    ];
    this.operations = {
      CreateLogGroup: operation('logs:CreateLogGroup', group, (input) => {
        if (this.groups.has(input.logGroupName)) throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists', 400);
        this.group(input.logGroupName);
        return {};
      }),
      CreateLogStream: operation('logs:CreateLogStream', group, (input) => {
        if (this.existing(input.logGroupName).streams.has(input.logStreamName)) {
          throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists', 400);
        }
        this.stream(input.logGroupName, input.logStreamName);
        return {};
      }),
      PutLogEvents: {
        authorize: stream('logs:PutLogEvents'),
        handle: (input) => {
          if (!this.existing(input.logGroupName).streams.has(input.logStreamName)) throw missing('log stream');
          for (const { message, timestamp } of input.logEvents as any[]) this.append(input.logGroupName, input.logStreamName, message, timestamp);
          return { nextSequenceToken: '0' };
        },
      },
      GetLogEvents: {
        authorize: stream('logs:GetLogEvents'),
        handle: (input) => ({ events: (this.existing(input.logGroupName).streams.get(input.logStreamName) ?? []).map(render), nextForwardToken: 'f/0', nextBackwardToken: 'b/0' }),
      },
      FilterLogEvents: operation('logs:FilterLogEvents', group, (input) => ({
        events: this.events(input.logGroupName)
          .filter(({ time }) => time >= (input.startTime ?? -Infinity) && time < (input.endTime ?? Infinity))
          .filter(({ message }) => input.filterPattern === undefined || message.includes(input.filterPattern.replace(/^"|"$/g, '')))
          .map(render),
      })),
      DescribeLogGroups: operation('logs:DescribeLogGroups', group, (input) => ({
        logGroups: [...this.groups.values()]
          .filter(({ name }) => name.startsWith(input.logGroupNamePrefix ?? ''))
          .map(({ name, retentionInDays }) => ({ logGroupName: name, arn: `${this.arnOf(name)}:*`, ...(retentionInDays === undefined ? {} : { retentionInDays }) })),
      })),
      DescribeLogStreams: operation('logs:DescribeLogStreams', group, (input) => ({
        logStreams: [...this.existing(input.logGroupName).streams.keys()].map((logStreamName) => ({ logStreamName })),
      })),
    };
  }

  public override inventory(): string[] {
    return [...this.groups.keys()].map((name) => this.arnOf(name));
  }

  /** A line of a function or service; metrics in it are published (guide, "Embedded metric format specification"). */
  public append(groupName: string, streamName: string, message: string, time = this.simulation.clock.now()): void {
    this.stream(groupName, streamName).push({ time, message });
    if (message.startsWith('{') && message.includes('"_aws"')) this.publishEmbedded(message);
  }

  /** All events of a group in the order of their time. */
  public events(groupName: string): LogEvent[] {
    return [...(this.groups.get(groupName)?.streams.values() ?? [])].flat().sort((a, b) => a.time - b.time);
  }

  private publishEmbedded(line: string): void {
    let record: Record<string, any>;
    try {
      record = JSON.parse(line) as Record<string, any>;
    } catch {
      return;
    }
    const cloudWatch = this.simulation.service<CloudWatchService>('cloudwatch');
    for (const directive of record._aws?.CloudWatchMetrics ?? []) {
      for (const names of (directive.Dimensions ?? [[]]) as string[][]) {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(record[name])]));
        for (const { Name, Unit } of directive.Metrics ?? []) {
          for (const value of [record[Name]].flat()) {
            if (typeof value === 'number') cloudWatch.putMetric(directive.Namespace, Name, dimensions, value, Unit ?? 'None', record._aws.Timestamp);
          }
        }
      }
    }
  }

  private group(name: string, retentionInDays?: number): LogGroup {
    let group = this.groups.get(name);
    if (!group) this.groups.set(name, (group = { name, retentionInDays, streams: new Map() }));
    return group;
  }

  private stream(groupName: string, streamName: string): LogEvent[] {
    const { streams } = this.group(groupName);
    let events = streams.get(streamName);
    if (!events) streams.set(streamName, (events = []));
    return events;
  }

  private existing(groupName: string): LogGroup {
    const group = this.groups.get(groupName);
    if (!group) throw missing('log group');
    return group;
  }

  private arnOf(group: string): string {
    const { partition, region, account } = this.simulation;
    return `arn:${partition}:logs:${region}:${account}:log-group:${group}`;
  }
}

function render({ time, message }: LogEvent): Record<string, unknown> {
  return { timestamp: time, ingestionTime: time, message };
}

function missing(what: string): AwsError {
  return new AwsError('ResourceNotFoundException', `The specified ${what} does not exist.`, 400);
}
