import type { SimulatedService, Simulation } from '../../kernel/simulation';
import type { Execution, ExecutionStatus } from './execution';

/** Simulated EventBridge, as far as Step Functions needs it. */
interface EventBus extends SimulatedService {
  publish(event: { source: string; 'detail-type': string; detail: Record<string, unknown>; resources: string[] }): unknown;
}

/** Simulated CloudWatch, as far as Step Functions needs it. */
interface Metrics extends SimulatedService {
  putMetric(namespace: string, name: string, dimensions: Record<string, string>, value: number, unit: string, time: number): void;
}

/** Guide, "Monitoring Step Functions metrics using Amazon CloudWatch", execution metrics. */
const METRICS: Readonly<Record<ExecutionStatus, string>> = {
  RUNNING: 'ExecutionsStarted',
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/**
 * Tells the timeline, CloudWatch, and EventBridge (events reference, "AWS Step Functions events"), that an execution has another status. Children of
 * a distributed Map keep quiet unless they fail; express executions send no events.
 */
export function announce(simulation: Simulation, execution: Execution): void {
  const { clock, timeline } = simulation;
  const { status, error, cause } = execution;
  if (execution.mapRun && (status === 'RUNNING' || status === 'SUCCEEDED')) return;
  timeline.emit({
    time: clock.now(),
    kind: 'execution',
    subject: subject(execution),
    status,
    message: [status, error, cause].filter((part) => part !== undefined).join(': '),
    data: { stateMachine: execution.stateMachine.name, execution: execution.name, arn: execution.arn },
  });
  if (execution.mapRun || execution.stateMachine.type === 'EXPRESS') return;
  const dimensions = { StateMachineArn: execution.stateMachine.arn };
  simulation.service<Metrics>('cloudwatch').putMetric('AWS/States', METRICS[status], dimensions, 1, 'Count', clock.now());
  const event = {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [execution.arn],
    detail: {
      executionArn: execution.arn,
      stateMachineArn: execution.stateMachine.arn,
      name: execution.name,
      status,
      startDate: execution.startTime,
      stopDate: execution.stopTime ?? null,
      input: execution.input,
      output: execution.output ?? null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: status === 'RUNNING' || status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
      inputDetails: { included: true },
      outputDetails: execution.output === undefined ? null : { included: true },
      error: error ?? null,
      cause: cause ?? null,
    },
  };
  clock.at(clock.now(), () => simulation.service<EventBus>('events').publish(event));
}

/** Tells the timeline that an execution enters a state. */
export function announceState(simulation: Simulation, execution: Execution, state: string): void {
  const mapRun = execution.mapRun ? { mapRunArn: execution.mapRun.arn } : {};
  simulation.timeline.emit({
    time: simulation.clock.now(),
    kind: 'state',
    subject: subject(execution),
    message: `entered ${state}`,
    data: { stateMachine: execution.stateMachine.name, execution: execution.name, state, ...mapRun },
  });
}

function subject(execution: Execution): string {
  return `${execution.mapRun?.machineName ?? execution.stateMachine.name} ${execution.name}`;
}
