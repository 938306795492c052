import { isDistributed } from './definition';
import { runDistributedMap } from './distributed-map';
import { type Frame, type Interpreter, SiblingFailed, type StateResult, type Visit } from './interpreter';
import { runPool } from './lifeline';
import { checkPayload, Ended, StatesError } from './states-error';
import { Variables } from './variables';

/** Inline iterations that run at the same time at most (Step Functions guide, "Using Map state in Inline mode", MaxConcurrency). */
const INLINE_CONCURRENCY = 40;

export async function runMap(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  return isDistributed(visit.state) ? runDistributedMap(interpreter, visit) : runInlineMap(interpreter, visit);
}

/** One iteration per item, at most MaxConcurrency at a time, started in order; the first error ends the others and is the state's own. */
async function runInlineMap(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  const { state, frame, name } = visit;
  const { history } = interpreter.execution;
  const items = await itemsOf(interpreter, visit);
  const wanted = (await interpreter.integer(visit, state.MaxConcurrency, 'MaxConcurrency', 0)) ?? 0;
  const limit = Math.min(wanted === 0 ? INLINE_CONCURRENCY : wanted, INLINE_CONCURRENCY);
  const started = history.add(frame.thread, 'MapStateStarted', { length: items.length });
  const lifeline = frame.lifeline.child();
  const results: unknown[] = new Array(items.length);
  let failure: StatesError | undefined;
  await runPool(interpreter.host.simulation.clock, items.length, limit, async (index) => {
    if (lifeline.ended) return;
    const thread = { last: started };
    const iteration = { name, index };
    history.add(thread, 'MapIterationStarted', iteration);
    try {
      const map = { Item: { Index: index, Value: items[index] } };
      const input = await itemInput(interpreter, visit, map);
      results[index] = await interpreter.run(state.ItemProcessor!, input, { lifeline, thread, map, variables: new Variables(frame.variables) });
      history.add(thread, 'MapIterationSucceeded', iteration);
    } catch (error) {
      history.add(thread, error instanceof Ended ? 'MapIterationAborted' : 'MapIterationFailed', iteration);
      if (error instanceof StatesError) {
        failure ??= error;
        lifeline.end(new SiblingFailed());
      } else if (!(error instanceof Ended)) {
        throw error;
      }
    }
  });
  frame.lifeline.check();
  history.add(frame.thread, failure ? 'MapStateFailed' : 'MapStateSucceeded');
  if (failure) throw failure;
  return { result: checkPayload(results, `The result of the state '${name}'`) };
}

/** Items, or the state's input when there is no such field; a JSON array. */
export async function itemsOf(interpreter: Interpreter, visit: Visit): Promise<unknown[]> {
  const { Items } = visit.state;
  const items = Items === undefined ? visit.input : await interpreter.evaluate(visit, Items, 'Items');
  if (Array.isArray(items)) return items as unknown[];
  const found = JSON.stringify(items).slice(0, 200);
  throw new StatesError('States.QueryEvaluationError', `The field 'Items' must be an array (objects are not simulated), is ${found}.`);
}

/** What an iteration gets: the item, or what ItemSelector makes of it. */
export async function itemInput(interpreter: Interpreter, visit: Visit, map: NonNullable<Frame['map']>): Promise<unknown> {
  const { ItemSelector } = visit.state;
  return ItemSelector === undefined ? map.Item.Value : interpreter.evaluate(visit, ItemSelector, 'ItemSelector', { map });
}
