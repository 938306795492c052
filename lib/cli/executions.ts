import type { DescribeExecutionOutput, HistoryEvent } from '@aws-sdk/client-sfn';
import type { AwsClients } from './aws-clients';
import { AwsFailure } from './aws-failure';

export interface RunningExecution {
  readonly executionArn: string;
  /** ISO time. */
  readonly since: string;
  /** Name of the state that it is in; null right after its start. */
  readonly state: string | null;
  /** What started it, as its input says. */
  readonly trigger: string | null;
  /** Version that it deploys. */
  readonly version: number | null;
}

export interface EnteredState {
  readonly name: string;
  readonly time: Date;
}

export interface EndedExecution {
  /** Of Step Functions: SUCCEEDED, FAILED, TIMED_OUT or ABORTED. */
  readonly status: string;
  /** What the workflow recorded, as far as it says. */
  readonly outcome: string;
  readonly reasons: readonly string[];
}

/** Between two questions while somebody waits; a state of a deployment lasts seconds to minutes. */
const POLL_MILLISECONDS = 5_000;
/** Looks in a row that may fail: a minute, each after the SDK's own attempts. */
const FAILURES = 12;
/** The others take no time and say nothing that the next state, or the outcome, does not. */
const TELLING = new Set(['TaskStateEntered', 'WaitStateEntered', 'MapStateEntered', 'ParallelStateEntered']);
/** States of a loop (wait, look, decide) come again and again; a state is news when it is none of the last so many. */
const LOOP = 4;

export async function runningExecutions({ sfn }: AwsClients, stateMachineArn: string): Promise<RunningExecution[]> {
  const { executions } = await sfn.listExecutions({ stateMachineArn, statusFilter: 'RUNNING', maxResults: 10 });
  return Promise.all(
    (executions ?? []).map(async ({ executionArn, startDate }) => {
      const [{ events }, { input }] = await Promise.all([
        sfn.getExecutionHistory({ executionArn, reverseOrder: true, maxResults: 100 }),
        sfn.describeExecution({ executionArn }),
      ]);
      const state = (events ?? []).find(({ stateEnteredEventDetails }) => stateEnteredEventDetails !== undefined)?.stateEnteredEventDetails?.name;
      return { executionArn: executionArn!, since: startDate!.toISOString(), state: state ?? null, ...purpose(input) };
    }),
  );
}

/** Both members are there or not: the input is what the starter wrote. */
function purpose(input: string | undefined): Pick<RunningExecution, 'trigger' | 'version'> {
  const { trigger, modelPackageArn } = JSON.parse(input ?? '{}') as { trigger?: string; modelPackageArn?: string };
  const version = /\/(\d+)$/.exec(modelPackageArn ?? '')?.[1];
  return { trigger: trigger ?? null, version: version === undefined ? null : Number(version) };
}

/** Tells each state that the execution comes to, once, until it has ended. */
export async function follow(
  { sfn }: AwsClients,
  executionArn: string,
  tell: (state: EnteredState) => void,
  sleep: (milliseconds: number) => Promise<void>,
): Promise<EndedExecution> {
  let seen = 0;
  let failures = 0;
  const recent: string[] = [];
  for (;;) {
    const looked = await look(sfn, executionArn, seen).catch((error: unknown) => {
      // A network that is gone for a moment is no reason to stop looking; credentials that have expired are.
      if (!(error instanceof AwsFailure) || !error.passing || ++failures > FAILURES) throw error;
    });
    if (looked === undefined) {
      await sleep(POLL_MILLISECONDS);
      continue;
    }
    failures = 0;
    const { status, output, error, cause, fresh } = looked;
    seen = fresh[fresh.length - 1]?.id ?? seen;
    for (const { type, timestamp, stateEnteredEventDetails: entered } of fresh) {
      if (entered?.name === undefined || !TELLING.has(type!)) continue;
      if (!recent.includes(entered.name)) tell({ name: entered.name, time: timestamp! });
      else recent.splice(recent.indexOf(entered.name), 1);
      recent.push(entered.name);
      if (recent.length > LOOP) recent.shift();
    }
    if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') return { status: status!, ...conclusion(status!, output, error, cause) };
    await sleep(POLL_MILLISECONDS);
  }
}

type Look = Pick<DescribeExecutionOutput, 'status' | 'output' | 'error' | 'cause'> & { readonly fresh: HistoryEvent[] };

async function look(sfn: AwsClients['sfn'], executionArn: string, seen: number): Promise<Look> {
  // Asked before the history is read, so that the last states are read too.
  const { status, output, error, cause } = await sfn.describeExecution({ executionArn });
  return { status, output, error, cause, fresh: await eventsAfter(sfn, executionArn, seen) };
}

/** From the newest back to what is known, so that each event is fetched once. */
async function eventsAfter(sfn: AwsClients['sfn'], executionArn: string, seen: number): Promise<HistoryEvent[]> {
  const found: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.getExecutionHistory({ executionArn, reverseOrder: true, maxResults: 200, nextToken });
    const fresh = (page.events ?? []).filter(({ id }) => id! > seen);
    found.push(...fresh);
    nextToken = fresh.length === page.events?.length ? page.nextToken : undefined;
  } while (nextToken !== undefined);
  return found.reverse();
}

/** A workflow that ends well answers its outcome; one that fails says it in error and cause. */
function conclusion(status: string, output: string | undefined, error: string | undefined, cause: string | undefined): Pick<EndedExecution, 'outcome' | 'reasons'> {
  if (status !== 'SUCCEEDED') return { outcome: status, reasons: cause !== undefined && cause !== '' ? [cause] : error === undefined ? [] : [error] };
  const { name, reasons } = JSON.parse(output ?? '{}') as { name?: string; reasons?: readonly string[] | string };
  return { outcome: name ?? status, reasons: [reasons ?? []].flat() };
}
