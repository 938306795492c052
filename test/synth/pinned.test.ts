import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';
import { type PinnedAttempt, pinnedIntention, type PinnedRelease } from '../../lib/deployment/pinned/pinned.contract';

function build(deployment: ml.Deployment, app = new App(), predictionLog?: ml.PredictionLog): { stack: Stack; pipeline: ml.MlPipeline } {
  const stack = new Stack(app, 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  const columns = [
    { name: 'basket', type: ml.ColumnType.NUMBER, role: ml.ColumnRole.FEATURE },
    { name: 'left', type: ml.ColumnType.BOOLEAN, role: ml.ColumnRole.LABEL },
  ];
  const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
    modelName: 'churn',
    owner: ml.ModelOwner.team('growth', { email: 'growth@example.com' }),
    trainingData: ml.TrainingData.fromBucket(new ml.DataLake(stack, 'Lake'), { contract: ml.DataContract.of({ columns }) }),
    training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
    deployment,
    predictionLog,
  });
  return { stack, pipeline };
}

describe('a pinned deployment', () => {
  it('has nothing of the workflow, and no endpoint until a version is named', () => {
    const { stack, pipeline } = build(ml.Deployment.pinned());
    const template = Template.fromStack(stack);
    expect([pipeline.deployment, pipeline.pinnedDeployment?.endpoint, pipeline.endpointName]).toEqual([undefined, undefined, 'churn']);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 2);
    template.resourceCountIs('AWS::SageMaker::Endpoint', 0);
    expect(JSON.stringify(template.findResources('AWS::Events::Rule'))).not.toContain('SageMaker Model Package State Change');
  });

  it('owns model, configuration and endpoint, with guardrails, and alarms on the new fleet', () => {
    const by = ml.Deployment.canary({ canarySize: 50, waitInterval: Duration.minutes(10) });
    const template = Template.fromStack(build(ml.Deployment.pinned({ version: 7, by })).stack);
    template.hasResourceProperties('AWS::SageMaker::Model', { PrimaryContainer: { ModelPackageName: Match.objectLike({ 'Fn::Join': Match.anyValue() }) }, EnableNetworkIsolation: true });
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', { ProductionVariants: [Match.objectLike({ VariantName: 'AllTraffic' })], DataCaptureConfig: Match.objectLike({ EnableCapture: true }) });
    const [config] = Object.keys(template.findResources('AWS::SageMaker::EndpointConfig'));
    const name = { 'Fn::GetAtt': [config, 'EndpointConfigName'] };
    template.hasResourceProperties('AWS::SageMaker::Endpoint', {
      EndpointName: 'churn',
      EndpointConfigName: name,
      RetainAllVariantProperties: true,
      DeploymentConfig: {
        AutoRollbackConfiguration: { Alarms: [{ AlarmName: Match.anyValue() }, { AlarmName: Match.anyValue() }] },
        BlueGreenUpdatePolicy: Match.objectLike({ TrafficRoutingConfiguration: { Type: 'CANARY', WaitIntervalInSeconds: 600, CanarySize: { Type: 'CAPACITY_PERCENT', Value: 50 } } }),
      },
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'churn-pinned-latency', Dimensions: Match.arrayWith([{ Name: 'EndpointConfigName', Value: name }]), TreatMissingData: 'notBreaching' });
  });

  it('asks for approval before the model and for the truth after the endpoint', () => {
    const template = Template.fromStack(build(ml.Deployment.pinned({ version: 7 })).stack);
    const [approval] = Object.keys(template.findResources('Custom::PinnedReleaseApproval'));
    const [endpoint] = Object.keys(template.findResources('AWS::SageMaker::Endpoint'));
    template.hasResource('AWS::SageMaker::Model', { DependsOn: Match.arrayWith([approval]) });
    template.hasResource('Custom::PinnedReleaseTruth', { DependsOn: Match.arrayWith([endpoint]) });
  });

  it.each([
    ['rolling, real-time', ml.Deployment.rolling()],
    ['canary, asynchronous', ml.Deployment.canary({ endpoint: ml.Endpoint.asynchronous() })],
  ])('has no unacknowledged finding of cdk-nag: %s', (_kind, by) => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks());
    const { stack } = build(ml.Deployment.pinned({ version: 7, by }), app);
    expect(() => app.synth()).not.toThrow();
    Template.fromStack(stack).resourceCountIs('AWS::SageMaker::Endpoint', 1);
  });

  it('fails for a package of another group while predictions are logged', () => {
    const pinned = ml.Deployment.pinned({ modelPackageArn: 'arn:aws:sagemaker:us-east-1:444455556666:model-package/other/3' });
    expect(() => build(pinned)).toThrow(/PredictionLogOfOtherGroup/);
    expect(() => build(pinned, new App(), ml.PredictionLog.none())).not.toThrow();
  });
});

describe('the intention of a stack operation', () => {
  const release = fc.record({ modelPackageArn: fc.constantFrom('arn/1', 'arn/2'), release: fc.constantFrom('a', 'b') });

  it('is a release unless it is open already, or is what was proven', () => {
    fc.assert(
      fc.property(release, release, fc.option(release, { nil: undefined }), fc.boolean(), (asked: PinnedRelease, tried: PinnedRelease, proven: PinnedRelease | undefined, open: boolean) => {
        const attempt: PinnedAttempt = { ...tried, id: 'x', open, proven };
        const same = (other?: PinnedRelease): boolean => other !== undefined && other.modelPackageArn === asked.modelPackageArn && other.release === asked.release;
        const expected = open && same(tried) ? 'NOTHING' : !same(proven) ? 'RELEASE' : open ? 'RETURN' : 'NOTHING';
        expect(pinnedIntention(asked, attempt)).toBe(expected);
      }),
    );
    expect(pinnedIntention({ modelPackageArn: 'arn/1', release: 'a' }, undefined)).toBe('RELEASE');
  });
});
