import type { AwsRequest } from './simulation';

/** How often and when a fault strikes; every kind of fault has these. */
export interface FaultWindow {
  /** Names the fault in timeline and report. */
  readonly id: string;
  /** Virtual time in milliseconds. */
  readonly from?: number;
  readonly until?: number;
  /** Strikes at most so many times. */
  readonly times?: number;
  /** Lets so many matching occasions pass first. */
  readonly skip?: number;
}

/** An AWS request fails: throttled, 5xx, timed out (the effect may still have happened when `afterEffect`). */
export interface RequestFault extends FaultWindow {
  readonly type: 'request';
  readonly service: string;
  readonly operation?: string;
  /** Substring of the JSON of the input. */
  readonly inputIncludes?: string;
  readonly code: string;
  readonly statusCode?: number;
  readonly message?: string;
  /** The service does the work, but the caller sees the error (a lost answer). */
  readonly afterEffect?: boolean;
}

/** An event (EventBridge) is delivered late, twice, or never. */
export interface EventFault extends FaultWindow {
  readonly type: 'event';
  readonly detailType: string;
  readonly copies: number;
  readonly delayMilliseconds?: number;
}

/**
 * Containers of a model answer with errors, slowly or wrongly, or never become healthy. Matches SageMaker Model names by prefix; all members
 * of one fault strike together, and of several faults that match the first one does.
 */
export interface ContainerFault extends FaultWindow {
  readonly type: 'container';
  readonly modelNamePrefix: string;
  /** Only the containers of this variant; absent = of every variant. */
  readonly variantName?: string;
  /** Share of invocations answered with HTTP 500, 0 to 1. */
  readonly errorRate?: number;
  readonly addedLatencyMilliseconds?: number;
  readonly neverHealthy?: boolean;
  readonly changedPredictions?: ChangedPredictions;
}

/** Every number `x` that the container answers becomes `constant`, or `factor * x + offset`, held within the limits. */
export interface ChangedPredictions {
  readonly constant?: number;
  /** Absent = 1. */
  readonly factor?: number;
  /** Absent = 0. */
  readonly offset?: number;
  /** For probabilities 0 and 1. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Share of the requests whose answer changes, 0 to 1; absent = 1. */
  readonly share?: number;
}

/** An execution dies just before it enters a state: aborted, as if somebody had stopped it. */
export interface CrashFault extends FaultWindow {
  readonly type: 'crash';
  /** Substring of the state machine's name or logical id. */
  readonly stateMachine: string;
  readonly state: string;
}

/** UpdateEndpoint ends InService with the OLD configuration and an empty FailureReason. */
export interface SilentRollbackFault extends FaultWindow {
  readonly type: 'silent-rollback';
  readonly endpointName: string;
}

/** An update that has to be rolled back cannot be: the endpoint ends as UpdateRollbackFailed, with both fleets in service. */
export interface RollbackFailureFault extends FaultWindow {
  readonly type: 'rollback-fails';
  readonly endpointName: string;
}

export type Fault = RequestFault | EventFault | ContainerFault | CrashFault | SilentRollbackFault | RollbackFailureFault;

/** The faults of a scenario. Deterministic: order of occasions and counters decide, never chance. */
export class FaultPlan {
  private readonly armed: { fault: Fault; seen: number; struck: number }[] = [];
  private readonly strikeListeners: ((fault: Fault, what: string) => void)[] = [];

  public add(fault: Fault): void {
    this.armed.push({ fault, seen: 0, struck: 0 });
  }

  /** Disarms by id. */
  public remove(id: string): void {
    for (let i = this.armed.length - 1; i >= 0; i--) if (this.armed[i]!.fault.id === id) this.armed.splice(i, 1);
  }

  public onStrike(listener: (fault: Fault, what: string) => void): void {
    this.strikeListeners.push(listener);
  }

  public request(now: number, request: AwsRequest): RequestFault | undefined {
    return this.strike(
      now,
      `${request.service}:${request.operation}`,
      (fault): fault is RequestFault =>
        fault.type === 'request' &&
        fault.service === request.service &&
        (fault.operation === undefined || fault.operation === request.operation) &&
        (fault.inputIncludes === undefined || JSON.stringify(request.input).includes(fault.inputIncludes)),
    );
  }

  public event(now: number, detailType: string): EventFault | undefined {
    return this.strike(now, detailType, (fault): fault is EventFault => fault.type === 'event' && fault.detailType === detailType);
  }

  /** Container faults that hold for the model now; rates are applied by the caller with its own random stream. */
  public container(now: number, modelName: string, variantName?: string): ContainerFault | undefined {
    return this.strike(
      now,
      modelName,
      (fault): fault is ContainerFault =>
        fault.type === 'container' &&
        modelName.startsWith(fault.modelNamePrefix) &&
        (fault.variantName === undefined || variantName === undefined || fault.variantName === variantName),
    );
  }

  public crash(now: number, stateMachine: string, state: string): CrashFault | undefined {
    return this.strike(
      now,
      `${stateMachine} at ${state}`,
      (fault): fault is CrashFault => fault.type === 'crash' && stateMachine.includes(fault.stateMachine) && fault.state === state,
    );
  }

  public silentRollback(now: number, endpointName: string): SilentRollbackFault | undefined {
    return this.strike(now, endpointName, (fault): fault is SilentRollbackFault => fault.type === 'silent-rollback' && fault.endpointName === endpointName);
  }

  /** Asked when a rollback begins. */
  public rollbackFails(now: number, endpointName: string): RollbackFailureFault | undefined {
    return this.strike(now, endpointName, (fault): fault is RollbackFailureFault => fault.type === 'rollback-fails' && fault.endpointName === endpointName);
  }

  private strike<F extends Fault>(now: number, what: string, matches: (fault: Fault) => fault is F): F | undefined {
    for (const entry of this.armed) {
      const fault = entry.fault;
      if (now < (fault.from ?? -Infinity) || now >= (fault.until ?? Infinity) || !matches(fault)) continue;
      if (entry.seen++ < (fault.skip ?? 0)) continue;
      if (entry.struck >= (fault.times ?? Infinity)) continue;
      if (entry.struck++ === 0) for (const listener of this.strikeListeners) listener(fault, what);
      return fault;
    }
    return undefined;
  }
}
