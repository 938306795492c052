/** What the gate decides and why. Stored at lakeKeys.verdict and, shortened, on the model package. Imports nothing. */
export interface MetricValue {
  readonly value: number;
  /** 95 % interval, when it was computed. */
  readonly low?: number;
  readonly high?: number;
}

export interface GateResult {
  /** The gate as a sentence: `auc at least 0.6`. */
  readonly gate: string;
  readonly passed: boolean;
  /** Why, with numbers: `auc 0.712 is at least 0.6`. */
  readonly reason: string;
}

export interface Verdict {
  readonly passed: boolean;
  readonly results: readonly GateResult[];
  readonly challenger: Record<string, MetricValue>;
  /** Absent when there is no champion yet (bootstrap). */
  readonly champion?: Record<string, MetricValue>;
  readonly championVersion?: number;
  /** Challenger's metrics per slice value: `origin=ATL` → metrics. */
  readonly slices: Record<string, Record<string, MetricValue>>;
  readonly rows: number;
}
