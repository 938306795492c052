import type { ResourceRequest, Simulation } from '../kernel/simulation';
import { NotSimulated } from './failures';
import type { ResourceDriver } from './resource-driver';
import type { StackResource } from './stack';
import type { StackChange, StackResult } from './stack-result';

/** What one operation on a stack does, for its result and for the timeline: what one would see under "Events". */
export class StackJournal {
  public readonly changes: StackChange[] = [];

  /** @param silent the first deployment: a hundred creations tell nobody anything */
  public constructor(
    private readonly simulation: Simulation,
    private readonly stackName: string,
    private readonly silent: boolean,
  ) {}

  public note(action: StackChange['action'], { logicalId, type, constructPath }: ResourceRequest, detail: string): void {
    this.changes.push({ action, logicalId, type, constructPath, detail });
    this.emit(action, `${constructPath} (${type}) ${detail}`.trim());
  }

  /** Deletes a resource or leaves it, as its policy says. */
  public async remove(driver: ResourceDriver, resource: StackResource, stackId: string): Promise<'RETAINED' | 'DELETED' | 'DELETE_FAILED'> {
    const { request, ref, deletionPolicy } = resource;
    if (deletionPolicy === 'Retain' || deletionPolicy === 'RetainExceptOnCreate') {
      this.note('RETAINED', request, ref);
      return 'RETAINED';
    }
    try {
      await driver.delete(resource, stackId);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof NotSimulated) throw new NotSimulated(`${request.constructPath} (${request.logicalId}, ${request.type}): ${message}`, { cause: error });
      this.note('DELETE_FAILED', request, message);
      return 'DELETE_FAILED';
    }
    this.note('DELETED', request, ref);
    return 'DELETED';
  }

  public result(status: StackResult['status'], reason?: string): StackResult {
    this.emit(status, reason ?? '');
    return { stackName: this.stackName, status, ...(reason === undefined ? {} : { reason }), changes: this.changes };
  }

  private emit(status: string, message: string): void {
    if (this.silent) return;
    const { clock, timeline } = this.simulation;
    timeline.emit({ time: clock.now(), kind: 'stack', subject: this.stackName, status, message });
  }
}
