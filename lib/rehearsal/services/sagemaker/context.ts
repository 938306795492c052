import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageRegistry, LocalImage } from '../../containers/image-registry';
import type { ServingContainer } from '../../containers/serving-process';
import type { Authorization, Principal, SimulatedService, Simulation } from '../../kernel/simulation';
import { ExecutionStorage } from './execution-storage';
import { invalid } from './validation';

/** What SageMaker needs of the simulated neighbours, in process. */
interface CloudWatchService extends SimulatedService {
  putMetric(namespace: string, name: string, dimensions: Record<string, string>, value: number, unit: string, timeMs: number): void;
}

interface EventsService extends SimulatedService {
  publish(event: { source: string; 'detail-type': string; detail: Record<string, unknown>; resources: string[] }): void;
}

interface IamService extends SimulatedService {
  mayAssume(roleArn: string, service: string): boolean;
  /** Answers without a request: for what an AWS service checks on behalf of a role. */
  allows?(principal: Principal, authorization: Authorization): boolean;
}

/** What serves the SageMaker Model of that name in place of a local process. */
export type ServingSubstitute = (modelName: string) => ServingContainer;

/** What all parts of the simulated SageMaker share: names, events, folders, the neighbours. */
export class SageMakerContext {
  private readonly tags = new Map<string, Record<string, string>>();
  private folders = 0;

  public constructor(
    public readonly simulation: Simulation,
    public readonly images: ImageRegistry,
    public readonly serving?: ServingSubstitute,
  ) {}

  public now(): Date {
    return new Date(this.simulation.clock.now());
  }

  /** `training-job/name` → ARN */
  public arn(resource: string): string {
    return `arn:${this.simulation.partition}:sagemaker:${this.simulation.region}:${this.simulation.account}:${resource}`;
  }

  /** A fresh folder for one process. */
  public folder(name: string): string {
    const folder = join(this.simulation.workFolder, 'sagemaker', `${String(this.folders++).padStart(4, '0')}-${name}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  public storage(roleArn: string): ExecutionStorage {
    return new ExecutionStorage(this.simulation.gateway, { arn: roleArn });
  }

  public publish(detailType: string, resource: string, detail: Record<string, unknown>): void {
    this.events.publish({ source: 'aws.sagemaker', 'detail-type': detailType, resources: [resource], detail });
  }

  public putMetric(namespace: string, name: string, dimensions: Record<string, string>, value: number, unit: string): void {
    this.cloudWatch.putMetric(namespace, name, dimensions, value, unit, this.simulation.clock.now());
  }

  /** @throws ValidationException when SageMaker may not assume the role */
  public requireAssumable(roleArn: string): void {
    if (this.simulation.service<IamService>('iam').mayAssume(roleArn, 'sagemaker.amazonaws.com')) return;
    throw invalid(
      `Could not assume role ${roleArn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
    );
  }

  /**
   * The image as the role may pull it from the account's ECR (guide: sagemaker-roles, permissions of the execution role).
   * @returns undefined when it does not exist or the role may not pull it: AWS does not say which
   */
  public pull(uri: string, roleArn: string): LocalImage | undefined {
    const image = this.images.resolve(uri);
    const ecr = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/.exec(uri);
    const iam = this.simulation.service<IamService>('iam');
    if (image === undefined || ecr === null || iam.allows === undefined) return image;
    const repository = `arn:${this.simulation.partition}:ecr:${ecr[2]}:${ecr[1]}:repository/${ecr[3]}`;
    const needs = [
      { action: 'ecr:GetAuthorizationToken', resource: '*' },
      ...['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'].map((action) => ({ action, resource: repository })),
    ];
    return needs.every((authorization) => iam.allows!({ arn: roleArn }, authorization)) ? image : undefined;
  }

  public addTags(arn: string, added: readonly { Key: string; Value: string }[] | undefined): void {
    if (!added) return;
    const tags = this.tags.get(arn) ?? {};
    for (const { Key, Value } of added) tags[Key] = Value;
    this.tags.set(arn, tags);
  }

  public tagsOf(arn: string): Record<string, string> {
    return this.tags.get(arn) ?? {};
  }

  public removeTags(arn: string): void {
    this.tags.delete(arn);
  }

  public note(kind: 'job' | 'endpoint' | 'note', subject: string, message: string, status?: string, data?: Record<string, unknown>): void {
    this.simulation.timeline.emit({ time: this.simulation.clock.now(), kind, subject, message, status, data });
  }

  private readonly neighbours = new Map<string, SimulatedService>();

  private get cloudWatch(): CloudWatchService {
    return this.neighbour<CloudWatchService>('cloudwatch');
  }

  private get events(): EventsService {
    return this.neighbour<EventsService>('events');
  }

  private neighbour<T extends SimulatedService>(id: string): T {
    let service = this.neighbours.get(id);
    if (!service) this.neighbours.set(id, (service = this.simulation.service<T>(id)));
    return service as T;
  }
}
