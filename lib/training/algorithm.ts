import { Aws, CfnMapping, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Problems } from '../private/errors';
import { XGBOOST_REGISTRIES } from './algorithm-registries';
import { ContainerImageConfig } from './container-image';

/** An algorithm that SageMaker brings as a container. */
export class Algorithm {
  /** XGBoost 1.7-1: gradient boosted trees. Features must be numbers or booleans. */
  public static readonly XGBOOST_1_7 = new Algorithm('sagemaker-xgboost', '1.7-1');

  private constructor(
    /** Name of the repository in SageMaker's registries. */
    public readonly repositoryName: string,
    /** Tag of the image. */
    public readonly version: string,
  ) {}

  /** @internal */
  public _validateRegion(scope: Construct, path: string, problems: Problems): void {
    const { region } = Stack.of(scope);
    const known = Token.isUnresolved(region) || XGBOOST_REGISTRIES[region] !== undefined;
    const rule = `${this.repositoryName} has a known registry in ${Object.keys(XGBOOST_REGISTRIES).join(', ')}`;
    problems.require(known, 'AlgorithmNotInRegion', path, region, rule, 'use Training.container with a copy of the image');
  }

  /**
   * No repository to grant: SageMaker pulls its own images with its own credentials (SageMaker guide, "Docker Registry Paths").
   *
   * @internal
   */
  public _bind(scope: Construct): ContainerImageConfig {
    const { region } = Stack.of(scope);
    const mapping = (): { [region: string]: { account: string } } =>
      Object.fromEntries(Object.entries(XGBOOST_REGISTRIES).map(([name, id]) => [name, { account: id }]));
    const account = Token.isUnresolved(region)
      ? new CfnMapping(scope, 'AlgorithmRegistries', { mapping: mapping() }).findInMap(Aws.REGION, 'account')
      : XGBOOST_REGISTRIES[region]!;
    return {
      imageUri: `${account}.dkr.ecr.${region}.${Aws.URL_SUFFIX}/${this.repositoryName}:${this.version}`,
      codeVersion: `${this.repositoryName}:${this.version}`,
    };
  }
}
