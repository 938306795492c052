import { Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { type Problem, ProblemList, problemSentence } from './problem-list';

export { didYouMean, type Problem } from './problem-list';

/** A wrong configuration: all of its problems at once. Its message is the whole explanation; no stack trace is needed. */
export class ConfigurationError extends Error {
  public constructor(
    public readonly where: string,
    public readonly problems: readonly Problem[],
  ) {
    super(`${where} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map(render).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

function render(problem: Problem, index: number): string {
  return `  ${index + 1}. ${problemSentence(problem)} [${problem.code}]`;
}

/** Collects problems of one call, so that the caller meets them all at once. */
export class Problems extends ProblemList {
  /** Adds the problem unless the condition holds or one of the values is a token, which nobody can inspect at synth. */
  public require(holds: boolean, code: string, path: string, value: unknown, rule: string, fix: string): void {
    if (!holds && !Token.isUnresolved(value)) this.add(code, path, value, rule, fix);
  }

  /** @throws ConfigurationError with every problem, when there is any */
  public throwIfAny(scope: IConstruct | string): void {
    if (this.all.length === 0) return;
    throw new ConfigurationError(typeof scope === 'string' ? scope : `${scope.constructor.name} '${scope.node.path}'`, this.all);
  }
}
