import type { CreatedResource, ResourceRequest, Simulation } from '../kernel/simulation';
import type { StackArtifact, TemplateResource } from './cloud-assembly';
import { IncompleteResource, NotSimulated } from './failures';
import type { IntrinsicResolver } from './intrinsics';
import { creationOrder, dependenciesOf } from './references';
import { changedProperties } from './replacements';
import type { ResourceDriver } from './resource-driver';
import type { Stack, StackResource } from './stack';
import type { StackJournal } from './stack-journal';
import { stackScope } from './stack-scope';

/** A resource of the old template, what became of it, and the request that was tried last. */
interface Attempt {
  readonly request: ResourceRequest;
  readonly replaces: boolean;
}

/**
 * One deployment of a template over what a stack has, from creation of the new to deletion of the old, or back (User Guide, "Understand update
 * behaviors of stack resources", "Stack update rollback"). A new stack is an update of nothing.
 */
export class StackUpdate {
  /** What the stack consists of when all has gone well. */
  private readonly next = new Map<string, StackResource>();
  private readonly attempts = new Map<string, Attempt>();
  /** To be deleted, in the order of creation, when there is no way back any more. */
  private readonly replaced: StackResource[] = [];
  private readonly incomplete: StackResource[] = [];
  private readonly imports = new Set<string>();
  private readonly resolver: IntrinsicResolver;

  public constructor(
    simulation: Simulation,
    private readonly driver: ResourceDriver,
    private readonly stack: Stack,
    private readonly artifact: StackArtifact,
    exports: ReadonlyMap<string, unknown>,
    private readonly journal: StackJournal,
  ) {
    if (artifact.template.Transform !== undefined) throw new NotSimulated(`stack ${stack.name}: template transforms are not simulated`);
    this.resolver = stackScope(simulation, { stack: artifact, stackId: stack.id, resources: this.next, exports, imports: this.imports });
  }

  /** Creates, updates and replaces; deletes nothing. @throws Error that says which resource or output failed */
  public async apply(): Promise<{ outputs: Record<string, unknown>; exports: Map<string, unknown> }> {
    const { template } = this.artifact;
    for (const logicalId of creationOrder(template)) {
      const resource = template.Resources[logicalId]!;
      const constructPath = String(resource.Metadata?.['aws:cdk:path'] ?? this.artifact.constructPaths.get(logicalId) ?? `${this.stack.name}/${logicalId}`);
      try {
        if (resource.Condition !== undefined && !this.resolver.condition(resource.Condition)) continue;
        this.next.set(logicalId, await this.bring(logicalId, resource, constructPath));
      } catch (error) {
        const message = `${constructPath} (${logicalId}, ${resource.Type}): ${(error as Error).message}`;
        throw error instanceof NotSimulated ? new NotSimulated(message, { cause: error }) : new Error(message, { cause: error });
      }
    }
    return this.evaluateOutputs();
  }

  /** The way of no return: the stack is what was applied, and what is not wanted any more is deleted, newest first. */
  public async complete(): Promise<void> {
    const removed = [...this.stack.resources].filter(([logicalId]) => !this.next.has(logicalId)).map(([, resource]) => resource);
    this.stack.resources = this.next;
    this.stack.imports = this.imports;
    await this.discard([...removed, ...this.replaced].reverse());
  }

  /**
   * Back to the old template, as an update to it would go: changed resources get their old properties in the order of creation, then what is
   * new is deleted. @throws Error when a resource does not go back
   */
  public async rollBack(): Promise<boolean> {
    const { stack } = this;
    const restored = new Map<string, StackResource>();
    const unwanted: StackResource[] = [...this.next].filter(([logicalId]) => !stack.resources.has(logicalId)).map(([, resource]) => resource);
    for (const [logicalId, old] of stack.resources) {
      const attempt = this.attempts.get(logicalId);
      const now = this.next.get(logicalId);
      if (attempt?.replaces === true && now !== undefined) unwanted.push(now);
      restored.set(logicalId, attempt === undefined || attempt.replaces ? old : await this.restore(old, now ?? { ...old, request: attempt.request }, unwanted));
    }
    stack.resources = restored;
    // A resource that keeps its DeletionPolicy is kept even here, unless it says otherwise ("DeletionPolicy attribute", RetainExceptOnCreate).
    const kept = (policy: string | undefined): string | undefined => (policy === 'RetainExceptOnCreate' ? undefined : policy);
    return this.discard([...unwanted, ...this.incomplete].reverse().map((resource) => ({ ...resource, deletionPolicy: kept(resource.deletionPolicy) })));
  }

  private async bring(logicalId: string, resource: TemplateResource, constructPath: string): Promise<StackResource> {
    const existing = this.stack.resources.get(logicalId);
    const base: ResourceRequest = {
      type: resource.Type,
      logicalId,
      properties: (this.resolver.resolve(resource.Properties ?? {}) ?? {}) as Record<string, any>,
      constructPath,
      stackName: this.stack.name,
      assembly: this.artifact.folder,
    };
    const place = (request: ResourceRequest, created: CreatedResource): StackResource => ({
      ...created,
      request,
      deletionPolicy: resource.DeletionPolicy,
      dependencies: new Set(dependenciesOf(resource)),
    });
    if (existing === undefined) {
      const created = await this.create(base, place);
      this.journal.note('CREATED', base, created.ref);
      return place(base, created);
    }
    const request = existing.request.generation === undefined ? base : { ...base, generation: existing.request.generation };
    const change = this.driver.changeOf(request, existing);
    if (change === 'NONE') return place({ ...request, assembly: existing.request.assembly }, existing);
    if (change === 'REPLACE') {
      const replacement = { ...base, generation: this.stack.nextGeneration() };
      this.attempts.set(logicalId, { request: replacement, replaces: true });
      const created = await this.create(replacement, place);
      return this.replace(existing, place(replacement, created), resource);
    }
    this.attempts.set(logicalId, { request, replaces: false });
    let updated: CreatedResource;
    try {
      updated = await this.driver.update(request, existing, this.stack.id);
    } catch (error) {
      this.journal.note('UPDATE_FAILED', request, (error as Error).message);
      throw error;
    }
    // A custom resource says by another physical id that it is another resource now.
    if (updated.ref !== existing.ref) return this.replace(existing, place(request, updated), resource);
    this.journal.note('UPDATED', request, changedProperties(existing.request.properties, request.properties).join(', '));
    return place(request, updated);
  }

  private async create(request: ResourceRequest, place: (request: ResourceRequest, created: CreatedResource) => StackResource): Promise<CreatedResource> {
    try {
      return await this.driver.create(request, this.stack.id);
    } catch (error) {
      this.journal.note('CREATE_FAILED', request, (error as Error).message);
      if (error instanceof IncompleteResource) this.incomplete.push({ ...place(request, error.left), deletionPolicy: undefined });
      throw error;
    }
  }

  private replace(old: StackResource, next: StackResource, { UpdateReplacePolicy }: TemplateResource): StackResource {
    this.journal.note('REPLACED', next.request, `${old.ref} → ${next.ref}`);
    this.replaced.push({ ...old, deletionPolicy: UpdateReplacePolicy });
    return next;
  }

  private async restore(old: StackResource, now: StackResource, unwanted: StackResource[]): Promise<StackResource> {
    const back = await this.driver.update(old.request, now, this.stack.id);
    this.journal.note('UPDATED', old.request, 'back to its old properties');
    if (back.ref !== now.ref) unwanted.push(now);
    // Only these two: a service may hand back the whole resource, with the properties that were just taken back.
    return { ...old, ref: back.ref, attributes: back.attributes };
  }

  /** @returns false when something could not be deleted: it stays, and the stack does not know it any more */
  private async discard(resources: readonly StackResource[]): Promise<boolean> {
    let deleted = true;
    for (const resource of resources) deleted = (await this.journal.remove(this.driver, resource, this.stack.id)) !== 'DELETE_FAILED' && deleted;
    return deleted;
  }

  private evaluateOutputs(): { outputs: Record<string, unknown>; exports: Map<string, unknown> } {
    const outputs: Record<string, unknown> = {};
    const exports = new Map<string, unknown>();
    for (const [name, output] of Object.entries(this.artifact.template.Outputs ?? {})) {
      if (output.Condition !== undefined && !this.resolver.condition(output.Condition)) continue;
      try {
        outputs[name] = this.resolver.resolve(output.Value);
        if (output.Export) exports.set(String(this.resolver.resolve(output.Export.Name)), outputs[name]);
      } catch (error) {
        throw new Error(`output ${name} of stack ${this.stack.name}: ${(error as Error).message}`, { cause: error });
      }
    }
    return { outputs, exports };
  }
}
