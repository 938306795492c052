/** The whole life of the flight delay model on the flights of January to April 2001; `npm run rehearse`. */
import type { Rehearsal } from '../../lib/rehearsal/driver';
import { check, type Milestone, type Scenario } from '../../lib/rehearsal/scenario';
import * as checks from './checks';
import { TRAINING } from '../model-life';
import { FlightDelayLife, MODEL } from './life';

const WINDOW_HOURS = 6;
const ALARM_WINDOWS = 3;
/** Flights of at least so many miles: about every tenth. */
const LONG_HAUL_MILES = 1700;

/** Learns nothing: one neuron, no step to speak of, all categories alike. */
const CRIPPLED = { epochs: '1', hiddenUnits: '1', learningRate: '0.00001', smoothing: '1000000' };

const lives = new WeakMap<Rehearsal, Promise<FlightDelayLife>>();

function lifeOf(rehearsal: Rehearsal): Promise<FlightDelayLife> {
  let life = lives.get(rehearsal);
  if (!life) lives.set(rehearsal, (life = FlightDelayLife.begin(rehearsal)));
  return life;
}

/** A text in `distance` and a null spike on one day, an unknown column on another. */
export function spoil(day: string, csv: string): string {
  const lines = csv.trimEnd().split('\n');
  if (day === '2001-01-17') {
    return `${lines.map((line, i) => (i === 0 ? line : withDistance(line, i === 40 ? 'far' : i % 3 === 0 ? '' : undefined))).join('\n')}\n`;
  }
  if (day === '2001-01-18') return `${lines.map((line, i) => `${line},${i === 0 ? 'tail_number' : 'N' + String(i)}`).join('\n')}\n`;
  return csv;
}

function withDistance(line: string, value: string | undefined): string {
  const fields = line.split(',');
  return value === undefined ? line : [...fields.slice(0, 4), value, ...fields.slice(5)].join(',');
}

async function trainingJobs(rehearsal: Rehearsal): Promise<{ TrainingJobName: string; TrainingJobStatus: string }[]> {
  return rehearsal.awsAll('sagemaker', 'ListTrainingJobs', {}, 'TrainingJobSummaries');
}

/** Trains, passes the gate, is released. */
async function succession(life: FlightDelayLife, execution: string, version: number): Promise<{ auc: number; gain: number }> {
  const deployments = life.deployments;
  const entry = await life.trained(execution);
  const verdict = await life.verdict(entry);
  const auc = checks.checkRegistered({ entry, verdict, package: await life.package(version), version });
  const champion = await life.champion();
  const gain = checks.checkBeatsChampion(verdict, champion.version);
  checks.checkDeployed({ entry: await life.released(deployments), endpoint: await life.endpoint(), champion: await life.champion(), version });
  return { auc, gain };
}

const badData: Milestone = {
  id: 'data-repaired',
  title: 'January arrives with bad rows; the run stops, pages, and passes when the data is repaired',
  async run(rehearsal) {
    const life = await lifeOf(rehearsal);
    const rows = await life.deliver('2001-01-01', '2001-01-31', spoil);
    const entry = await life.trained(await life.train('January is complete'));
    checks.checkDataStopped({
      entry,
      faults: [/distance.*type.*far/, /distance.*missing/, /tail_number/],
      trainingJobs: (await trainingJobs(rehearsal)).length,
      pages: rehearsal.notifications(),
    });
    await life.deliver('2001-01-17', '2001-01-18');
    await rehearsal.entered(await life.train('January is repaired'), 'Train', 60);
    return `${entry.reasons.length} reasons stopped the first run before training and paged the owner; the repaired ${rows} flights passed`;
  },
};

const firstModel: Milestone = {
  id: 'first-model',
  title: 'v1 is trained, passes the bootstrap gate, is registered and deployed; flights are sent to it',
  async run(rehearsal) {
    const life = await lifeOf(rehearsal);
    const deployments = life.deployments;
    const entry = await life.trained(rehearsal.executions(TRAINING).at(-1)!.arn);
    const verdict = await life.verdict(entry);
    const auc = checks.checkRegistered({ entry, verdict, package: await life.package(1), version: 1 });
    checks.checkBootstrap(verdict);
    await life.loadUntil(rehearsal.now);
    const deployed = await life.released(deployments);
    checks.checkDeployed({ entry: deployed, endpoint: await life.endpoint(), champion: await life.champion(), version: 1 });
    const traffic = await life.open();
    await life.passHours(12);
    const answers = checks.checkAnswered({ captured: await life.captured(), version: 1, least: 500, failed: traffic.failed.length });
    return `v1 has AUC ${auc.toFixed(4)} on ${verdict.rows} later flights, is deployed, and answered for ${answers} flights`;
  },
};

const betterModel: Milestone = {
  id: 'better-model',
  title: 'February arrives; v2 beats the champion, goes through the canary, becomes champion',
  async run(rehearsal) {
    const life = await lifeOf(rehearsal);
    await life.passTo('2001-03-01T06:00:00Z');
    await life.deliver('2001-02-01', '2001-02-28');
    const { auc, gain } = await succession(life, await life.train('February is complete'), 2);
    const captured = await life.captured();
    const canary = checks.checkCanary(captured, 1, 2);
    checks.checkAnswered({ captured, version: 2, least: 500, failed: life.traffic.failed.length });
    return `v2 has AUC ${auc.toFixed(4)}, ${gain.toFixed(4)} more than v1 on the same flights; it answered ${canary} requests beside v1 before it took over`;
  },
};

const badModel: Milestone = {
  id: 'bad-model',
  title: 'v3 is trained badly; the gate rejects it, the package says why, the endpoint stays',
  async run(rehearsal) {
    const life = await lifeOf(rehearsal);
    await life.passTo('2001-03-05T06:00:00Z');
    const [before, deployments] = [await life.endpoint(), life.deployments];
    const entry = await life.trained(await life.train('an experiment with hyperparameters', CRIPPLED));
    await life.passHours(1);
    const reason = checks.checkRejected({
      entry,
      verdict: await life.verdict(entry),
      package: await life.package(3),
      before,
      after: await life.endpoint(),
      deployments: life.deployments - deployments,
    });
    return `v3 was rejected: ${reason}`;
  },
};

const badServer: Milestone = {
  id: 'bad-server',
  title: 'v4 is good offline but its server fails and slows; the canary rolls back and v2 still serves',
  async run(rehearsal) {
    const life = await lifeOf(rehearsal);
    await life.passTo('2001-04-02T06:00:00Z');
    await life.deliver('2001-03-01', '2001-03-31');
    rehearsal.faults.add({ id: 'v4-breaks', type: 'container', modelNamePrefix: `${MODEL}-v4`, errorRate: 0.4, addedLatencyMilliseconds: 2500 });
    const [before, deployments, failed, start] = [await life.endpoint(), life.deployments, life.traffic.failed.length, rehearsal.now];
    const entry = await life.trained(await life.train('March is complete'));
    const verdict = await life.verdict(entry);
    const auc = checks.checkRegistered({ entry, verdict, package: await life.package(4), version: 4 });
    checks.checkBeatsChampion(verdict, 2);
    const released = await life.released(deployments);
    checks.checkRolledBack({
      entry: released,
      package: await life.package(4),
      before,
      after: await life.endpoint(),
      championVersion: (await life.champion()).version,
      failed: life.traffic.failed.length - failed,
      alarms: raisedAlarms(rehearsal, start).filter((name) => name.includes('v4')),
      pages: rehearsal.notifications(),
    });
    rehearsal.faults.remove('v4-breaks');
    return `v4 has AUC ${auc.toFixed(4)}, but ${life.traffic.failed.length - failed} requests to its canary failed; rolled back: ${released.reasons.slice(0, 2).join('; ')}`;
  },
};

/** Names of alarms that went into ALARM since then. */
function raisedAlarms(rehearsal: Rehearsal, since: number): string[] {
  const raised = rehearsal.simulation.timeline.events.filter(({ kind, status, time }) => kind === 'alarm' && status === 'ALARM' && time >= since);
  return [...new Set(raised.map(({ subject }) => subject))];
}

const drift: Milestone = {
  id: 'drift',
  title: 'Only long-haul routes are asked for; the drift alarm pages and one retraining brings v5',
  async run(rehearsal) {
    const life = await lifeOf(rehearsal);
    await life.passTo('2001-04-10T00:00:00Z');
    await life.deliver('2001-04-01', '2001-04-09');
    const [deployments, trainingsBefore] = [life.deployments, rehearsal.started(TRAINING)];
    const [driftBegan, ledgerBefore] = [rehearsal.now, (await life.ledger()).length];
    life.requests.longHaul = LONG_HAUL_MILES;
    await life.loadUntil(rehearsal.now + 3 * 86_400_000);
    await rehearsal.waitUntil('drift starts a retraining', () => rehearsal.started(TRAINING) > trainingsBefore, 48 * 60);
    const run = rehearsal.executions(TRAINING).at(-1)!;
    const { auc, gain } = await succession(life, run.arn, 5);
    check(life.deployments === deployments + 1, `one deployment should have followed, ${life.deployments - deployments} did`);
    // The clients go on with long-haul routes: the drift is still there, and within the cooldown nothing else may start.
    await life.passHours(14);
    life.requests.longHaul = undefined;
    const since = (await life.ledger()).slice(ledgerBefore);
    const alarm = rehearsal.simulation.timeline.events.find(
      ({ kind, status, time, subject }) => kind === 'alarm' && status === 'ALARM' && time >= driftBegan && /drift/i.test(subject),
    );
    checks.checkDriftAnswered({
      driftBegan,
      alarmed: alarm?.time,
      windowHours: WINDOW_HOURS,
      windows: ALARM_WINDOWS,
      pages: rehearsal.notifications(),
      retrainings: since.filter(({ workflow }) => workflow === 'retraining'),
      driftRuns: since.filter(({ workflow, detail }) => workflow === 'training' && detail?.trigger === 'drift'),
      driftedWindows: since.filter(({ workflow, outcome }) => workflow === 'monitoring' && outcome === 'DRIFTED').length,
    });
    const hours = ((alarm!.time - driftBegan) / 3_600_000).toFixed(1);
    return `the drift alarm paged after ${hours} hours; one retraining made v5 (AUC ${auc.toFixed(4)}, ${gain.toFixed(4)} more than v2), which serves now`;
  },
};

const end: Milestone = {
  id: 'end',
  title: 'Every captured prediction names its version, the ledger is whole, nothing runs, nothing is locked',
  async run(rehearsal) {
    const life = await lifeOf(rehearsal);
    await life.passHours(36);
    life.traffic.stop();
    await rehearsal.settled(360);
    // Data capture is delivered within minutes.
    await rehearsal.advance(30);
    await rehearsal.settled(360);
    checks.checkServes(await life.endpoint(), 5);
    const [captured, ledger] = [await life.captured(), await life.ledger()];
    const jobs = [...(await trainingJobs(rehearsal)).map(({ TrainingJobName: name, TrainingJobStatus: status }) => ({ name, status })), ...(await transformJobs(rehearsal))];
    checks.checkEnd({
      captured,
      answered: life.traffic.answered,
      served: [1, 2, 4, 5],
      ledger,
      executions: rehearsal.executions(),
      activeJobs: jobs.filter(({ status }) => status === 'InProgress' || status === 'Stopping').map(({ name }) => name),
      locks: await life.locks(),
    });
    const rows = captured.reduce((sum, request) => sum + request.rows, 0);
    return `${captured.length} captured requests with ${rows} flights name their version; ${ledger.length} ledger entries in one valid chain; nothing runs, no lock is held`;
  },
};

async function transformJobs(rehearsal: Rehearsal): Promise<{ name: string; status: string }[]> {
  const jobs = await rehearsal.awsAll('sagemaker', 'ListTransformJobs', {}, 'TransformJobSummaries');
  return jobs.map(({ TransformJobName: name, TransformJobStatus: status }) => ({ name, status }));
}

const scenario: Scenario = {
  name: MODEL,
  start: '2001-02-01T00:00:00Z',
  milestones: [badData, firstModel, betterModel, badModel, badServer, drift, end],
};

export default scenario;
