import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker';
import type { Random } from '../../kernel/random';
import type { Timer } from '../../kernel/virtual-clock';
import { ASYNC_DEFAULTS, type AsyncRequest } from './async-request';
import { AsyncResults } from './async-results';
import { type ContainerCalls, failureMessage, isFailure } from './container-calls';
import type { SageMakerContext } from './context';
import { durations } from './durations';
import type { Endpoint } from './endpoint';
import { putBacklogMetric } from './endpoint-metrics';
import { route, type Target } from './traffic-routing';
import { clientError } from './training-run';

/** "If no value is provided, SageMaker chooses an optimal value" (API_AsyncInferenceClientConfig). */
const DEFAULT_CONCURRENCY = 4;

/**
 * Queue of one asynchronous endpoint (guide: async-inference): requests wait until an instance takes them, also while there is none. Each
 * instance works on so many at once; what it does takes virtual time.
 */
export class AsyncQueue {
  private readonly waiting: AsyncRequest[] = [];
  private running = 0;
  private timer: Timer | undefined;
  private readonly routing: Random;
  private readonly latency: Random;
  private readonly results: AsyncResults;

  public constructor(
    private readonly context: SageMakerContext,
    private readonly endpoint: Endpoint,
    private readonly calls: ContainerCalls,
  ) {
    const { random } = context.simulation;
    this.routing = random.stream(`sagemaker/async/${endpoint.name}/routing`);
    this.latency = random.stream(`sagemaker/async/${endpoint.name}/latency`);
    this.results = new AsyncResults(context, endpoint.name, random.stream(`sagemaker/async/${endpoint.name}/transfer`));
    this.schedule();
  }

  public add(request: AsyncRequest): void {
    this.waiting.push(request);
    this.pump();
  }

  /** Gives waiting requests to whoever has room: after a request has come or gone, and when capacity has changed. */
  public pump(): void {
    while (this.waiting.length > 0 && this.running < this.capacity()) {
      const request = this.waiting.shift()!;
      this.running++;
      const target = route(this.endpoint, this.routing, this.context.simulation.account);
      this.context.simulation.clock.at(this.context.simulation.clock.now(), async () => {
        await this.process(request, target);
        this.running--;
        this.pump();
      });
    }
  }

  public stop(): void {
    this.timer?.cancel();
    this.waiting.length = 0;
  }

  private get config(): AsyncInferenceConfig | undefined {
    return this.endpoint.fleet.config.request.AsyncInferenceConfig;
  }

  private get instances(): number {
    const { fleet, pending } = this.endpoint;
    return fleet.variants[0]!.instanceCount + (pending && !pending.rolling ? pending.activeInstances : 0);
  }

  private capacity(): number {
    return this.instances * (this.config?.ClientConfig?.MaxConcurrentInvocationsPerInstance ?? DEFAULT_CONCURRENCY);
  }

  private async process(request: AsyncRequest, { fleet, variant }: Target): Promise<void> {
    const { clock } = this.context.simulation;
    const { metrics } = variant;
    metrics.put('TimeInBacklog', clock.now() - request.received, 'Milliseconds');
    const reason = (await this.results.download(request, fleet.roleArn, metrics)) ?? (await this.infer(request, { fleet, variant }));
    if (reason !== undefined) {
      metrics.put('InvocationFailures', 1, 'Count');
      await this.results.fail(request, reason, fleet, metrics);
    }
    metrics.put('InvocationsProcessed', 1, 'Count');
    metrics.put('TotalProcessingTime', clock.now() - request.received, 'Milliseconds');
  }

  /** @returns why it failed, if it did */
  private async infer(request: AsyncRequest, { fleet, variant }: Target): Promise<string | undefined> {
    const { input } = request;
    const { clock } = this.context.simulation;
    const call = this.calls.prepare(variant, this.results.payload(request), { ...input, InferenceId: request.inferenceId }, this.latency);
    const answer = await this.calls.send(call);
    const timeout = (input.InvocationTimeoutSeconds ?? ASYNC_DEFAULTS.invocationTimeoutSeconds) * 1000;
    await clock.sleep(Math.min(timeout, Math.ceil(call.modelLatencyMicroseconds / 1000)));
    if (call.modelLatencyMicroseconds > timeout * 1000) return `The model did not answer within InvocationTimeoutSeconds (${timeout / 1000}).`;
    const { modelLatencyMicroseconds } = call;
    variant.metrics.record({ status: answer.status, instanceCount: variant.instanceCount, modelLatencyMicroseconds, overheadLatencyMicroseconds: 0 });
    if (isFailure(answer)) return failureMessage(this.context, this.endpoint.name, answer);
    try {
      await this.results.succeed(request, answer, fleet, variant.metrics);
      return undefined;
    } catch (error) {
      variant.metrics.put('ResponseUploadFailures', 1, 'Count');
      return `Could not upload the response to ${request.outputLocation}: ${clientError(error)}`;
    }
  }

  /** Guide: async-inference-monitor; `HasBacklogWithoutCapacity`: async-inference-autoscale. Without an instance there is no backlog per instance. */
  private async tick(): Promise<void> {
    const { name } = this.endpoint;
    if (this.config) {
      await this.expire();
      this.pump();
      const size = this.waiting.length + this.running;
      const oldest = this.waiting[0] === undefined ? 0 : (this.context.simulation.clock.now() - this.waiting[0].received) / 1000;
      putBacklogMetric(this.context, name, 'ApproximateBacklogSize', size, 'Count');
      if (this.instances > 0) putBacklogMetric(this.context, name, 'ApproximateBacklogSizePerInstance', size / this.instances, 'Count');
      putBacklogMetric(this.context, name, 'HasBacklogWithoutCapacity', size > 0 && this.instances === 0 ? 1 : 0, 'Count');
      putBacklogMetric(this.context, name, 'ApproximateAgeOfOldestRequest', oldest, 'Seconds');
    }
    this.schedule();
  }

  private async expire(): Promise<void> {
    const { fleet } = this.endpoint;
    const now = this.context.simulation.clock.now();
    const old = this.waiting.filter(({ input, received }) => now - received >= (input.RequestTTLSeconds ?? ASYNC_DEFAULTS.requestTtlSeconds) * 1000);
    for (const request of old) {
      this.waiting.splice(this.waiting.indexOf(request), 1);
      const { metrics } = fleet.variants[0]!;
      metrics.put('ExpiredRequests', 1, 'Count');
      metrics.put('InvocationFailures', 1, 'Count');
      await this.results.fail(request, 'The request expired: it reached its RequestTTLSeconds in the queue.', fleet, metrics);
    }
  }

  /** At the next full minute. */
  private schedule(): void {
    const { clock } = this.context.simulation;
    const next = (Math.floor(clock.now() / durations.backlogMetrics) + 1) * durations.backlogMetrics;
    this.timer = clock.at(next, () => this.tick());
  }
}
