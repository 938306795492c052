import { Problems } from '../../private/errors';
import { DeploymentChoices } from '../deployment.contract';
import { PinnedChoices } from '../pinned/pinned.contract';
import { DeploymentOptions } from './deployment-options';
import { hasGuardrails } from './endpoint-facts';
import { Release } from './release';
import { PinnedDeploymentOptions } from './stage-options';

const ARN = /^arn:[\w-]+:sagemaker:[a-z0-9-]+:\d{12}:model-package\/[A-Za-z0-9-]+\/(\d+)$/;

/** Options of the looks, and of a workflow that is not there. */
const WITHOUT_WORKFLOW = [
  'keepVersions',
  'minimumRequests',
  'analysisInterval',
  'confidence',
  'inconclusive',
  'maximumExtensions',
  'analysisMethod',
  'comparePredictions',
  'predictionDistance',
] as const satisfies readonly (keyof DeploymentOptions)[];

/** The version that CloudFormation deploys. */
export class Pin {
  public constructor(private readonly options: PinnedDeploymentOptions) {}

  public validate(path: string, releasePath: string, problems: Problems, release: Release): void {
    const { version, modelPackageArn } = this.options;
    const valid = version === undefined || (Number.isInteger(version) && version >= 1);
    problems.require(valid, 'VersionInvalid', `${path}.version`, version, 'must be an integer of at least 1', 'use the version that the registry shows');
    if (modelPackageArn !== undefined && !ARN.test(modelPackageArn)) {
      const rule = 'must be the ARN of a model package with its version, known at synth: arn:<partition>:sagemaker:<region>:<account>:model-package/<group>/<version>';
      problems.add('ModelPackageArnInvalid', `${path}.modelPackageArn`, modelPackageArn, rule, 'copy it from the registry, or use version');
    }
    if (modelPackageArn !== undefined && version !== undefined) {
      problems.add('VersionTwice', `${path}.version`, version, 'must not be given together with modelPackageArn', 'leave one out');
    }
    const { endpoint } = release.choices();
    if (!hasGuardrails(endpoint)) {
      const value = endpoint.kind === 'SERVERLESS' ? 'Endpoint.serverless()' : endpoint.instanceType;
      const rule = 'must have deployment guardrails, which roll back when CloudFormation updates the endpoint (deployment-guardrails-exclusions)';
      problems.add('PinnedWithoutGuardrails', `${releasePath}.endpoint`, value, rule, 'use other instances, or a deployment that is not pinned');
    }
    for (const name of WITHOUT_WORKFLOW) {
      if (release.options[name] === undefined) continue;
      problems.add('PinnedWithoutAnalysis', `${releasePath}.${name}`, release.options[name], 'is for the deployment workflow, which a pinned deployment does not have', 'leave it out');
    }
  }

  public choices(choices: DeploymentChoices): PinnedChoices {
    const { version, modelPackageArn } = this.options;
    const named = modelPackageArn === undefined ? version : Number(ARN.exec(modelPackageArn)?.[1]);
    return { ...(named === undefined ? {} : { version: named }), ...(modelPackageArn === undefined ? {} : { modelPackageArn }), choices };
  }
}
