/** `summary.json`: what a script or a test wants to know. The same seed gives the same bytes, `wallSeconds` apart. */
export interface Summary {
  readonly scenario: string;
  readonly seed: number;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly milestones: readonly SummaryMilestone[];
  /** In the order of their start. */
  readonly executions: readonly { readonly stateMachine: string; readonly name: string; readonly status: string }[];
  /** In the order of their version. */
  readonly modelPackages: readonly SummaryPackage[];
  /** Absent when the rehearsal ends without an endpoint. */
  readonly endpoint?: SummaryEndpoint;
  /** In the order of their name. Times are ISO. */
  readonly alarms: readonly SummaryAlarm[];
  readonly requests: SummaryRequests;
}

export interface SummaryMilestone {
  readonly id: string;
  readonly ok: boolean;
  /** What was shown, or why not. */
  readonly detail: string;
}

export interface SummaryPackage {
  readonly group: string;
  readonly version: number;
  /** ModelApprovalStatus */
  readonly status: string;
  /** ApprovalDescription: why it was approved or rejected. */
  readonly reason: string;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface SummaryEndpoint {
  readonly name: string;
  readonly config: string;
  /** Version of the model package that the endpoint serves. */
  readonly modelVersion?: number;
}

export interface SummaryAlarm {
  readonly name: string;
  readonly transitions: readonly { readonly time: string; readonly state: string }[];
}

export interface SummaryRequests {
  readonly total: number;
  /** Requests that do not fit the operation's schema. */
  readonly schemaErrors: number;
  /** Requests that the caller's policies do not allow. */
  readonly denied: number;
}

/** Readable, with a line break at the end; member order is fixed by the collector. */
export function formatSummary(summary: Summary): string {
  return `${JSON.stringify(summary, undefined, 2)}\n`;
}
