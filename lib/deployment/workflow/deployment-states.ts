import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { AslState, AslValue, expr } from '../../private/asl';

export interface DeploymentHandlers {
  readonly plan: IFunction;
  readonly apply: IFunction;
  readonly analyze: IFunction;
  readonly verify: IFunction;
  readonly promote: IFunction;
  readonly cleanUp: IFunction;
}

export const HANDLER_SECONDS = 120;

/** Notes how the run ends, unless something later worsens it. */
export function done(outcome: AslValue, reasons: AslValue, page: AslValue, next = 'CleanUp'): AslState {
  return { Type: 'Pass', Assign: { outcome: { name: outcome, reasons, page } }, Next: next };
}

export function choose(rules: [condition: string, next: string][], otherwise: string): AslState {
  return { Type: 'Choice', Choices: rules.map(([condition, Next]) => ({ Condition: expr(condition), Next })), Default: otherwise };
}

export function wait(seconds: AslValue, next: string): AslState {
  return { Type: 'Wait', Seconds: seconds, Next: next };
}
