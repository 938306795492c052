import type { CreatedResource, ExistingResource, ResourceLifecycle, ResourceRequest, SimulatedService, Simulation } from '../kernel/simulation';
import { CustomResources } from './custom-resource';
import { NotSimulated } from './failures';
import { changedProperties, equal, NAMING_PROPERTIES, REPLACING_PROPERTIES } from './replacements';

/** What an update means for one resource. */
export type ResourceChange = 'NONE' | 'UPDATE' | 'REPLACE';

/** Creates, updates and deletes single resources, each in the service that simulates its type. */
export class ResourceDriver {
  private readonly customResources: CustomResources;

  public constructor(
    simulation: Simulation,
    private readonly services: readonly SimulatedService[],
  ) {
    this.customResources = new CustomResources(simulation);
  }

  public create(request: ResourceRequest, stackId: string): CreatedResource | Promise<CreatedResource> {
    const service = this.serviceOf(request.type);
    if (service) return service.resources[request.type]!(request);
    if (isCustom(request.type)) return this.customResources.create(request, stackId);
    throw new NotSimulated('the rehearsal does not simulate this resource type');
  }

  /** @throws Error when CloudFormation refuses the change */
  public changeOf(request: ResourceRequest, existing: ExistingResource): ResourceChange {
    const { type } = request;
    if (type !== existing.request.type) throw new Error(`Update of resource type is not permitted: it was ${existing.request.type}`);
    const changed = changedProperties(existing.request.properties, request.properties);
    if (changed.length === 0) return 'NONE';
    if (!this.serviceOf(type)) {
      // Its function is what updates: another one is another resource (User Guide, "Custom resources", ServiceToken).
      if (changed.includes('ServiceToken')) throw new Error('Modifying service token is not allowed.');
      return 'UPDATE';
    }
    const replacing = REPLACING_PROPERTIES[type] ?? [];
    if (!changed.some((property) => replacing.includes(property))) return 'UPDATE';
    const name = NAMING_PROPERTIES[type];
    if (name !== undefined && request.properties[name] !== undefined && equal(request.properties[name], existing.request.properties[name])) {
      const named = String(request.properties[name]);
      throw new Error(`CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${named} and update the stack again.`);
    }
    return 'REPLACE';
  }

  public update(request: ResourceRequest, existing: ExistingResource, stackId: string): CreatedResource | Promise<CreatedResource> {
    if (!this.serviceOf(request.type)) return this.customResources.update(request, existing, stackId);
    const { update } = this.lifecycle(request.type);
    if (update && request.type in REPLACING_PROPERTIES) return update(request, existing);
    const changed = changedProperties(existing.request.properties, request.properties).join(', ');
    throw new NotSimulated(`the rehearsal does not simulate an update of this resource type (changed: ${changed})`);
  }

  public async delete(existing: ExistingResource, stackId: string): Promise<void> {
    const { type } = existing.request;
    if (!this.serviceOf(type)) return this.customResources.delete(existing, stackId);
    const { delete: remove } = this.lifecycle(type);
    if (!remove) throw new NotSimulated('the rehearsal does not simulate the deletion of this resource type');
    await remove(existing);
  }

  private lifecycle(type: string): ResourceLifecycle {
    return this.serviceOf(type)?.lifecycles?.[type] ?? {};
  }

  private serviceOf(type: string): SimulatedService | undefined {
    return this.services.find(({ resources }) => Object.hasOwn(resources, type));
  }
}

export function isCustom(type: string): boolean {
  return type === 'AWS::CloudFormation::CustomResource' || type.startsWith('Custom::');
}
