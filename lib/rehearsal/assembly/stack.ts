import type { ExistingResource, Simulation } from '../kernel/simulation';

/** A resource of a stack that exists. */
export interface StackResource extends ExistingResource {
  /** What happens to it when it is not wanted any more (template reference, "DeletionPolicy attribute"). */
  readonly deletionPolicy: string | undefined;
  /** Logical ids that it refers to or depends on. */
  readonly dependencies: ReadonlySet<string>;
}

/** A deployed stack. */
export class Stack {
  public readonly id: string;
  /** By logical id, in the order of creation. */
  public resources: ReadonlyMap<string, StackResource> = new Map();
  public outputs: Readonly<Record<string, unknown>> = {};
  public exports: ReadonlyMap<string, unknown> = new Map();
  /** Names of the exports of other stacks that it uses. */
  public imports: ReadonlySet<string> = new Set();
  private replacements = 0;

  public constructor(
    { partition, region, account, random }: Simulation,
    public readonly name: string,
  ) {
    this.id = `arn:${partition}:cloudformation:${region}:${account}:stack/${name}/${random.stream(`stack ${name}`).uuid()}`;
  }

  /** Number for the name of a replacement; never used twice, also not after a rollback. */
  public nextGeneration(): number {
    return ++this.replacements;
  }
}
