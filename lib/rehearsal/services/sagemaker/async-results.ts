import type { AsyncInferenceOutputConfig } from '@aws-sdk/client-sagemaker';
import type { ContainerAnswer } from '../../containers/serving-process';
import { AwsError } from '../../kernel/aws-error';
import type { Random } from '../../kernel/random';
import { type AsyncRequest, type AsyncResult, notification } from './async-request';
import type { SageMakerContext } from './context';
import type { VariantMetrics } from './endpoint-metrics';
import type { Fleet } from './fleet';
import { clientError } from './training-run';

/** Payloads and results of asynchronous requests: S3 and SNS, with the rights of the execution role. */
export class AsyncResults {
  private readonly payloads = new Map<AsyncRequest, Uint8Array>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly endpointName: string,
    private readonly random: Random,
  ) {}

  /** Fetches the payload. @returns why it cannot be had, if it cannot */
  public async download(request: AsyncRequest, roleArn: string, metrics: VariantMetrics): Promise<string | undefined> {
    const { Body: body, InputLocation: location } = request.input;
    if (location === undefined) {
      this.payloads.set(request, typeof body === 'string' ? Buffer.from(body) : body!);
      return undefined;
    }
    metrics.put('RequestDownloadLatency', this.transfer(), 'Microseconds');
    try {
      this.payloads.set(request, await this.context.storage(roleArn).read(location));
      return undefined;
    } catch (error) {
      metrics.put('RequestDownloadFailures', 1, 'Count');
      return `Could not download the request from ${location}: ${clientError(error)}`;
    }
  }

  public payload(request: AsyncRequest): Uint8Array {
    const payload = this.payloads.get(request)!;
    this.payloads.delete(request);
    return payload;
  }

  /** @throws AwsError when the role may not write the response */
  public async succeed(request: AsyncRequest, answer: ContainerAnswer, fleet: Fleet, metrics: VariantMetrics): Promise<void> {
    const output = outputOf(fleet);
    metrics.put('ResponseUploadLatency', this.transfer(), 'Microseconds');
    await this.context.storage(fleet.roleArn).write(request.outputLocation, answer.body, output?.KmsKeyId);
    await this.notify(output?.NotificationConfig?.SuccessTopic, request, { contentType: answer.contentType }, fleet, metrics);
  }

  public async fail(request: AsyncRequest, failureReason: string, fleet: Fleet, metrics: VariantMetrics): Promise<void> {
    const output = outputOf(fleet);
    if (request.failureLocation !== undefined) {
      try {
        await this.context.storage(fleet.roleArn).write(request.failureLocation, Buffer.from(failureReason), output?.KmsKeyId);
      } catch (error) {
        metrics.put('ResponseUploadFailures', 1, 'Count');
        this.context.note('note', this.endpointName, `failure of ${request.inferenceId} could not be written: ${clientError(error)}`);
      }
    }
    await this.notify(output?.NotificationConfig?.ErrorTopic, request, { failureReason }, fleet, metrics);
  }

  private async notify(topic: string | undefined, request: AsyncRequest, result: AsyncResult, fleet: Fleet, metrics: VariantMetrics): Promise<void> {
    if (topic === undefined) return;
    const { clock, gateway, region } = this.context.simulation;
    const Message = JSON.stringify(notification(region, this.endpointName, request, clock.iso(), result));
    try {
      await gateway.call({ arn: fleet.roleArn }, 'sns', 'Publish', { TopicArn: topic, Message });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      metrics.put('NotificationFailures', 1, 'Count');
      this.context.note('note', this.endpointName, `notification of ${request.inferenceId} failed: ${error.message}`);
    }
  }

  private transfer(): number {
    return 20_000 + this.random.integer(30_000);
  }
}

/** The endpoint may have become real-time while requests were under way. */
function outputOf(fleet: Fleet): AsyncInferenceOutputConfig | undefined {
  return fleet.config.request.AsyncInferenceConfig?.OutputConfig;
}
