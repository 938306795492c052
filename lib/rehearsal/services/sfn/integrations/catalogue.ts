import { serviceModel } from '../../../aws/sdk-registry';
import type { OperationModel, ServiceModel } from '../../../aws/service-model';

/** How a Task waits (Step Functions guide, "Discover service integration patterns"). */
export type Pattern = '' | 'sync' | 'sync:2' | 'waitForTaskToken';

/** A job that `.sync` waits for: how to look at it and how to stop it. */
export interface Job {
  readonly describe: string;
  readonly stop: string;
  /** Member of the arguments that names the job. */
  readonly name: string;
  /** Member of the description that holds the status. */
  readonly status: string;
  /** Rule that Step Functions manages to learn of the job's end; its role must be allowed to. */
  readonly rule: string;
}

/** An API that Step Functions integrates by hand ("optimized"), with its own request and result shapes and error names. */
export interface OptimizedApi {
  /** Service id and operation of the SDK. */
  readonly service: string;
  readonly operation: string;
  readonly patterns: readonly Pattern[];
  /** `<prefix>.<error>`; errors that the service's API does not declare become `<prefix>.<base>`. */
  readonly errorPrefix: string;
  readonly errorBase: string;
  readonly job?: Job;
}

/** A Task's Resource, understood. */
export type TaskResource =
  | { readonly kind: 'function'; readonly arn: string; readonly pattern: Pattern }
  | { readonly kind: 'optimized'; readonly id: string; readonly api: OptimizedApi; readonly pattern: Pattern }
  | { readonly kind: 'sdk'; readonly service: SdkService; readonly operation: string; readonly pattern: Pattern };

/** A service of the "AWS SDK service integrations". */
export interface SdkService {
  /** Service id of the SDK package. */
  readonly id: string;
  /** Name in errors: the AWS SDK for Java v2 that does the calls spells it so. */
  readonly name: string;
}

const sagemaker = (operation: string, job?: Job): OptimizedApi => ({
  service: 'sagemaker',
  operation,
  patterns: job ? ['', 'sync'] : [''],
  errorPrefix: 'SageMaker',
  errorBase: 'AmazonSageMakerException',
  job,
});

const sagemakerJob = (kind: string, rule: string): OptimizedApi =>
  sagemaker(`Create${kind}Job`, {
    describe: `Describe${kind}Job`,
    stop: `Stop${kind}Job`,
    name: `${kind}JobName`,
    status: `${kind}JobStatus`,
    rule: `StepFunctionsGetEventsForSageMaker${rule}JobsRule`,
  });

/**
 * Step Functions guide, "Integrating services", one page per service ("Invoke an AWS Lambda function", "Create and manage Amazon SageMaker
 * AI jobs", "Publish messages to Amazon SNS topics", "Add EventBridge events", "Start a new state machine from a running execution").
 */
const OPTIMIZED: Record<string, OptimizedApi> = {
  'lambda:invoke': { service: 'lambda', operation: 'Invoke', patterns: ['', 'waitForTaskToken'], errorPrefix: 'Lambda', errorBase: 'AWSLambdaException' },
  'sns:publish': { service: 'sns', operation: 'Publish', patterns: ['', 'waitForTaskToken'], errorPrefix: 'SNS', errorBase: 'AmazonSNSException' },
  'events:putEvents': {
    service: 'eventbridge',
    operation: 'PutEvents',
    patterns: ['', 'waitForTaskToken'],
    errorPrefix: 'EventBridge',
    errorBase: 'AmazonEventBridgeException',
  },
  'states:startExecution': {
    service: 'sfn',
    operation: 'StartExecution',
    patterns: ['', 'sync', 'sync:2', 'waitForTaskToken'],
    errorPrefix: 'StepFunctions',
    errorBase: 'AWSStepFunctionsException',
    job: {
      describe: 'DescribeExecution',
      stop: 'StopExecution',
      name: 'ExecutionArn',
      status: 'Status',
      rule: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
    },
  },
  'sagemaker:createEndpoint': sagemaker('CreateEndpoint'),
  'sagemaker:createEndpointConfig': sagemaker('CreateEndpointConfig'),
  'sagemaker:createModel': sagemaker('CreateModel'),
  'sagemaker:updateEndpoint': sagemaker('UpdateEndpoint'),
  'sagemaker:createTrainingJob': sagemakerJob('Training', 'Training'),
  'sagemaker:createTransformJob': sagemakerJob('Transform', 'Transform'),
  'sagemaker:createProcessingJob': sagemakerJob('Processing', 'Processing'),
  'sagemaker:createHyperParameterTuningJob': sagemakerJob('HyperParameterTuning', 'Tuning'),
};

/** By the name in the resource ARN (guide, "Supported AWS SDK service integrations"). */
const SDK_SERVICES: Record<string, SdkService> = {
  applicationautoscaling: { id: 'application-auto-scaling', name: 'ApplicationAutoScaling' },
  cloudwatch: { id: 'cloudwatch', name: 'CloudWatch' },
  eventbridge: { id: 'eventbridge', name: 'EventBridge' },
  lambda: { id: 'lambda', name: 'Lambda' },
  s3: { id: 's3', name: 'S3' },
  sagemaker: { id: 'sagemaker', name: 'SageMaker' },
  scheduler: { id: 'scheduler', name: 'Scheduler' },
  sfn: { id: 'sfn', name: 'Sfn' },
  sns: { id: 'sns', name: 'Sns' },
};

/** @throws Error with the reason when the rehearsal does not know the resource */
export function parseResource(resource: unknown): TaskResource {
  if (typeof resource !== 'string') throw new Error('Resource must be a string, not an expression or an object');
  const parts = /^arn:[\w-]+:(\w+):([\w-]*):(\d*):(.+)$/.exec(resource);
  if (!parts) throw new Error(`Resource ${JSON.stringify(resource)} is not an ARN`);
  const [, service, region, account, rest] = parts;
  if (service === 'lambda') return { kind: 'function', arn: resource, pattern: '' };
  if (service !== 'states' || region !== '' || account !== '') throw new Error(`Resource ${resource}: activities and ${service} ARNs are not simulated`);
  const [body, suffix] = split(rest!);
  const pattern = suffix as Pattern;
  if (body.startsWith('aws-sdk:')) {
    const [, name = '', action = ''] = body.split(':');
    const sdk = SDK_SERVICES[name];
    if (!sdk) throw new Error(`Resource ${resource}: AWS SDK integration with ${name} is not simulated; known: ${Object.keys(SDK_SERVICES).join(', ')}`);
    if (!/^[a-z][A-Za-z0-9]+$/.test(action)) throw new Error(`Resource ${resource}: the action must be in camelCase`);
    const operation = action[0]!.toUpperCase() + action.slice(1);
    if (!serviceModel(sdk.id)?.operations.has(operation)) throw new Error(`Resource ${resource}: ${name} has no action ${action}`);
    if (!['', 'waitForTaskToken'].includes(pattern)) throw new Error(`Resource ${resource}: pattern .${pattern} does not exist for AWS SDK integrations`);
    return { kind: 'sdk', service: sdk, operation, pattern };
  }
  const api = OPTIMIZED[body];
  if (!api) throw new Error(`Resource ${resource}: integration ${body} is not simulated; known: ${Object.keys(OPTIMIZED).join(', ')}`);
  if (!api.patterns.includes(pattern)) throw new Error(`Resource ${resource}: ${body} has no pattern .${pattern}`);
  return { kind: 'optimized', id: body, api, pattern };
}

/** The API that a task calls, as the SDK describes it. */
export function apiOf(resource: TaskResource): { service: ServiceModel; operation: OperationModel } | undefined {
  const [id, name] =
    resource.kind === 'sdk' ? [resource.service.id, resource.operation] : resource.kind === 'optimized' ? [resource.api.service, resource.api.operation] : ['lambda', 'Invoke'];
  const service = serviceModel(id!);
  const operation = service?.operations.get(name!);
  return service && operation ? { service, operation } : undefined;
}

/** `sagemaker:createTrainingJob.sync` → body and pattern; the version of a pattern follows a colon. */
function split(rest: string): [string, string] {
  const dot = rest.indexOf('.');
  return dot < 0 ? [rest, ''] : [rest.slice(0, dot), rest.slice(dot + 1)];
}

/** `ResourceNotFound` → `ResourceNotFoundException`, `InternalServiceFault` → `InternalServiceException` (naming of the AWS SDK for Java). */
function exceptionName(code: string): string {
  if (code.endsWith('Exception')) return code;
  return `${code.endsWith('Fault') ? code.slice(0, -'Fault'.length) : code}Exception`;
}

/** Codes of requests that never got an answer. */
const UNANSWERED = new Set(['NetworkingError', 'RequestTimeout', 'TimeoutError']);

/**
 * Error name of a failed call: `<Service>.<Error>Exception` for errors that the service's API declares, the client's base exception for all
 * others (throttling, validation, access denied). Guide, "AWS SDK service integrations" and "Handling errors", and the names that the
 * SDKs for Java give their classes.
 */
export function errorName(resource: TaskResource, code: string): string {
  const { prefix, base } =
    resource.kind === 'sdk'
      ? { prefix: resource.service.name, base: `${resource.service.name}Exception` }
      : resource.kind === 'optimized'
        ? { prefix: resource.api.errorPrefix, base: resource.api.errorBase }
        : { prefix: 'Lambda', base: 'AWSLambdaException' };
  if (UNANSWERED.has(code)) return `${prefix}.SdkClientException`;
  // S3 declares AccessDenied for a few new operations only; for all others it is S3Exception.
  const declared = prefix === 'S3' && code === 'AccessDenied' ? undefined : apiOf(resource)?.service.error(code);
  return `${prefix}.${declared ? exceptionName(declared.name) : base}`;
}
