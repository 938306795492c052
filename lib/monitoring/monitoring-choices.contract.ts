/** What the choices of Monitoring come to as plain data, for the handlers. Imports nothing. */

/** Features that have a metric of their own. */
export type FeatureMetricsSettings = { readonly type: 'TOP'; readonly count: number } | { readonly type: 'OF'; readonly features: readonly string[] } | { readonly type: 'ALL' };

/** A business metric that must not fall behind its own past; the monitor compares, as an alarm sees no more than seven days and one range. */
export interface BusinessDropSettings {
  readonly name: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  /** Alarm limit in per cent, for the report. */
  readonly percent: number;
  readonly againstSeconds: number;
}

/** When latency or error rate of the endpoint has moved away from its own past. */
export interface OperationalDriftSettings {
  /** Factor over the usual value from which on a change matters. */
  readonly factor: number;
  /** Requests that a window must have to be compared. */
  readonly minimumRequests: number;
  /** Windows that the past must have. */
  readonly minimumWindows: number;
}
