import { ServiceModel } from './service-model';

// Literal `require` calls, so that the bundler finds them; inside functions, so that a rehearsal loads only what it uses.
const packages: Readonly<Record<string, () => Record<string, any>>> = {
  'application-auto-scaling': () => require('@aws-sdk/client-application-auto-scaling'),
  cloudwatch: () => require('@aws-sdk/client-cloudwatch'),
  'cloudwatch-logs': () => require('@aws-sdk/client-cloudwatch-logs'),
  eventbridge: () => require('@aws-sdk/client-eventbridge'),
  kms: () => require('@aws-sdk/client-kms'),
  lambda: () => require('@aws-sdk/client-lambda'),
  s3: () => require('@aws-sdk/client-s3'),
  sagemaker: () => require('@aws-sdk/client-sagemaker'),
  'sagemaker-runtime': () => require('@aws-sdk/client-sagemaker-runtime'),
  scheduler: () => require('@aws-sdk/client-scheduler'),
  sfn: () => require('@aws-sdk/client-sfn'),
  sns: () => require('@aws-sdk/client-sns'),
  ssm: () => require('@aws-sdk/client-ssm'),
  sts: () => require('@aws-sdk/client-sts'),
};

/** Services whose API the simulator knows, by the id in the name of the SDK package. */
export const serviceIds: readonly string[] = Object.keys(packages);

// The SDK's own announcement of the Node versions to come; this package's are in its `engines`.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const models = new Map<string, ServiceModel>();

/** @returns undefined for a service that is not known */
export function serviceModel(id: string): ServiceModel | undefined {
  const load = packages[id];
  if (!load) return undefined;
  let model = models.get(id);
  if (!model) models.set(id, (model = new ServiceModel(id, load())));
  return model;
}

/** `@aws-sdk/client-s3` → `s3` */
export function serviceIdOfPackage(name: string): string | undefined {
  const id = /^@aws-sdk\/client-([\w-]+)$/.exec(name)?.[1];
  return id !== undefined && packages[id] ? id : undefined;
}
