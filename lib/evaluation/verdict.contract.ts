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
  /** Bias between the values of protected columns: `sex` → figures. */
  readonly bias?: Record<string, BiasFigures>;
}

/** How far the share of positive answers lies apart between the values of one protected column. */
export interface BiasFigures {
  /** Greatest minus smallest share of predicted positives. 0 is equal treatment. */
  readonly positiveRateDifference: number;
  /** Smallest over greatest share of predicted positives. 1 is equal treatment; under 0.8 breaks the four-fifths rule (29 CFR 1607.4). */
  readonly disparateImpact: number;
  /** Share of predicted positives per value. */
  readonly positiveRates: Record<string, number>;
}
