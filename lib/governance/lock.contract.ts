/** Contract of the lock function: one holder at a time per model and lock name. Imports nothing. */
export const LOCK_ENVIRONMENT = ['LAKE_BUCKET', 'MODEL_NAME'] as const;

/** `training` and `deployment` may run beside each other; two of a kind may not. */
export type LockName = 'training' | 'deployment' | 'monitoring' | 'model-quality';

export interface LockEvent {
  readonly action: 'acquire' | 'release';
  readonly lock: LockName;
  /** ARN of the Step Functions execution that holds it. Acquiring twice with the same holder succeeds twice. */
  readonly holder: string;
  /** ISO time, from the state's context. */
  readonly now: string;
  /** A lock whose holder is gone (execution no longer RUNNING) or that is older than this is taken over. Seconds. */
  readonly leaseSeconds: number;
  /** Acquiring only: the holder is asked to end. It does so at its next look, in order; the lock is not taken from it. */
  readonly urgent?: boolean;
}

/** The lock's object. A released lock stays as an object without holder, so that every change is a conditional overwrite. */
export interface LockObject {
  readonly holder: string | null;
  readonly since: string;
  readonly expires: string;
  /** Execution that wants it at once. */
  readonly wanted?: string;
}

export interface LockResult {
  readonly acquired: boolean;
  /** Who holds it after the call; undefined after a release. */
  readonly holder?: string;
  /** Short id of the run: `r` and 12 hexadecimal digits of the SHA-256 of the holder. Safe in every SageMaker name. */
  readonly runId: string;
  /** Acquiring only: a sentence, when a person has frozen what starts by itself. The lock does not depend on it. */
  readonly frozen?: string;
}
