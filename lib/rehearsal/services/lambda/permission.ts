import type { PolicyStatement } from '../../kernel/simulation';

/** AWS::Lambda::Permission, or the input of AddPermission, as the statement that it adds to the function's policy. */
export function permissionStatement(sid: string, functionArn: string, permission: Record<string, any>): PolicyStatement {
  const principal: string = permission.Principal;
  const condition: Record<string, Record<string, string>> = {};
  if (permission.SourceArn !== undefined) condition.ArnLike = { 'AWS:SourceArn': permission.SourceArn };
  if (permission.SourceAccount !== undefined) condition.StringEquals = { 'AWS:SourceAccount': permission.SourceAccount };
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal },
    Action: permission.Action,
    // A permission that names a qualifier is for that alias or version only.
    Resource: permission.FunctionName?.split(':').length === 8 ? permission.FunctionName : functionArn,
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
  };
}
