import { CustomResource, Duration, Size, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AsynchronousCapture } from '../../asynchronous-capture/asynchronous-capture';
import { DataLake } from '../../data/data-lake';
import { EVIDENCE_FOLDER } from '../../data/data-lake.contract';
import { ModelGovernance } from '../../governance/model-governance';
import { Problems } from '../../private/errors';
import { ExecutionFailuresAlarm } from '../../private/execution-failures';
import { HandlerFunction } from '../../private/handler-function';
import { Workflow } from '../../private/workflow';
import { ModelRegistry } from '../../registry/model-registry';
import { Deployment } from '../choices/deployment';
import { executionSeconds } from '../deployment-limits.contract';
import { DeploymentSettings } from '../deployment.contract';
import { EndpointAlarms } from '../endpoint-alarms';
import { deploymentDefinition } from './deployment-definition';
import { DeploymentPermissions } from './deployment-permissions';

/** After the last look at a stage; what it found is in the ledger. Rewritten at each look, it would otherwise be kept as often. */
const EVIDENCE_EXPIRATION = Duration.days(30);
const REPLACED_EVIDENCE_EXPIRATION = Duration.days(1);

export interface DeploymentWorkflowProps {
  readonly modelName: string;
  readonly lake: DataLake;
  readonly governance: ModelGovernance;
  readonly registry: ModelRegistry;
  readonly deployment: Deployment;
}

/**
 * Deploys each approved version of a model to one real-time endpoint, and proves that it did: rollback alarms on the new fleet only, an
 * analysis that can say inconclusive, a check of what really serves, and the champion pointer moved only then. The endpoint changes with
 * the model, not with the stack; CloudFormation removes it when the stack goes.
 */
export class DeploymentWorkflow extends Construct {
  public readonly stateMachine: sfn.StateMachine;
  public readonly endpointName: string;
  /** Role of the containers behind the endpoint. */
  public readonly executionRole: iam.Role;
  /** Page the owner, whichever version serves. */
  public readonly alarms: EndpointAlarms;
  /** Captures the inferences of an asynchronous endpoint; undefined for any other. */
  public readonly asynchronousCapture?: AsynchronousCapture;
  /** Starts the workflow when a version is approved. */
  public readonly rule: events.Rule;
  /** Starts the workflow when one of its executions was stopped, ran out of time or failed. */
  public readonly reconciliationRule: events.Rule;

  public constructor(scope: Construct, id: string, props: DeploymentWorkflowProps) {
    super(scope, id);
    const problems = new Problems();
    props.deployment._validate('deployment', problems);
    problems.throwIfAny(this);

    const { modelName, lake, governance, deployment } = props;
    this.endpointName = modelName;
    this.executionRole = new iam.Role(this, 'ExecutionRole', {
      assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com'),
      description: `Containers behind endpoint ${modelName}`,
    });
    const permissions = new DeploymentPermissions(this, { ...props, endpointName: this.endpointName, executionRole: this.executionRole });
    const chosen = deployment._choices();
    permissions.grantExecutionRole(chosen.endpoint);
    if (deployment._asynchronousCapture) {
      const { endpointName, executionRole } = this;
      this.asynchronousCapture = new AsynchronousCapture(this, 'Capture', { modelName, lake, governance, deployment, endpointName, executionRole });
    }
    const choices = { ...chosen, endpoint: this.asynchronousCapture?._announced(chosen.endpoint) ?? chosen.endpoint };

    const settings: DeploymentSettings = {
      ...choices,
      modelName,
      endpointName: this.endpointName,
      bucket: lake.bucket.bucketName,
      keyArn: lake.key.keyArn,
      executionRoleArn: this.executionRole.roleArn,
      runbookUrl: governance.owner.runbookUrl,
    };
    const environment = { DEPLOYMENT_SETTINGS: Stack.of(this).toJsonString(settings) };
    const handler = (name: string, entry: string, description: string, memory?: Size): HandlerFunction =>
      new HandlerFunction(this, name, { handler: entry, description: `${description} of model ${modelName}`, environment, timeout: Duration.seconds(110), memory });
    const handlers = {
      plan: handler('Plan', 'plan-deployment', 'Decides what to do about a version'),
      apply: handler('Apply', 'apply-deployment', 'Starts deployments'),
      // Reads captured files of a whole baking period, and remembers those of a stage.
      analyze: handler('Analyze', 'analyze-deployment', 'Compares the fleets during deployments', Size.mebibytes(512)),
      verify: handler('Verify', 'verify-deployment', 'Checks what really serves after deployments'),
      promote: handler('Promote', 'promote-deployment', 'Moves the champion pointer'),
      cleanUp: handler('CleanUp', 'clean-up-deployment', 'Ends deployments'),
    };
    permissions.grantPlan(handlers.plan);
    permissions.grantApply(handlers.apply);
    permissions.grantAnalyze(handlers.analyze);
    if (choices.shadow !== undefined || choices.test !== undefined) lake._expire('state', modelName, EVIDENCE_EXPIRATION, REPLACED_EVIDENCE_EXPIRATION, EVIDENCE_FOLDER);
    permissions.grantVerify(handlers.verify);
    permissions.grantPromote(handlers.promote);
    permissions.grantCleanUp(handlers.cleanUp);

    const workflow = new Workflow(this, 'Workflow', {
      definition: deploymentDefinition(governance, handlers, choices),
      handlers: [...Object.values(handlers), ...governance._handlers],
      timeout: Duration.seconds(executionSeconds(choices)),
    });
    this.stateMachine = workflow.stateMachine;
    new ExecutionFailuresAlarm(this, 'Failures', { governance, stateMachine: this.stateMachine, workflow: 'deployment' });
    this.alarms = new EndpointAlarms(this, 'Alarms', { endpointName: this.endpointName, governance, deployment });
    this.rule = this.startOnApproval(modelName);
    this.reconciliationRule = this.startAfterDeath(modelName);
    const resource = this.followStack(settings, permissions);
    // Removed before the endpoint is: nothing of what is being removed may start a deployment again.
    for (const rule of [this.rule, this.reconciliationRule]) rule.node.addDependency(resource);
  }

  /**
   * SageMaker guide, "Events that SageMaker sends to EventBridge", model package state change. The same event may come twice; the
   * workflow finds the version serving and skips the second.
   */
  private startOnApproval(modelName: string): events.Rule {
    const input: Record<'modelPackageArn' | 'trigger' | 'reason', string> = {
      modelPackageArn: events.EventField.fromPath('$.detail.ModelPackageArn'),
      trigger: 'approval',
      reason: `approved in the registry at ${events.EventField.fromPath('$.time')}`,
    };
    return new events.Rule(this, 'OnApproval', {
      description: `Deploys approved versions of model ${modelName}`,
      eventPattern: {
        source: ['aws.sagemaker'],
        detailType: ['SageMaker Model Package State Change'],
        detail: { ModelPackageGroupName: [modelName], ModelApprovalStatus: ['Approved'] },
      },
      targets: [new targets.SfnStateMachine(this.stateMachine, { input: events.RuleTargetInput.fromObject(input) })],
    });
  }

  /**
   * Step Functions guide, "Automating Step Functions event delivery with EventBridge". The dead run's input is text in the event, which no
   * event field can take apart: the plan reads from the endpoint what there is to finish. The event may come twice or, rarely, never: then the
   * next deployment does the same.
   */
  private startAfterDeath(modelName: string): events.Rule {
    const detail = (field: string): string => events.EventField.fromPath(`$.detail.${field}`);
    const input: Record<'trigger' | 'reason' | 'deadExecutionArn', string> = {
      trigger: 'reconcile',
      reason: `run ${detail('name')} ended as ${detail('status')}`,
      deadExecutionArn: detail('executionArn'),
    };
    return new events.Rule(this, 'OnDeath', {
      description: `Finishes what a dead deployment of model ${modelName} began`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [this.stateMachine.stateMachineArn], status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
      },
      targets: [new targets.SfnStateMachine(this.stateMachine, { input: events.RuleTargetInput.fromObject(input) })],
    });
  }

  private followStack(settings: DeploymentSettings, permissions: DeploymentPermissions): CustomResource {
    const lifecycle = new HandlerFunction(this, 'Lifecycle', {
      handler: 'endpoint-lifecycle',
      description: `Removes or deploys again the endpoint of model ${settings.modelName} with its stack`,
      environment: { DEPLOYMENT_SETTINGS: Stack.of(this).toJsonString(settings), STATE_MACHINE_ARN: this.stateMachine.stateMachineArn },
      timeout: Duration.minutes(14),
    });
    permissions.grantLifecycle(lifecycle, this.stateMachine);
    const resource = new CustomResource(this, 'Endpoint', {
      serviceToken: lifecycle.functionArn,
      resourceType: 'Custom::SageMakerEndpointLifecycle',
      serviceTimeout: Duration.minutes(15),
      // What a person sees of the serving endpoint and of how it is replaced; limits and thresholds take effect with the next deployment.
      properties: {
        EndpointName: settings.endpointName,
        ServingConfiguration: Stack.of(this).toJsonString({ endpoint: settings.endpoint, routing: { type: settings.routing.type, percent: settings.routing.percent } }),
      },
    });
    // Removed before the roles and permissions that removing needs, and before the role that the endpoint runs with.
    resource.node.addDependency(lifecycle.role!, this.executionRole, this.stateMachine);
    return resource;
  }
}
