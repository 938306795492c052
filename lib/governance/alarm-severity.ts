/**
 * How soon an alarm has to be answered. All alarms of a model with the same severity notify as one: an incident that raises five alarms
 * is one message. What can stand for days is never in the same group as what must be answered at once, because a group that is in ALARM
 * already says nothing when another of its alarms joins.
 */
export enum AlarmSeverity {
  /** Requests are not answered, or too late: somebody looks now. */
  PAGE = 'page',
  /** Answers may be wrong, or nobody would notice: somebody looks within the working day. */
  TICKET = 'ticket',
}
