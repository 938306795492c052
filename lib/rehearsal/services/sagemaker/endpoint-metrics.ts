import type { SageMakerContext } from './context';

export interface InvocationOutcome {
  readonly status: number;
  readonly instanceCount: number;
  readonly modelLatencyMicroseconds: number;
  readonly overheadLatencyMicroseconds: number;
}

const NAMESPACE = 'AWS/SageMaker';

/**
 * Invocation metrics of one variant of one fleet (guide: monitoring-cloudwatch): per endpoint and variant, and the same per endpoint
 * configuration, so that an alarm can watch the new fleet alone (guide: deployment-guardrails-configuration).
 */
export class VariantMetrics {
  private readonly dimensions: readonly Record<string, string>[];

  public constructor(
    private readonly context: SageMakerContext,
    endpointName: string,
    variantName: string,
    endpointConfigName: string,
  ) {
    const variant = { EndpointName: endpointName, VariantName: variantName };
    this.dimensions = [variant, { ...variant, EndpointConfigName: endpointConfigName }];
  }

  public record(outcome: InvocationOutcome): void {
    const clientError = outcome.status >= 400 && outcome.status < 500 ? 1 : 0;
    const serverError = outcome.status >= 500 ? 1 : 0;
    for (const dimensions of this.dimensions) {
      this.context.putMetric(NAMESPACE, 'Invocations', dimensions, 1, 'None');
      this.context.putMetric(NAMESPACE, 'Invocation4XXErrors', dimensions, clientError, 'None');
      this.context.putMetric(NAMESPACE, 'Invocation5XXErrors', dimensions, serverError, 'None');
      this.context.putMetric(NAMESPACE, 'InvocationModelErrors', dimensions, clientError + serverError, 'None');
      this.context.putMetric(NAMESPACE, 'InvocationsPerInstance', dimensions, 1 / outcome.instanceCount, 'None');
      this.context.putMetric(NAMESPACE, 'ModelLatency', dimensions, outcome.modelLatencyMicroseconds, 'Microseconds');
      this.context.putMetric(NAMESPACE, 'OverheadLatency', dimensions, outcome.overheadLatencyMicroseconds, 'Microseconds');
    }
  }
}
