import type { SageMakerContext } from './context';
import type { EndpointKind } from './endpoint-kind';

export interface InvocationOutcome {
  readonly status: number;
  readonly instanceCount: number;
  readonly modelLatencyMicroseconds: number;
  readonly overheadLatencyMicroseconds: number;
}

const NAMESPACE = 'AWS/SageMaker';

/**
 * Metrics of one variant of one fleet. What all kinds of endpoints publish is there per endpoint and variant (guide: monitoring-cloudwatch),
 * and the same per endpoint configuration, so that an alarm can watch the new fleet alone (guide: deployment-guardrails-configuration).
 * Serverless and asynchronous endpoints have exhaustive lists of their own, with fewer of the common metrics and some that only they have
 * (guide: serverless-endpoints-monitoring, async-inference-monitor).
 */
export class VariantMetrics {
  private readonly variant: Record<string, string>;
  private readonly dimensions: readonly Record<string, string>[];
  /** When the requests under way end, in virtual milliseconds. */
  private underWay: number[] = [];

  public constructor(
    private readonly context: SageMakerContext,
    private readonly kind: EndpointKind,
    endpointName: string,
    variantName: string,
    endpointConfigName: string,
  ) {
    this.variant = { EndpointName: endpointName, VariantName: variantName };
    this.dimensions = [this.variant, { ...this.variant, EndpointConfigName: endpointConfigName }];
  }

  /** An invocation that a container answered. */
  public record(outcome: InvocationOutcome): void {
    const clientError = outcome.status >= 400 && outcome.status < 500 ? 1 : 0;
    const serverError = outcome.status >= 500 ? 1 : 0;
    if (this.kind === 'real-time') this.countConcurrent(outcome.modelLatencyMicroseconds);
    for (const dimensions of this.dimensions) {
      if (this.kind !== 'asynchronous') this.context.putMetric(NAMESPACE, 'Invocations', dimensions, 1, 'None');
      this.context.putMetric(NAMESPACE, 'Invocation4XXErrors', dimensions, clientError, 'None');
      this.context.putMetric(NAMESPACE, 'Invocation5XXErrors', dimensions, serverError, 'None');
      if (this.kind === 'real-time') {
        this.context.putMetric(NAMESPACE, 'InvocationModelErrors', dimensions, clientError + serverError, 'None');
        this.context.putMetric(NAMESPACE, 'InvocationsPerInstance', dimensions, 1 / outcome.instanceCount, 'None');
      }
      this.context.putMetric(NAMESPACE, 'ModelLatency', dimensions, outcome.modelLatencyMicroseconds, 'Microseconds');
      if (this.kind !== 'asynchronous') this.context.putMetric(NAMESPACE, 'OverheadLatency', dimensions, outcome.overheadLatencyMicroseconds, 'Microseconds');
    }
  }

  /** High-resolution metric for scaling (guide: endpoint-auto-scaling-add-code-define, ConcurrentRequestsPerModel). */
  private countConcurrent(latencyMicroseconds: number): void {
    const now = this.context.simulation.clock.now();
    this.underWay = this.underWay.filter((end) => end > now);
    this.underWay.push(now + latencyMicroseconds / 1000);
    this.put('ConcurrentRequestsPerModel', this.underWay.length, 'None');
  }

  /** A metric that only this kind of endpoint has; per endpoint and variant. */
  public put(name: string, value: number, unit: string): void {
    this.context.putMetric(NAMESPACE, name, this.variant, value, unit);
  }
}

/** Metrics of an asynchronous endpoint as a whole. */
export function putBacklogMetric(context: SageMakerContext, endpointName: string, name: string, value: number, unit: string): void {
  context.putMetric(NAMESPACE, name, { EndpointName: endpointName }, value, unit);
}
