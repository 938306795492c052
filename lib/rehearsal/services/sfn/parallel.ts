import { type Interpreter, SiblingFailed, type StateResult, type Visit } from './interpreter';
import { runPool } from './lifeline';
import { checkPayload, Ended, StatesError } from './states-error';
import { Variables } from './variables';

/** All branches at once; the first error ends the others and is the state's own (states-language.net, "Parallel State"). */
export async function runParallel(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  const { state, frame } = visit;
  const { history } = interpreter.execution;
  const input = state.Arguments === undefined ? visit.input : checkPayload(await interpreter.evaluate(visit, state.Arguments, 'Arguments'), 'Arguments');
  const started = history.add(frame.thread, 'ParallelStateStarted');
  const lifeline = frame.lifeline.child();
  const branches = state.Branches!;
  const results: unknown[] = [];
  let failure: StatesError | undefined;
  await runPool(interpreter.host.simulation.clock, branches.length, branches.length, async (index) => {
    try {
      const branch = { ...frame, lifeline, variables: new Variables(frame.variables), thread: { last: started } };
      results[index] = await interpreter.run(branches[index]!, input, branch);
    } catch (error) {
      if (error instanceof StatesError) {
        failure ??= error;
        lifeline.end(new SiblingFailed());
      } else if (!(error instanceof Ended)) {
        throw error;
      }
    }
  });
  frame.lifeline.check();
  history.add(frame.thread, failure ? 'ParallelStateFailed' : 'ParallelStateSucceeded');
  if (failure) throw failure;
  return { result: results };
}
