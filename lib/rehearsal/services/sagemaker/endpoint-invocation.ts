import type { InvokeEndpointInput, InvokeEndpointOutput } from '@aws-sdk/client-sagemaker-runtime';
import type { ContainerAnswer } from '../../containers/serving-process';
import { AwsError } from '../../kernel/aws-error';
import type { Random } from '../../kernel/random';
import { type ContainerCall, type ContainerCalls, failureMessage, isFailure } from './container-calls';
import type { SageMakerContext } from './context';
import type { Endpoint } from './endpoint';
import type { Endpoints } from './endpoints';
import type { Fleet } from './fleet';
import { route } from './traffic-routing';

/** Guide: model-deploy-feature-matrix, "Payload size". */
const PAYLOAD_LIMITS = { 'real-time': 6 * 1024 * 1024, serverless: 4 * 1024 * 1024 } as const;

/** InvokeEndpoint: picks fleet and variant by the weights of the moment, asks its real container, and the shadow's; counts, captures. */
export class EndpointInvocation {
  private readonly routing: Random;
  private readonly latency: Random;
  private readonly requestIds: Random;
  /** Streams of their own: a shadow never shifts what happens in production. */
  private readonly shadowSampling: Random;
  private readonly shadowLatency: Random;

  public constructor(
    private readonly context: SageMakerContext,
    private readonly endpoints: Endpoints,
    private readonly calls: ContainerCalls,
  ) {
    const { random } = context.simulation;
    this.routing = random.stream('sagemaker/routing');
    this.latency = random.stream('sagemaker/latency');
    this.requestIds = random.stream('sagemaker/request-id');
    this.shadowSampling = random.stream('sagemaker/shadow');
    this.shadowLatency = random.stream('sagemaker/shadow/latency');
  }

  public async invoke(request: InvokeEndpointInput): Promise<InvokeEndpointOutput> {
    const endpoint = this.endpoints.invocable(request.EndpointName!);
    const body = typeof request.Body === 'string' ? Buffer.from(request.Body) : request.Body!;
    this.requirePayload(endpoint, body);
    const { fleet, variant } = route(endpoint, this.routing, this.context.simulation.account, request.TargetVariant);
    const call = this.calls.prepare(variant, body, request, this.latency);
    const overheadLatencyMicroseconds = 1500 + this.latency.integer(2500);
    const setup = variant.serverless?.begin(this.context.simulation.clock.now(), call.modelLatencyMicroseconds) ?? 0;
    const copy = this.copy(fleet, body, request);
    const [answer, shadowAnswer] = await Promise.all([this.calls.send(call), copy && this.calls.send(copy)]);
    this.count(call, answer, overheadLatencyMicroseconds + setup);
    if (copy) this.count(copy, shadowAnswer!, overheadLatencyMicroseconds);
    if (!isFailure(answer)) await this.capture(call, answer);
    if (copy && !isFailure(shadowAnswer!)) await this.capture(copy, shadowAnswer!);
    if (isFailure(answer)) throw this.modelError(endpoint.name, answer);
    const attributes = answer.headers['x-amzn-sagemaker-custom-attributes'];
    return {
      Body: answer.body as InvokeEndpointOutput['Body'],
      ContentType: answer.contentType,
      InvokedProductionVariant: variant.name,
      ...(typeof attributes === 'string' ? { CustomAttributes: attributes } : {}),
    };
  }

  /** @throws AwsError for an endpoint that only answers later, or a body that is too big */
  private requirePayload(endpoint: Endpoint, body: Uint8Array): void {
    const { kind } = endpoint.fleet.config;
    if (kind === 'asynchronous') {
      throw new AwsError('ValidationError', `Endpoint ${endpoint.name} of account ${this.context.simulation.account} is asynchronous: use InvokeEndpointAsync.`);
    }
    const limit = PAYLOAD_LIMITS[kind];
    if (body.length <= limit) return;
    // As seen in public issues: sagemaker-python-sdk 171 and 4271.
    if (kind === 'real-time') throw new AwsError('413', `HTTP content length exceeded ${limit} bytes.`, 413);
    throw new AwsError('ValidationError', `Request ${this.requestIds.uuid()} has oversize body.`);
  }

  /**
   * The copy of a request for the shadow variant (guide: model-shadow-deployment). The share of copied requests is the shadow's weight over
   * that of production, at most all: AWS documents no formula, users report this one.
   */
  private copy(fleet: Fleet, body: Uint8Array, request: InvokeEndpointInput): ContainerCall | undefined {
    const { shadow } = fleet;
    if (!shadow) return undefined;
    const sampled = this.shadowSampling.next() * fleet.variants[0]!.weight < shadow.weight;
    return sampled ? this.calls.prepare(shadow, body, request, this.shadowLatency) : undefined;
  }

  private count({ variant, modelLatencyMicroseconds }: ContainerCall, answer: ContainerAnswer, overheadLatencyMicroseconds: number): void {
    const instanceCount = Math.max(1, variant.instanceCount);
    variant.metrics.record({ status: answer.status, instanceCount, modelLatencyMicroseconds, overheadLatencyMicroseconds });
  }

  private async capture({ variant, body, headers }: ContainerCall, answer: ContainerAnswer): Promise<void> {
    await variant.capture?.add({
      input: { contentType: headers.ContentType, body },
      output: { contentType: answer.contentType, body: answer.body },
      inferenceId: headers.InferenceId,
      customAttributes: headers.CustomAttributes,
    });
  }

  /** 424 with the container's own status and text (API_runtime_InvokeEndpoint, ModelError). */
  private modelError(endpointName: string, answer: ContainerAnswer): AwsError {
    const { region, account, partition } = this.context.simulation;
    return new AwsError('ModelError', failureMessage(this.context, endpointName, answer), 424, {
      OriginalStatusCode: answer.status,
      OriginalMessage: answer.body.toString('utf8'),
      LogStreamArn: `arn:${partition}:logs:${region}:${account}:log-group:/aws/sagemaker/Endpoints/${endpointName}`,
    });
  }
}
