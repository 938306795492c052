import { physicalName } from '../assembly/physical-name';
import { AwsError } from '../kernel/aws-error';
import type { Authorization, AwsRequest, CreatedResource, PolicyDocument, ResourceLifecycle, ResourceRequest, Simulation } from '../kernel/simulation';
import type { KmsService } from './kms';
import { operation, OperationTable, parsePolicy, type Operation } from './operations';

export interface TopicMessage {
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly subject?: string;
  readonly message: string;
  readonly attributes: Record<string, { Type: string; Value: string }>;
  /** Protocol and endpoint of everybody who got it. */
  readonly deliveries: { protocol: string; endpoint: string }[];
}

interface Subscription {
  readonly arn: string;
  readonly protocol: string;
  readonly endpoint: string;
}

interface Topic {
  readonly arn: string;
  readonly name: string;
  kmsKeyArn: string | undefined;
  policy: PolicyDocument | undefined;
  readonly subscriptions: Subscription[];
  readonly messages: TopicMessage[];
}

/** Amazon SNS: topics that keep what was published. docs/rehearsal/sns.md says what is simulated. */
export class SnsService extends OperationTable {
  public readonly id = 'sns';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::SNS::Topic': (request) => {
      const { properties } = request;
      const topic = this.createTopic(properties.TopicName ?? physicalName(request, 256), properties.KmsMasterKeyId);
      for (const subscription of properties.Subscription ?? []) this.subscribe(topic, subscription.Protocol, subscription.Endpoint);
      return { ref: topic.arn, attributes: { TopicArn: topic.arn, TopicName: topic.name } };
    },
    'AWS::SNS::TopicPolicy': ({ properties, logicalId }) => {
      for (const arn of properties.Topics as string[]) this.topic(arn).policy = parsePolicy(properties.PolicyDocument);
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
    'AWS::SNS::Subscription': ({ properties }) => {
      if (properties.FilterPolicy !== undefined) throw new Error('SNS filter policies are not simulated');
      const { arn } = this.subscribe(this.topic(properties.TopicArn), properties.Protocol, properties.Endpoint);
      return { ref: arn, attributes: { Arn: arn } };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::SNS::Topic': {
      update: ({ properties }, existing) => {
        const topic = this.topic(existing.ref);
        topic.kmsKeyArn = this.keyArn(properties.KmsMasterKeyId);
        const listed = (request: ResourceRequest): any[] => request.properties.Subscription ?? [];
        for (const { Protocol, Endpoint } of listed(existing.request)) this.unsubscribe(topic, (other) => other.protocol === Protocol && other.endpoint === Endpoint);
        for (const { Protocol, Endpoint } of properties.Subscription ?? []) this.subscribe(topic, Protocol, Endpoint);
        return existing;
      },
      delete: ({ ref }) => this.deleteTopic(ref),
    },
    'AWS::SNS::TopicPolicy': {
      update: (request, existing) => {
        this.dropPolicy(existing.request);
        return { ...this.resources['AWS::SNS::TopicPolicy']!(request), ref: existing.ref };
      },
      delete: ({ request }) => this.dropPolicy(request),
    },
    'AWS::SNS::Subscription': {
      update: ({ properties }, existing) => {
        if (properties.FilterPolicy !== undefined) throw new Error('SNS filter policies are not simulated');
        return existing;
      },
      delete: ({ ref, request }) => {
        const topic = this.topics.get(request.properties.TopicArn);
        if (topic) this.unsubscribe(topic, ({ arn }) => arn === ref);
      },
    },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly deleted: Topic[] = [];
  private readonly topics = new Map<string, Topic>();
  private sequence = 0;

  public constructor(private readonly simulation: Simulation) {
    super();
    const onTopic = (input: Record<string, any>): string => input.TopicArn as string;
    this.operations = {
      Publish: { authorize: (input, request) => this.publishNeeds(input.TopicArn ?? input.TargetArn, request), handle: (input) => this.publish(input) },
      CreateTopic: operation(
        'sns:CreateTopic',
        (input) => this.arnOf(input.Name),
        (input) => ({ TopicArn: (this.topics.get(this.arnOf(input.Name)) ?? this.createTopic(input.Name, input.Attributes?.KmsMasterKeyId)).arn }),
      ),
      DeleteTopic: operation('sns:DeleteTopic', onTopic, (input) => (this.deleteTopic(input.TopicArn), {})),
      Subscribe: operation('sns:Subscribe', onTopic, (input) => ({
        SubscriptionArn: this.subscribe(this.topic(input.TopicArn), input.Protocol, input.Endpoint).arn,
      })),
      ListSubscriptionsByTopic: operation('sns:ListSubscriptionsByTopic', onTopic, (input) => ({
        Subscriptions: this.topic(input.TopicArn).subscriptions.map(({ arn, protocol, endpoint }) => ({
          SubscriptionArn: arn,
          Owner: simulation.account,
          Protocol: protocol,
          Endpoint: endpoint,
          TopicArn: input.TopicArn,
        })),
      })),
      GetTopicAttributes: operation('sns:GetTopicAttributes', onTopic, (input) => {
        const topic = this.topic(input.TopicArn);
        return { Attributes: { TopicArn: topic.arn, Owner: simulation.account, ...(topic.policy ? { Policy: JSON.stringify(topic.policy) } : {}) } };
      }),
    };
  }

  /** What was published to a topic, in order. */
  public messages(topicArn: string): readonly TopicMessage[] {
    return this.topic(topicArn).messages;
  }

  /** What was published to any topic, those that are gone included, in the order of time. */
  public allMessages(): TopicMessage[] {
    return [...this.deleted, ...this.topics.values()].flatMap(({ messages }) => messages).sort((a, b) => a.time - b.time);
  }

  public override inventory(): string[] {
    return this.topicArns();
  }

  public topicArns(): string[] {
    return [...this.topics.keys()];
  }

  public override resourcePolicy(arn: string): PolicyDocument | undefined {
    return this.topics.get(arn)?.policy;
  }

  private arnOf(name: string): string {
    const { partition, region, account } = this.simulation;
    return `arn:${partition}:sns:${region}:${account}:${name}`;
  }

  private createTopic(name: string, kmsKeyId: string | undefined): Topic {
    const topic: Topic = { arn: this.arnOf(name), name, kmsKeyArn: this.keyArn(kmsKeyId), policy: undefined, subscriptions: [], messages: [] };
    this.topics.set(topic.arn, topic);
    return topic;
  }

  private keyArn(kmsKeyId: string | undefined): string | undefined {
    return kmsKeyId === undefined ? undefined : this.simulation.service<KmsService>('kms').arnOf(kmsKeyId);
  }

  private deleteTopic(arn: string): void {
    const topic = this.topics.get(arn);
    if (!topic) return;
    this.topics.delete(arn);
    this.deleted.push(topic);
  }

  private dropPolicy({ properties }: ResourceRequest): void {
    for (const arn of properties.Topics as string[]) {
      const topic = this.topics.get(arn);
      if (topic) topic.policy = undefined;
    }
  }

  private unsubscribe(topic: Topic, which: (subscription: Subscription) => boolean): void {
    const index = topic.subscriptions.findIndex(which);
    if (index >= 0) topic.subscriptions.splice(index, 1);
  }

  private topic(arn: string): Topic {
    const topic = this.topics.get(arn);
    if (!topic) throw new AwsError('NotFound', 'Topic does not exist', 404);
    return topic;
  }

  private subscribe(topic: Topic, protocol: string, endpoint: string): Subscription {
    if (!['email', 'email-json', 'sms', 'https', 'lambda'].includes(protocol)) throw new AwsError('InvalidParameter', `SNS protocol ${protocol} is not simulated`, 400);
    const existing = topic.subscriptions.find((subscription) => subscription.protocol === protocol && subscription.endpoint === endpoint);
    if (existing) return existing;
    const subscription = { arn: `${topic.arn}:${this.simulation.random.stream(`sns ${topic.arn} ${protocol} ${endpoint}`).uuid()}`, protocol, endpoint };
    topic.subscriptions.push(subscription);
    return subscription;
  }

  /** An encrypted topic needs the key as well, also from AWS services (SNS guide, "Managing encryption keys and costs"). */
  private publishNeeds(topicArn: string, { principal }: AwsRequest): Authorization[] {
    const key = this.topics.get(topicArn)?.kmsKeyArn;
    const { account, region } = this.simulation;
    const context: Record<string, string> = {
      'kms:ViaService': `sns.${region}.amazonaws.com`,
      'kms:EncryptionContext:aws:sns:topicArn': topicArn,
      // The managed key alias/aws/sns allows callers of the account, and AWS services are none.
      ...(principal.service === undefined ? { 'kms:CallerAccount': account } : {}),
    };
    return [
      { action: 'sns:Publish', resource: topicArn },
      ...(key === undefined ? [] : ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({ action, resource: key, context }))),
    ];
  }

  private publish(input: Record<string, any>): Record<string, unknown> {
    const topic = this.topic(input.TopicArn ?? input.TargetArn);
    if (Buffer.byteLength(input.Message) > 262_144) throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long', 400);
    if (input.Subject !== undefined && (input.Subject.length > 100 || !/^[\x20-\x7e]+$/.test(input.Subject))) {
      throw new AwsError('InvalidParameter', 'Invalid parameter: Subject', 400);
    }
    const { clock, timeline } = this.simulation;
    const attributes = Object.entries((input.MessageAttributes ?? {}) as Record<string, any>).map(([name, value]) => [name, { Type: value.DataType, Value: value.StringValue }]);
    const message: TopicMessage = {
      messageId: this.simulation.random.stream(`sns-message-${++this.sequence}`).uuid(),
      time: clock.now(),
      ...(input.Subject === undefined ? {} : { subject: input.Subject }),
      message: input.Message,
      attributes: Object.fromEntries(attributes),
      deliveries: [],
    };
    topic.messages.push(message);
    const firstLine = String(input.Message).split('\n')[0]!.slice(0, 200);
    timeline.emit({
      time: clock.now(),
      kind: 'notification',
      subject: topic.name,
      message: input.Subject ?? firstLine,
      data: { topicArn: topic.arn, recipients: topic.subscriptions.map(({ endpoint }) => endpoint) },
    });
    for (const subscription of topic.subscriptions) this.deliver(topic, message, subscription);
    return { MessageId: message.messageId };
  }

  /** Mail and the like are recorded as delivered; a subscription counts as confirmed. Functions are invoked. */
  private deliver(topic: Topic, message: TopicMessage, { protocol, endpoint, arn }: Subscription): void {
    const { clock, gateway } = this.simulation;
    if (protocol !== 'lambda') {
      message.deliveries.push({ protocol, endpoint });
      return;
    }
    clock.spawn(async () => {
      const record = {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: arn,
        Sns: {
          Type: 'Notification',
          MessageId: message.messageId,
          TopicArn: topic.arn,
          Subject: message.subject ?? null,
          Message: message.message,
          Timestamp: clock.iso(),
          SignatureVersion: '1',
          MessageAttributes: message.attributes,
        },
      };
      const principal = { arn: topic.arn, service: 'sns.amazonaws.com', context: { 'aws:SourceArn': topic.arn } };
      const Payload = Buffer.from(JSON.stringify({ Records: [record] }));
      await gateway.call(principal, 'lambda', 'Invoke', { FunctionName: endpoint, InvocationType: 'Event', Payload });
      message.deliveries.push({ protocol, endpoint });
    });
  }
}
