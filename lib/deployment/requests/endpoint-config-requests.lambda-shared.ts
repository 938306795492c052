import type {
  AsyncInferenceConfig,
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  DataCaptureConfig,
  ProductionVariant,
  ProductionVariantInstanceType,
} from '@aws-sdk/client-sagemaker';
import { lakeKeys, s3Uri } from '../../data/data-lake.contract';
import type { DeploymentPlan, StagePlan } from '../deployment-plan.contract';
import { type AsynchronousEndpointSettings, deploymentNames, type DeploymentSettings, type EndpointSettings, type StageName, VARIANT_NAME } from '../deployment.contract';

/** A plan that deploys something. */
export type Deployable = DeploymentPlan & Required<Pick<DeploymentPlan, 'resource' | 'expected'>>;

export function deployable(plan: DeploymentPlan): Deployable {
  if (plan.resource === undefined || plan.expected === undefined) throw new Error(`plan ${plan.action} deploys nothing`);
  return plan as Deployable;
}

export function createModelRequest({ endpoint, executionRoleArn }: DeploymentSettings, plan: Deployable): CreateModelCommandInput {
  const { image, modelDataUrl, environment } = plan.expected;
  return {
    ModelName: plan.resource,
    ExecutionRoleArn: executionRoleArn,
    ...(endpoint.kind === 'SERVERLESS' ? {} : { EnableNetworkIsolation: endpoint.networkIsolation }),
    // What is subscribed to in AWS Marketplace is reached through its package only (API_ContainerDefinition, ModelPackageName).
    PrimaryContainer:
      plan.marketplace === true
        ? { ModelPackageName: plan.modelPackageArn }
        : { Image: image, Environment: environment, ...(modelDataUrl === undefined ? {} : { ModelDataUrl: modelDataUrl }) },
  };
}

/**
 * @param champion variant that serves beside the challenger's before the release. It is taken over as it is: the settings may have changed
 *   since, and a stage's update has no guardrails.
 */
export function createEndpointConfigRequest(settings: DeploymentSettings, plan: Deployable, stage: StagePlan, champion?: ProductionVariant): CreateEndpointConfigCommandInput {
  const { endpoint } = settings;
  if (stage.stage === 'RELEASE') {
    return {
      EndpointConfigName: stage.config,
      ProductionVariants: [variant(endpoint, VARIANT_NAME, plan.resource, 1)],
      ...captureConfig(settings, plan.version),
      ...(endpoint.kind === 'ASYNCHRONOUS' ? { AsyncInferenceConfig: asynchronousConfig(settings, endpoint, plan.version) } : {}),
    };
  }
  if (champion === undefined || plan.champion === undefined) throw new Error(`stage ${stage.stage} needs a champion`);
  const settingsOfStage = stage.stage === 'SHADOW' ? settings.shadow : settings.test;
  const challenger = (weight: number): ProductionVariant =>
    variant(endpoint, deploymentNames.challengerVariant(stage.stage as 'SHADOW' | 'AB_TEST', plan.version), plan.resource, weight, settingsOfStage!.instanceCount);
  // The folder of a variant says who answered; the destination is one for all of them, and the champion is the one that users hear.
  const common = { EndpointConfigName: stage.config, ...captureConfig(settings, plan.champion.version, stage.stage) };
  if (stage.stage === 'SHADOW') {
    return {
      ...common,
      ProductionVariants: [{ ...champion, InitialVariantWeight: 1 }],
      // The share that is copied is the ratio of the weights (model-shadow-deployment shows 1 and 1 for all requests).
      ShadowProductionVariants: [challenger(settings.shadow!.samplingPercentage / 100)],
    };
  }
  const percent = settings.test!.challengerPercent;
  return { ...common, ProductionVariants: [{ ...champion, InitialVariantWeight: 100 - percent }, challenger(percent)] };
}

function variant(endpoint: EndpointSettings, VariantName: string, ModelName: string, InitialVariantWeight: number, count?: number): ProductionVariant {
  if (endpoint.kind === 'SERVERLESS') {
    const { memorySizeMegabytes, maximumConcurrency, provisionedConcurrency } = endpoint;
    return {
      VariantName,
      ModelName,
      InitialVariantWeight,
      ServerlessConfig: {
        MemorySizeInMB: memorySizeMegabytes,
        MaxConcurrency: maximumConcurrency,
        ...(provisionedConcurrency === undefined ? {} : { ProvisionedConcurrency: provisionedConcurrency }),
      },
    };
  }
  return {
    VariantName,
    ModelName,
    InitialInstanceCount: count ?? endpoint.instanceCount,
    InstanceType: endpoint.instanceType as ProductionVariantInstanceType,
    InitialVariantWeight,
  };
}

/** Real-time endpoints only (model-deploy-feature-matrix, "Data capture"): of asynchronous ones this library captures (asynchronous-capture/). */
function captureConfig(settings: DeploymentSettings, version: number, stage: StageName = 'RELEASE'): { DataCaptureConfig?: DataCaptureConfig } {
  const { endpoint, bucket, modelName, keyArn } = settings;
  if (endpoint.kind !== 'REAL_TIME') return {};
  // Nothing says that both variants sample the same requests: of independent samples of 20 % only 4 % are pairs. A test needs no pairs.
  const percentage = stage === 'SHADOW' ? 100 : endpoint.samplingPercentage;
  return {
    DataCaptureConfig: {
      EnableCapture: percentage > 0,
      InitialSamplingPercentage: percentage,
      // Without the closing slash: SageMaker adds its own and would make a double one (amazon-sagemaker-examples#1938).
      DestinationS3Uri: s3Uri(bucket, lakeKeys.capturedPrefix(modelName, version)).replace(/\/$/, ''),
      KmsKeyId: keyArn,
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
      // Content types that are not named are captured as base64 (API_CaptureContentTypeHeader).
      CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'], JsonContentTypes: ['application/json'] },
    },
  };
}

/** API_AsyncInferenceConfig. The version in the path says who answered. */
function asynchronousConfig({ bucket, modelName, keyArn }: DeploymentSettings, endpoint: AsynchronousEndpointSettings, version: number): AsyncInferenceConfig {
  const { successTopicArn, errorTopicArn, maximumConcurrentInvocationsPerInstance } = endpoint;
  const topics = { ...(successTopicArn === undefined ? {} : { SuccessTopic: successTopicArn }), ...(errorTopicArn === undefined ? {} : { ErrorTopic: errorTopicArn }) };
  return {
    OutputConfig: {
      S3OutputPath: s3Uri(bucket, lakeKeys.asynchronousResponses(modelName, version)),
      S3FailurePath: s3Uri(bucket, lakeKeys.asynchronousFailures(modelName, version)),
      KmsKeyId: keyArn,
      ...(Object.keys(topics).length === 0 ? {} : { NotificationConfig: topics }),
    },
    ...(maximumConcurrentInvocationsPerInstance === undefined ? {} : { ClientConfig: { MaxConcurrentInvocationsPerInstance: maximumConcurrentInvocationsPerInstance } }),
  };
}
