import type { Execution } from './execution';
import { type Interpreter, SiblingFailed, type StateResult, type Visit } from './interpreter';
import { readItems } from './item-reader';
import { runPool } from './lifeline';
import { itemInput, itemsOf } from './map';
import { mapResult, writeResults } from './result-writer';
import { requireChildPermission } from './role-permissions';
import { checkPayload, PAYLOAD_LIMIT, StatesError } from './states-error';

/** Child executions that run at the same time at most, and when MaxConcurrency is 0 (guide, "Using Map state in Distributed mode"). */
const DISTRIBUTED_CONCURRENCY = 10_000;

/** One child execution: its input and how many items it stands for. */
interface Batch {
  readonly input: unknown;
  readonly items: number;
}

/**
 * Map state in distributed mode: a Map Run starts one child execution per item or batch (guide, same page, and "Setting failure thresholds
 * for Distributed Map states").
 */
export async function runDistributedMap(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  const { state, frame, name } = visit;
  const { execution, host } = interpreter;
  const { clock, partition, region, account } = host.simulation;
  requireChildPermission(host.simulation, execution.stateMachine);
  const items = state.ItemReader ? await readItems(interpreter, visit, state.ItemReader) : await itemsOf(interpreter, visit);
  const wanted = (await interpreter.integer(visit, state.MaxConcurrency, 'MaxConcurrency', 0)) ?? 0;
  const limit = Math.min(wanted === 0 ? DISTRIBUTED_CONCURRENCY : wanted, DISTRIBUTED_CONCURRENCY);
  const tolerates = await toleration(interpreter, visit, items.length);
  const batches = await batchesOf(interpreter, visit, items);

  const id = execution.random.uuid();
  const label = state.Label ?? name.replace(/[^\w-]/g, '').slice(0, 40);
  const machineName = `${execution.stateMachine.name}/${label}`;
  const arn = `arn:${partition}:states:${region}:${account}:mapRun:${machineName}:${id}`;
  execution.history.add(frame.thread, 'MapStateStarted', { length: items.length });
  execution.history.add(frame.thread, 'MapRunStarted', { mapRunArn: arn });

  const lifeline = frame.lifeline.child();
  const children: Execution[] = [];
  let failed = 0;
  await runPool(clock, batches.length, limit, async (index) => {
    if (lifeline.ended) return;
    const batch = batches[index]!;
    const child = host.startChild(execution, state, { arn, label, name: execution.random.uuid(), input: batch.input, lifeline });
    children[index] = child;
    // The child itself hangs on the lifeline, and ends with it; nothing may end the wait for that.
    await clock.wait(child.closed);
    if (child.status === 'SUCCEEDED' || lifeline.ended) return;
    failed += batch.items;
    if (!tolerates(failed)) lifeline.end(new SiblingFailed());
  });
  frame.lifeline.check();

  const pending = batches.filter((_, index) => children[index] === undefined).map((batch) => batch.input);
  const run = { arn, id, machineName, children: children.filter((child) => child !== undefined), pending };
  const written = state.ResultWriter?.Resource === undefined ? undefined : await writeResults(interpreter, visit, state.ResultWriter, run);
  if (!tolerates(failed)) {
    const failure = new StatesError('States.ExceedToleratedFailureThreshold', 'The specified tolerated failure threshold was exceeded');
    execution.history.add(frame.thread, 'MapRunFailed', { error: failure.error, cause: failure.cause });
    execution.history.add(frame.thread, 'MapStateFailed');
    throw failure;
  }
  execution.history.add(frame.thread, 'MapRunSucceeded');
  execution.history.add(frame.thread, 'MapStateSucceeded');
  const result = written ?? mapResult(run, state.ResultWriter?.WriterConfig);
  return { result: checkPayload(result, `The result of the state '${name}'`) };
}

/** The run fails when either threshold is exceeded; without any, at the first failed item. */
async function toleration(interpreter: Interpreter, visit: Visit, total: number): Promise<(failed: number) => boolean> {
  const { ToleratedFailureCount, ToleratedFailurePercentage } = visit.state;
  const count = await interpreter.integer(visit, ToleratedFailureCount, 'ToleratedFailureCount', 0);
  const percentage =
    ToleratedFailurePercentage === undefined
      ? undefined
      : await interpreter.evaluate(visit, ToleratedFailurePercentage, 'ToleratedFailurePercentage');
  if (percentage !== undefined && (typeof percentage !== 'number' || percentage < 0 || percentage > 100)) {
    throw new StatesError('States.QueryEvaluationError', "The field 'ToleratedFailurePercentage' must be a number from 0 to 100.");
  }
  if (count === undefined && percentage === undefined) return (failed) => failed === 0;
  return (failed) => failed <= (count ?? Infinity) && (100 * failed) / Math.max(total, 1) <= (percentage ?? 100);
}

/** ItemSelector per item, then batches as ItemBatcher asks: `{ BatchInput, Items }` (guide, "ItemBatcher (Map)"). */
async function batchesOf(interpreter: Interpreter, visit: Visit, items: unknown[]): Promise<Batch[]> {
  const inputs: unknown[] = [];
  for (const [index, value] of items.entries()) inputs.push(await itemInput(interpreter, visit, { Item: { Index: index, Value: value } }));
  const batcher = visit.state.ItemBatcher;
  if (!batcher) return inputs.map((input) => ({ input, items: 1 }));
  const most = (await interpreter.integer(visit, batcher.MaxItemsPerBatch, 'ItemBatcher/MaxItemsPerBatch', 1)) ?? Infinity;
  const bytes = (await interpreter.integer(visit, batcher.MaxInputBytesPerBatch, 'ItemBatcher/MaxInputBytesPerBatch', 1)) ?? PAYLOAD_LIMIT;
  const common =
    batcher.BatchInput === undefined ? {} : { BatchInput: await interpreter.evaluate(visit, batcher.BatchInput, 'ItemBatcher/BatchInput') };
  const batches: { input: { Items: unknown[] }; items: number; size: number }[] = [];
  const empty = Buffer.byteLength(JSON.stringify({ ...common, Items: [] }));
  for (const input of inputs) {
    const size = Buffer.byteLength(JSON.stringify(input)) + 1;
    let batch = batches.at(-1);
    if (!batch || batch.items >= most || batch.size + size > Math.min(bytes, PAYLOAD_LIMIT)) {
      batch = { input: { ...common, Items: [] }, items: 0, size: empty };
      batches.push(batch);
    }
    batch.input.Items.push(input);
    batch.items++;
    batch.size += size;
  }
  return batches;
}
