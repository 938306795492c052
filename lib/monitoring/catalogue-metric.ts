import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { EndpointSettings, VARIANT_NAME } from '../deployment/deployment.contract';
import { WorkflowName } from '../governance/outcome.contract';
import { BusinessMetric } from './business-metric';
import { CatalogueMetric, DIMENSION_BUSINESS_METRIC, DIMENSION_MODEL, DIMENSION_OUTCOME, DIMENSION_WORKFLOW, ENDPOINT_NAMESPACE, METRIC_NAMESPACE, METRICS, REQUEST_COUNT } from './metric-catalogue.contract';

/** A metric of the catalogue whose only dimension is the model. Points are verdicts, one per window: their maximum is the window's. */
export function catalogueMetric(metric: CatalogueMetric, modelName: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: METRIC_NAMESPACE, metricName: metric.name, dimensionsMap: { [DIMENSION_MODEL]: modelName }, period, statistic: 'Maximum' });
}

/** 1 for each time that a workflow ended so. */
export function outcomeMetric(modelName: string, workflow: WorkflowName, outcome: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName: METRICS.workflowOutcome.name,
    dimensionsMap: { [DIMENSION_MODEL]: modelName, [DIMENSION_WORKFLOW]: workflow, [DIMENSION_OUTCOME]: outcome },
    label: `${workflow} ${outcome}`,
    period,
    statistic: 'Sum',
  });
}

/** A business metric as its application publishes it; with `dropsBy`, its drop as the monitor publishes it. One value per window. */
export function businessMetric(metric: BusinessMetric, modelName: string, period: Duration): cloudwatch.Metric {
  if (metric._rule?.type === 'DROP') {
    return catalogueMetric(METRICS.businessDrop, modelName, period).with({ dimensionsMap: { [DIMENSION_MODEL]: modelName, [DIMENSION_BUSINESS_METRIC]: metric._name } });
  }
  return publishedMetric(metric, period);
}

export function publishedMetric({ _metric: metric }: BusinessMetric, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: metric.namespace, metricName: metric.metricName, dimensionsMap: metric.dimensions, statistic: metric.statistic, period });
}

/** One of SageMaker's own metrics of the endpoint (guide, "Amazon SageMaker endpoint invocation metrics"). */
export function endpointMetric(metricName: string, endpointName: string, period: Duration, statistic: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: ENDPOINT_NAMESPACE,
    metricName,
    dimensionsMap: { EndpointName: endpointName, VariantName: VARIANT_NAME },
    period,
    statistic,
  });
}

/** How many requests were answered, by what this kind of endpoint publishes. */
export function requestCountMetric(kind: EndpointSettings['kind'], endpointName: string, period: Duration): cloudwatch.Metric {
  const { metricName, statistic } = REQUEST_COUNT[kind];
  return endpointMetric(metricName, endpointName, period, statistic).with({ label: 'requests' });
}

/** One of the metrics of an asynchronous endpoint that have no variant (async-inference-monitor). */
export function queueMetric(metricName: string, endpointName: string, period: Duration, statistic: string): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: ENDPOINT_NAMESPACE, metricName, dimensionsMap: { EndpointName: endpointName }, period, statistic });
}
