import type { Authorization, Principal, SimulatedService } from '../../kernel/simulation';

/** Simulated IAM, as far as Step Functions needs it. */
export interface Iam extends SimulatedService {
  /** Does the role's trust policy let the service assume it? */
  mayAssume(roleArn: string, servicePrincipal: string): boolean;
  /** Do the policies of the principal allow it? */
  allows(principal: Principal, authorization: Authorization): boolean;
}

/** Simulated EventBridge, as far as Step Functions needs it. */
export interface EventBus extends SimulatedService {
  publish(event: { source: string; 'detail-type': string; detail: Record<string, unknown>; resources: string[] }): unknown;
}
