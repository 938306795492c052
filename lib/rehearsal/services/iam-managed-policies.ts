import type { PolicyDocument } from '../kernel/simulation';

/**
 * AWS managed policies that the CDK itself attaches, word for word from the AWS Managed Policy Reference Guide. Others are an error: they
 * change without notice, and what they allow should stand in the template.
 */
const policies: Readonly<Record<string, PolicyDocument>> = {
  'service-role/AWSLambdaBasicExecutionRole': {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }],
  },
  AWSXRayDaemonWriteAccess: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [
          'xray:PutTraceSegments',
          'xray:PutTelemetryRecords',
          'xray:GetSamplingRules',
          'xray:GetSamplingTargets',
          'xray:GetSamplingStatisticSummaries',
        ],
        Resource: ['*'],
      },
    ],
  },
};

export function awsManagedPolicy(arn: string, partition: string): PolicyDocument | undefined {
  const prefix = `arn:${partition}:iam::aws:policy/`;
  return arn.startsWith(prefix) ? policies[arn.slice(prefix.length)] : undefined;
}
