/** What an operation did with one resource. */
export interface StackChange {
  readonly action: 'CREATED' | 'UPDATED' | 'REPLACED' | 'DELETED' | 'RETAINED' | 'CREATE_FAILED' | 'UPDATE_FAILED' | 'DELETE_FAILED' | 'DELETE_SKIPPED';
  readonly logicalId: string;
  readonly type: string;
  readonly constructPath: string;
  /** Physical ids, names of changed properties, or why it failed. */
  readonly detail: string;
}

/** How a deployment or deletion of a stack ended, in CloudFormation's words; `UNCHANGED` when there was nothing to do. */
export interface StackResult {
  readonly stackName: string;
  readonly status:
    | 'CREATE_COMPLETE'
    | 'ROLLBACK_COMPLETE'
    | 'ROLLBACK_FAILED'
    | 'UPDATE_COMPLETE'
    | 'UPDATE_ROLLBACK_COMPLETE'
    | 'UPDATE_ROLLBACK_FAILED'
    | 'DELETE_COMPLETE'
    | 'DELETE_FAILED'
    | 'UNCHANGED';
  /** Of a failure: construct path, logical id, type and what was wrong. */
  readonly reason?: string;
  /** In the order in which they happened, those of a rollback included. */
  readonly changes: readonly StackChange[];
}
