import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { Problems } from '../private/errors';

/** How urgently a page about the model has to be answered. Shown in every alarm description. */
export enum Severity {
  /** A person is woken up. */
  CRITICAL = 'critical',
  /** A person looks within the working day. */
  HIGH = 'high',
  /** A person looks within the week. */
  LOW = 'low',
}

export interface ModelOwnerOptions {
  /**
   * Address that receives pages.
   *
   * @default - no mail subscription; subscribe to the pipeline's topic yourself or give `topic`
   */
  readonly email?: string;

  /**
   * Existing topic for pages, for instance the one of your pager. CloudWatch alarms and the outcome function must be allowed to publish to it.
   *
   * @default - a new topic, encrypted with the lake's key
   */
  readonly topic?: sns.ITopic;

  /**
   * Existing topic for the alarms of severity TICKET, for instance the one of your ticket system. CloudWatch alarms must be allowed to
   * publish to it.
   *
   * @default - the topic for pages
   */
  readonly ticketTopic?: sns.ITopic;

  /**
   * Every alarm notifies by itself. Otherwise all alarms of one severity notify together, once, and an alarm that joins while another of
   * its severity stands is seen on the dashboard and by `cdk-ml-pipeline status` only.
   *
   * @default false
   */
  readonly eachAlarmNotifies?: boolean;

  /**
   * How urgently pages have to be answered.
   *
   * @default Severity.HIGH
   */
  readonly severity?: Severity;

  /**
   * Where the operator runbook is published; alarm descriptions and pages link to its sections.
   *
   * @default - the runbook of this library's repository
   */
  readonly runbookUrl?: string;
}

/** Who answers for a model. Required: a model without an owner is one that nobody repairs. */
export class ModelOwner {
  /**
   * A team answers for the model.
   *
   * @param name the team's name, as it shall stand in pages and tags
   */
  public static team(name: string, options: ModelOwnerOptions = {}): ModelOwner {
    return new ModelOwner(name, options);
  }

  public readonly name: string;
  public readonly severity: Severity;
  public readonly runbookUrl: string;

  private constructor(
    name: string,
    private readonly options: ModelOwnerOptions,
  ) {
    this.name = name;
    this.severity = options.severity ?? Severity.HIGH;
    this.runbookUrl = options.runbookUrl ?? 'https://github.com/cdk-ml-pipeline/cdk-ml-pipeline/blob/main/docs/operator-runbook.md';
  }

  /** @internal */
  public get _ticketTopic(): sns.ITopic | undefined {
    return this.options.ticketTopic;
  }

  /** @internal */
  public get _eachAlarmNotifies(): boolean {
    return this.options.eachAlarmNotifies ?? false;
  }

  /** @internal */
  public _validate(path: string, problems: Problems): void {
    problems.require(this.name.trim() !== '', 'OwnerNameEmpty', `${path}.name`, this.name, 'must name a team', "use ModelOwner.team('payments')");
    const email = this.options.email;
    if (email !== undefined) {
      problems.require(/^[^@\s]+@[^@\s]+$/.test(email), 'OwnerEmailInvalid', `${path}.email`, email, 'must be a mail address', 'use an address such as team@example.com');
      problems.require(
        this.options.topic === undefined,
        'OwnerEmailWithTopic',
        `${path}.email`,
        email,
        'cannot be combined with topic, whose subscriptions belong to its owner',
        'subscribe the address to your topic, or leave topic out',
      );
    }
    problems.require(/^https:\/\//.test(this.runbookUrl), 'RunbookUrlInvalid', `${path}.runbookUrl`, this.runbookUrl, 'must start with https://', 'publish docs/operator-runbook.md and give its URL');
  }

  /**
   * The topic that pages go to: the owner's own, or a new one in `scope` that alarms may publish to.
   *
   * @internal
   */
  public _topic(scope: Construct, key: kms.IKey): sns.ITopic {
    if (this.options.topic !== undefined) return this.options.topic;
    const topic = new sns.Topic(scope, 'Topic', { masterKey: key, enforceSSL: true, displayName: this.name });
    // CloudWatch alarms publish for themselves (CloudWatch guide, "Notifying users on alarm changes", encrypted topics).
    const alarms = new iam.ServicePrincipal('cloudwatch.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } });
    topic.grantPublish(alarms);
    if (this.options.email !== undefined) topic.addSubscription(new subscriptions.EmailSubscription(this.options.email));
    return topic;
  }
}
