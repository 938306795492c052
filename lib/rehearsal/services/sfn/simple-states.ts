import type { Interpreter, StateResult, Visit } from './interpreter';
import { sleepUntil } from './lifeline';
import { StatesError } from './states-error';

/** The first rule whose condition holds, else Default; the state's own Output and Assign go with Default (states-language.net, "Choice State"). */
export async function runChoice(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  for (const [index, rule] of visit.state.Choices!.entries()) {
    const field = `Choices/${index}/Condition`;
    const holds = await interpreter.evaluate(visit, rule.Condition, field);
    if (typeof holds !== 'boolean') {
      throw new StatesError('States.QueryEvaluationError', `The field '${field}' must be a boolean, is ${JSON.stringify(holds)}.`);
    }
    if (holds) return { result: visit.input, next: rule.Next, output: rule.Output, assign: rule.Assign };
  }
  const { Default, Output, Assign } = visit.state;
  // Step Functions guide, "Handling errors": no matching choice is reported as States.Runtime.
  if (Default === undefined) throw new StatesError('States.Runtime', 'No choice rule matched and there is no Default.');
  return { result: visit.input, next: Default, output: Output, assign: Assign };
}

export async function runWait(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  const { clock } = interpreter.host.simulation;
  const { Seconds, Timestamp } = visit.state;
  let until: number;
  if (Timestamp === undefined) {
    until = clock.now() + 1000 * (await interpreter.integer(visit, Seconds, 'Seconds', 0))!;
  } else {
    const text = await interpreter.evaluate(visit, Timestamp, 'Timestamp');
    // RFC 3339 with a capital T and Z (states-language.net, "Timestamps").
    if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(Date.parse(text))) {
      throw new StatesError('States.QueryEvaluationError', `The field 'Timestamp' must be an RFC 3339 timestamp, is ${JSON.stringify(text)}.`);
    }
    until = Date.parse(text);
  }
  await sleepUntil(clock, visit.frame.lifeline, until);
  return { result: visit.input };
}

export async function runFail(interpreter: Interpreter, visit: Visit): Promise<StateResult> {
  const text = async (value: string | undefined, field: string): Promise<string | undefined> => {
    if (value === undefined) return undefined;
    const evaluated = await interpreter.evaluate(visit, value, field);
    if (typeof evaluated === 'string') return evaluated;
    throw new StatesError('States.QueryEvaluationError', `The field '${field}' must be a string, is ${JSON.stringify(evaluated)}.`);
  };
  throw new StatesError(await text(visit.state.Error, 'Error'), await text(visit.state.Cause, 'Cause'));
}
