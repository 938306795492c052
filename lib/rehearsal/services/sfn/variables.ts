import { PAYLOAD_LIMIT, StatesError } from './states-error';

/** All variables of an execution together (Step Functions guide, "Passing data between states with variables", limits). */
const TOTAL_LIMIT = 10 * 1024 * 1024;

/**
 * Variables of one scope: the machine's own, a branch's, or an iteration's. Reads see outer scopes, assignments stay here (guide, same
 * page, "Variable scope").
 */
export class Variables {
  private readonly values = new Map<string, { value: unknown; size: number }>();

  public constructor(private readonly outer?: Variables) {}

  /** What expressions see, inner names over outer ones. */
  public bindings(): Record<string, unknown> {
    const bindings = this.outer?.bindings() ?? {};
    for (const [name, { value }] of this.values) bindings[name] = value;
    return bindings;
  }

  /** @throws StatesError States.DataLimitExceeded */
  public assign(values: Record<string, unknown>): void {
    let assigned = 0;
    const entries = Object.entries(values).map(([name, value]) => {
      const size = Buffer.byteLength(JSON.stringify(value));
      assigned += size;
      return [name, { value, size }] as const;
    });
    if (assigned > PAYLOAD_LIMIT) throw new StatesError('States.DataLimitExceeded', 'The variables of one Assign exceed 256 KiB.');
    for (const [name, entry] of entries) this.values.set(name, entry);
    if (this.size() > TOTAL_LIMIT) throw new StatesError('States.DataLimitExceeded', 'The variables of the execution exceed 10 MiB.');
  }

  private size(): number {
    let size = this.outer?.size() ?? 0;
    for (const entry of this.values.values()) size += entry.size;
    return size;
  }
}
