import type { CreateEndpointConfigInput, ProductionVariant, ProductionVariantServerlessConfig } from '@aws-sdk/client-sagemaker';
import { type EndpointKind, endpointKind } from './endpoint-kind';
import { Constraints, PATTERNS, invalid } from './validation';

const MEMORY_SIZES = [1024, 2048, 3072, 4096, 5120, 6144];
const S3_OUTPUT = 'asyncInferenceConfig.outputConfig';
const TOPIC = { text: 'arn:aws[a-z\\-]*:sns:[a-z0-9\\-]*:[0-9]{12}:[a-zA-Z0-9_.-]+', expression: /^arn:aws[a-z-]*:sns:[a-z0-9-]*:[0-9]{12}:[a-zA-Z0-9_.-]+$/ };

/** @throws ValidationException when the request breaks a documented rule: of one member, between members, or of its kind of endpoint */
export function validateEndpointConfig(request: CreateEndpointConfigInput): void {
  const constraints = new Constraints()
    .pattern('endpointConfigName', request.EndpointConfigName, PATTERNS.name)
    .length('productionVariants', request.ProductionVariants ?? [], 1, 10)
    .length('shadowProductionVariants', request.ShadowProductionVariants, 1, 10);
  (request.ProductionVariants ?? []).forEach((variant, index) => checkVariant(constraints, `productionVariants.${index + 1}.member`, variant));
  (request.ShadowProductionVariants ?? []).forEach((variant, index) => checkVariant(constraints, `shadowProductionVariants.${index + 1}.member`, variant));
  checkCapture(constraints, request);
  checkAsync(constraints, request);
  constraints.check();
  const variants = [...request.ProductionVariants!, ...(request.ShadowProductionVariants ?? [])];
  const names = variants.map((variant) => variant.VariantName);
  if (new Set(names).size !== names.length) throw invalid(`Duplicate variant names: ${names.join(', ')}`);
  for (const variant of variants) requireOneSize(variant);
  // "you can only specify one variant for ProductionVariants and one variant for ShadowProductionVariants" (API_CreateEndpointConfig)
  if (request.ShadowProductionVariants?.length && (request.ProductionVariants!.length > 1 || request.ShadowProductionVariants.length > 1)) {
    throw invalid('With ShadowProductionVariants there can only be one variant for ProductionVariants and one variant for ShadowProductionVariants.');
  }
  const kind = endpointKind(request);
  const unsupported = unsupportedFeatures(kind, request);
  if (unsupported.length > 0) throw invalid(`Not supported for ${kind} endpoints: ${unsupported.join(', ')}.`);
}

function checkVariant(constraints: Constraints, path: string, variant: ProductionVariant): void {
  const { ServerlessConfig: serverless } = variant;
  constraints
    .pattern(`${path}.variantName`, variant.VariantName, PATTERNS.name)
    .required(`${path}.modelName`, variant.ModelName)
    .range(`${path}.initialInstanceCount`, variant.InitialInstanceCount, 1, Number.MAX_SAFE_INTEGER)
    .range(`${path}.initialVariantWeight`, variant.InitialVariantWeight, 0, Number.MAX_SAFE_INTEGER)
    .range(`${path}.containerStartupHealthCheckTimeoutInSeconds`, variant.ContainerStartupHealthCheckTimeoutInSeconds, 60, 3600)
    .range(`${path}.serverlessConfig.memorySizeInMB`, serverless?.MemorySizeInMB, 1024, 6144)
    .range(`${path}.serverlessConfig.maxConcurrency`, serverless?.MaxConcurrency, 1, 200)
    .range(`${path}.serverlessConfig.provisionedConcurrency`, serverless?.ProvisionedConcurrency, 1, 200);
}

function checkCapture(constraints: Constraints, { DataCaptureConfig: capture }: CreateEndpointConfigInput): void {
  if (!capture) return;
  constraints
    .range('dataCaptureConfig.initialSamplingPercentage', capture.InitialSamplingPercentage, 0, 100)
    .length('dataCaptureConfig.destinationS3Uri', capture.DestinationS3Uri, 0, 512)
    .pattern('dataCaptureConfig.destinationS3Uri', capture.DestinationS3Uri, PATTERNS.s3Uri)
    .length('dataCaptureConfig.captureOptions', capture.CaptureOptions, 1, 32)
    .length('dataCaptureConfig.captureContentTypeHeader.csvContentTypes', capture.CaptureContentTypeHeader?.CsvContentTypes, 1, 10)
    .length('dataCaptureConfig.captureContentTypeHeader.jsonContentTypes', capture.CaptureContentTypeHeader?.JsonContentTypes, 1, 10);
}

/** API_AsyncInferenceOutputConfig and its neighbours. */
function checkAsync(constraints: Constraints, { AsyncInferenceConfig: config }: CreateEndpointConfigInput): void {
  if (!config) return;
  const output = config.OutputConfig!;
  constraints
    .range('asyncInferenceConfig.clientConfig.maxConcurrentInvocationsPerInstance', config.ClientConfig?.MaxConcurrentInvocationsPerInstance, 1, 1000)
    .pattern(`${S3_OUTPUT}.s3OutputPath`, output.S3OutputPath, PATTERNS.s3Uri)
    .pattern(`${S3_OUTPUT}.s3FailurePath`, output.S3FailurePath, PATTERNS.s3Uri)
    .pattern(`${S3_OUTPUT}.notificationConfig.successTopic`, output.NotificationConfig?.SuccessTopic, TOPIC)
    .pattern(`${S3_OUTPUT}.notificationConfig.errorTopic`, output.NotificationConfig?.ErrorTopic, TOPIC);
}

/** Instances or ServerlessConfig (API_ProductionVariant), and the rules within ServerlessConfig (API_ProductionVariantServerlessConfig). */
function requireOneSize(variant: ProductionVariant): void {
  const instances = [variant.InstanceType, variant.InitialInstanceCount].filter((member) => member !== undefined).length;
  if (variant.ServerlessConfig === undefined) {
    if (instances !== 2) throw invalid(`Production variant ${variant.VariantName} must specify InstanceType and InitialInstanceCount, or ServerlessConfig.`);
    return;
  }
  if (instances > 0) {
    throw invalid(`Production variant ${variant.VariantName} cannot specify ServerlessConfig together with InstanceType or InitialInstanceCount.`);
  }
  if (!MEMORY_SIZES.includes(variant.ServerlessConfig.MemorySizeInMB!)) {
    throw invalid(`MemorySizeInMB of ${variant.ServerlessConfig.MemorySizeInMB} is not supported. Valid values: ${MEMORY_SIZES.join(', ')}.`);
  }
  validateConcurrency(variant.ServerlessConfig);
}

/** @throws ValidationException when more concurrency is provisioned than allowed */
export function validateConcurrency({ MaxConcurrency, ProvisionedConcurrency }: ProductionVariantServerlessConfig): void {
  if (ProvisionedConcurrency !== undefined && ProvisionedConcurrency > MaxConcurrency!) {
    throw invalid(`ProvisionedConcurrency (${ProvisionedConcurrency}) must be less than or equal to MaxConcurrency (${MaxConcurrency}).`);
  }
}

/**
 * Guide: model-deploy-feature-matrix, serverless-endpoints ("Feature exclusions"), shadow-tests-exclusions. AWS documents that it does not
 * support these, not how it answers; the rehearsal refuses, so that nobody relies on them.
 */
function unsupportedFeatures(kind: EndpointKind, request: CreateEndpointConfigInput): string[] {
  if (kind === 'real-time') return [];
  const variants = request.ProductionVariants!;
  const output = request.AsyncInferenceConfig?.OutputConfig;
  const features: Record<string, boolean> = {
    'more than one production variant': variants.length > 1,
    'shadow variants': (request.ShadowProductionVariants?.length ?? 0) > 0,
    'data capture': request.DataCaptureConfig !== undefined && request.DataCaptureConfig.EnableCapture !== false,
    'Inf1 instances': variants.some((variant) => variant.InstanceType?.startsWith('ml.inf1.')),
    ServerlessConfig: kind === 'asynchronous' && variants.some((variant) => variant.ServerlessConfig),
    'network isolation': kind === 'serverless' && request.EnableNetworkIsolation === true,
    VpcConfig: kind === 'serverless' && request.VpcConfig !== undefined,
    // "The Amazon S3 location to upload inference responses to": without one SageMaker takes a bucket of its own naming.
    'an OutputConfig without S3OutputPath (in the rehearsal)': kind === 'asynchronous' && output?.S3OutputPath === undefined,
    'IncludeInferenceResponseIn (in the rehearsal)': (output?.NotificationConfig?.IncludeInferenceResponseIn?.length ?? 0) > 0,
  };
  return Object.keys(features).filter((feature) => features[feature]);
}
