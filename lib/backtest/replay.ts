import { type CaptureSummary } from '../capture/capture-summary';
import { type Baseline } from '../drift';
import { versionReport } from '../monitoring/drift-report';
import { type MonitoringOutcome, type MonitoringPolicy, type MonitoringWindow } from '../monitoring/monitoring.contract';
import { widenWindow } from '../monitoring/widen-window';
import { decideRetraining } from '../retraining/decision';
import { type ControllerState, EMPTY_STATE } from '../retraining/retraining.contract';
import { AlarmReplay } from './alarm-replay';
import { type BacktestColumn, type BacktestSettings, type BacktestVerdict, type PageReason } from './backtest';

/** Of the one version that is replayed. */
export const VERSION = 1;

export interface ReplayedWindow {
  readonly verdict: BacktestVerdict;
  readonly evaluatedFrom: string;
  readonly evaluatedRows: number;
  readonly columns: readonly BacktestColumn[];
}

/**
 * One threshold's monitor, alarms and controller over the windows of a history, in order: the functions that run in the account, with
 * nothing in their place. The baseline stays what it is: what a retrained model would have been compared with is not in the history.
 */
export class Replay {
  private readonly policy: MonitoringPolicy;
  private readonly judged = new Map<string, { readonly outcome: MonitoringOutcome; readonly summary: CaptureSummary }>();
  private readonly alarms: Readonly<Record<Exclude<PageReason, 'loop guard'>, AlarmReplay>>;
  private controller: ControllerState = EMPTY_STATE;

  public constructor(
    private readonly settings: BacktestSettings,
    private readonly baseline: Baseline,
    psiThreshold: number,
    private readonly since: string,
  ) {
    const { policy, windows, of } = settings;
    // The warning is a fraction of the threshold.
    this.policy = { ...policy, psiThreshold, psiWarning: (policy.psiWarning / policy.psiThreshold) * psiThreshold };
    const alarm = (): AlarmReplay => new AlarmReplay(windows, of);
    this.alarms = { 'data drift': alarm(), 'prediction drift': alarm(), 'data quality': alarm() };
  }

  public async judge(window: MonitoringWindow, summary: CaptureSummary): Promise<ReplayedWindow> {
    const { intervalSeconds } = this.settings;
    const { widened, evaluatedFrom } = await widenWindow(window, summary, intervalSeconds, this.policy, ({ id }) => {
      const known = this.judged.get(id);
      return known && { outcome: known.outcome, summary: () => known.summary };
    });
    const report = versionReport({ baseline: this.baseline, window: summary, widened, evaluatedFrom }, this.policy);
    this.remember(window, report.outcome, summary);
    const { verdict } = report;
    // As in metricPoints: broken data is no evidence of drift.
    const judgedDrift = verdict.status !== 'INSUFFICIENT_DATA' && report.breaches.length === 0;
    const pages: PageReason[] = [];
    const points: Record<keyof Replay['alarms'], boolean | null> = {
      'data drift': judgedDrift ? verdict.dataDrift : null,
      'prediction drift': judgedDrift && verdict.predictionPsi !== null ? verdict.predictionDrift : null,
      'data quality': report.breaches.length > 0,
    };
    for (const [name, alarm] of Object.entries(this.alarms) as [keyof Replay['alarms'], AlarmReplay][]) if (alarm.next(points[name])) pages.push(name);
    const decision = this.decide(window, report.outcome, verdict.reasons);
    if (decision.outcome === 'LOOP_GUARD') pages.push('loop guard');
    const columns = [...verdict.columns].filter(({ rows }) => rows > 0).sort((a, b) => b.psi - a.psi || (a.name < b.name ? -1 : 1));
    return {
      evaluatedFrom,
      evaluatedRows: widened.profile.rows,
      columns: judgedDrift ? columns.map(({ name, psi, status }) => ({ name, psi, status })) : [],
      verdict: {
        outcome: report.outcome,
        driftedShare: verdict.driftedShare,
        drifted: judgedDrift ? columns.filter(({ status }) => status === 'DRIFTED').map(({ name }) => name) : [],
        breaches: report.breaches,
        pages,
        ringing: Object.values(this.alarms).some(({ isRinging }) => isRinging),
        retraining: decision.outcome,
        retrainingReason: decision.reasons[0]!,
      },
    };
  }

  private decide(window: MonitoringWindow, outcome: MonitoringOutcome, reasons: readonly string[]): ReturnType<typeof decideRetraining>['decision'] {
    const time = new Date(Date.parse(window.end) + this.settings.watermarkSeconds * 1000).toISOString();
    const facts = { modelName: 'backtest', champion: { version: VERSION, since: this.since }, running: false };
    const { decision, state } = decideRetraining(
      { trigger: 'drift', eventId: window.id, time, window, outcome, version: VERSION, reasons, executionArn: 'backtest' },
      this.controller,
      facts,
      { drift: this.settings.retraining },
    );
    this.controller = state;
    return decision;
  }

  /** No window looks further back. */
  private remember(window: MonitoringWindow, outcome: MonitoringOutcome, summary: CaptureSummary): void {
    this.judged.set(window.id, { outcome, summary });
    const steps = Math.floor(this.policy.maximumLookbackSeconds / this.settings.intervalSeconds);
    for (const id of this.judged.keys()) {
      if (this.judged.size <= steps + 1) break;
      this.judged.delete(id);
    }
  }
}
