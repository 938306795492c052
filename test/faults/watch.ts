import { verifyLedger } from '../../lib/governance/ledger';
import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import { resourceVersion } from '../../lib/deployment/deployment.contract';
import type { AwsRequest } from '../../lib/rehearsal/kernel/simulation';
import { MODEL } from './fault-names';
import { type FaultWorld, MINUTE } from './fault-world';

const AUTOMATIC = new Set(['approval', 'configuration']);
/** Outcomes that nobody may miss. */
const PAGED = new Set(['FAILED', 'ROLLED_BACK', 'REFUSED', 'REJECTED']);
/** A freeze may come while an update is being prepared. */
const FREEZE_GRACE = 2 * MINUTE;
/** Until the next look has seen it, and a little for an update that is at its end by then. */
const LOOK_GRACE = 20 * MINUTE;

/** Looks at everything that happens, and at what is left: sentences about what must never be. */
export class Watch {
  private readonly seen = new Set<string>();
  private left: string[] = [];
  /** Executions that have changed the endpoint. */
  private readonly begun = new Set<string>();
  private frozenSince: number | undefined;
  /** Executions between the acquisition and the release of the lock. */
  private readonly holders = new Set<string>();

  public constructor(private readonly world: FaultWorld) {
    world.beforeRequest = (request) => this.checkChange(request);
    world.afterRequest = ({ operation, input }) => {
      if (operation !== 'PutObject') return;
      if (String(input['Key']).endsWith('/locks/deployment.json')) this.checkLock();
      if (String(input['Key']).endsWith('/champion.json') && this.world.champion()) this.checkChampion();
    };
    world.onFreeze = (frozen) => (this.frozenSince = frozen ? (this.frozenSince ?? world.now) : undefined);
  }

  /** What was wrong at some time, whatever came after. */
  public get always(): readonly string[] {
    return [...this.seen];
  }

  /** What is wrong now that everything is at rest. */
  public async leftovers(): Promise<readonly string[]> {
    this.left = [];
    await this.checkEndpoint();
    await this.checkLeftovers();
    this.checkRecords();
    return this.left;
  }

  private checkChange({ operation, input }: AwsRequest): void {
    // API_DeleteEndpointConfig: not while an endpoint uses it or is updated to it; then nothing could be rolled back to, and nobody is told.
    const used = (this.world.endpoint()?.fleets ?? []).flatMap(({ endpointConfigName, variants }) => [endpointConfigName, ...variants.map(({ modelName }) => modelName)]);
    const deleted = (input['EndpointConfigName'] ?? input['ModelName']) as string | undefined;
    const isGoing = ['Deleting', 'Failed', undefined].includes(this.world.endpoint()?.status);
    if ((operation === 'DeleteEndpointConfig' || operation === 'DeleteModel') && !isGoing && used.includes(deleted!)) this.add(`${operation} of ${deleted}, which the endpoint uses`);
    if (operation !== 'UpdateEndpoint' && operation !== 'CreateEndpoint') return;
    const { EndpointConfigName } = input as { EndpointConfigName: string };
    const holder = this.world.lockHolder();
    const execution = this.world.running().find(({ arn }) => arn === holder);
    if (!execution) {
      this.add(`${operation} to ${EndpointConfigName} while ${holder === undefined ? 'nobody holds the lock' : 'the holder of the lock has ended'}`);
      return;
    }
    const { trigger } = execution.input as { trigger: string };
    const isChange = resourceVersion(MODEL, EndpointConfigName) !== this.world.champion()?.version;
    // What had begun before the freeze is ended by the next look; see `checkChampion`.
    const isBeginning = !this.begun.has(execution.arn);
    this.begun.add(execution.arn);
    if (isChange && isBeginning && AUTOMATIC.has(trigger) && this.isFrozen(FREEZE_GRACE)) this.add(`${operation} to ${EndpointConfigName} by trigger ${trigger} although the model is frozen`);
    const scaling = this.world.scaling();
    if (operation === 'UpdateEndpoint' && scaling && scaling['SuspendedState']?.DynamicScalingInSuspended !== true) this.add(`${operation} to ${EndpointConfigName} while scaling is not suspended`);
  }

  private isFrozen(grace: number): boolean {
    return this.frozenSince !== undefined && this.world.now - this.frozenSince > grace;
  }

  private checkChampion(): void {
    const champion = this.world.champion()!;
    const execution = this.world.executions().find(({ arn }) => arn === champion.executionArn);
    const trigger = (execution?.input as { trigger: string } | undefined)?.trigger ?? '';
    if (AUTOMATIC.has(trigger) && this.begun.has(champion.executionArn) && champion.previous.length > 0 && this.isFrozen(LOOK_GRACE)) {
      this.add(`${champion.endpointConfigName} became the champion by trigger ${trigger} although the model is frozen`);
    }
  }

  private checkLock(): void {
    const holder = this.world.lockHolder();
    const running = new Set(this.world.running().map(({ arn }) => arn));
    if (holder === undefined) {
      this.holders.clear();
      return;
    }
    for (const other of this.holders) if (other !== holder && running.has(other)) this.add(`${holder} took the lock while ${other} runs and has not released it`);
    this.holders.add(holder);
  }

  private async checkEndpoint(): Promise<void> {
    const endpoint = this.world.endpoint();
    const champion = this.world.champion();
    if (endpoint && endpoint.status !== 'InService') this.leave(`endpoint is ${endpoint.status}`);
    if (!champion && endpoint) this.leave(`endpoint serves ${endpoint.endpointConfigName}, but there is no champion`);
    if (champion && !endpoint) this.leave(`champion is ${champion.endpointConfigName}, but there is no endpoint`);
    if (!champion || !endpoint) return;
    if (champion.endpointConfigName !== endpoint.endpointConfigName) this.leave(`champion is ${champion.endpointConfigName}, endpoint serves ${endpoint.endpointConfigName}`);
    const served = endpoint.fleets.map(({ endpointConfigName }) => resourceVersion(MODEL, endpointConfigName));
    for (const version of served) {
      if (version === undefined) this.leave('endpoint serves what no deployment made');
      else if ((await this.world.approval(version)) !== 'Approved') this.leave(`endpoint serves version ${version}, which is not approved`);
    }
    if (champion.version !== served[0]) this.leave(`champion is version ${champion.version}, endpoint serves version ${served[0]}`);
    if (endpoint.modelNames[0] !== champion.modelName) this.leave(`champion's model is ${champion.modelName}, endpoint serves ${endpoint.modelNames.join()}`);
  }

  private async checkLeftovers(): Promise<void> {
    const champion = this.world.champion();
    const kept = new Set([champion?.endpointConfigName, ...(champion?.previous ?? []).map(({ endpointConfigName }) => endpointConfigName)]);
    const configs = await this.world.endpointConfigs();
    for (const name of configs) if (!kept.has(name)) this.leave(`endpoint configuration ${name} is left over`);
    for (const name of await this.world.models()) if (!kept.has(name)) this.leave(`model ${name} is left over`);
    for (const name of kept) if (name !== undefined && !configs.includes(name)) this.leave(`endpoint configuration ${name} is gone, the champion pointer keeps it`);
    for (const name of this.world.rollbackAlarms()) this.leave(`rollback alarm ${name} is left over`);
    if (this.world.scaling()?.['SuspendedState']?.DynamicScalingInSuspended === true) this.leave('scaling is still suspended');
    if (this.world.endpoint() && this.world.endpoint()!.kind !== 'serverless' && !this.world.scaling()) this.leave('scaling is not registered');
    const holder = this.world.lockHolder();
    if (holder !== undefined && this.world.executions().find(({ arn }) => arn === holder)?.status === 'SUCCEEDED') this.leave(`lock is still held by ${holder}`);
  }

  private checkRecords(): void {
    const ledger = this.world.ledger();
    for (const problem of verifyLedger(ledger)) this.leave(`ledger: ${problem}`);
    for (const execution of this.world.executions()) {
      const entries = ledger.filter(({ executionArn }) => executionArn === execution.arn);
      // Who died could not write; the reconciliation has its own entry.
      const mayBeSilent = execution.status === 'ABORTED' || execution.status === 'TIMED_OUT' || execution.error === 'OutcomeNotRecorded';
      // What became of a dead run is recorded once, whichever reconciliation comes first.
      const { deadExecutionArn } = execution.input as { deadExecutionArn?: string };
      const isTold = deadExecutionArn !== undefined && ledger.some(({ eventId }) => eventId === `${deadExecutionArn}#reconciled`);
      if (entries.length === 0 && !mayBeSilent && !isTold) this.leave(`${execution.name} ended with ${execution.status} and no entry in the ledger`);
      if (entries.length > 1) this.leave(`${execution.name} has ${entries.length} entries in the ledger`);
      for (const entry of entries) this.checkPage(entry, mayBeSilent);
    }
    const { denied, schemaErrors } = this.world.simulation.counters;
    if (denied > 0) this.leave(`${denied} requests were denied`);
    if (schemaErrors > 0) this.leave(`${schemaErrors} requests broke their schema`);
  }

  private checkPage({ outcome, executionArn }: LedgerEntry, mayBeSilent: boolean): void {
    const pages = this.world.pages().filter(({ message }) => message.includes(executionArn));
    if (PAGED.has(outcome) && pages.length === 0 && !mayBeSilent) this.leave(`${outcome} of ${executionArn} paged nobody`);
  }

  private leave(violation: string): void {
    this.left.push(violation);
  }

  private add(violation: string): void {
    this.seen.add(violation);
  }
}
