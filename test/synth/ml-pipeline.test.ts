import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import validate from 'asl-validator';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';

const examples = resolve(__dirname, '../../examples');

function contract(): ml.DataContract {
  return ml.DataContract.fromFile(join(examples, 'quickstart/contract.yaml'));
}

function build(props: Partial<ml.MlPipelineProps> = {}, stack = new Stack(new App(), 'Test')): { pipeline: ml.MlPipeline; stack: Stack } {
  const lake = new ml.DataLake(stack, 'Lake');
  const pipeline = new ml.MlPipeline(stack, 'Pipeline', {
    modelName: 'churn',
    owner: ml.ModelOwner.team('growth'),
    trainingData: ml.TrainingData.fromBucket(lake, { contract: contract() }),
    training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
    ...props,
  });
  return { pipeline, stack };
}

/** The definition strings of all state machines, with references replaced by their names. */
function definitions(template: Template): string[] {
  return Object.values(template.findResources('AWS::StepFunctions::StateMachine')).map((resource) => {
    const definition = resource.Properties.DefinitionString;
    if (typeof definition === 'string') return definition;
    const reference = (part: any): string => (part.Ref === 'AWS::Partition' ? 'aws' : 'arn:aws:service:us-east-1:111122223333:thing');
    return definition['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : reference(part))).join('');
  });
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('MlPipeline', () => {
  it('needs five properties and chooses safety for the rest', () => {
    const { stack } = build();
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 3);
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: Match.objectLike({ source: ['aws.sagemaker'] }) });
    const training = definitions(template).find((text) => text.includes('createTrainingJob'))!;
    expect(training).toContain('"automaticApproval":false');
  });

  it('lets every state machine pass asl-validator', () => {
    const all = definitions(Template.fromStack(build().stack));
    expect(all).toHaveLength(3);
    for (const text of all) expect(validate(JSON.parse(text) as object, { checkPaths: true, checkArn: true }).errors).toEqual([]);
  });

  it('gives every task a retry, a time limit, and a way on when it fails', () => {
    for (const text of definitions(Template.fromStack(build().stack))) {
      const visit = (states: Record<string, any>, inner: boolean): void => {
        for (const [name, state] of Object.entries(states)) {
          if (state.Type === 'Task') {
            expect({ name, retry: state.Retry?.length > 0, limited: state.TimeoutSeconds > 0 }).toEqual({ name, retry: true, limited: true });
            // The states inside of a Map or Parallel fail that state, which catches; the last record of a failure has nobody to tell.
            if (!inner && state.End === undefined && !/^Record/.test(name)) expect({ name, caught: state.Catch?.length > 0 }).toEqual({ name, caught: true });
          }
          if (state.ItemProcessor) visit(state.ItemProcessor.States, true);
          for (const branch of state.Branches ?? []) visit(branch.States, true);
        }
      };
      visit(JSON.parse(text).States, false);
    }
  });

  it('synthesizes the same bytes twice', () => {
    const bytes = (): string => {
      const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'synth-')) });
      build({}, new Stack(app, 'Test'));
      const { directory } = app.synth();
      return readdirSync(directory).filter((name) => /(template|assets)\.json$/.test(name)).sort().map((name) => readFileSync(join(directory, name), 'utf8')).join('\n');
    };
    expect(bytes()).toBe(bytes());
  });

  it('has no unacknowledged finding of cdk-nag with everything turned on, and acknowledges with reasons', () => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks());
    const { pipeline, stack } = build(
      {
        approval: ml.Approval.automatic(),
        gates: [ml.EvaluationGate.atLeast('auc', 0.8)],
        deployment: ml.Deployment.linear({ stepSize: 25, waitInterval: Duration.minutes(5) }),
        retraining: ml.Retraining.anyOf(ml.Retraining.onDrift(), ml.Retraining.onNewData()),
      },
      new Stack(app, 'Test'),
    );
    const role = new iam.Role(stack, 'Client', { assumedBy: new iam.AccountRootPrincipal() });
    pipeline.grants.invokeEndpoint(role);
    pipeline.grants.startTraining(role);
    pipeline.grants.startDeployment(role);
    pipeline.grants.approve(role);
    pipeline.grants.operate(role);
    pipeline.grants.putRawData(role);
    pipeline.grants.transformBatch(role);
    expect(() => app.synth()).not.toThrow();
  });

  it.each<[string, (stack: Stack) => Partial<ml.MlPipelineProps>]>([
    ['shadow and A/B test', () => ({ deployment: ml.Deployment.shadow({ then: ml.Deployment.abTest({ outcome: ml.AbTestOutcome.labelAccuracy() }) }) })],
    ['serverless', () => ({ monitoring: ml.Monitoring.none(), deployment: ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless() }) })],
    [
      'asynchronous, to nothing',
      (stack) => {
        const topic = new sns.Topic(stack, 'Done', { enforceSSL: true });
        const endpoint = ml.Endpoint.asynchronous({ successTopic: topic, autoscaling: ml.Autoscaling.backlogPerInstance({ minimum: 0 }) });
        return { deployment: ml.Deployment.canary({ endpoint }) };
      },
    ],
    ['asynchronous, with a topic of its own', () => ({ deployment: ml.Deployment.canary({ endpoint: ml.Endpoint.asynchronous() }) })],
  ])('is as clean with every kind of endpoint and stage: %s', (_title, props) => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks());
    const stack = new Stack(app, 'Test');
    build(props(stack), stack);
    expect(() => app.synth()).not.toThrow();
  });

  it('fails synthesis when a finding of cdk-nag is not acknowledged, so that the check above means something', () => {
    const app = new App();
    Validations.of(app).addPlugins(new AwsSolutionsChecks());
    const { stack } = build({}, new Stack(app, 'Test'));
    new s3.Bucket(stack, 'Careless');
    expect(() => app.synth()).toThrow();
    const findings = readFileSync(join(app.outdir, 'validation-report.json'), 'utf8');
    expect(findings).toContain('AwsSolutions-S1');
    expect(findings).not.toContain('Test/Pipeline');
  });

  it('keeps the logical ids of what holds data', () => {
    const template = Template.fromStack(build().stack);
    const stateful = ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::SNS::Topic', 'AWS::SageMaker::ModelPackageGroup'];
    expect(stateful.flatMap((type) => Object.keys(template.findResources(type)))).toEqual([
      'LakeAccessLogs4431AB8D',
      'LakeBucketB1D32E10',
      'LakeKey7B6C155C',
      'PipelineGovernanceTopic79E1978D',
      'PipelineRegistry768EED13',
    ]);
  });

  it('encrypts, versions, closes and logs the lake, and keeps it when the stack goes', () => {
    Template.fromStack(build().stack).hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: Match.objectLike({ ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: Match.objectLike({ SSEAlgorithm: 'aws:kms' }), BucketKeyEnabled: true }] }),
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        LoggingConfiguration: Match.objectLike({ LogFilePrefix: 'lake/' }),
        NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      },
    });
  });

  it('gives every alarm a decision about missing data and a link to its runbook section', () => {
    const runbook = readFileSync(resolve(__dirname, '../../docs/operator-runbook.md'), 'utf8');
    const anchors = new Set([...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replace(/[^a-z0-9 -]/g, '').trim().replaceAll(' ', '-')));
    for (const alarm of Object.values(Template.fromStack(build().stack).findResources('AWS::CloudWatch::Alarm'))) {
      expect(alarm.Properties.TreatMissingData).toBeDefined();
      const anchor = /#([a-z0-9-]+)/.exec(JSON.stringify(alarm.Properties.AlarmDescription))?.[1];
      expect(anchor && anchors.has(anchor) ? anchor : `${alarm.Properties.AlarmName}: no section ${anchor}`).toBe(anchor);
    }
  });

  it('uses the Node.js 24 runtime on arm64, frozen until the function changes', () => {
    const template = Template.fromStack(build().stack);
    template.allResourcesProperties('AWS::Lambda::Function', { Runtime: 'nodejs24.x', Architectures: ['arm64'], RuntimeManagementConfig: { UpdateRuntimeOn: 'FunctionUpdate' } });
  });

  it('tells the command line where everything is, in the 4 KB of a parameter', () => {
    const { pipeline, stack } = build();
    const [parameter] = Object.values(Template.fromStack(stack).findResources('AWS::SSM::Parameter'));
    expect(parameter!.Properties.Name).toBe(`/cdk-ml-pipeline/${pipeline.modelName}`);
    const text = JSON.stringify(stack.resolve(parameter!.Properties.Value));
    for (const member of ['bucket', 'endpointName', 'modelPackageGroup', 'deploymentStateMachineArn', 'trainingStateMachineArn', 'monitoringStateMachineArn', 'freezeFunctionArn']) {
      expect(text).toContain(member);
    }
    expect(text.length).toBeLessThan(2048);
  });

  it('allows no action by wildcard', () => {
    const text = JSON.stringify(Template.fromStack(build().stack).findResources('AWS::IAM::Policy'));
    expect([...text.matchAll(/"Action":(\[[^\]]*\]|"[^"]*")/g)].filter(([action]) => action.includes('*'))).toEqual([]);
  });
});

describe('wrong input', () => {
  it('fails with every problem at once, each with path, value, rule and fix', () => {
    const message = messageOf(() =>
      build({
        modelName: 'Churn Prediction For All Customers Of 2026',
        owner: ml.ModelOwner.team('', { email: 'nobody' }),
        gates: [ml.EvaluationGate.atLeast('rmse', 0.5), ml.EvaluationGate.atLeast('acu', 0.5)],
        training: ml.Training.container(ml.ContainerImage.fromUri('111122223333.dkr.ecr.us-east-1.amazonaws.com/churn:latest')),
        deployment: ml.Deployment.canary({ canarySize: 60 }),
        monitoring: ml.Monitoring.none(),
        retraining: ml.Retraining.onDrift(),
      }),
    );
    for (const code of ['ModelNameTooLong', 'ModelNameInvalid', 'OwnerNameEmpty', 'OwnerEmailInvalid', 'UnknownMetric', 'ImageLatest', 'CanarySizeOutOfRange', 'DriftWithoutMonitoring']) {
      expect(message).toContain(`[${code}]`);
    }
    expect(message).toContain("MlPipeline 'Test/Pipeline' has");
    expect(message).toContain("did you mean 'auc'?");
    expect(message).toMatch(/deployment\.canarySize: must be an integer from 1 to 50, got 60; use Deployment\.allAtOnce\(\)/);
  });

  it('fails when the fleet is too small for the percentage', () => {
    expect(messageOf(() => build({ deployment: ml.Deployment.canary({ canarySize: 10, endpoint: ml.Endpoint.realTime({ instanceCount: 2 }) }) }))).toMatch(/deployment\.canarySize: .*10 % of 2 is less than one.*\[TooFewInstancesForPercentage\]/);
  });

  it('fails when nothing is captured that could be monitored, and when stages do not fit the task', () => {
    const serverless = ml.Deployment.allAtOnce({ endpoint: ml.Endpoint.serverless() });
    expect(messageOf(() => build({ deployment: serverless }))).toMatch(/monitoring: needs captured requests.*Monitoring\.none\(\).*\[MonitoringWithoutCapture\]/);
    const logged = { deployment: serverless, monitoring: ml.Monitoring.none(), predictionLog: ml.PredictionLog.standard() };
    expect(messageOf(() => build(logged))).toMatch(/predictionLog: needs captured requests.*\[PredictionLogWithoutCapture\]/);
    const shadow = ml.Deployment.shadow({ agreement: ml.ShadowAgreement.regression({ tolerance: 1 }), then: ml.Deployment.canary() });
    expect(messageOf(() => build({ deployment: shadow }))).toMatch(/deployment\.agreement: .*ShadowAgreement\.classification\(\) \[AgreementNotForTask\]/);
  });

  it('fails on a contract without label', () => {
    const lake = new ml.DataLake(new Stack(new App(), 'Other'), 'Lake');
    const columns = [{ name: 'x', type: ml.ColumnType.NUMBER, role: ml.ColumnRole.FEATURE }];
    expect(messageOf(() => build({ trainingData: ml.TrainingData.fromBucket(lake, { contract: ml.DataContract.of({ columns }) }) }))).toMatch(/label/);
  });
});

describe('a model file', () => {
  const write = (text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'model-'));
    writeFileSync(join(folder, 'contract.yaml'), readFileSync(join(examples, 'quickstart/contract.yaml')));
    writeFileSync(join(folder, 'model.yaml'), text);
    return join(folder, 'model.yaml');
  };
  const minimal = 'modelName: churn\nowner: { team: growth }\ntrainingData: { contract: contract.yaml }\ntraining: { builtIn: xgboost-1.7-1, hyperparameters: { num_round: 100 } }\n';
  const read = (text: string): Stack => {
    const stack = new Stack(new App(), 'Test');
    ml.MlPipeline.fromFile(stack, 'Pipeline', write(text), { lake: new ml.DataLake(stack, 'Lake') });
    return stack;
  };

  it('gives the same template as the same model in TypeScript', () => {
    expect(Template.fromStack(read(minimal)).toJSON()).toEqual(Template.fromStack(build().stack).toJSON());
  });

  it('says everything that is possible', () => {
    const text = `${minimal}gates:\n  - { metric: auc, atLeast: 0.8 }\n  - { metric: auc, noWorseThanChampion: 0.01 }\napproval: automatic\ndeployment: { linear: { stepSize: 25, waitInterval: 5m }, endpoint: { realTime: { instanceType: ml.c5.large } }, keepVersions: 4 }\nmonitoring: { interval: 2h, minimumSampleSize: 300 }\nretraining: { onSchedule: rate(7 days), budget: { trainingTime: 20h } }\n`;
    const template = Template.fromStack(read(text));
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(7 days)' });
    expect(JSON.stringify(template.toJSON())).toContain('ml.c5.large');
    expect(JSON.stringify(template.toJSON())).toContain("secondsPerMonth\\\":72000");
  });

  it('fails on unknown keys with line, the key that was meant, and all other mistakes', () => {
    const message = messageOf(() => read(`${minimal.replace('team:', 'teem:')}aproval: automatic\nmonitoring: { interval: hourly }\n`));
    expect(message).toMatch(/model\.yaml:2 owner\.teem: is not a known key, got "teem"; did you mean "team"\? \[UnknownKey\]/);
    expect(message).toMatch(/owner\.team: is required/);
    expect(message).toMatch(/model\.yaml:5 aproval: is not a known key, got "aproval"; did you mean "approval"\?/);
    expect(message).toMatch(/monitoring\.interval: must be a duration: 30s, 10m, 1h, 7d, 1h30m, got "hourly"/);
  });

  it('fails on a missing file, broken YAML and contradicting choices', () => {
    expect(messageOf(() => ml.MlPipeline.fromFile(new Stack(), 'P', '/nowhere.yaml'))).toContain('[ModelFileUnreadable]');
    expect(messageOf(() => read('modelName: [churn'))).toContain('[ModelFileSyntax]');
    expect(messageOf(() => read(`${minimal}retraining: { onDrift: {}, onNewData: {} }\n`))).toContain('[AtMostOne]');
    expect(messageOf(() => read(`${minimal}gates: [{ metric: auc }]\n`))).toContain('[ExactlyOne]');
  });
});
