import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { EndpointSettings, VARIANT_NAME } from '../deployment/deployment.contract';
import { CatalogueMetric, DIMENSION_MODEL, ENDPOINT_NAMESPACE, METRIC_NAMESPACE, REQUEST_COUNT } from './metric-catalogue.contract';

/** A metric of the catalogue whose only dimension is the model. Points are verdicts, one per window: their maximum is the window's. */
export function catalogueMetric(metric: CatalogueMetric, modelName: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: METRIC_NAMESPACE, metricName: metric.name, dimensionsMap: { [DIMENSION_MODEL]: modelName }, period, statistic: 'Maximum' });
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
