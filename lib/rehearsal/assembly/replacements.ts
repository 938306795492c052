/**
 * Properties whose change makes CloudFormation create a new resource and delete the old one ("Update requires: Replacement" on the type's
 * page of the template reference). Types that are not here cannot be updated in a rehearsal.
 */
export const REPLACING_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApplicationAutoScaling::ScalableTarget': ['ResourceId', 'ServiceNamespace', 'ScalableDimension'],
  'AWS::ApplicationAutoScaling::ScalingPolicy': ['PolicyName', 'ResourceId', 'ScalableDimension', 'ScalingTargetId', 'ServiceNamespace'],
  'AWS::Athena::NamedQuery': ['WorkGroup', 'Description', 'QueryString', 'Database', 'Name'],
  'AWS::Athena::PreparedStatement': ['StatementName', 'WorkGroup'],
  'AWS::Athena::WorkGroup': ['Name'],
  'AWS::CDK::Metadata': [],
  'AWS::CloudFormation::WaitConditionHandle': [],
  'AWS::CloudWatch::Alarm': ['AlarmName'],
  'AWS::CloudWatch::CompositeAlarm': ['AlarmName'],
  'AWS::CloudWatch::Dashboard': ['DashboardName'],
  'AWS::ECR::Repository': ['EncryptionConfiguration', 'RepositoryName'],
  'AWS::Events::Rule': ['EventBusName', 'Name'],
  'AWS::Glue::Database': ['CatalogId', 'DatabaseName'],
  'AWS::Glue::Table': ['DatabaseName', 'CatalogId', 'Name'],
  'AWS::IAM::ManagedPolicy': ['ManagedPolicyName', 'Path', 'Description'],
  'AWS::IAM::Policy': [],
  'AWS::IAM::Role': ['Path', 'RoleName'],
  'AWS::KMS::Alias': ['AliasName'],
  'AWS::KMS::Key': [],
  'AWS::Lambda::Alias': ['FunctionName', 'Name'],
  'AWS::Lambda::EventInvokeConfig': ['FunctionName', 'Qualifier'],
  'AWS::Lambda::Function': ['FunctionName', 'PackageType', 'TenancyConfig'],
  'AWS::Lambda::Permission': [
    'FunctionName',
    'Action',
    'EventSourceToken',
    'FunctionUrlAuthType',
    'SourceArn',
    'SourceAccount',
    'PrincipalOrgID',
    'Principal',
    'InvokedViaFunctionUrl',
  ],
  'AWS::Lambda::Version': ['CodeSha256', 'Description', 'FunctionName', 'ProvisionedConcurrencyConfig', 'RuntimePolicy'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::Logs::LogStream': ['LogStreamName', 'LogGroupName'],
  'AWS::Logs::QueryDefinition': [],
  'AWS::Logs::ResourcePolicy': ['PolicyName'],
  'AWS::S3::Bucket': ['BucketName', 'ObjectLockEnabled', 'BucketNamespace', 'BucketNamePrefix'],
  'AWS::S3::BucketPolicy': ['Bucket'],
  'AWS::SNS::Subscription': ['Endpoint', 'Protocol', 'TopicArn'],
  'AWS::SNS::Topic': ['FifoTopic', 'TopicName'],
  'AWS::SNS::TopicPolicy': [],
  'AWS::SQS::Queue': ['FifoQueue', 'QueueName'],
  'AWS::SQS::QueuePolicy': [],
  'AWS::SSM::Parameter': ['Name'],
  'AWS::SageMaker::Endpoint': ['EndpointName'],
  'AWS::SageMaker::EndpointConfig': [
    'ShadowProductionVariants',
    'DataCaptureConfig',
    'ProductionVariants',
    'KmsKeyId',
    'AsyncInferenceConfig',
    'EndpointConfigName',
    'ExplainerConfig',
    'VpcConfig',
    'MetricsConfig',
    'ExecutionRoleArn',
    'EnableNetworkIsolation',
  ],
  'AWS::SageMaker::Model': ['ExecutionRoleArn', 'EnableNetworkIsolation', 'PrimaryContainer', 'ModelName', 'VpcConfig', 'Containers', 'InferenceExecutionConfig'],
  'AWS::SageMaker::ModelPackageGroup': ['ModelPackageGroupName', 'ModelPackageGroupDescription'],
  'AWS::Scheduler::Schedule': ['Name'],
  'AWS::Scheduler::ScheduleGroup': ['Name'],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 'StateMachineType'],
  'Custom::S3BucketNotifications': [],
};

/** Properties that a template names a resource with. Two resources of one name cannot exist, so such a resource cannot be replaced. */
export const NAMING_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::Athena::WorkGroup': 'Name',
  'AWS::ECR::Repository': 'RepositoryName',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SageMaker::EndpointConfig': 'EndpointConfigName',
  'AWS::SageMaker::Model': 'ModelName',
  'AWS::SageMaker::ModelPackageGroup': 'ModelPackageGroupName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
};

/** Names of the top-level properties that differ. */
export function changedProperties(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !equal(before[name], after[name]));
}

/** Equal as CloudFormation compares: the order of members says nothing, that of a list does. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  return changedProperties(a as Record<string, unknown>, b as Record<string, unknown>).length === 0;
}
