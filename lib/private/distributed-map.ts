import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';

/**
 * A distributed map starts executions of its own state machine. The policy stands beside the role: in the role's default policy, which the
 * state machine waits for, its own ARN would be a circle.
 */
export function allowDistributedMap(scope: Construct, stateMachine: sfn.StateMachine): void {
  const policy = new iam.Policy(scope, 'MapPolicy', { roles: [stateMachine.role] });
  const { stateMachineName } = stateMachine;
  // Children are named `<state machine>/<label>:<id>`; the guide's own policy names `<state machine>:*`.
  const executions = [`${stateMachineName}:*`, `${stateMachineName}/*`].map((resourceName) =>
    Stack.of(scope).formatArn({ service: 'states', resource: 'execution', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
  );
  policy.addStatements(
    new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] }),
    new iam.PolicyStatement({ actions: ['states:DescribeExecution', 'states:StopExecution'], resources: executions }),
  );
  for (const arn of executions) acknowledgeWildcard(policy, arn, 'child executions of the map are named at run time');
}
