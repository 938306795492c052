import type { FaultPlan } from './faults';
import type { Random } from './random';
import type { Timeline } from './timeline';
import type { VirtualClock } from './virtual-clock';

/** Who calls. A role of the template, or the rehearsal itself (a person or client with all permissions, `root`). */
export interface Principal {
  /** ARN of the role, or of the rehearsal's own user. */
  readonly arn: string;
  /** True for the rehearsal's operator and clients: not subject to identity policies. Requests are recorded all the same. */
  readonly root?: boolean;
  /** AWS service that acts for itself, e.g. `events.amazonaws.com`: only resource policies can allow it. */
  readonly service?: string;
  /** Condition context that the caller brings, e.g. `aws:SourceArn`. */
  readonly context?: Record<string, string>;
}

/** One AWS API request, already decoded and schema-checked: `input` has the SDK's member names and types (Date, Uint8Array). */
export interface AwsRequest {
  readonly principal: Principal;
  /** Service id as in the SDK package: `sagemaker`, `sagemaker-runtime`, `s3`, `sfn`, `lambda`, `cloudwatch`, `sns`, … */
  readonly service: string;
  /** `CreateModel` */
  readonly operation: string;
  readonly input: Record<string, any>;
}

/** What a request needs to be allowed, one entry per action and resource (IAM "Service Authorization Reference"). */
export interface Authorization {
  /** `s3:GetObject` */
  readonly action: string;
  readonly resource: string;
  /** Condition keys beyond the global ones, e.g. `iam:PassedToService`, `s3:prefix`. Multi-valued keys as arrays. */
  readonly context?: Record<string, string | string[]>;
}

/** A resource of the template, as CloudFormation's Ref and GetAtt see it. */
export interface CreatedResource {
  readonly ref: string;
  readonly attributes?: Record<string, unknown>;
}

export interface ResourceRequest {
  readonly type: string;
  readonly logicalId: string;
  /** Intrinsics resolved. */
  readonly properties: Record<string, any>;
  /** Path of the construct, from the template's metadata, for messages. */
  readonly constructPath: string;
  readonly stackName: string;
  /** Folder of the cloud assembly; assets lie in it. */
  readonly assembly: string;
  /** How often the resource was replaced: a replacement needs a name of its own while its predecessor exists. */
  readonly generation?: number;
}

/** A resource that exists, with the request that it was last given. */
export interface ExistingResource extends CreatedResource {
  readonly request: ResourceRequest;
}

/** What CloudFormation does with the resources of a type beyond creating them. What is missing is an error, never a guess. */
export interface ResourceLifecycle {
  /** Gives the resource the properties of the request. Only properties changed that do not replace it (assembly/replacements.ts). */
  update?(request: ResourceRequest, existing: ExistingResource): CreatedResource | Promise<CreatedResource>;
  delete?(existing: ExistingResource): unknown;
}

/** A simulated AWS service: one per file in rehearsal/services. */
export interface SimulatedService {
  readonly id: string;
  /** CloudFormation types that it instantiates. Each is called in dependency order. */
  readonly resources: Record<string, (request: ResourceRequest) => CreatedResource | Promise<CreatedResource>>;
  /** By CloudFormation type: what of `resources` can be updated and deleted. */
  readonly lifecycles?: Record<string, ResourceLifecycle>;
  /** ARNs of all that exists, whoever created it: what a scenario finds after a stack is gone. */
  inventory?(): readonly string[];
  /** The permissions that the request needs. */
  authorize(request: AwsRequest): Authorization[];
  /** Resource policy (bucket, key, topic, function) that applies to the ARN, if there is one. */
  resourcePolicy?(arn: string): PolicyDocument | undefined;
  /** @throws AwsError with the error code of the real service */
  handle(request: AwsRequest): unknown;
  /** Ends local processes and connections; called once, at the end of the rehearsal. */
  close?(): Promise<void> | void;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: PolicyStatement | PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Record<string, string | string[]>;
  readonly Action?: string | string[];
  readonly NotAction?: string | string[];
  readonly Resource?: string | string[];
  readonly NotResource?: string | string[];
  readonly Condition?: Record<string, Record<string, string | string[] | boolean | number>>;
}

/** Way into the simulated AWS. Everything goes through it: handlers, workflows, the scenario, the loopback port. */
export interface Gateway {
  /** Schema check → fault → IAM → service; recorded. `input` as an SDK caller gives it. @throws AwsError */
  call(principal: Principal, service: string, operation: string, input: Record<string, unknown>): Promise<any>;
  /**
   * `require` for a handler: real AWS SDK packages whose clients are bound to the principal and hand their HTTP requests to this
   * gateway (requestHandler). Any other package that is not a Node built-in is an error: handlers bundle what they need.
   */
  requireFor(principal: Principal): (id: string) => unknown;
}

/** What every part of the simulation shares. */
export interface Simulation {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly gateway: Gateway;
  readonly timeline: Timeline;
  readonly faults: FaultPlan;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** The service with that id, typed by the caller. @throws when it is not simulated */
  service<T extends SimulatedService>(id: string): T;
  /** A folder for files that local processes need; removed at the end. */
  readonly workFolder: string;
}
