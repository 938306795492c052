import type { Authorization } from '../../kernel/simulation';

/** What a Create operation needs: the action itself, and AddTags when the request brings tags (API_AddTags, "tag on create"). */
export function creation(action: string, arn: string, input: Record<string, any>, ...more: Authorization[]): Authorization[] {
  const tags = (input.Tags ?? []) as { Key: string; Value: string }[];
  const requested = Object.fromEntries(tags.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value]));
  const context = tags.length === 0 ? undefined : { 'aws:TagKeys': tags.map((tag) => tag.Key), ...requested };
  const own = [{ action: `sagemaker:${action}`, resource: arn, context }];
  return [...own, ...(context ? [{ action: 'sagemaker:AddTags', resource: arn, context }] : []), ...more];
}

/** Whoever hands a role to SageMaker must be allowed to pass it there. */
export function passRole(roleArn: string | undefined): Authorization[] {
  return roleArn === undefined ? [] : [{ action: 'iam:PassRole', resource: roleArn, context: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } }];
}
