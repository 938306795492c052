import { AlarmSeverity } from '../governance/alarm-severity';
import { GroundTruth } from '../model-quality/ground-truth';
import { BusinessMetric } from '../monitoring/business-metric';
import { FeatureMetrics } from '../monitoring/feature-metrics';
import { Monitoring } from '../monitoring/monitoring';
import { parseDuration } from '../private/duration';

interface BusinessMetricFile {
  readonly name: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions?: Record<string, string>;
  readonly statistic?: string;
  readonly severity?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly dropsBy?: { readonly percent: number; readonly against: string };
}

/** Section `monitoring` of a model file. */
export interface MonitoringFile {
  readonly enabled?: boolean;
  readonly interval?: string;
  readonly watermark?: string;
  readonly minimumSampleSize?: number;
  readonly psiThreshold?: number;
  readonly falseDiscoveryRate?: number;
  readonly driftedShare?: number;
  readonly featureWeights?: Record<string, number>;
  readonly criticalFeatures?: string[];
  readonly windows?: number;
  readonly of?: number;
  readonly captureRatioThreshold?: number;
  readonly operationalFactor?: number;
  readonly driftSeverity?: string;
  readonly featureMetrics?: { readonly top?: number; readonly of?: string[]; readonly all?: true };
  readonly businessMetrics?: BusinessMetricFile[];
  readonly groundTruth?: {
    readonly maximumDelay?: string;
    readonly interval?: string;
    readonly metric?: string;
    readonly margin?: number;
    readonly minimumLabels?: number;
    readonly minimumSliceLabels?: number;
    readonly falseAlarmRate?: number;
    readonly decisionThreshold?: number;
  };
}

/** Of which exactly one has to be there. */
export const FEATURE_METRICS = ['top', 'of', 'all'];
/** Of which at most one may be there. */
export const BUSINESS_RULES = ['atLeast', 'atMost', 'dropsBy'];

export function readMonitoring(file: MonitoringFile): Monitoring {
  const { enabled, interval, watermark, driftSeverity, featureMetrics, businessMetrics, groundTruth, ...rest } = file;
  if (enabled === false) return Monitoring.none();
  return Monitoring.standard({
    ...rest,
    interval: duration(interval),
    watermark: duration(watermark),
    driftSeverity: driftSeverity as AlarmSeverity | undefined,
    featureMetrics: featureMetrics && features(featureMetrics),
    businessMetrics: businessMetrics?.map(business),
    groundTruth: groundTruth && GroundTruth.labels({ ...groundTruth, maximumDelay: duration(groundTruth.maximumDelay), interval: duration(groundTruth.interval) }),
  });
}

function features({ top, of }: NonNullable<MonitoringFile['featureMetrics']>): FeatureMetrics {
  if (top !== undefined) return FeatureMetrics.top(top);
  return of === undefined ? FeatureMetrics.all() : FeatureMetrics.of(...of);
}

function business({ severity, atLeast, atMost, dropsBy, ...options }: BusinessMetricFile): BusinessMetric {
  const metric = BusinessMetric.cloudWatch({ ...options, severity: severity as AlarmSeverity | undefined });
  if (atLeast !== undefined) return metric.atLeast(atLeast);
  if (atMost !== undefined) return metric.atMost(atMost);
  return dropsBy ? metric.dropsBy(dropsBy.percent, parseDuration(dropsBy.against)) : metric;
}

function duration(text: string | undefined): ReturnType<typeof parseDuration> | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
