import { AwsError } from '../../kernel/aws-error';
import type { Authorization, CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';
import type { CloudWatchService } from '../cloudwatch/cloudwatch-service';
import { OperationTable, type Operation } from '../operations';
import { endpointOf, quantityOf } from './endpoint-capacity';
import { type ScalableTarget, type ScalingPolicy, targetKey } from './records';
import { Scaler } from './scaler';
import { ScheduledActions } from './scheduled-actions';
import { trackingAlarms } from './tracking-alarms';

/** Scaling activities are kept so long (API reference, DescribeScalingActivities). */
const SIX_WEEKS = 42 * 86_400_000;

/** Application Auto Scaling of SageMaker variants. docs/rehearsal/application-auto-scaling.md says what is simulated. */
export class ApplicationAutoScalingService extends OperationTable {
  public readonly id = 'application-auto-scaling';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::ApplicationAutoScaling::ScalableTarget': ({ properties }) => {
      this.register(properties);
      for (const action of properties.ScheduledActions ?? []) this.putAction({ ...targetOf(properties), ...action });
      return { ref: `${properties.ResourceId}|${properties.ScalableDimension}|${properties.ServiceNamespace}` };
    },
    'AWS::ApplicationAutoScaling::ScalingPolicy': ({ properties }) => {
      const arn = this.putPolicy({ ...policyTarget(properties), ...properties }).PolicyARN;
      return { ref: arn, attributes: { Arn: arn } };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::ApplicationAutoScaling::ScalableTarget': {
      update: (request, { request: { properties: old } }) => {
        for (const { ScheduledActionName } of old.ScheduledActions ?? []) this.actions.delete({ ...targetOf(old), ScheduledActionName });
        return this.resources['AWS::ApplicationAutoScaling::ScalableTarget']!(request);
      },
      delete: ({ request: { properties } }) => {
        if (this.targets.has(targetKey(properties))) this.deregister(properties);
      },
    },
    'AWS::ApplicationAutoScaling::ScalingPolicy': {
      update: (request) => this.resources['AWS::ApplicationAutoScaling::ScalingPolicy']!(request),
      delete: ({ ref }) => {
        for (const [key, { PolicyARN }] of this.policies) if (PolicyARN === ref) this.deletePolicy(key);
      },
    },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly targets = new Map<string, ScalableTarget>();
  private readonly policies = new Map<string, ScalingPolicy>();
  private readonly actions: ScheduledActions;
  private readonly scaler: Scaler;

  public constructor(private readonly simulation: Simulation) {
    super();
    this.scaler = new Scaler(simulation, {
      target: (key) => this.targets.get(key),
      policiesOf: (target) => [...this.policies.values()].filter((policy) => targetKey(policy) === targetKey(target)),
    });
    this.actions = new ScheduledActions(simulation, (action) => this.performAction(action));
    this.operations = {
      RegisterScalableTarget: this.on('RegisterScalableTarget', (input) => ({ ScalableTargetARN: this.register(input).ScalableTargetARN }), (input) => this.endpointNeeds(input)),
      DeregisterScalableTarget: this.on('DeregisterScalableTarget', (input) => this.deregister(input)),
      DescribeScalableTargets: this.describe('DescribeScalableTargets', 'ScalableTargets', () => [...this.targets.values()], 'ResourceIds', 'ResourceId'),
      PutScalingPolicy: this.on(
        'PutScalingPolicy',
        (input) => {
          const policy = this.putPolicy(input);
          return { PolicyARN: policy.PolicyARN, Alarms: this.alarmsOf(policy) };
        },
        (input) => this.alarmNeeds(input),
      ),
      DeleteScalingPolicy: this.on('DeleteScalingPolicy', (input) => {
        if (!this.deletePolicy(`${targetKey(input)}|${input.PolicyName}`)) throw missing(`scaling policy ${input.PolicyName}`);
        return {};
      }),
      DescribeScalingPolicies: this.describe(
        'DescribeScalingPolicies',
        'ScalingPolicies',
        () => [...this.policies.values()].map((policy) => ({ ...policy, Alarms: this.alarmsOf(policy) })),
        'PolicyNames',
        'PolicyName',
      ),
      PutScheduledAction: this.on('PutScheduledAction', (input) => (this.putAction(input), {})),
      DeleteScheduledAction: this.on('DeleteScheduledAction', (input) => {
        if (!this.actions.delete(input)) throw missing(`scheduled action ${input.ScheduledActionName}`);
        return {};
      }),
      DescribeScheduledActions: this.describe('DescribeScheduledActions', 'ScheduledActions', () => this.actions.all(), 'ScheduledActionNames', 'ScheduledActionName'),
      DescribeScalingActivities: this.describe('DescribeScalingActivities', 'ScalingActivities', () => this.recentActivities(), 'none', 'none'),
    };
  }

  /** Registered capacity of a resource, e.g. `endpoint/name/variant/AllTraffic`. */
  public scalableTarget(resourceId: string): ScalableTarget | undefined {
    return [...this.targets.values()].find((target) => target.ResourceId === resourceId);
  }

  /** An alarm calls a policy. @throws AwsError when there is no such policy */
  public alarmed(policyArn: string): void {
    const policy = [...this.policies.values()].find(({ PolicyARN }) => PolicyARN === policyArn);
    if (!policy) throw missing(`scaling policy ${policyArn}`);
    this.scaler.alarmed(this.target(policy));
  }

  public override inventory(): string[] {
    return [...this.targets.values()].map(({ ScalableTargetARN }) => ScalableTargetARN);
  }

  private on(name: string, handle: (input: Record<string, any>) => unknown, needs: (input: Record<string, any>) => Authorization[] = () => []): Operation {
    return {
      authorize: (input) => [
        {
          action: `application-autoscaling:${name}`,
          resource: this.arnOf('scalable-target/*'),
          context: { 'application-autoscaling:service-namespace': input.ServiceNamespace, 'application-autoscaling:scalable-dimension': input.ScalableDimension },
        },
        ...needs(input),
      ],
      handle,
    };
  }

  /** Who registers needs what the service does in its name (guide, "Identity-based policy examples", target services and CloudWatch). */
  private endpointNeeds({ ResourceId }: Record<string, any>): Authorization[] {
    const { partition, region, account } = this.simulation;
    const resource = `arn:${partition}:sagemaker:${region}:${account}:endpoint/${endpointOf(ResourceId).endpoint.toLowerCase()}`;
    return ['sagemaker:DescribeEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities'].map((action) => ({ action, resource }));
  }

  private alarmNeeds(input: Record<string, any>): Authorization[] {
    if (input.TargetTrackingScalingPolicyConfiguration === undefined) return [];
    const alarms = trackingAlarms(this.policyRecord(input), this.simulation.random, (name) => this.cloudWatch.arnOf(name));
    return alarms.flatMap(({ AlarmArn }) => ['cloudwatch:PutMetricAlarm', 'cloudwatch:DescribeAlarms'].map((action) => ({ action, resource: String(AlarmArn) })));
  }

  private describe(name: string, member: string, all: () => readonly Record<string, any>[], filter: string, key: string): Operation {
    return {
      authorize: () => [{ action: `application-autoscaling:${name}`, resource: '*' }],
      handle: (input) => {
        const found = all()
          .filter((value) => value.ServiceNamespace === input.ServiceNamespace)
          .filter((value) => input.ScalableDimension === undefined || value.ScalableDimension === input.ScalableDimension)
          .filter((value) => input.ResourceId === undefined || value.ResourceId === input.ResourceId)
          .filter((value) => input[filter] === undefined || input[filter].includes(value[key]));
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxResults ?? 50);
        return { [member]: found.slice(from, to), ...(to < found.length ? { NextToken: String(to) } : {}) };
      },
    };
  }

  /** Registering again changes only what is given; a capacity out of new bounds is changed at once (guide, "Scaling activities"). */
  private register(input: Record<string, any>): ScalableTarget {
    const key = targetKey(input);
    const previous = this.targets.get(key);
    const invalid = (message: string): AwsError => new AwsError('ValidationException', message, 400);
    if (input.ServiceNamespace !== 'sagemaker' || quantityOf(input.ScalableDimension) === undefined) throw invalid(`scaling of ${input.ScalableDimension} is not simulated`);
    if (!/^endpoint\/[^/]+\/variant\/[^/]+$/.test(input.ResourceId)) throw invalid(`Unsupported resource ID ${input.ResourceId} for ${input.ScalableDimension}`);
    const MinCapacity = Number(input.MinCapacity ?? previous?.MinCapacity ?? NaN);
    const MaxCapacity = Number(input.MaxCapacity ?? previous?.MaxCapacity ?? NaN);
    if (Number.isNaN(MinCapacity) || Number.isNaN(MaxCapacity)) throw invalid('MinCapacity and MaxCapacity are required for a new scalable target');
    if (MinCapacity > MaxCapacity) throw invalid('Maximum capacity cannot be less than minimum capacity');
    const { partition, account } = this.simulation;
    const RoleARN = `arn:${partition}:iam::${account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint`;
    const target: ScalableTarget = {
      ...targetOf(input),
      MinCapacity,
      MaxCapacity,
      RoleARN: input.RoleARN ?? previous?.RoleARN ?? RoleARN,
      CreationTime: previous?.CreationTime ?? this.now(),
      SuspendedState: {
        DynamicScalingInSuspended: false,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: false,
        ...previous?.SuspendedState,
        ...input.SuspendedState,
      },
      ScalableTargetARN: this.arnOf(`scalable-target/${this.simulation.random.stream(`scalable-target ${key}`).uuid().replaceAll('-', '').slice(0, 24)}`),
    };
    this.targets.set(key, target);
    this.scaler.changed(target, previous?.MinCapacity !== MinCapacity || previous.MaxCapacity !== MaxCapacity);
    return target;
  }

  /** What hangs on a target goes with it (API reference, DeregisterScalableTarget). */
  private deregister(input: Record<string, any>): Record<string, never> {
    const key = targetKey(this.target(input));
    this.targets.delete(key);
    this.scaler.forget(input);
    for (const name of [...this.policies.keys()]) if (name.startsWith(`${key}|`)) this.deletePolicy(name);
    this.actions.deleteOf(input);
    return {};
  }

  private putPolicy(input: Record<string, any>): ScalingPolicy {
    const target = this.target(input);
    const key = `${targetKey(input)}|${input.PolicyName}`;
    const policy = this.policyRecord(input);
    const tracks = policy.PolicyType === 'TargetTrackingScaling';
    if (!tracks && policy.PolicyType !== 'StepScaling') throw new AwsError('ValidationException', `policies of type ${policy.PolicyType} are not simulated`, 400);
    const configuration = tracks ? policy.TargetTrackingScalingPolicyConfiguration : policy.StepScalingPolicyConfiguration;
    if (configuration === undefined) throw new AwsError('ValidationException', `a policy of type ${policy.PolicyType} needs its configuration`, 400);
    const alarms = tracks ? trackingAlarms(policy, this.simulation.random, (name) => this.cloudWatch.arnOf(name)) : [];
    this.deletePolicy(key, new Set(alarms.map(({ AlarmName }) => AlarmName as string)));
    this.policies.set(key, policy);
    for (const { AlarmArn: _arn, ...alarm } of alarms) this.cloudWatch.putMetricAlarm(alarm);
    this.scaler.changed(target, false);
    return policy;
  }

  private policyRecord(input: Record<string, any>): ScalingPolicy {
    const key = `${targetKey(input)}|${input.PolicyName}`;
    const id = this.simulation.random.stream(`scaling-policy ${key}`).uuid();
    return {
      PolicyARN: this.arnOf(`scalingPolicy:${id}:resource/${input.ServiceNamespace}/${input.ResourceId}:policyName/${input.PolicyName}`),
      PolicyName: input.PolicyName,
      ...targetOf(input),
      PolicyType: input.PolicyType ?? 'StepScaling',
      CreationTime: this.policies.get(key)?.CreationTime ?? this.now(),
      ...(input.TargetTrackingScalingPolicyConfiguration ? { TargetTrackingScalingPolicyConfiguration: input.TargetTrackingScalingPolicyConfiguration } : {}),
      ...(input.StepScalingPolicyConfiguration ? { StepScalingPolicyConfiguration: input.StepScalingPolicyConfiguration } : {}),
    };
  }

  /** With the alarms that were made for it, but those to keep. Alarms of a step policy are somebody else's. */
  private deletePolicy(key: string, keep: ReadonlySet<string> = new Set()): boolean {
    const policy = this.policies.get(key);
    if (policy?.TargetTrackingScalingPolicyConfiguration) {
      for (const { AlarmName } of this.alarmsOf(policy)) if (AlarmName.startsWith('TargetTracking-') && !keep.has(AlarmName)) this.cloudWatch.alarms.remove(AlarmName);
    }
    return this.policies.delete(key);
  }

  private alarmsOf({ PolicyARN }: ScalingPolicy): { AlarmName: string; AlarmARN: string }[] {
    const calling = this.cloudWatch.alarms.all().filter(({ input }) => ((input.AlarmActions ?? []) as string[]).includes(PolicyARN));
    return calling.map(({ name, arn }) => ({ AlarmName: name, AlarmARN: arn }));
  }

  private putAction(input: Record<string, any>): void {
    this.target(input);
    this.actions.put(input, this.arnOf(`scheduledAction:${input.ServiceNamespace}/${input.ResourceId}:scheduledActionName/${input.ScheduledActionName}`));
  }

  private performAction(action: Record<string, any>): void {
    const target = this.targets.get(targetKey(action));
    if (!target || target.SuspendedState.ScheduledScalingSuspended) return;
    this.register({ ...targetOf(action), ...action.ScalableTargetAction });
  }

  /** Newest first. */
  private recentActivities(): Record<string, any>[] {
    const oldest = this.simulation.clock.now() - SIX_WEEKS;
    return this.scaler.activities.filter(({ StartTime }) => StartTime.getTime() >= oldest).reverse();
  }

  private target(input: Record<string, any>): ScalableTarget {
    const target = this.targets.get(targetKey(input));
    if (target) return target;
    const { ServiceNamespace, ResourceId, ScalableDimension } = input;
    throw missing(`scalable target found for service namespace: ${ServiceNamespace}, resource ID: ${ResourceId}, scalable dimension: ${ScalableDimension}`);
  }

  private get cloudWatch(): CloudWatchService {
    return this.simulation.service<CloudWatchService>('cloudwatch');
  }

  private arnOf(resource: string): string {
    const { partition, region, account } = this.simulation;
    const service = resource.startsWith('scalable-target') ? 'application-autoscaling' : 'autoscaling';
    return `arn:${partition}:${service}:${region}:${account}:${resource}`;
  }

  private now(): Date {
    return new Date(this.simulation.clock.now());
  }
}

function targetOf({ ServiceNamespace, ResourceId, ScalableDimension }: Record<string, any>): Pick<ScalableTarget, 'ServiceNamespace' | 'ResourceId' | 'ScalableDimension'> {
  return { ServiceNamespace, ResourceId, ScalableDimension };
}

/** A policy of a template names its target by Ref, or by the three members. */
function policyTarget({ ScalingTargetId }: Record<string, any>): Record<string, string> {
  if (ScalingTargetId === undefined) return {};
  const [ResourceId, ScalableDimension, ServiceNamespace] = ScalingTargetId.split('|') as [string, string, string];
  return { ResourceId, ScalableDimension, ServiceNamespace };
}

function missing(what: string): AwsError {
  return new AwsError('ObjectNotFoundException', `No ${what}`, 400);
}
