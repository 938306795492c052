import type { Summary } from '../summary';

/** Everything that the report shows, as plain data: the page is a pure function of it. Times are milliseconds since 1970. */
export interface ReportData {
  readonly scenario: string;
  readonly summary: Summary;
  readonly start: number;
  readonly end: number;
  readonly milestones: readonly ReportMilestone[];
  readonly versions: readonly ReportVersion[];
  /** Rows that the endpoint answered, per model version and hour; version undefined = the request failed. */
  readonly traffic: readonly TrafficPoint[];
  readonly series: readonly MetricSeries[];
  readonly executions: readonly ReportExecution[];
  readonly ledger: readonly ReportLedgerEntry[];
  /** What is wrong with the ledger's hash chain; empty when it is valid. */
  readonly ledgerProblems: readonly string[];
  readonly notifications: readonly { readonly time: number; readonly subject: string; readonly message: string }[];
  readonly faults: readonly { readonly time: number; readonly message: string }[];
  readonly denied: readonly { readonly time: number; readonly message: string }[];
}

export interface ReportMilestone {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly from: number;
  readonly to: number;
}

export interface ReportVersion {
  readonly version: number;
  readonly created: number;
  readonly status: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly gates: readonly { readonly gate: string; readonly passed: boolean; readonly reason: string }[];
  /** DEPLOYED, ROLLED_BACK, … with the time; from the ledger. */
  readonly events: readonly { readonly time: number; readonly word: string; readonly reason: string }[];
  /** Lineage: snapshot, image, code, trigger, hyperparameters. */
  readonly facts: Readonly<Record<string, string>>;
}

export interface TrafficPoint {
  readonly time: number;
  readonly version?: number;
  /** Copies that a shadow answered: nobody got these answers. */
  readonly shadow?: boolean;
  readonly rows: number;
}

export interface MetricSeries {
  readonly title: string;
  readonly points: readonly { readonly time: number; readonly value: number }[];
  /** Of an alarm on this very metric. */
  readonly threshold?: number;
  /** The alarm is raised below the threshold, not above. */
  readonly low?: boolean;
  /** Times in which an alarm on the metric was in ALARM. */
  readonly alarms: readonly { readonly from: number; readonly to: number; readonly name: string }[];
}

export interface ReportExecution {
  readonly stateMachine: string;
  readonly name: string;
  readonly status: string;
  readonly start: number;
  readonly stop?: number;
  readonly outcome?: string;
}

export interface ReportLedgerEntry {
  readonly sequence: number;
  readonly time: string;
  readonly workflow: string;
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly page: boolean;
  readonly hash: string;
}
