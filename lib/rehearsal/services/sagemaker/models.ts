import type { ContainerDefinition, CreateModelInput } from '@aws-sdk/client-sagemaker';
import type { LocalImage } from '../../containers/image-registry';
import type { Operation } from '../operations';
import { operation } from '../operations';
import { AwsError } from '../../kernel/aws-error';
import { creation, passRole } from './authorizations';
import type { SageMakerContext } from './context';
import { page } from './listing';
import type { ModelPackages } from './model-packages';
import { Constraints, PATTERNS, invalid } from './validation';

interface Model {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateModelInput;
  readonly created: number;
  readonly modified: number;
}

/** What a fleet or a transform job needs to start the model's container. */
export interface ServableModel {
  readonly modelName: string;
  readonly image: LocalImage;
  readonly modelDataUrl?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
}

/** SageMaker Models: image, artifacts, environment and execution role under one name. */
export class Models {
  private readonly models = new Map<string, Model>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly packages: ModelPackages,
  ) {}

  public readonly operations: Record<string, Operation> = {
    CreateModel: {
      authorize: (input) => creation('CreateModel', this.arn(input.ModelName), input, ...passRole(input.ExecutionRoleArn)),
      handle: async (input) => ({ ModelArn: (await this.create(input as CreateModelInput)).arn }),
    },
    DescribeModel: operation('sagemaker:DescribeModel', (input) => this.arn(input.ModelName), (input) => this.describe(this.get(input.ModelName))),
    DeleteModel: operation('sagemaker:DeleteModel', (input) => this.arn(input.ModelName), (input) => this.delete(this.get(input.ModelName))),
    ListModels: operation('sagemaker:ListModels', '*', (input) => {
      const { items, NextToken } = page(this.models.values(), input);
      return { Models: items.map((model) => ({ ModelName: model.name, ModelArn: model.arn, CreationTime: new Date(model.created) })), NextToken };
    }),
  };

  public arns(): string[] {
    return [...this.models.values()].map(({ arn }) => arn);
  }

  public async create(request: CreateModelInput): Promise<Model> {
    const name = request.ModelName!;
    new Constraints()
      .pattern('modelName', name, PATTERNS.name)
      .required('executionRoleArn', request.ExecutionRoleArn)
      .pattern('executionRoleArn', request.ExecutionRoleArn, PATTERNS.roleArn)
      .length('containers', request.Containers, 0, 15)
      .check();
    if (this.models.has(name)) throw invalid(`Cannot create already existing model "${this.arn(name)}".`);
    const container = this.container(request);
    this.context.requireAssumable(request.ExecutionRoleArn!);
    const { image, modelDataUrl } = this.resolve(container);
    if (!this.context.images.resolve(image)) throw invalid(`Requested image ${image} not found.`);
    if (modelDataUrl !== undefined) await this.requireModelData(modelDataUrl, request.ExecutionRoleArn!);
    const now = this.context.simulation.clock.now();
    const model = { name, arn: this.arn(name), request, created: now, modified: now };
    this.models.set(name, model);
    this.context.addTags(model.arn, request.Tags as { Key: string; Value: string }[] | undefined);
    return model;
  }

  /** @throws ValidationException when the model does not exist */
  public require(name: string): void {
    this.get(name);
  }

  /** Whether its containers run apart from other networks: not all kinds of endpoints have that. */
  public isolated(name: string): boolean {
    const { EnableNetworkIsolation, VpcConfig } = this.get(name).request;
    return EnableNetworkIsolation === true || VpcConfig !== undefined;
  }

  /** @returns undefined when the role may not pull the image */
  public servable(name: string): ServableModel | undefined {
    const { request } = this.get(name);
    const container = this.container(request);
    const { image: uri, modelDataUrl, environment } = this.resolve(container);
    const image = this.context.pull(uri, request.ExecutionRoleArn!);
    return image && { modelName: name, image, modelDataUrl, environment, roleArn: request.ExecutionRoleArn! };
  }

  /** The role of the model's container: endpoints and transform jobs act with it. */
  public roleOf(name: string): string {
    return this.get(name).request.ExecutionRoleArn!;
  }

  private resolve(container: ContainerDefinition): { image: string; modelDataUrl?: string; environment: Record<string, string> } {
    const packaged = container.ModelPackageName === undefined ? undefined : this.packages.deployable(container.ModelPackageName);
    const image = packaged?.Image ?? container.Image;
    if (image === undefined) throw invalid('Either Image or ModelPackageName must be specified for a container.');
    return {
      image,
      modelDataUrl: packaged?.ModelDataUrl ?? container.ModelDataUrl,
      environment: { ...packaged?.Environment, ...container.Environment },
    };
  }

  private container(request: CreateModelInput): ContainerDefinition {
    const containers = request.PrimaryContainer ? [request.PrimaryContainer] : (request.Containers ?? []);
    if (request.PrimaryContainer && request.Containers?.length) throw invalid('Both PrimaryContainer and Containers cannot be specified.');
    if (containers.length !== 1) throw invalid('The rehearsal simulates models with exactly one container.');
    return containers[0]!;
  }

  /** Wording of AWS for an object that is missing, or that the role may not read. */
  private async requireModelData(uri: string, roleArn: string): Promise<void> {
    try {
      await this.context.storage(roleArn).exists(uri);
    } catch (error) {
      const code = error instanceof AwsError ? error.code : (error as Error).name;
      if (['NotFound', 'NoSuchKey', '404'].includes(code)) throw invalid(`Could not find model data at ${uri}.`);
      throw invalid(
        `Could not access model data at ${uri}. Please ensure that the role "${roleArn}" exists and that its trust relationship policy allows the action ` +
          `"sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object is ` +
          `located in ${this.context.simulation.region}.`,
      );
    }
  }

  private describe(model: Model): unknown {
    const { Tags: _tags, ...request } = model.request;
    return { ...request, ModelArn: model.arn, CreationTime: new Date(model.created), EnableNetworkIsolation: request.EnableNetworkIsolation ?? false };
  }

  private delete(model: Model): unknown {
    this.models.delete(model.name);
    this.context.removeTags(model.arn);
    return {};
  }

  private get(name: string): Model {
    const model = this.models.get(name);
    if (!model) throw invalid(`Could not find model "${this.arn(name)}".`);
    return model;
  }

  private arn(name: string): string {
    return this.context.arn(`model/${name.toLowerCase()}`);
  }
}
