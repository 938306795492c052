import { AwsError } from '../../kernel/aws-error';
import type { AwsRequest, Authorization } from '../../kernel/simulation';
import type { Execution, StateMachine } from './execution';
import type { StepFunctionsService } from './step-functions';

type Input = Record<string, any>;

/** An operation of the API: whom it needs permission for, and what it does. */
interface Operation {
  /** The resource that the action is allowed on (Service Authorization Reference, "AWS Step Functions"). */
  readonly resource: (service: StepFunctionsService, input: Input) => string;
  readonly handle: (service: StepFunctionsService, input: Input) => unknown;
}

const onMachine = (_: StepFunctionsService, input: Input): string => input.stateMachineArn as string;
const onExecution = (_: StepFunctionsService, input: Input): string => input.executionArn as string;
const onToken = (service: StepFunctionsService, input: Input): string => service.tokens.stateMachineOf(input.taskToken as string) ?? '*';

/** Step Functions API reference, one page per operation. */
const OPERATIONS: Record<string, Operation> = {
  StartExecution: {
    resource: onMachine,
    handle: (service, { stateMachineArn, name, input }) => {
      const execution = service.startExecution(stateMachineArn as string, input as string | undefined, name as string | undefined);
      return { executionArn: execution.arn, startDate: new Date(execution.startTime) };
    },
  },
  StopExecution: {
    resource: onExecution,
    handle: (service, { executionArn, error, cause }) => {
      const execution = service.execution(executionArn as string);
      if (execution.arn.includes(':express:')) throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: express'`);
      service.abort(execution, { error, cause });
      return { stopDate: new Date(execution.stopTime!) };
    },
  },
  DescribeExecution: { resource: onExecution, handle: (service, { executionArn }) => describeExecution(service.execution(executionArn as string)) },
  GetExecutionHistory: {
    resource: onExecution,
    handle: (service, input) => {
      const events = service.execution(input.executionArn as string).history.events;
      const { items, nextToken } = page(input.reverseOrder ? [...events].reverse() : events, input, 100);
      return { events: items, nextToken };
    },
  },
  ListExecutions: {
    resource: (_, input) => (input.mapRunArn ?? input.stateMachineArn) as string,
    handle: (service, input) => {
      if ((input.stateMachineArn === undefined) === (input.mapRunArn === undefined)) {
        throw new AwsError('ValidationException', 'Exactly one of stateMachineArn and mapRunArn must be given');
      }
      if (input.stateMachineArn !== undefined) service.stateMachine(input.stateMachineArn as string);
      const of = (execution: Execution): boolean =>
        input.mapRunArn === undefined
          ? !execution.mapRun && execution.stateMachine.arn === input.stateMachineArn
          : execution.mapRun?.arn === input.mapRunArn;
      const status = input.statusFilter as string | undefined;
      const found = service.all().filter((execution) => of(execution) && (status === undefined || execution.status === status));
      // Sorted by start, the newest first.
      const { items, nextToken } = page(found.reverse(), input, 100);
      return { executions: items.map(listed), nextToken };
    },
  },
  DescribeStateMachine: {
    resource: onMachine,
    handle: (service, { stateMachineArn }) => describeStateMachine(service.stateMachine(stateMachineArn as string)),
  },
  DescribeStateMachineForExecution: {
    resource: onExecution,
    handle: (service, { executionArn }) => {
      const machine = service.execution(executionArn as string).stateMachine;
      const { status: _status, type: _type, creationDate, ...description } = describeStateMachine(machine);
      return { ...description, updateDate: creationDate };
    },
  },
  ListStateMachines: {
    resource: () => '*',
    handle: (service, input) => {
      const { items, nextToken } = page(service.stateMachines(), input, 100);
      const stateMachines = items.map(({ arn, name, type, createdAt }) => ({ stateMachineArn: arn, name, type, creationDate: new Date(createdAt) }));
      return { stateMachines, nextToken };
    },
  },
  SendTaskSuccess: { resource: onToken, handle: (service, { taskToken, output }) => answer(service.tokens.succeed(taskToken as string, output as string)) },
  SendTaskFailure: { resource: onToken, handle: (service, { taskToken, error, cause }) => answer(service.tokens.fail(taskToken as string, error, cause)) },
  SendTaskHeartbeat: { resource: onToken, handle: (service, { taskToken }) => answer(service.tokens.beat(taskToken as string)) },
};

export function authorizeOperation(service: StepFunctionsService, request: AwsRequest): Authorization[] {
  return [{ action: `states:${request.operation}`, resource: operation(request).resource(service, request.input) }];
}

export function handleOperation(service: StepFunctionsService, request: AwsRequest): unknown {
  return operation(request).handle(service, request.input);
}

function operation(request: AwsRequest): Operation {
  const found = OPERATIONS[request.operation];
  if (!found) throw new AwsError('OperationNotSimulated', `sfn:${request.operation} is not simulated`);
  return found;
}

function describeExecution(execution: Execution): Record<string, unknown> {
  const isOver = execution.status !== 'RUNNING';
  const succeeded = execution.status === 'SUCCEEDED';
  return {
    ...listed(execution),
    input: execution.input,
    inputDetails: { included: true },
    ...(execution.output === undefined ? {} : { output: execution.output, outputDetails: { included: true } }),
    ...(execution.error === undefined ? {} : { error: execution.error }),
    ...(execution.cause === undefined ? {} : { cause: execution.cause }),
    redriveStatus: isOver && !succeeded ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
    ...(isOver && !succeeded ? {} : { redriveStatusReason: `Execution is ${execution.status} and cannot be redriven` }),
  };
}

function listed(execution: Execution): Record<string, unknown> {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachine.arn,
    name: execution.name,
    status: execution.status,
    startDate: new Date(execution.startTime),
    ...(execution.stopTime === undefined ? {} : { stopDate: new Date(execution.stopTime) }),
    ...(execution.mapRun ? { mapRunArn: execution.mapRun.arn } : {}),
    redriveCount: 0,
  };
}

function describeStateMachine(machine: StateMachine): Record<string, unknown> & { creationDate: Date } {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    definition: machine.definition,
    roleArn: machine.roleArn,
    type: machine.type,
    creationDate: new Date(machine.createdAt),
  };
}

/** `nextToken` is the position of the next item. @throws AwsError InvalidToken */
function page<T>(items: readonly T[], { maxResults, nextToken }: Input, size: number): { items: readonly T[]; nextToken?: string } {
  const start = nextToken === undefined ? 0 : Number(Buffer.from(nextToken as string, 'base64').toString());
  if (!Number.isInteger(start) || start < 0) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  // 0 means the default (API reference, maxResults).
  const end = start + (maxResults ? (maxResults as number) : size);
  return { items: items.slice(start, end), ...(end < items.length ? { nextToken: Buffer.from(String(end)).toString('base64') } : {}) };
}

/** Operations that only answer that all is well. */
function answer(_: void): object {
  return {};
}
