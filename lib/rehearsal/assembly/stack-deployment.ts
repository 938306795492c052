import type { CreatedResource, SimulatedService, Simulation } from '../kernel/simulation';
import type { StackArtifact } from './cloud-assembly';
import { NotSimulated } from './failures';
import { ResourceDriver } from './resource-driver';
import { Stack, type StackResource } from './stack';
import { StackJournal } from './stack-journal';
import type { StackResult } from './stack-result';
import { StackUpdate } from './stack-update';

/** A resource of the deployed stacks. */
export interface DeployedResource extends CreatedResource {
  readonly type: string;
  readonly logicalId: string;
  readonly constructPath: string;
  readonly stackName: string;
  readonly properties: Record<string, any>;
}

/** CloudFormation: creates, updates and deletes stacks in the simulated services. docs/rehearsal/cloud-assembly.md says what is simulated. */
export class StackDeployment {
  /** Of all stacks, in the order of creation. */
  public readonly resources: DeployedResource[] = [];
  private readonly stacks = new Map<string, Stack>();
  private readonly driver: ResourceDriver;

  public constructor(
    private readonly simulation: Simulation,
    services: readonly SimulatedService[],
  ) {
    this.driver = new ResourceDriver(simulation, services);
  }

  /** Names of the stacks, in the order of creation. */
  public get stackNames(): string[] {
    return [...this.stacks.keys()];
  }

  public outputs(stackName: string): Readonly<Record<string, unknown>> {
    return this.stacks.get(stackName)?.outputs ?? {};
  }

  /** The first deployment of a rehearsal: nothing is rolled back. @throws Error naming construct path, logical id and type of the resource that failed */
  public async create(artifact: StackArtifact): Promise<void> {
    const stack = new Stack(this.simulation, artifact.stackName);
    const update = this.update(stack, artifact, new StackJournal(this.simulation, stack.name, true));
    await this.commit(stack, update);
  }

  /** Creates the stack, or updates it. A failure is a result, after everything was rolled back. @throws Error when the rehearsal does not know what AWS would do */
  public async deploy(artifact: StackArtifact): Promise<StackResult> {
    const existing = this.stacks.get(artifact.stackName);
    const stack = existing ?? new Stack(this.simulation, artifact.stackName);
    const journal = new StackJournal(this.simulation, stack.name, false);
    const update = this.update(stack, artifact, journal);
    try {
      await this.commit(stack, update);
    } catch (error) {
      if (error instanceof NotSimulated) throw error;
      return this.rollBack(stack, update, journal, (error as Error).message);
    }
    const complete = existing === undefined ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE';
    return journal.result(existing !== undefined && journal.changes.length === 0 ? 'UNCHANGED' : complete);
  }

  /** Deletes a stack, newest resource first; what another resource that stays still needs stays as well. */
  public async destroy(stackName: string): Promise<StackResult> {
    const stack = this.stacks.get(stackName);
    if (!stack) throw new Error(`there is no stack ${stackName}; there are: ${this.stackNames.join(', ')}`);
    const journal = new StackJournal(this.simulation, stackName, false);
    const used = this.exportInUse(stack, new Map());
    if (used !== undefined) return journal.result('DELETE_FAILED', used);
    const surviving = new Map<string, StackResource>();
    for (const [logicalId, resource] of [...stack.resources].reverse()) {
      const user = [...surviving.values()].find(({ dependencies }) => dependencies.has(logicalId));
      if (user) journal.note('DELETE_SKIPPED', resource.request, `${user.request.logicalId} needs it`);
      else if ((await journal.remove(this.driver, resource, stack.id)) !== 'DELETE_FAILED') continue;
      surviving.set(logicalId, resource);
    }
    stack.resources = new Map([...surviving].reverse());
    if (surviving.size === 0) this.stacks.delete(stackName);
    this.list();
    if (surviving.size === 0) return journal.result('DELETE_COMPLETE');
    const failed = journal.changes.filter(({ action }) => action === 'DELETE_FAILED').map(({ constructPath, detail }) => `${constructPath}: ${detail}`);
    return journal.result('DELETE_FAILED', failed.join('; '));
  }

  private update(stack: Stack, artifact: StackArtifact, journal: StackJournal): StackUpdate {
    const others = [...this.stacks.values()].filter((other) => other !== stack);
    return new StackUpdate(this.simulation, this.driver, stack, artifact, new Map(others.flatMap(({ exports }) => [...exports])), journal);
  }

  private async commit(stack: Stack, update: StackUpdate): Promise<void> {
    const { outputs, exports } = await update.apply();
    const used = this.exportInUse(stack, exports);
    if (used !== undefined) throw new Error(used);
    stack.outputs = outputs;
    stack.exports = exports;
    this.stacks.set(stack.name, stack);
    await update.complete();
    this.list();
  }

  private async rollBack(stack: Stack, update: StackUpdate, journal: StackJournal, reason: string): Promise<StackResult> {
    const isNew = !this.stacks.has(stack.name);
    try {
      const clean = await update.rollBack();
      this.list();
      return journal.result(isNew ? (clean ? 'ROLLBACK_COMPLETE' : 'ROLLBACK_FAILED') : 'UPDATE_ROLLBACK_COMPLETE', reason);
    } catch (error) {
      if (error instanceof NotSimulated) throw error;
      return journal.result(isNew ? 'ROLLBACK_FAILED' : 'UPDATE_ROLLBACK_FAILED', `${reason}; rollback: ${(error as Error).message}`);
    }
  }

  /** Exports that another stack imports can neither go nor change (User Guide, "Get exported outputs from a deployed stack"). */
  private exportInUse(stack: Stack, next: ReadonlyMap<string, unknown>): string | undefined {
    for (const [name, value] of stack.exports) {
      if (next.get(name) === value) continue;
      const user = [...this.stacks.values()].find((other) => other !== stack && other.imports.has(name));
      if (user) return `Export ${name} cannot be ${next.has(name) ? 'updated' : 'deleted'} as it is in use by ${user.name}`;
    }
    return undefined;
  }

  private list(): void {
    const all = [...this.stacks.values()].flatMap((stack) => [...stack.resources.values()]);
    this.resources.splice(
      0,
      this.resources.length,
      ...all.map(({ request: { type, logicalId, constructPath, stackName, properties }, ref, attributes }) => ({ ref, attributes, type, logicalId, constructPath, stackName, properties })),
    );
  }
}
