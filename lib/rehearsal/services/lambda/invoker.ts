import { AwsError } from '../../kernel/aws-error';
import type { Simulation } from '../../kernel/simulation';
import type { CloudWatchService } from '../cloudwatch/cloudwatch-service';
import type { LogsService } from '../logs';
import type { InvocationResult, LambdaFunction } from './function';
import type { ResponseSink } from './response-sink';
import { Sandbox } from './sandbox';

/** Quotas page of the Lambda guide: 6 MB for requests and responses of synchronous, 1 MB for requests of asynchronous invocations. */
const SYNCHRONOUS_LIMIT = 6 * 1024 * 1024;
const ASYNCHRONOUS_LIMIT = 1024 * 1024;

/** What an invocation takes in virtual time. Real time of the code does not count: it depends on the machine. */
const DURATION = 120;

/** Waits before the first and the second retry (guide, "Error handling for asynchronous invocation"). */
const RETRY_WAITS = [60_000, 120_000];

/** Runs functions: synchronously, or from the queue of asynchronous events. */
export class Invoker {
  private readonly warm = new Map<string, { sandbox: Sandbox; stream: string }>();
  private requests = 0;

  public constructor(
    private readonly simulation: Simulation,
    private readonly responses: ResponseSink,
  ) {}

  public drop(name: string | undefined): void {
    if (name === undefined) this.warm.clear();
    else this.warm.delete(name);
  }

  public async invoke(target: LambdaFunction, input: Record<string, any>): Promise<Record<string, unknown>> {
    const type = input.InvocationType ?? 'RequestResponse';
    const payload = Buffer.from(input.Payload ?? '');
    const limit = type === 'Event' ? ASYNCHRONOUS_LIMIT : SYNCHRONOUS_LIMIT;
    if (payload.length > limit) {
      throw new AwsError('RequestTooLargeException', `${payload.length} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`, 413);
    }
    const event = parsePayload(payload);
    if (type === 'DryRun') return { StatusCode: 204 };
    if (type === 'Event') {
      const requestId = this.requestId();
      this.simulation.clock.spawn(() => this.runAsynchronously(target, event, requestId));
      return { StatusCode: 202 };
    }
    const result = await this.run(target, event, this.requestId());
    return {
      StatusCode: 200,
      Payload: result.payload,
      ExecutedVersion: '$LATEST',
      ...(result.functionError === undefined ? {} : { FunctionError: result.functionError }),
    };
  }

  private async runAsynchronously(target: LambdaFunction, event: unknown, requestId: string): Promise<void> {
    const { clock, timeline } = this.simulation;
    const { maximumRetryAttempts, maximumEventAgeSeconds, onFailure } = target.asynchronous;
    const accepted = clock.now();
    for (let attempt = 0; ; attempt++) {
      const result = await this.run(target, event, requestId);
      if (result.functionError === undefined) return;
      const wait = RETRY_WAITS[attempt];
      if (attempt < maximumRetryAttempts && wait !== undefined && clock.now() + wait - accepted <= 1000 * maximumEventAgeSeconds) {
        await clock.sleep(wait);
        continue;
      }
      const message = `event dropped after ${attempt + 1} attempts: ${result.payload.toString()}`;
      timeline.emit({ time: clock.now(), kind: 'function', subject: target.configuration.name, status: 'FAILED', message });
      // Guide, "Types of metrics", asynchronous invocation metrics: before it goes to the destination.
      this.simulation.service<CloudWatchService>('cloudwatch').putMetric('AWS/Lambda', 'AsyncEventsDropped', { FunctionName: target.configuration.name }, 1, 'Count', clock.now());
      if (onFailure !== undefined) await this.sendToDestination(target, onFailure, event, result, requestId, attempt + 1);
      return;
    }
  }

  private async sendToDestination(
    target: LambdaFunction,
    destination: string,
    event: unknown,
    result: InvocationResult,
    requestId: string,
    attempts: number,
  ): Promise<void> {
    const record = JSON.stringify({
      version: '1.0',
      timestamp: this.simulation.clock.iso(),
      requestContext: { requestId, functionArn: `${target.configuration.arn}:$LATEST`, condition: 'RetriesExhausted', approximateInvokeCount: attempts },
      requestPayload: event,
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: result.functionError },
      responsePayload: JSON.parse(result.payload.toString()) as unknown,
    });
    const { gateway } = this.simulation;
    if (destination.includes(':sns:')) await gateway.call(target.principal, 'sns', 'Publish', { TopicArn: destination, Message: record });
    else if (destination.includes(':lambda:')) {
      await gateway.call(target.principal, 'lambda', 'Invoke', { FunctionName: destination, InvocationType: 'Event', Payload: Buffer.from(record) });
    } else if (destination.includes(':s3:::')) {
      const Bucket = destination.split(':::')[1]!;
      await gateway.call(target.principal, 's3', 'PutObject', { Bucket, Key: failureKey(target.configuration.name, this.simulation.clock.iso(), requestId), Body: record });
    } else throw new Error(`destination ${destination} is not simulated`);
  }

  private async run(target: LambdaFunction, event: unknown, requestId: string): Promise<InvocationResult> {
    const { clock, timeline } = this.simulation;
    const { configuration } = target;
    const started = clock.now();
    const result = await this.execute(target, event, requestId);
    await clock.sleep(DURATION);
    this.publishMetrics(configuration.name, result.functionError !== undefined, started);
    const error = result.functionError === undefined ? undefined : (JSON.parse(result.payload.toString()) as { errorType?: string; errorMessage?: string });
    timeline.emit({
      time: clock.now(),
      kind: 'function',
      subject: configuration.name,
      status: error ? 'FAILED' : 'SUCCEEDED',
      message: error ? `${error.errorType}: ${error.errorMessage}` : 'invoked',
      data: { logicalId: configuration.logicalId, requestId },
    });
    return result;
  }

  private async execute(target: LambdaFunction, event: unknown, requestId: string): Promise<InvocationResult> {
    const { configuration } = target;
    const logs = this.simulation.service<LogsService>('cloudwatch-logs');
    let stream = this.warm.get(configuration.name)?.stream;
    try {
      const environment = this.environment(target);
      stream = environment.stream;
      const value = await call(environment.sandbox, event, this.context(target, requestId, environment.stream));
      const payload = Buffer.from(value === undefined ? 'null' : JSON.stringify(value));
      if (payload.length > SYNCHRONOUS_LIMIT) {
        return failure('Function.ResponseSizeTooLarge', `Response payload size exceeded maximum allowed payload size (${SYNCHRONOUS_LIMIT} bytes).`);
      }
      return { payload };
    } catch (thrown) {
      const error = asError(thrown);
      logs.append(configuration.logGroup, stream ?? 'init', `ERROR\tInvoke Error\t${error.stack ?? error.message}`);
      return failure(error.name, error.message, error.stack);
    }
  }

  private environment(target: LambdaFunction): { sandbox: Sandbox; stream: string } {
    const { configuration, principal } = target;
    const existing = this.warm.get(configuration.name);
    if (existing) return existing;
    const { clock, region, gateway, random } = this.simulation;
    const unique = random.stream(`lambda/${configuration.name}/${this.requests}`);
    const stream = `${clock.iso().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${unique.uuid().replaceAll('-', '')}`;
    const logs = this.simulation.service<LogsService>('cloudwatch-logs');
    const sandbox = new Sandbox({
      configuration,
      environment: {
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.runtime}`,
        AWS_LAMBDA_FUNCTION_NAME: configuration.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memorySize),
        AWS_LAMBDA_LOG_GROUP_NAME: configuration.logGroup,
        AWS_LAMBDA_LOG_STREAM_NAME: stream,
        LAMBDA_TASK_ROOT: '/var/task',
        LAMBDA_RUNTIME_DIR: '/var/runtime',
        _HANDLER: configuration.handler,
        TZ: ':UTC',
        ...configuration.environment,
      },
      now: () => clock.now(),
      sleep: (milliseconds) => clock.sleep(milliseconds),
      random: unique,
      runtimeRequire: gateway.requireFor(principal),
      log: (line, level) => logs.append(configuration.logGroup, stream, line.startsWith('{') ? line : `${level}\t${line}`),
      responses: this.responses,
    });
    const environment = { sandbox, stream };
    this.warm.set(configuration.name, environment);
    return environment;
  }

  private context({ configuration }: LambdaFunction, requestId: string, stream: string): Record<string, unknown> {
    return {
      callbackWaitsForEmptyEventLoop: true,
      functionName: configuration.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: configuration.arn,
      memoryLimitInMB: String(configuration.memorySize),
      awsRequestId: requestId,
      logGroupName: configuration.logGroup,
      logStreamName: stream,
      getRemainingTimeInMillis: () => 1000 * configuration.timeoutSeconds,
    };
  }

  /** Guide, "Types of metrics for Lambda functions". */
  private publishMetrics(name: string, failed: boolean, time: number): void {
    const cloudWatch = this.simulation.service<CloudWatchService>('cloudwatch');
    const dimensions = { FunctionName: name };
    cloudWatch.putMetric('AWS/Lambda', 'Invocations', dimensions, 1, 'Count', time);
    cloudWatch.putMetric('AWS/Lambda', 'Errors', dimensions, failed ? 1 : 0, 'Count', time);
    cloudWatch.putMetric('AWS/Lambda', 'Throttles', dimensions, 0, 'Count', time);
    cloudWatch.putMetric('AWS/Lambda', 'Duration', dimensions, DURATION, 'Milliseconds', time);
  }

  private requestId(): string {
    return this.simulation.random.stream(`lambda-request-${++this.requests}`).uuid();
  }
}

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` (guide, "Capturing records of Lambda asynchronous invocations"). */
function failureKey(name: string, iso: string, requestId: string): string {
  const day = iso.slice(0, 10);
  return `aws/lambda/async/${name}/${day.replaceAll('-', '/')}/${day}T${iso.slice(11, 19).replaceAll(':', '.')}-${requestId}`;
}

function call({ handler }: Sandbox, event: unknown, context: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = handler(event, context, (error, result) => (error ? reject(error as Error) : resolve(result)));
    // Handlers of the older style answer through the callback and return nothing.
    if (handler.length < 3 || returned instanceof Promise) Promise.resolve(returned).then(resolve, reject);
  });
}

/** The payload of a failed invocation (guide, "Lambda function errors in Node.js"). */
function failure(errorType: string, errorMessage: string, stack?: string): InvocationResult {
  const trace = (stack ?? '').split('\n').map((line) => line.replace(/\(?(?:file:\/\/)?\/[^)]*\/([^/)]+)\)?$/, '/var/task/$1'));
  return { payload: Buffer.from(JSON.stringify({ errorType, errorMessage, ...(stack === undefined ? {} : { trace }) })), functionError: 'Unhandled' };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : Object.assign(new Error(String(thrown)), { name: typeof thrown });
}

function parsePayload(payload: Buffer): unknown {
  if (payload.length === 0) return {};
  try {
    return JSON.parse(payload.toString('utf8')) as unknown;
  } catch (error) {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${(error as Error).message}`, 400);
  }
}
