/** One thing that happened, for the terminal, the report and the checks of a scenario. */
export interface TimelineEvent {
  /** Virtual time, milliseconds since 1970. */
  readonly time: number;
  readonly kind:
    | 'milestone'
    | 'execution'
    | 'state'
    | 'job'
    | 'endpoint'
    | 'alarm'
    | 'notification'
    | 'function'
    | 'request-denied'
    | 'fault'
    | 'traffic'
    | 'stack'
    | 'note';
  /** What it is about: state machine and execution, alarm name, endpoint name, topic. */
  readonly subject: string;
  /** One line for a person. */
  readonly message: string;
  /** Status word of the kind: RUNNING, SUCCEEDED, FAILED, ALARM, OK, InService, … */
  readonly status?: string;
  readonly data?: Record<string, unknown>;
}

export type TimelineListener = (event: TimelineEvent) => void;

export class Timeline {
  public readonly events: TimelineEvent[] = [];
  private readonly listeners: TimelineListener[] = [];

  public emit(event: TimelineEvent): void {
    this.events.push(event);
    for (const listener of this.listeners) listener(event);
  }

  public subscribe(listener: TimelineListener): void {
    this.listeners.push(listener);
  }
}
