import { AwsError } from '../../kernel/aws-error';
import type { SageMakerContext } from './context';
import type { DeploymentPlan, TrafficStep } from './deployment-plan';
import { durations } from './durations';
import type { Endpoint } from './endpoint';
import type { Fleet } from './fleet';

/** Why an update ends with the old configuration. An empty reason is what SageMaker leaves behind when an alarm tripped. */
interface Setback {
  readonly cause: string;
  readonly failureReason?: string;
  /** Not even the status shows it (terraform-provider-aws issue 48997). */
  readonly silent?: boolean;
}

/**
 * One UpdateEndpoint from its new fleet to its end (guide: deployment-guardrails): provision, shift traffic in steps, bake after each step
 * while the alarms are watched, then retire the old fleet; or give all traffic back to it. Runs as one action of the virtual clock.
 */
export class EndpointDeployment {
  private readonly deadline: number;

  public constructor(
    private readonly context: SageMakerContext,
    private readonly endpoint: Endpoint,
    private readonly fleet: Fleet,
    private readonly plan: DeploymentPlan,
  ) {
    this.deadline = context.simulation.clock.now() + plan.timeoutSeconds * 1000;
  }

  public async run(): Promise<void> {
    const setback = await this.advance();
    if (setback) await this.rollBack(setback);
    else await this.finish();
  }

  private async advance(): Promise<Setback | undefined> {
    const { endpoint, fleet, plan } = this;
    const { clock, faults } = this.context.simulation;
    endpoint.stage('Creating', `Launching ${plan.kind === 'rolling' ? plan.steps[0]!.instances : fleet.instances} instance(s).`);
    await clock.sleep(fleet.config.kind === 'serverless' ? durations.serverlessProvisioning : durations.fleetProvisioning);
    const failure = await fleet.start();
    if (failure) {
      if (failure.unhealthy) await clock.sleep(this.healthCheckTimeout());
      return { cause: failure.reason, failureReason: failure.reason };
    }
    if (faults.silentRollback(clock.now(), endpoint.name)) return { cause: 'the service gave up without saying why', silent: true };
    const already = await this.trippedAlarms();
    if (already) return already;
    for (const [index, step] of plan.steps.entries()) {
      if (plan.kind === 'rolling' && index > 0) {
        endpoint.stage('Updating', `Launching ${step.instances - plan.steps[index - 1]!.instances} instance(s).`);
        await clock.sleep(durations.capacityChange);
      }
      this.activate(step);
      const setback = await this.bake(step);
      if (setback) return setback;
    }
    return undefined;
  }

  private activate(step: TrafficStep): void {
    const pending = this.endpoint.pending!;
    pending.share = step.share;
    pending.activeInstances = step.instances;
    this.endpoint.stage('ActivatingTraffic', `Activating traffic on ${capacityText(step)}.`);
  }

  /** Waits with traffic on the step's capacity and looks at the alarms every minute. */
  private async bake(step: TrafficStep): Promise<Setback | undefined> {
    const { clock } = this.context.simulation;
    if (step.waitSeconds === 0) return undefined;
    this.endpoint.stage('Baking', `Baking for ${step.waitSeconds} seconds (${step.waitName}) with traffic enabled on ${capacityText(step)}.`);
    const end = clock.now() + step.waitSeconds * 1000;
    while (clock.now() < end) {
      if (end > this.deadline && clock.now() + durations.alarmPoll > this.deadline) return failed('The deployment exceeded MaximumExecutionTimeoutInSeconds.');
      await clock.sleep(Math.min(durations.alarmPoll, end - clock.now()));
      const tripped = await this.trippedAlarms();
      if (tripped) return tripped;
    }
    return undefined;
  }

  /** Asks CloudWatch with the rights of the execution role, which needs cloudwatch:DescribeAlarms (deployment-guardrails-configuration). */
  private async trippedAlarms(): Promise<Setback | undefined> {
    const names = this.plan.alarmNames;
    if (names.length === 0) return undefined;
    try {
      const found = await this.context.simulation.gateway.call({ arn: this.fleet.roleArn }, 'cloudwatch', 'DescribeAlarms', {
        AlarmNames: [...names],
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      });
      const alarms = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])] as { AlarmName: string; StateValue: string }[];
      const missing = names.filter((name) => !alarms.some((alarm) => alarm.AlarmName === name));
      if (missing.length > 0) return failed(`Could not find the auto-rollback alarm(s) ${missing.join(', ')}.`);
      const tripped = alarms.filter((alarm) => alarm.StateValue === 'ALARM').map((alarm) => alarm.AlarmName);
      return tripped.length === 0 ? undefined : { cause: `alarm ${tripped.join(', ')} is in ALARM` };
    } catch (error) {
      if (error instanceof AwsError) return failed(`Could not describe the auto-rollback alarms: ${error.message}`);
      throw error;
    }
  }

  private async finish(): Promise<void> {
    const { endpoint, fleet } = this;
    const old = endpoint.fleet;
    const { stranded } = endpoint;
    endpoint.fleet = fleet;
    endpoint.pending = undefined;
    endpoint.stranded = undefined;
    endpoint.failureReason = undefined;
    await old.stop();
    await stranded?.fleet.stop();
    endpoint.enter('InService', `serves ${fleet.config.name}; the fleet of ${old.config.name} is terminated`);
  }

  /** Traffic returns to the old fleet, the new one is terminated. A fleet that an earlier rollback left behind goes too. */
  private async rollBack(setback: Setback): Promise<void> {
    const { endpoint, fleet } = this;
    const { clock, faults } = this.context.simulation;
    if (setback.silent) this.context.note('endpoint', endpoint.name, `rolls back silently: ${setback.cause}`, endpoint.status);
    else endpoint.enter('RollingBack', `rolls back to ${endpoint.fleet.config.name}: ${setback.cause}`);
    if (faults.rollbackFails(clock.now(), endpoint.name)) return await this.strand(setback);
    await this.returnTraffic();
    endpoint.stage('Deleting', `Terminating ${fleet.instances} instance(s).`);
    await clock.sleep(durations.rollback);
    const { stranded } = endpoint;
    endpoint.pending = undefined;
    endpoint.stranded = undefined;
    await fleet.stop();
    await stranded?.fleet.stop();
    endpoint.failureReason = setback.failureReason;
    endpoint.enter('InService', `still serves ${endpoint.fleet.config.name}; the update to ${fleet.config.name} was rolled back`);
  }

  /**
   * Blue/green still has the whole old fleet: all traffic at once. Rolling has to launch what it terminated, batch by batch, and the new fleet
   * keeps its share until then (API_RollingUpdatePolicy, RollbackMaximumBatchSize).
   */
  private async returnTraffic(): Promise<void> {
    const pending = this.endpoint.pending!;
    const { instances } = this.fleet;
    for (const batch = this.plan.rollbackBatch; batch !== undefined && pending.activeInstances > 0; ) {
      const back = Math.min(batch, pending.activeInstances);
      this.endpoint.stage('Updating', `Launching ${back} instance(s) of ${this.endpoint.fleet.config.name}.`);
      await this.context.simulation.clock.sleep(durations.capacityChange);
      pending.activeInstances -= back;
      pending.share = pending.activeInstances / instances;
    }
    pending.activeInstances = 0;
    pending.share = 0;
  }

  /**
   * "Both the rolling deployment and auto-rollback failed. Your endpoint is in service with a mix of the old and new endpoint configurations"
   * (API_DescribeEndpoint). The next update that succeeds, or is rolled back, ends it.
   */
  private async strand(setback: Setback): Promise<void> {
    const { endpoint, fleet } = this;
    const before = endpoint.stranded;
    const { share } = endpoint.pending!;
    await this.context.simulation.clock.sleep(durations.rollback);
    endpoint.pending = undefined;
    endpoint.stranded = share > 0 ? { fleet, share } : undefined;
    if (share === 0) await fleet.stop();
    await before?.fleet.stop();
    endpoint.failureReason = setback.failureReason ?? `The rollback to ${endpoint.fleet.config.name} failed.`;
    endpoint.enter('UpdateRollbackFailed', `serves ${endpoint.fleet.config.name} and ${fleet.config.name}: the update and its rollback failed`);
  }

  private healthCheckTimeout(): number {
    const limits = this.fleet.config.request.ProductionVariants!.map((variant) => variant.ContainerStartupHealthCheckTimeoutInSeconds ?? 0);
    return Math.max(...limits) * 1000 || durations.healthCheckTimeout;
  }
}

function failed(reason: string): Setback {
  return { cause: reason, failureReason: reason };
}

function capacityText(step: TrafficStep): string {
  return `${step.label === 'full' ? 'full' : step.label === 'canary' ? 'canary' : 'partial'} capacity of ${step.instances} instance(s)`;
}
