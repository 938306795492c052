import type { Operation } from '../operations';
import { operation } from '../operations';
import { creation } from './authorizations';
import type { SageMakerContext } from './context';
import { page } from './listing';
import { Constraints, PATTERNS, invalid } from './validation';

interface ModelPackageGroup {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly created: number;
  readonly modified: number;
  versions: number;
}

/** Groups of versioned model packages; they count the versions. */
export class ModelPackageGroups {
  private readonly groups = new Map<string, ModelPackageGroup>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly packagesIn: (group: string) => number,
  ) {}

  public readonly operations: Record<string, Operation> = {
    CreateModelPackageGroup: {
      authorize: (input) => creation('CreateModelPackageGroup', this.arn(input.ModelPackageGroupName), input),
      handle: (input) => ({ ModelPackageGroupArn: this.create(input).arn }),
    },
    DescribeModelPackageGroup: operation('sagemaker:DescribeModelPackageGroup', (input) => this.arn(this.nameOf(input.ModelPackageGroupName)), (input) => {
      const group = this.require(input.ModelPackageGroupName);
      return {
        ModelPackageGroupName: group.name,
        ModelPackageGroupArn: group.arn,
        ModelPackageGroupDescription: group.description,
        CreationTime: new Date(group.created),
        CreatedBy: {},
        ModelPackageGroupStatus: 'Completed',
      };
    }),
    DeleteModelPackageGroup: operation('sagemaker:DeleteModelPackageGroup', (input) => this.arn(this.nameOf(input.ModelPackageGroupName)), (input) => {
      const group = this.require(input.ModelPackageGroupName);
      if (this.packagesIn(group.name) > 0) {
        throw invalid(`Model Package Group cannot be deleted because it still contains Model Packages. ${group.arn}`);
      }
      this.groups.delete(group.name);
      return {};
    }),
    ListModelPackageGroups: operation('sagemaker:ListModelPackageGroups', '*', (input) => {
      const { items, NextToken } = page(this.groups.values(), input);
      return {
        ModelPackageGroupSummaryList: items.map((group) => ({
          ModelPackageGroupName: group.name,
          ModelPackageGroupArn: group.arn,
          ModelPackageGroupDescription: group.description,
          CreationTime: new Date(group.created),
          ModelPackageGroupStatus: 'Completed',
        })),
        NextToken,
      };
    }),
  };

  public arns(): string[] {
    return [...this.groups.values()].map(({ arn }) => arn);
  }

  public create(request: Record<string, any>): ModelPackageGroup {
    const name = request.ModelPackageGroupName as string;
    new Constraints()
      .pattern('modelPackageGroupName', name, PATTERNS.name)
      .length('modelPackageGroupDescription', request.ModelPackageGroupDescription, 0, 1024)
      .check();
    if (this.groups.has(name)) throw invalid(`Model Package Group already exists: ${this.arn(name)}`);
    const now = this.context.simulation.clock.now();
    const group = { name, arn: this.arn(name), description: request.ModelPackageGroupDescription, created: now, modified: now, versions: 0 };
    this.groups.set(name, group);
    this.context.addTags(group.arn, request.Tags);
    return group;
  }

  public require(nameOrArn: string): ModelPackageGroup {
    const group = this.groups.get(this.nameOf(nameOrArn));
    if (!group) throw invalid(`Model Package Group ${this.arn(this.nameOf(nameOrArn))} does not exist.`);
    return group;
  }

  public nextVersion(name: string): number {
    return (this.groups.get(name)?.versions ?? 0) + 1;
  }

  /** A version number is never used twice, even when its package was deleted. */
  public takeVersion(name: string): number {
    return ++this.require(name).versions;
  }

  public nameOf(nameOrArn: string): string {
    return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
  }

  public arn(name: string): string {
    return this.context.arn(`model-package-group/${name}`);
  }
}
