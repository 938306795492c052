import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { packageRoot } from './package-root';

export interface HandlerFunctionProps {
  /** Name of the entry: `lock` for `lock.lambda.ts`. */
  readonly handler: string;
  readonly description: string;
  readonly environment: Record<string, string>;
  /** @default Duration.minutes(1) */
  readonly timeout?: Duration;
  /** @default Size.mebibytes(256) */
  readonly memory?: Size;
}

/**
 * A Lambda function made from a handler that was bundled before publishing. Grants itself nothing but its own log stream.
 * The runtime, and with it the AWS SDK that handlers use, changes only when the function is updated (docs/adr/0003).
 */
export class HandlerFunction extends lambda.Function {
  public constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    const logGroup = new logs.LogGroup(scope, `${id}Logs`, { retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    const role = new iam.Role(scope, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      runtimeManagementMode: lambda.RuntimeManagementMode.FUNCTION_UPDATE,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(bundlePath(props.handler)),
      description: props.description,
      environment: props.environment,
      timeout: props.timeout ?? Duration.minutes(1),
      memorySize: (props.memory ?? Size.mebibytes(256)).toMebibytes(),
      logGroup,
      role,
    });
  }
}

function bundlePath(handler: string): string {
  const path = join(packageRoot(), 'dist', 'handlers', handler);
  if (!existsSync(join(path, 'index.js'))) throw new Error(`the handler bundle '${handler}' is missing: run npm run bundle`);
  return path;
}
