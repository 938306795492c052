import type { Principal } from '../../kernel/simulation';
import type { PolicyStatement } from '../../kernel/simulation';

/** A function as the template declares it. */
export interface FunctionConfiguration {
  readonly name: string;
  readonly arn: string;
  readonly logicalId: string;
  readonly runtime: string;
  readonly handler: string;
  readonly roleArn: string;
  readonly environment: Record<string, string>;
  readonly timeoutSeconds: number;
  readonly memorySize: number;
  readonly logGroup: string;
  readonly description: string;
  /** Folder of the code; undefined when the code is not there as a folder (inline code). */
  readonly codeFolder: string | undefined;
  readonly codeSha256: string;
}

export interface AsyncConfiguration {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
  /** ARN of a topic, function or bucket that gets what failed in the end. */
  readonly onFailure?: string;
}

export interface LambdaFunction {
  readonly configuration: FunctionConfiguration;
  readonly principal: Principal;
  readonly statements: PolicyStatement[];
  readonly aliases: Map<string, string>;
  versions: number;
  asynchronous: AsyncConfiguration;
}

/** How an invocation ended, in the words of the Invoke API. */
export interface InvocationResult {
  readonly payload: Buffer;
  readonly functionError?: 'Unhandled' | 'Handled';
}

/** User Guide, "How Lambda handles errors and retries with asynchronous invocation": two retries, events live six hours. */
export const DEFAULT_ASYNC: AsyncConfiguration = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 6 * 3600 };
