import { AwsError } from '../../kernel/aws-error';
import type { Simulation } from '../../kernel/simulation';
import type { Iam } from '../iam-access';
import { isDistributed, type Machine, type State } from './definition';
import type { StateMachine } from './execution';
import { parseResource } from './integrations/catalogue';

/** Guide, "IAM policies for logging to CloudWatch Logs"; none of these actions can be scoped to a resource. */
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

/** Guide, "IAM policies for integrated services", page of each service with `.sync`. */
const MANAGED_RULE = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

/**
 * What the role must be allowed besides the calls of its tasks. AWS checks trust, managed rules and log delivery at CreateStateMachine; that
 * a distributed Map may start its children it would find out at run time only.
 * @throws AwsError AccessDeniedException
 */
export function requireRolePermissions(simulation: Simulation, machine: StateMachine): void {
  const iam = simulation.service<Iam>('iam');
  const principal = { arn: machine.roleArn };
  const denied = (what: string): AwsError => new AwsError('AccessDeniedException', `State machine ${machine.name}: ${what}`);
  const require = (actions: string[], resource: string, why: string): void => {
    const missing = actions.filter((action) => !iam.allows(principal, { action, resource }));
    if (missing.length === 0) return;
    throw denied(`'${machine.roleArn}' is not authorized ${why}: ${missing.join(', ')} on ${resource}`);
  };
  if (!iam.mayAssume(machine.roleArn, 'states.amazonaws.com')) {
    throw denied(`states.amazonaws.com is not authorized to assume the provided role ${machine.roleArn}`);
  }
  const logging = machine.properties.LoggingConfiguration as { Level?: string; Destinations?: unknown[] } | undefined;
  if ((logging?.Destinations?.length ?? 0) > 0 && logging!.Level !== 'OFF') require(LOG_DELIVERY, '*', 'to access the Log Destination');
  for (const state of allStates(machine.machine)) {
    if (isDistributed(state)) require(['states:StartExecution'], machine.arn, 'to start the child executions of a distributed Map');
    if (state.Type !== 'Task') continue;
    const resource = parseResource(state.Resource);
    if (resource.kind !== 'optimized' || !resource.api.job || !resource.pattern.startsWith('sync')) continue;
    const { partition, region, account } = simulation;
    require(MANAGED_RULE, `arn:${partition}:events:${region}:${account}:rule/${resource.api.job.rule}`, 'to create managed-rule');
  }
}

function allStates(machine: Machine): State[] {
  return Object.values(machine.States).flatMap((state) => [
    state,
    ...(state.Branches ?? []).flatMap(allStates),
    ...(state.ItemProcessor ? allStates(state.ItemProcessor) : []),
  ]);
}
