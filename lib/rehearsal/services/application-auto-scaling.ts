import { AwsError } from '../kernel/aws-error';
import type { CreatedResource, ResourceRequest, Simulation } from '../kernel/simulation';
import { OperationTable, type Operation } from './operations';

interface Registered {
  readonly key: string;
  readonly value: Record<string, any>;
}

/** Application Auto Scaling: keeps targets, policies and scheduled actions. Nothing is scaled; docs/rehearsal/application-auto-scaling.md. */
export class ApplicationAutoScalingService extends OperationTable {
  public readonly id = 'application-auto-scaling';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::ApplicationAutoScaling::ScalableTarget': ({ properties }) => {
      this.register(properties);
      return { ref: `${properties.ResourceId}|${properties.ScalableDimension}|${properties.ServiceNamespace}` };
    },
    'AWS::ApplicationAutoScaling::ScalingPolicy': ({ properties }) => {
      const [ResourceId, ScalableDimension, ServiceNamespace] = (properties.ScalingTargetId?.split('|') ?? []) as string[];
      const target = { ResourceId, ScalableDimension, ServiceNamespace };
      const arn = this.putPolicy({ ...target, ...properties }).PolicyARN;
      return { ref: arn, attributes: { Arn: arn } };
    },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly targets = new Map<string, Record<string, any>>();
  private readonly policies = new Map<string, Record<string, any>>();
  private readonly actions = new Map<string, Record<string, any>>();

  public constructor(private readonly simulation: Simulation) {
    super();
    this.operations = {
      RegisterScalableTarget: this.on('RegisterScalableTarget', (input) => ({ ScalableTargetARN: this.register(input).ScalableTargetARN })),
      DeregisterScalableTarget: this.on('DeregisterScalableTarget', (input) => {
        const key = targetKey(this.target(input));
        this.targets.delete(key);
        // What hangs on a target goes with it (API reference, DeregisterScalableTarget).
        for (const store of [this.policies, this.actions]) for (const name of [...store.keys()]) if (name.startsWith(`${key}|`)) store.delete(name);
        return {};
      }),
      DescribeScalableTargets: this.describe('DescribeScalableTargets', 'ScalableTargets', () => entries(this.targets), 'ResourceIds', 'ResourceId'),
      PutScalingPolicy: this.on('PutScalingPolicy', (input) => ({ PolicyARN: this.putPolicy(input).PolicyARN, Alarms: [] })),
      DeleteScalingPolicy: this.on('DeleteScalingPolicy', (input) => remove(this.policies, `${targetKey(input)}|${input.PolicyName}`)),
      DescribeScalingPolicies: this.describe('DescribeScalingPolicies', 'ScalingPolicies', () => entries(this.policies), 'PolicyNames', 'PolicyName'),
      PutScheduledAction: this.on('PutScheduledAction', (input) => {
        this.target(input);
        const ScheduledActionARN = this.arnOf(`scheduledAction:${input.ServiceNamespace}/${input.ResourceId}:scheduledActionName/${input.ScheduledActionName}`);
        this.actions.set(`${targetKey(input)}|${input.ScheduledActionName}`, { ...input, ScheduledActionARN, CreationTime: this.now() });
        return {};
      }),
      DeleteScheduledAction: this.on('DeleteScheduledAction', (input) => remove(this.actions, `${targetKey(input)}|${input.ScheduledActionName}`)),
      DescribeScheduledActions: this.describe('DescribeScheduledActions', 'ScheduledActions', () => entries(this.actions), 'ScheduledActionNames', 'ScheduledActionName'),
    };
  }

  /** Registered capacity of a resource, e.g. `endpoint/name/variant/AllTraffic`. */
  public scalableTarget(resourceId: string): Record<string, any> | undefined {
    return [...this.targets.values()].find((target) => target.ResourceId === resourceId);
  }

  private on(name: string, handle: (input: Record<string, any>) => unknown): Operation {
    return {
      authorize: (input) => [
        {
          action: `application-autoscaling:${name}`,
          resource: this.arnOf('scalable-target/*'),
          context: { 'application-autoscaling:service-namespace': input.ServiceNamespace, 'application-autoscaling:scalable-dimension': input.ScalableDimension },
        },
      ],
      handle,
    };
  }

  private describe(name: string, member: string, all: () => Registered[], filter: string, key: string): Operation {
    return {
      authorize: () => [{ action: `application-autoscaling:${name}`, resource: '*' }],
      handle: (input) => ({
        [member]: all()
          .map(({ value }) => value)
          .filter((value) => value.ServiceNamespace === input.ServiceNamespace)
          .filter((value) => input.ScalableDimension === undefined || value.ScalableDimension === input.ScalableDimension)
          .filter((value) => input.ResourceId === undefined || value.ResourceId === input.ResourceId)
          .filter((value) => input[filter] === undefined || input[filter].includes(value[key])),
      }),
    };
  }

  /** Registering again changes only what is given. */
  private register(input: Record<string, any>): Record<string, any> {
    const key = targetKey(input);
    const previous = this.targets.get(key);
    const invalid = (message: string): AwsError => new AwsError('ValidationException', message, 400);
    const MinCapacity = Number(input.MinCapacity ?? previous?.MinCapacity ?? NaN);
    const MaxCapacity = Number(input.MaxCapacity ?? previous?.MaxCapacity ?? NaN);
    if (Number.isNaN(MinCapacity) || Number.isNaN(MaxCapacity)) throw invalid('MinCapacity and MaxCapacity are required for a new scalable target');
    if (MinCapacity > MaxCapacity) throw invalid('Maximum capacity cannot be less than minimum capacity');
    const { partition, account } = this.simulation;
    const RoleARN = `arn:${partition}:iam::${account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint`;
    const target = {
      ServiceNamespace: input.ServiceNamespace,
      ResourceId: input.ResourceId,
      ScalableDimension: input.ScalableDimension,
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
    return target;
  }

  private putPolicy(input: Record<string, any>): Record<string, any> {
    this.target(input);
    const key = `${targetKey(input)}|${input.PolicyName}`;
    const id = this.simulation.random.stream(`scaling-policy ${key}`).uuid();
    const policy = {
      PolicyARN: this.arnOf(`scalingPolicy:${id}:resource/${input.ServiceNamespace}/${input.ResourceId}:policyName/${input.PolicyName}`),
      PolicyName: input.PolicyName,
      ServiceNamespace: input.ServiceNamespace,
      ResourceId: input.ResourceId,
      ScalableDimension: input.ScalableDimension,
      PolicyType: input.PolicyType ?? 'StepScaling',
      CreationTime: this.policies.get(key)?.CreationTime ?? this.now(),
      ...(input.TargetTrackingScalingPolicyConfiguration ? { TargetTrackingScalingPolicyConfiguration: input.TargetTrackingScalingPolicyConfiguration } : {}),
      ...(input.StepScalingPolicyConfiguration ? { StepScalingPolicyConfiguration: input.StepScalingPolicyConfiguration } : {}),
    };
    this.policies.set(key, policy);
    return policy;
  }

  private target(input: Record<string, any>): Record<string, any> {
    const target = this.targets.get(targetKey(input));
    if (target) return target;
    const { ServiceNamespace, ResourceId, ScalableDimension } = input;
    throw new AwsError('ObjectNotFoundException', `No scalable target found for service namespace: ${ServiceNamespace}, resource ID: ${ResourceId}, scalable dimension: ${ScalableDimension}`, 400);
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

function targetKey(input: Record<string, any>): string {
  return `${input.ServiceNamespace}|${input.ResourceId}|${input.ScalableDimension}`;
}

function entries(store: Map<string, Record<string, any>>): Registered[] {
  return [...store].map(([key, value]) => ({ key, value }));
}

function remove(store: Map<string, unknown>, key: string): Record<string, never> {
  if (!store.delete(key)) throw new AwsError('ObjectNotFoundException', `No such object: ${key}`, 400);
  return {};
}
