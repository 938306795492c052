import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';

function build(options: (stack: Stack) => ml.AsynchronousEndpointOptions = () => ({}), props: Partial<ml.MlPipelineProps> = {}): { template: Template; pipeline: ml.MlPipeline } {
  const stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const columns = [
    { name: 'basket', type: ml.ColumnType.NUMBER, role: ml.ColumnRole.FEATURE },
    { name: 'left', type: ml.ColumnType.BOOLEAN, role: ml.ColumnRole.LABEL },
  ];
  const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
    modelName: 'churn',
    owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
    trainingData: ml.TrainingData.fromBucket(new ml.DataLake(stack, 'Lake'), { contract: ml.DataContract.of({ columns }) }),
    training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
    deployment: ml.Deployment.canary({ endpoint: ml.Endpoint.asynchronous(options(stack)) }),
    ...props,
  });
  return { template: Template.fromStack(stack), pipeline };
}

const functions = (template: Template): [string, any][] => Object.entries(template.findResources('AWS::Lambda::Function', { Properties: { Environment: { Variables: { MAXIMUM_BYTES: Match.anyValue() } } } }));

describe('an asynchronous endpoint', () => {
  it('tells an encrypted topic of its own, to which the capture listens', () => {
    const { template, pipeline } = build();
    expect(pipeline.deployment?.asynchronousCapture).toBeDefined();
    const [[id, capture]] = functions(template) as [[string, any]];
    expect(capture.Properties.Environment.Variables).toMatchObject({ ENDPOINT_NAME: 'churn', SAMPLING_PERCENTAGE: '100', MAXIMUM_BYTES: String(6 * 1024 * 1024) });
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'lambda', Endpoint: { 'Fn::GetAtt': [id, 'Arn'] } });
    const [subscription] = Object.values(template.findResources('AWS::SNS::Subscription', { Properties: { Protocol: 'lambda' } }));
    const topic = subscription!['Properties'].TopicArn.Ref as string;
    expect(template.findResources('AWS::SNS::Topic')[topic]!['Properties'].KmsMasterKeyId).toBeDefined();
    // The endpoint's configuration is made at run time from these settings.
    const settings = JSON.stringify(template.findResources('AWS::Lambda::Function'));
    expect(settings).toContain('successTopicArn');
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { FunctionName: { Ref: id }, DestinationConfig: { OnFailure: { Destination: Match.anyValue() } } });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'AsyncEventsDropped', TreatMissingData: 'notBreaching' });
  });

  it('tells the topic of its user, to which the capture listens as well', () => {
    const { template } = build((stack) => ({ successTopic: sns.Topic.fromTopicArn(stack, 'Done', 'arn:aws:sns:us-east-1:111122223333:done') }));
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'lambda', TopicArn: 'arn:aws:sns:us-east-1:111122223333:done' });
    // The owner's, and no other.
    template.resourceCountIs('AWS::SNS::Topic', 1);
  });

  it('is monitored and logged by default, and says the monitor which share is captured', () => {
    const { template, pipeline } = build(() => ({ samplingPercentage: 20 }));
    expect([pipeline.monitoring, pipeline.predictionLog].every((part) => part !== undefined)).toBe(true);
    expect(functions(template)[0]![1].Properties.Environment.Variables.SAMPLING_PERCENTAGE).toBe('20');
    expect(JSON.stringify(template.findResources('AWS::StepFunctions::StateMachine'))).toContain('\\"samplingPercentage\\":20');
  });

  it('needs no other deployment when another share is captured', () => {
    const serving = (samplingPercentage: number): unknown => Object.values(build(() => ({ samplingPercentage })).template.findResources('Custom::SageMakerEndpointLifecycle'))[0]!['Properties'].ServingConfiguration;
    expect(serving(20)).toEqual(serving(60));
  });

  it('captures nothing when nobody wants it, and then cannot be monitored', () => {
    const none = { monitoring: ml.Monitoring.none() };
    const { template, pipeline } = build(() => ({ samplingPercentage: 0 }), none);
    expect([pipeline.deployment?.asynchronousCapture, pipeline.predictionLog, functions(template).length]).toEqual([undefined, undefined, 0]);
    expect(() => build(() => ({ samplingPercentage: 0 }))).toThrow(/\[MonitoringWithoutCapture\]/);
  });
});
