import type { CreatedResource } from '../kernel/simulation';

/** A resource could not be created, and something of it is there all the same, which a rollback has to delete. */
export class IncompleteResource extends Error {
  public constructor(
    message: string,
    public readonly left: CreatedResource,
  ) {
    super(message);
  }
}

/** The rehearsal does not know what AWS would do: no failure of the stack that could be rolled back. */
export class NotSimulated extends Error {}
