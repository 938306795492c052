import { Duration, Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { DataLake } from '../data/data-lake';
import { Deployment } from '../deployment/choices/deployment';
import { AsynchronousCaptureSettings } from '../deployment/choices/endpoint';
import { EndpointSettings } from '../deployment/deployment.contract';
import { ModelGovernance } from '../governance/model-governance';
import { METRIC_NAMESPACE } from '../monitoring/metric-catalogue.contract';
import { acknowledgeWildcard } from '../private/acknowledge';
import { Problems } from '../private/errors';
import { HandlerFunction } from '../private/handler-function';
import { ModelAlarm } from '../private/model-alarm';
import { ASYNCHRONOUS_CAPTURE_ENVIRONMENT, FAILED_EVENTS_PREFIX } from './asynchronous-capture.contract';

export interface AsynchronousCaptureProps {
  readonly modelName: string;
  readonly endpointName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  /** Of an asynchronous endpoint whose inferences are captured. */
  readonly deployment: Deployment;
  /** Of the endpoint, which publishes to the topic with it. */
  readonly executionRole: iam.IRole;
}

/**
 * SageMaker captures nothing of asynchronous endpoints (model-deploy-feature-matrix, "Data capture"), but tells a topic of each result. A function
 * writes what was asked and answered as one record in the format and place of data capture, so that everything that reads captured data works.
 */
export class AsynchronousCapture extends Construct {
  /** Writes the records. What it failed on lies below `aws/lambda/async/` in the lake: operator runbook, "asynchronous-capture-failures". */
  public readonly function: lambda.IFunction;
  /** Told of each result: the endpoint's `successTopic`, else one of its own. */
  public readonly topic: sns.ITopic;
  /** Inferences are not being captured. */
  public readonly failureAlarm: cloudwatch.Alarm;

  public constructor(scope: Construct, id: string, props: AsynchronousCaptureProps) {
    super(scope, id);
    const { modelName, governance } = props;
    const settings = props.deployment._asynchronousCapture;
    const problems = new Problems();
    problems.require(settings !== undefined, 'NothingToCapture', 'deployment', 'another endpoint', 'must have an asynchronous endpoint with a samplingPercentage greater than 0', 'leave the construct out');
    problems.throwIfAny(this);
    this.topic = settings!.topic ?? this.ownTopic(props);
    const handler = this.captureFunction(props, settings!);
    this.function = handler;
    this.topic.addSubscription(new subscriptions.LambdaSubscription(handler));
    this.failureAlarm = new ModelAlarm(this, 'Failures', {
      governance,
      name: 'asynchronous-capture-failures',
      meaning: `Inferences of ${modelName} are not captured, so nothing watches them. Nothing is lost while requests and responses are kept.`,
      // Only what Lambda gave up on: a retry that helped is no page (Lambda guide, "Types of metrics for Lambda functions").
      metric: handler.metric('AsyncEventsDropped', { statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
      comparison: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /**
   * The endpoint, telling the topic.
   *
   * @internal
   */
  public _announced<T extends EndpointSettings>(endpoint: T): T {
    return endpoint.kind === 'ASYNCHRONOUS' ? { ...endpoint, successTopicArn: this.topic.topicArn } : endpoint;
  }

  private ownTopic({ modelName, lake, executionRole }: AsynchronousCaptureProps): sns.Topic {
    const topic = new sns.Topic(this, 'Topic', { masterKey: lake.key, enforceSSL: true, displayName: `Inferences of ${modelName}` });
    executionRole.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
    // SNS guide, "Managing encryption keys": the publisher encrypts.
    lake.key.grant(executionRole, 'kms:GenerateDataKey', 'kms:Decrypt');
    return topic;
  }

  private captureFunction({ modelName, endpointName, lake }: AsynchronousCaptureProps, settings: AsynchronousCaptureSettings): HandlerFunction {
    const environment: Record<(typeof ASYNCHRONOUS_CAPTURE_ENVIRONMENT)[number], string> = {
      LAKE_BUCKET: lake.bucket.bucketName,
      MODEL_NAME: modelName,
      ENDPOINT_NAME: endpointName,
      SAMPLING_PERCENTAGE: String(settings.samplingPercentage),
      MAXIMUM_BYTES: String(settings.maximumCapturedSize.toBytes({ rounding: SizeRoundingBehavior.FLOOR })),
    };
    const handler = new HandlerFunction(this, 'Capture', {
      handler: 'capture-asynchronous',
      description: `Captures inferences of the asynchronous endpoint of model ${modelName}`,
      environment,
      timeout: Duration.minutes(1),
      // Request and response, each as bytes, as text and in the record.
      memory: Size.mebibytes(512),
    });
    lake._grantRead(handler, 'captured', modelName);
    for (const area of ['captured', 'reports'] as const) lake._grantWrite(handler, area, modelName);
    handler.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } } }),
    );
    acknowledgeWildcard(handler.role!, '*', 'PutMetricData has no resources; the namespace is a condition (Service Authorization Reference, CloudWatch)');
    this.keepFailedEvents(handler, lake);
    return handler;
  }

  /** Lambda guide, "Capturing records of Lambda asynchronous invocations": S3 as failure destination, with the function's role. */
  private keepFailedEvents(handler: HandlerFunction, lake: DataLake): void {
    const failed = lake.bucket.arnForObjects(`${FAILED_EVENTS_PREFIX}*`);
    handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [failed] }));
    acknowledgeWildcard(handler.role!, failed, 'Lambda names the objects by the function, whose name is made by CloudFormation');
    handler.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [lake.bucket.bucketArn], conditions: { StringLike: { 's3:prefix': [FAILED_EVENTS_PREFIX, `${FAILED_EVENTS_PREFIX}*`] } } }),
    );
    const config = new lambda.EventInvokeConfig(this, 'OnFailure', { function: handler, onFailure: { bind: () => ({ destination: lake.bucket.bucketArn }) } });
    // Lambda checks the permission when it is told the destination.
    config.node.addDependency(handler.role!);
  }
}
