/** Kill switch of one model: state/<model>/freeze.json. Absent means that nobody ever froze it. Imports nothing. */
export interface FreezeState {
  readonly frozen: boolean;
  /** Why, as the person wrote it. */
  readonly reason: string;
  /** Who: ARN of the caller. */
  readonly by: string;
  /** ISO time. */
  readonly since: string;
}

/** One sentence for outcomes of what did not happen. */
export function frozenReason({ reason, by, since }: FreezeState): string {
  return `automatic deployment and retraining are frozen since ${since} by ${by}: ${reason}`;
}
