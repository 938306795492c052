import { Stack, Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Acknowledges cdk-nag's wildcard finding for exactly one resource ARN of a policy, with the reason why it cannot be narrower.
 * The finding's id holds the ARN with references flattened: `AwsSolutions-IAM5[Resource::<Bucket.Arn>/raw/churn/*]`.
 */
export function acknowledgeWildcard(construct: IConstruct, arn: string, reason: string): void {
  acknowledge(construct, `AwsSolutions-IAM5[Resource::${flatten(Stack.of(construct).resolve(arn))}]`, reason);
}

/**
 * Acknowledges a finding by its exact id. `Validations.acknowledge` refuses ids with more than one `::`, which wildcard findings on
 * `<AWS::Region>` have; the metadata it writes is public, so it is written directly.
 */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const record = value as Record<string, unknown>;
  if (typeof record['Ref'] === 'string') return `<${record['Ref']}>`;
  if ('Fn::GetAtt' in record) return `<${(record['Fn::GetAtt'] as string[]).join('.')}>`;
  if ('Fn::Join' in record) {
    const [separator, parts] = record['Fn::Join'] as [string, unknown[]];
    return parts.map(flatten).join(separator);
  }
  // Any other function is printed as it is (cdk-nag's flattenCfnReference).
  return JSON.stringify(value);
}
