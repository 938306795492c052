import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DataLake } from '../data/data-lake';
import { acknowledgeWildcard } from '../private/acknowledge';
import { ModelRegistry } from '../registry/model-registry';

/** What training jobs and transform jobs of one model may do: read curated data, write artifacts and scores, log, publish their metrics. */
export function sagemakerJobRole(scope: Construct, props: { modelName: string; lake: DataLake; registry: ModelRegistry }): iam.Role {
  const { modelName, lake, registry } = props;
  const role = new iam.Role(scope, 'JobRole', {
    assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    description: `Training and scoring jobs of model ${modelName}`,
  });
  lake._grantRead(role, 'curated', modelName);
  lake._grantRead(role, 'artifacts', modelName);
  lake._grantWrite(role, 'artifacts', modelName);
  lake._grantWrite(role, 'evaluations', modelName);
  // Encrypted volumes: SageMaker hands the key on to its instances by a grant (SageMaker guide, "SageMaker roles", kms:CreateGrant).
  const volumes = { actions: ['kms:CreateGrant'], resources: [lake.key.keyArn], conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } };
  role.addToPolicy(new iam.PolicyStatement(volumes));
  registry._grantPullImages(role);
  const groups = ['TrainingJobs', 'TransformJobs'].map((kind) => logGroup(scope, kind));
  role.addToPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], resources: groups }));
  for (const group of groups) acknowledgeWildcard(role, group, 'log streams are named by SageMaker');
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': ['/aws/sagemaker/TrainingJobs', '/aws/sagemaker/TransformJobs'] } },
    }),
  );
  acknowledgeWildcard(role, '*', 'PutMetricData and GetAuthorizationToken have no resources (Service Authorization Reference); the namespace is a condition');
  return role;
}

function logGroup(scope: Construct, kind: string): string {
  return Stack.of(scope).formatArn({ service: 'logs', resource: 'log-group', resourceName: `/aws/sagemaker/${kind}:*`, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
}

/** What the state machine needs for jobs that it waits for (Step Functions guide, "Create and manage Amazon SageMaker AI jobs", IAM policies). */
export function allowJobs(role: iam.IRole, scope: Construct, modelName: string, jobRole: iam.IRole): void {
  const stack = Stack.of(scope);
  const named = (resource: string): string => stack.formatArn({ service: 'sagemaker', resource, resourceName: `${modelName}-*` });
  const allow = (actions: string[], resources: string[]): void => {
    role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources }));
    for (const resource of resources) acknowledgeWildcard(role, resource, 'jobs and scoring models of one model, whose names end in the id of the run');
  };
  allow(['sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'], [named('training-job')]);
  allow(['sagemaker:CreateTransformJob', 'sagemaker:DescribeTransformJob', 'sagemaker:StopTransformJob'], [named('transform-job')]);
  allow(['sagemaker:CreateModel'], [named('model')]);
  // Step Functions tags the jobs that it waits for, and reads the tags.
  allow(['sagemaker:AddTags', 'sagemaker:ListTags'], [named('training-job'), named('transform-job')]);
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [jobRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
    }),
  );
  const rules = ['StepFunctionsGetEventsForSageMakerTrainingJobsRule', 'StepFunctionsGetEventsForSageMakerTransformJobsRule'];
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
      resources: rules.map((resourceName) => stack.formatArn({ service: 'events', resource: 'rule', resourceName })),
    }),
  );
}
