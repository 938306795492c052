import { AwsError } from '../../kernel/aws-error';
import type { Simulation } from '../../kernel/simulation';
import type { Iam } from '../iam-access';
import type { Machine, State } from './definition';
import type { StateMachine } from './execution';
import { parseResource } from './integrations/catalogue';
import { StatesError } from './states-error';

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
 * What the role must be allowed besides the calls of its tasks: AWS checks trust, managed rules and log delivery at CreateStateMachine.
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
    if (state.Type !== 'Task') continue;
    const resource = parseResource(state.Resource);
    if (resource.kind !== 'optimized' || !resource.api.job || !resource.pattern.startsWith('sync')) continue;
    const { partition, region, account } = simulation;
    require(MANAGED_RULE, `arn:${partition}:events:${region}:${account}:rule/${resource.api.job.rule}`, 'to create managed-rule');
  }
}

/**
 * A Map Run starts executions of its own state machine with the machine's role; the policy names the machine, so AWS can only look when
 * the Map is entered (guide, "IAM policies for using Distributed Map states").
 * @throws StatesError States.Permissions
 */
export function requireChildPermission(simulation: Simulation, machine: StateMachine): void {
  const allowed = simulation.service<Iam>('iam').allows({ arn: machine.roleArn }, { action: 'states:StartExecution', resource: machine.arn });
  if (allowed) return;
  throw new StatesError('States.Permissions', `${machine.roleArn} is not authorized to perform: states:StartExecution on ${machine.arn}, to start the children of a distributed Map`);
}

function allStates(machine: Machine): State[] {
  return Object.values(machine.States).flatMap((state) => [
    state,
    ...(state.Branches ?? []).flatMap(allStates),
    ...(state.ItemProcessor ? allStates(state.ItemProcessor) : []),
  ]);
}
