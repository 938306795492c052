import { Rehearsal } from './driver';
import { createSimulation, type RunningSimulation } from './create-simulation';
import type { RequestRecord } from './aws/record';
import type { TimelineListener } from './kernel/timeline';
import { collectReport } from './report/collect-report';
import type { ReportData, ReportMilestone } from './report/report-data';
import type { Milestone, MilestoneFailure, Scenario } from './scenario';

export interface RehearsalOptions {
  /** Folder that `cdk synth` wrote. */
  readonly assembly: string;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly record?: (record: RequestRecord) => void;
  readonly onEvent?: TimelineListener;
}

/** Goes through the scenario. A milestone that fails ends it; everything seen until then is in the result. */
export async function rehearse(options: RehearsalOptions): Promise<ReportData> {
  const began = performance.now();
  const start = Date.parse(options.scenario.start);
  const simulation = await createSimulation({ assembly: options.assembly, start, seed: options.seed, record: options.record, onEvent: options.onEvent });
  try {
    const rehearsal = new Rehearsal(simulation);
    const milestones: ReportMilestone[] = [];
    for (const milestone of options.scenario.milestones) {
      const failed = milestones.find(({ ok }) => !ok);
      milestones.push(failed === undefined ? await attempt(milestone, rehearsal, simulation) : notReached(milestone, failed));
    }
    for (const traffic of rehearsal.traffic) traffic.stop();
    const data = await collectReport(rehearsal, { scenario: options.scenario.name, seed: options.seed, start, milestones, counters: { ...simulation.counters } });
    return { ...data, summary: { ...data.summary, wallSeconds: Math.round(performance.now() - began) / 1000 } };
  } finally {
    await simulation.close();
  }
}

async function attempt(milestone: Milestone, rehearsal: Rehearsal, simulation: RunningSimulation): Promise<ReportMilestone> {
  const from = rehearsal.now;
  const announce = (status: string, message: string): void =>
    simulation.timeline.emit({ time: rehearsal.now, kind: 'milestone', subject: milestone.id, status, message });
  announce('STARTED', milestone.title);
  let ok = true;
  let detail: string;
  try {
    detail = await milestone.run(rehearsal);
    const [defect] = simulation.defects;
    if (defect !== undefined) throw new Error(`the simulation is not to be believed: ${defect.message}`);
  } catch (error) {
    ok = false;
    detail = describeFailure(error as Error);
  }
  announce(ok ? 'REACHED' : 'FAILED', detail);
  return { id: milestone.id, title: milestone.title, ok, detail, from, to: rehearsal.now };
}

function describeFailure(error: Error): string {
  const failure: MilestoneFailure['name'] = 'MilestoneFailure';
  return error.name === failure ? error.message : `${error.name}: ${error.message}`;
}

function notReached(milestone: Milestone, failed: ReportMilestone): ReportMilestone {
  const detail = `not reached: ${failed.id} failed`;
  return { id: milestone.id, title: milestone.title, ok: false, detail, from: -1, to: -1 };
}
