import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DataLake } from '../data/data-lake';
import { acknowledgeWildcard } from '../private/acknowledge';
import { ModelRegistry } from '../registry/model-registry';
import { OPERATIONS_PATH, OperationsSettings, operationsParameter } from './operations.contract';

export interface ModelOperationsProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly registry: ModelRegistry;
  readonly endpointName: string;
  /** Invoked by `freeze` and `unfreeze`. */
  readonly freezeFunction: IFunction;
  readonly trainingStateMachine: sfn.IStateMachine;

  /**
   * Started by `deploy` and `rollback`.
   *
   * @default - CloudFormation deploys the model; `deploy` and `rollback` say so
   */
  readonly deploymentStateMachine?: sfn.IStateMachine;

  /**
   * Its executions are shown by `status`.
   *
   * @default - the model is not monitored
   */
  readonly monitoringStateMachine?: sfn.IStateMachine;

  /**
   * Beginning of the names of the model's alarms.
   *
   * @default - the path of the construct that this one is in
   */
  readonly alarmPrefix?: string;
}

/** What the command line `cdk-ml-pipeline status|history|deploy|rollback|freeze|unfreeze` needs to find a model in its account. */
export class ModelOperations extends Construct {
  /** Tells the command line where everything is. */
  public readonly parameter: ssm.StringParameter;
  private readonly props: ModelOperationsProps;

  public constructor(scope: Construct, id: string, props: ModelOperationsProps) {
    super(scope, id);
    this.props = props;
    const settings: OperationsSettings = {
      form: 1,
      modelName: props.modelName,
      bucket: props.lake.bucket.bucketName,
      endpointName: props.endpointName,
      modelPackageGroup: props.registry.modelPackageGroupName,
      deploymentStateMachineArn: props.deploymentStateMachine?.stateMachineArn,
      trainingStateMachineArn: props.trainingStateMachine.stateMachineArn,
      monitoringStateMachineArn: props.monitoringStateMachine?.stateMachineArn,
      freezeFunctionArn: props.freezeFunction.functionArn,
      alarmPrefix: props.alarmPrefix ?? `${scope.node.path}/`,
    };
    this.parameter = new ssm.StringParameter(this, 'Parameter', {
      parameterName: operationsParameter(props.modelName),
      description: `Where cdk-ml-pipeline finds model ${props.modelName}`,
      stringValue: Stack.of(this).toJsonString(settings),
    });
  }

  /**
   * Everything that the command line does with this model, and nothing else.
   *
   * @internal
   */
  public _grantOperate(grantee: iam.IGrantable): void {
    const { lake, registry, modelName } = this.props;
    const stack = Stack.of(this);
    const allow = (actions: string[], resources: string[], reason?: string): void => {
      grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources }));
      const principal = grantee.grantPrincipal;
      if (reason !== undefined && Construct.isConstruct(principal)) for (const resource of resources) acknowledgeWildcard(principal, resource, reason);
    };
    allow(['ssm:GetParameter'], [this.parameter.parameterArn]);
    allow(['ssm:GetParametersByPath'], [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: OPERATIONS_PATH.slice(1) })]);
    lake._grantRead(grantee, 'state', modelName);
    allow(['sagemaker:DescribeEndpoint'], [stack.formatArn({ service: 'sagemaker', resource: 'endpoint', resourceName: this.props.endpointName })]);
    registry._grantOnVersions(grantee, 'sagemaker:DescribeModelPackage');
    allow(['sagemaker:ListModelPackages'], ['*'], 'ListModelPackages, DescribeAlarms and DescribeScalableTargets list and have no resource of one model');
    allow(['cloudwatch:DescribeAlarms', 'application-autoscaling:DescribeScalableTargets'], ['*']);
    allow(['lambda:InvokeFunction'], [this.props.freezeFunction.functionArn]);
    if (this.props.deploymentStateMachine) allow(['states:StartExecution'], [this.props.deploymentStateMachine.stateMachineArn]);
    const machines = [this.props.deploymentStateMachine, this.props.trainingStateMachine, this.props.monitoringStateMachine].filter((machine) => machine !== undefined);
    allow(['states:ListExecutions'], machines.map((machine) => machine.stateMachineArn));
    const executions = machines.map((machine) =>
      stack.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${stack.splitArn(machine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME).resourceName!}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    allow(['states:DescribeExecution', 'states:GetExecutionHistory'], executions, 'executions of the workflows of one model, which are named at run time');
  }
}
