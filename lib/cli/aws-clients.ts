import type { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import type { CloudWatch } from '@aws-sdk/client-cloudwatch';
import type { Lambda } from '@aws-sdk/client-lambda';
import type { S3 } from '@aws-sdk/client-s3';
import type { SageMaker } from '@aws-sdk/client-sagemaker';
import type { SFN } from '@aws-sdk/client-sfn';
import type { SSM } from '@aws-sdk/client-ssm';
import type { STS } from '@aws-sdk/client-sts';
import { awsFailure } from './aws-failure';

export interface Connection {
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
}

/** What the command line asks of an account. Every error is an `AwsFailure`. */
export interface AwsClients {
  readonly autoScaling: Pick<ApplicationAutoScaling, 'describeScalableTargets'>;
  readonly cloudWatch: Pick<CloudWatch, 'describeAlarms'>;
  readonly lambda: Pick<Lambda, 'invoke'>;
  readonly s3: Pick<S3, 'getObject'>;
  readonly sageMaker: Pick<SageMaker, 'describeEndpoint' | 'describeModelPackage' | 'listModelPackages'>;
  readonly sfn: Pick<SFN, 'startExecution' | 'listExecutions' | 'describeExecution' | 'getExecutionHistory'>;
  readonly ssm: Pick<SSM, 'getParameter' | 'getParametersByPath'>;
  readonly sts: Pick<STS, 'getCallerIdentity'>;
}

/**
 * The SDK's clients, each loaded when it is first used. Credentials and region are found once, by the SDK's own chain
 * (SDK guide, "Credential providers"), and shared.
 */
export function connect(connection: Connection): AwsClients {
  // The SDK's own announcement of the Node versions to come; this package's are in its `engines`.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { region, profile, endpointUrl: endpoint } = connection;
  const common = { ...(region === undefined ? {} : { region }), ...(profile === undefined ? {} : { profile }), ...(endpoint === undefined ? {} : { endpoint }) };
  const ssm = once(() => new (require('@aws-sdk/client-ssm') as typeof import('@aws-sdk/client-ssm')).SSM(common));
  const shared = (): object => ({ ...common, region: ssm().config.region, credentials: ssm().config.credentials });
  const autoScaling = once(() => new (require('@aws-sdk/client-application-auto-scaling') as typeof import('@aws-sdk/client-application-auto-scaling')).ApplicationAutoScaling(shared()));
  const cloudWatch = once(() => new (require('@aws-sdk/client-cloudwatch') as typeof import('@aws-sdk/client-cloudwatch')).CloudWatch(shared()));
  const lambda = once(() => new (require('@aws-sdk/client-lambda') as typeof import('@aws-sdk/client-lambda')).Lambda(shared()));
  // Another endpoint has no bucket names before it.
  const s3 = once(() => new (require('@aws-sdk/client-s3') as typeof import('@aws-sdk/client-s3')).S3({ ...shared(), forcePathStyle: endpoint !== undefined }));
  const sageMaker = once(() => new (require('@aws-sdk/client-sagemaker') as typeof import('@aws-sdk/client-sagemaker')).SageMaker(shared()));
  const sfn = once(() => new (require('@aws-sdk/client-sfn') as typeof import('@aws-sdk/client-sfn')).SFN(shared()));
  const sts = once(() => new (require('@aws-sdk/client-sts') as typeof import('@aws-sdk/client-sts')).STS(shared()));
  return {
    autoScaling: guarded('application-autoscaling', autoScaling),
    cloudWatch: guarded('cloudwatch', cloudWatch),
    lambda: guarded('lambda', lambda),
    s3: guarded('s3', s3),
    sageMaker: guarded('sagemaker', sageMaker),
    sfn: guarded('states', sfn),
    ssm: guarded('ssm', ssm),
    sts: guarded('sts', sts),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Loads the client with its first call and puts its errors into words. `prefix`: of its IAM actions. */
function guarded<T extends object>(prefix: string, client: () => T): T {
  return new Proxy({} as T, {
    get: (_, operation: string) => async (input: unknown) => {
      try {
        return await (client() as Record<string, (input: unknown) => Promise<unknown>>)[operation]!(input);
      } catch (error) {
        throw awsFailure(error as Error, `${prefix}:${iamAction(operation)}`);
      }
    },
  });
}

/** The action has the operation's name, with one exception (Service Authorization Reference, AWS Lambda). */
function iamAction(operation: string): string {
  return operation === 'invoke' ? 'InvokeFunction' : `${operation[0]!.toUpperCase()}${operation.slice(1)}`;
}
