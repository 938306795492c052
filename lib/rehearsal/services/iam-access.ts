import type { Authorization, Principal, SimulatedService } from '../kernel/simulation';

/** Simulated IAM, as far as other services ask it in process. */
export interface Iam extends SimulatedService {
  /** Does the role's trust policy let the service assume it? */
  mayAssume(roleArn: string, servicePrincipal: string): boolean;
  /** Do the policies of the principal allow it? */
  allows(principal: Principal, authorization: Authorization): boolean;
}
