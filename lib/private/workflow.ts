import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import { AslDefinition } from './asl';

export interface WorkflowProps {
  readonly definition: AslDefinition;
  /** Handlers that the definition invokes; the state machine may invoke these and nothing else. */
  readonly handlers: IFunction[];
  /** Ends an execution that hangs. */
  readonly timeout: Duration;
}

/**
 * A standard Step Functions state machine from a JSONata definition: logged, traced, allowed to invoke its handlers.
 * Further permissions are added with `addToRolePolicy` on `stateMachine`.
 */
export class Workflow extends Construct {
  public readonly stateMachine: sfn.StateMachine;

  public constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      // The prefix keeps Step Functions from rewriting the account's log resource policy (Step Functions guide, "Logging using CloudWatch Logs").
      logGroupName: `/aws/vendedlogs/states/${this.node.addr}`,
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateMachine = new sfn.StateMachine(this, 'Resource', {
      definitionBody: sfn.DefinitionBody.fromString(Stack.of(this).toJsonString({ ...props.definition, TimeoutSeconds: props.timeout.toSeconds() })),
      stateMachineType: sfn.StateMachineType.STANDARD,
      logs: { destination: logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true },
      tracingEnabled: true,
    });
    if (props.handlers.length > 0) {
      this.stateMachine.addToRolePolicy(
        new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: props.handlers.map((handler) => handler.functionArn) }),
      );
    }
    acknowledgeWildcard(
      this.stateMachine,
      '*',
      'log delivery and X-Ray actions cannot be scoped to a resource (Step Functions guide, "IAM policies for logging" and "X-Ray and Step Functions")',
    );
  }
}
