import type { Fault } from '../../lib/rehearsal/kernel/faults';
import type { Step } from './fault-steps';
import type { Mutation } from './mutations';
import { FaultWorld, MINUTE } from './fault-world';
import { MODEL } from './fault-names';
import { Watch } from './watch';

export interface Sequence {
  /** Name in `DEPLOYMENTS`. */
  readonly deployment: string;
  /** Version 1 serves before the first step. */
  readonly serving: boolean;
  readonly steps: readonly Step[];
  /** How long the faults go on after the last step. */
  readonly minutes: number;
}

export interface SequenceResult {
  /** Sentences; empty when everything held. */
  readonly violations: readonly string[];
  readonly outcomes: readonly string[];
  /** Kinds of faults and acts that really struck. */
  readonly struck: readonly string[];
  readonly deployments: number;
}

const HOURS_TO_SETTLE = 72;

/** Goes through a sequence in a fresh simulation, lets it come to rest, reconciles, and looks at what is left. */
export async function play(sequence: Sequence, assembly: string, mutation?: Mutation): Promise<SequenceResult> {
  const world = await FaultWorld.create(assembly, mutation);
  try {
    const player = new Player(world);
    if (sequence.serving) await player.serveFirst();
    for (const step of sequence.steps) await player.act(step);
    await world.advance(sequence.minutes);
    await player.quiet();
    return {
      violations: [...world.simulation.defects.map((defect) => `the simulator is not to be believed: ${defect.message}`), ...player.problems, ...player.watch.always, ...(await player.remaining())],
      outcomes: world.ledger().map(({ outcome }) => outcome),
      struck: [...player.struck],
      deployments: world.executions().length,
    };
  } catch (error) {
    return { violations: [`the simulation ended: ${(error as Error).stack}`], outcomes: [], struck: [], deployments: 0 };
  } finally {
    await world.simulation.close();
  }
}

class Player {
  public readonly watch: Watch;
  public readonly struck = new Set<string>();
  public readonly problems: string[] = [];
  private readonly armed: string[] = [];
  private count = 0;

  public constructor(private readonly world: FaultWorld) {
    this.watch = new Watch(world);
    world.simulation.faults.onStrike(({ id }) => /^\d/.test(id) && this.struck.add(id.replace(/^\d+ /, '')));
  }

  public async serveFirst(): Promise<void> {
    await this.world.approve(1);
    await this.world.advance(1);
    await this.world.settle(1);
  }

  public async act(step: Step): Promise<void> {
    const { world } = this;
    switch (step.kind) {
      case 'approve':
        if (step.event !== 'once') this.arm(`event ${step.event}`, { type: 'event', detailType: 'SageMaker Model Package State Change', times: 1, ...EVENT_FAULTS[step.event] });
        await world.approve(step.version);
        break;
      case 'approve-two':
        for (const version of step.versions) await world.approve(version);
        if (step.versions[0] !== step.versions[1]) this.struck.add('two approvals at once');
        break;
      case 'start':
        // Approved while nobody listened: only the person starts it.
        if (step.approved) await world.approveUnheard(step.version);
        await world.deploy(step.version, step.trigger);
        break;
      case 'configuration':
        if (world.champion()) await world.deploy(world.champion()!.version, 'configuration');
        break;
      case 'freeze':
      case 'unfreeze':
        await world.freeze(step.kind === 'freeze');
        if (step.kind === 'freeze' && world.running().length > 0) this.struck.add('freeze in the middle');
        break;
      case 'stop':
        if (world.running()[0]) {
          await world.stop(world.running()[0]!);
          this.struck.add('lock holder gone');
        }
        break;
      case 'foreign-update':
        if (await world.foreignUpdate()) this.struck.add('update by somebody else');
        break;
      case 'traffic':
        world.traffic.requestsPerMinute = step.requestsPerMinute;
        if (step.requestsPerMinute === 0) this.struck.add('no traffic');
        break;
      case 'fleet':
        this.arm(`fleet ${step.fault}`, { type: 'container', modelNamePrefix: `${MODEL}-v${step.version}-`, ...FLEET_FAULTS[step.fault] });
        break;
      case 'silent-rollback':
        this.arm('silent rollback', { type: 'silent-rollback', endpointName: MODEL, times: 1 });
        break;
      case 'rollback-fails':
        this.arm('failing rollback', { type: 'rollback-fails', endpointName: MODEL, times: 1 });
        break;
      case 'request': {
        const [service, operation] = step.request.split(':') as [string, string];
        const errors = { throttled: { code: 'ThrottlingException' }, failing: { code: 'InternalFailure' }, 'lost-answer': { code: 'InternalFailure', afterEffect: true } };
        this.arm(`${step.request} ${step.error}`, { type: 'request', service, operation, skip: step.skip, times: step.times, ...errors[step.error] });
        break;
      }
      case 'crash':
        this.arm(`crash before ${step.state}`, { type: 'crash', stateMachine: 'DeploymentWorkflow', state: step.state, skip: step.skip, times: 1 });
        break;
      case 'wait':
        await world.advance(step.minutes);
        break;
    }
    // Events are delivered, executions begin; what takes virtual time is under way when the next step comes.
    await world.advance(0.05);
  }

  /** Nothing breaks any more: everything ends, dead runs are reconciled, and the endpoint comes to rest. */
  public async quiet(): Promise<void> {
    const { world } = this;
    for (const id of this.armed) world.simulation.faults.remove(id);
    world.traffic.requestsPerMinute = 500;
    await world.advance(LATE_MINUTES);
    if (!(await world.settle(HOURS_TO_SETTLE))) this.problems.push(`an execution did not end within ${HOURS_TO_SETTLE} hours`);
    await world.advance(10);
  }

  /** What is wrong now. Where a person was called, the person does what the runbook says before that. */
  public async remaining(): Promise<readonly string[]> {
    const { world } = this;
    const left = await this.watch.leftovers();
    const called = world.ledger().findLast(({ outcome, reasons, page }) => page && (outcome === 'FAILED' || outcome === 'REFUSED' || reasons.some((reason) => reason.includes('cleaning up failed'))));
    if (left.length === 0 || called === undefined) return left;
    this.struck.add('a person reconciles');
    if (await world.repair()) await world.advance(30);
    await world.reconcile(called.executionArn);
    if (!(await world.settle(HOURS_TO_SETTLE))) this.problems.push(`the reconciliation did not end within ${HOURS_TO_SETTLE} hours`);
    await world.advance(10);
    return this.watch.leftovers();
  }

  private arm(kind: string, fault: Fault extends infer F ? (F extends Fault ? Omit<F, 'id'> : never) : never): void {
    const id = `${++this.count} ${kind}`;
    this.armed.push(id);
    this.world.simulation.faults.add({ ...fault, id } as Fault);
  }
}

const LATE_MINUTES = 25;
const EVENT_FAULTS = { twice: { copies: 2 }, late: { copies: 1, delayMilliseconds: LATE_MINUTES * MINUTE }, lost: { copies: 0 } };
const FLEET_FAULTS = { errors: { errorRate: 0.2 }, slow: { addedLatencyMilliseconds: 5000 }, 'odd predictions': { changedPredictions: { factor: 0.1, offset: 0.9 } }, 'never-healthy': { neverHealthy: true } };
