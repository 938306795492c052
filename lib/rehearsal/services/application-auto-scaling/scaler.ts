import { AwsError } from '../../kernel/aws-error';
import type { Simulation } from '../../kernel/simulation';
import type { Timer } from '../../kernel/virtual-clock';
import { MetricAlarm } from '../cloudwatch/alarm';
import type { CloudWatchService } from '../cloudwatch/cloudwatch-service';
import { asBoolean } from '../operations';
import { EndpointCapacity, endpointOf, quantityOf } from './endpoint-capacity';
import { type ScalableTarget, type ScalingActivity, type ScalingPolicy, targetKey } from './records';
import { steppedCapacity, trackedCapacity } from './scaling-decision';
import type { TrackingAlarm } from './tracking-alarms';

const MINUTE = 60_000;

/** "The default value is 300" for SageMaker variants (guide, "Define cooldown periods"). */
const DEFAULT_COOLDOWN = 300;

/** The last change that a policy made: what a cooldown counts from. */
interface LastChange {
  readonly direction: 'out' | 'in';
  /** Capacity before it. */
  readonly base: number;
  readonly until: number;
}

interface TargetState {
  /** What the variant has; unknown after something happened to its endpoint. */
  capacity: number | undefined;
  /** Why the capacity must come within minimum and maximum at once: somebody changed them. */
  boundsChanged: boolean;
  busy: boolean;
  queued: boolean;
  timer: Timer | undefined;
  last: LastChange | undefined;
}

/** A policy with the alarm that calls for it. */
interface Call {
  readonly policy: ScalingPolicy;
  readonly alarm: MetricAlarm;
}

interface Proposal extends Call {
  readonly capacity: number;
}

/** What the scaler asks of the service that keeps the records. */
export interface ScalingRecords {
  target(key: string): ScalableTarget | undefined;
  policiesOf(target: ScalableTarget): ScalingPolicy[];
}

/**
 * Changes capacity: once a minute while an alarm of a policy is in ALARM, as CloudWatch repeats Auto Scaling actions (CloudWatch guide, "Alarm
 * actions"), and never when nothing could come of it. A change is an activity that ends when SageMaker has made it.
 */
export class Scaler {
  public readonly activities: ScalingActivity[] = [];
  private readonly states = new Map<string, TargetState>();
  private readonly capacity: EndpointCapacity;

  public constructor(
    private readonly simulation: Simulation,
    private readonly records: ScalingRecords,
  ) {
    this.capacity = new EndpointCapacity(simulation);
    simulation.timeline.subscribe(({ kind, subject, status }) => {
      if (kind === 'endpoint') this.endpointChanged(subject, status === 'InService');
    });
  }

  /** Minimum, maximum, suspension or a policy of the target has changed. */
  public changed(target: ScalableTarget, bounds: boolean): void {
    const state = this.state(targetKey(target));
    state.boundsChanged ||= bounds;
    this.queue(targetKey(target));
  }

  /** An alarm has called one of the target's policies. */
  public alarmed(target: ScalableTarget): void {
    this.queue(targetKey(target));
  }

  public forget(target: Record<string, any>): void {
    this.states.get(targetKey(target))?.timer?.cancel();
    this.states.delete(targetKey(target));
  }

  private endpointChanged(endpoint: string, inService: boolean): void {
    for (const [key, state] of this.states) {
      const target = this.records.target(key);
      if (!target || endpointOf(target.ResourceId).endpoint !== endpoint) continue;
      state.capacity = undefined;
      if (inService) this.queue(key);
    }
  }

  private state(key: string): TargetState {
    let state = this.states.get(key);
    if (!state) this.states.set(key, (state = { capacity: undefined, boundsChanged: false, busy: false, queued: false, timer: undefined, last: undefined }));
    return state;
  }

  /** Several alarms of a minute are one decision. */
  private queue(key: string): void {
    const state = this.state(key);
    if (state.queued || state.busy) return;
    state.queued = true;
    state.timer?.cancel();
    this.simulation.clock.spawn(async () => {
      state.queued = false;
      const target = this.records.target(key);
      if (!target || state.busy) return;
      const again = await this.decide(target, state);
      if (again && !state.busy) state.timer = this.simulation.clock.at(this.simulation.clock.now() + MINUTE, () => this.queue(key));
    });
  }

  /** @returns whether to look again in a minute */
  private async decide(target: ScalableTarget, state: TargetState): Promise<boolean> {
    const calls = this.calls(target);
    if (calls.length === 0 && !state.boundsChanged) return false;
    const capacity = (state.capacity ??= (await this.capacity.read(target))?.desired);
    if (capacity === undefined) return false;
    const bounded = within(target, capacity);
    if (state.boundsChanged && bounded !== capacity) {
      const bound = bounded > capacity ? 'minimum' : 'maximum';
      return this.act(target, state, bounded, `${bound} capacity was set to ${bounded}`);
    }
    state.boundsChanged = false;
    const proposals = calls.flatMap((call) => this.propose(call, capacity, state.last));
    const out = largest(proposals.filter((proposal) => within(target, proposal.capacity) > capacity));
    if (out && !target.SuspendedState.DynamicScalingOutSuspended) return this.follow(target, state, out, 'out');
    const proposedIn = this.agreedIn(target, proposals.filter((proposal) => within(target, proposal.capacity) < capacity));
    if (!proposedIn || out || target.SuspendedState.DynamicScalingInSuspended) return this.mayChange(target, capacity, calls);
    if (state.last?.direction === 'in' && this.simulation.clock.now() < state.last.until) return true;
    return this.follow(target, state, proposedIn, 'in');
  }

  /** Alarms in ALARM that call policies of the target. */
  private calls(target: ScalableTarget): Call[] {
    const alarms = this.simulation.service<CloudWatchService>('cloudwatch').alarms.all();
    const ringing = alarms.filter((alarm): alarm is MetricAlarm => alarm instanceof MetricAlarm && alarm.state === 'ALARM' && alarm.actionsEnabled);
    return this.records.policiesOf(target).flatMap((policy) => ringing.filter((alarm) => alarm.actions().includes(policy.PolicyARN)).map((alarm) => ({ policy, alarm })));
  }

  private propose(call: Call, capacity: number, last: LastChange | undefined): Proposal[] {
    const { policy, alarm } = call;
    const metric = alarm.latest(this.simulation.clock.now());
    if (metric === undefined) return [];
    const { TargetTrackingScalingPolicyConfiguration: tracking, StepScalingPolicyConfiguration: steps } = policy;
    const wanted = tracking ? trackedCapacity(capacity, metric, Number(tracking.TargetValue)) : steppedCapacity(capacity, metric - alarm.threshold, steps!);
    if (tracking && (isAlarm(call, 'AlarmHigh') ? wanted <= capacity : wanted >= capacity)) return [];
    // During the cooldown of a scale-out, what it added is part of what is added now (guide, "Cooldown period"): only a larger one adds more.
    const cooling = last?.direction === 'out' && this.simulation.clock.now() < last.until && wanted > capacity && steps?.AdjustmentType !== 'ExactCapacity';
    return [{ policy, alarm, capacity: cooling ? Math.max(capacity, last.base + wanted - capacity) : wanted }];
  }

  /** Target tracking removes capacity only when all such policies that may are ready to (guide, "Considerations"). */
  private agreedIn(target: ScalableTarget, proposals: readonly Proposal[]): Proposal | undefined {
    const tracking = this.records.policiesOf(target).filter(({ TargetTrackingScalingPolicyConfiguration: configuration }) => configuration && !asBoolean(configuration.DisableScaleIn));
    const agreed = tracking.every((policy) => proposals.some((proposal) => proposal.policy === policy));
    return largest(proposals.filter(({ policy }) => agreed || policy.TargetTrackingScalingPolicyConfiguration === undefined));
  }

  /** Whether a later minute could bring another answer without anything that wakes the scaler: not when all want what is the limit already. */
  private mayChange(target: ScalableTarget, capacity: number, calls: readonly Call[]): boolean {
    const { DynamicScalingInSuspended: noIn, DynamicScalingOutSuspended: noOut } = target.SuspendedState;
    const stuck = (call: Call): boolean =>
      (noIn && noOut) || (isAlarm(call, 'AlarmLow') && (noIn || capacity <= target.MinCapacity)) || (isAlarm(call, 'AlarmHigh') && (noOut || capacity >= target.MaxCapacity));
    return !calls.every(stuck);
  }

  private follow(target: ScalableTarget, state: TargetState, { policy, alarm, capacity }: Proposal, direction: 'out' | 'in'): boolean {
    const tracking = policy.TargetTrackingScalingPolicyConfiguration;
    const own = tracking ? tracking[direction === 'out' ? 'ScaleOutCooldown' : 'ScaleInCooldown'] : policy.StepScalingPolicyConfiguration!.Cooldown;
    const cooldown = 1000 * Number(own ?? DEFAULT_COOLDOWN);
    const base = state.capacity!;
    return this.act(target, state, within(target, capacity), `monitor alarm ${alarm.name} in state ALARM triggered policy ${policy.PolicyName}`, (end) => {
      state.last = { direction, base, until: end + cooldown };
    });
  }

  /** Runs beside the decision, which must not wait for it: a change takes minutes. */
  private act(target: ScalableTarget, state: TargetState, capacity: number, cause: string, succeeded: (end: number) => void = () => undefined): boolean {
    const { clock, random } = this.simulation;
    const { ServiceNamespace, ResourceId, ScalableDimension } = target;
    const quantity = quantityOf(ScalableDimension) ?? 'capacity';
    const activity: ScalingActivity = {
      ActivityId: random.stream(`scaling-activity ${this.activities.length}`).uuid(),
      ServiceNamespace,
      ResourceId,
      ScalableDimension,
      Description: `Setting desired ${quantity} to ${capacity}.`,
      Cause: cause,
      StartTime: new Date(clock.now()),
      StatusCode: 'InProgress',
      StatusMessage: `Successfully set desired ${quantity} to ${capacity}. Waiting for change to be fulfilled by sagemaker.`,
    };
    this.activities.push(activity);
    state.busy = true;
    clock.spawn(async () => {
      const failure = await this.change(target, capacity);
      activity.EndTime = new Date(clock.now());
      activity.StatusCode = failure === undefined ? 'Successful' : failure === '' ? 'Unfulfilled' : 'Failed';
      activity.StatusMessage =
        failure === undefined
          ? `Successfully set desired ${quantity} to ${capacity}. Change successfully fulfilled by sagemaker.`
          : `Failed to set desired ${quantity} to ${capacity}. Reason: ${failure === '' ? 'the capacity is another one.' : failure}`;
      this.simulation.timeline.emit({ time: clock.now(), kind: 'note', subject: ResourceId, status: activity.StatusCode, message: `${activity.StatusMessage} ${cause}` });
      state.busy = false;
      state.capacity = undefined;
      if (failure === undefined) succeeded(clock.now());
      state.timer = clock.at(clock.now() + MINUTE, () => this.queue(targetKey(target)));
    });
    return false;
  }

  /** @returns undefined when the variant has the capacity, else why not; empty when it came out with another one */
  private async change(target: ScalableTarget, capacity: number): Promise<string | undefined> {
    try {
      await this.capacity.set(target, capacity);
    } catch (error) {
      if (error instanceof AwsError) return error.message;
      throw error;
    }
    for (;;) {
      await this.simulation.clock.sleep(MINUTE);
      const found = await this.capacity.read(target);
      if (found === undefined) return 'the endpoint or its variant is gone.';
      if (found.settled) return found.current === capacity ? undefined : '';
    }
  }
}

function isAlarm({ policy, alarm }: Call, kind: TrackingAlarm): boolean {
  return policy.TargetTrackingScalingPolicyConfiguration !== undefined && alarm.name.includes(`-${kind}-`);
}

function within({ MinCapacity, MaxCapacity }: ScalableTarget, capacity: number): number {
  return Math.min(Math.max(capacity, MinCapacity), MaxCapacity);
}

/** Availability first: the largest capacity that any policy wants (guide, "Considerations"). */
function largest(proposals: readonly Proposal[]): Proposal | undefined {
  return proposals.reduce<Proposal | undefined>((best, proposal) => (best === undefined || proposal.capacity > best.capacity ? proposal : best), undefined);
}
