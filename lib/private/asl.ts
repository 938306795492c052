import { Aws } from 'aws-cdk-lib';
import { IFunction } from 'aws-cdk-lib/aws-lambda';

/**
 * Amazon States Language as data, JSONata only. Definitions are written as literals: what a reader sees is what runs.
 * https://states-language.net and the Step Functions guide, "Transforming data with JSONata".
 */
export type AslValue = string | number | boolean | null | AslValue[] | { [key: string]: AslValue };

export interface AslRetry {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}

export interface AslCatch {
  ErrorEquals: string[];
  Next: string;
  Assign?: Record<string, AslValue>;
  Output?: AslValue;
}

export interface AslState {
  Type: 'Pass' | 'Task' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';
  [key: string]: unknown;
}

export interface AslDefinition {
  Comment: string;
  QueryLanguage: 'JSONata';
  StartAt: string;
  TimeoutSeconds?: number;
  States: Record<string, AslState>;
}

/** JSONata expression: `expr('$run.id')` → `{% $run.id %}` */
export function expr(expression: string): string {
  return `{% ${expression} %}`;
}

/** Errors that come from Lambda itself or from losing it; our handlers are idempotent, so all of them may be repeated. */
export const LAMBDA_RETRY: AslRetry[] = [
  {
    ErrorEquals: ['Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException', 'Lambda.TooManyRequestsException'],
    IntervalSeconds: 2,
    MaxAttempts: 6,
    BackoffRate: 2,
    MaxDelaySeconds: 60,
  },
  { ErrorEquals: ['States.Timeout', 'States.TaskFailed'], IntervalSeconds: 5, MaxAttempts: 3, BackoffRate: 2 },
];

/** Throttling and passing faults of the SageMaker API, for optimized and AWS SDK integrations. */
export const SAGEMAKER_RETRY: AslRetry[] = [
  {
    ErrorEquals: ['SageMaker.AmazonSageMakerException', 'SageMaker.SageMakerException', 'SageMaker.ResourceLimitExceededException', 'SageMaker.SdkClientException'],
    IntervalSeconds: 15,
    MaxAttempts: 4,
    BackoffRate: 2,
    MaxDelaySeconds: 120,
  },
];

export interface HandlerTask {
  readonly payload: Record<string, AslValue>;
  /** Variables from the handler's result: `$states.result.Payload`. */
  readonly assign?: Record<string, AslValue>;
  /** @default the handler's result */
  readonly output?: AslValue;
  /** @default the workflow ends here */
  readonly next?: string;
  /** State that any error leads to; `$failure` then holds `{Error, Cause}`. @default the execution fails */
  readonly onError?: string;
  readonly timeoutSeconds: number;
}

/** Task state that invokes one of our handlers and returns its payload. */
export function handlerTask(handler: IFunction, task: HandlerTask): AslState {
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::lambda:invoke`,
    Arguments: { FunctionName: handler.functionArn, Payload: task.payload },
    ...(task.assign ? { Assign: task.assign } : {}),
    Output: task.output ?? expr('$states.result.Payload'),
    TimeoutSeconds: task.timeoutSeconds,
    Retry: LAMBDA_RETRY,
    ...(task.onError ? { Catch: catchAll(task.onError) } : {}),
    ...(task.next ? { Next: task.next } : { End: true }),
  };
}

/** Any error leads to `next` with the variable `$failure` = `{Error, Cause}`. */
export function catchAll(next: string): AslCatch[] {
  return [{ ErrorEquals: ['States.ALL'], Next: next, Assign: { failure: expr('$states.errorOutput') } }];
}
