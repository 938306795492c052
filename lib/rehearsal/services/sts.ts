import type { AwsRequest, SimulatedService } from '../kernel/simulation';
import { callerName } from '../aws/authorizer';
import { AwsError } from '../kernel/aws-error';

/** AWS STS: who am I. GetCallerIdentity needs no permission (STS API Reference). */
export class StsService implements SimulatedService {
  public readonly id = 'sts';
  public readonly resources = {};

  public authorize(): [] {
    return [];
  }

  public handle({ operation, principal }: AwsRequest): unknown {
    if (operation !== 'GetCallerIdentity') throw new AwsError('OperationNotSimulated', `sts:${operation} is not simulated`, 400);
    const arn = callerName(principal);
    const account = arn.split(':')[4];
    const name = principal.arn.slice(principal.arn.lastIndexOf('/') + 1);
    return { Account: account, Arn: arn, UserId: principal.arn === arn ? account : `AROA${name}:rehearsal` };
  }
}
