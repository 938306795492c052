import type { Simulation } from '../../kernel/simulation';
import type { KmsService } from '../kms';
import { asBoolean, asNumber } from '../operations';
import type { Encryption, LifecycleRule } from './bucket';

/** BucketEncryption of AWS::S3::Bucket. */
export function parseEncryption(property: any, simulation: Simulation): Encryption | undefined {
  const rule = property?.ServerSideEncryptionConfiguration?.[0];
  const byDefault = rule?.ServerSideEncryptionByDefault;
  if (!byDefault) return undefined;
  if (byDefault.SSEAlgorithm !== 'aws:kms') return { algorithm: 'AES256' };
  return {
    algorithm: 'aws:kms',
    kmsKeyArn: simulation.service<KmsService>('kms').arnOf(byDefault.KMSMasterKeyID ?? 'alias/aws/s3'),
    bucketKey: asBoolean(rule.BucketKeyEnabled),
  };
}

/** LifecycleConfiguration of AWS::S3::Bucket, as far as it removes something; transitions do not change what is read. */
export function parseLifecycle(property: any): LifecycleRule[] {
  return ((property?.Rules ?? []) as any[]).map((rule, index) => ({
    id: rule.Id ?? `rule-${index + 1}`,
    enabled: rule.Status === 'Enabled',
    prefix: rule.Prefix ?? '',
    expirationDays: asNumber(rule.ExpirationInDays),
    noncurrentDays: asNumber(rule.NoncurrentVersionExpiration?.NoncurrentDays ?? rule.NoncurrentVersionExpirationInDays),
    newerNoncurrentVersions: asNumber(rule.NoncurrentVersionExpiration?.NewerNoncurrentVersions),
    abortUploadDays: asNumber(rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation),
  }));
}

export interface NotificationSettings {
  readonly eventBridge: boolean;
  readonly lambda: { function: string; events: string[]; prefix: string; suffix: string }[];
}

/** Both spellings: of CloudFormation (LambdaConfigurations, Event) and of the API (LambdaFunctionConfigurations, Events). */
export function parseNotifications(configuration: any): NotificationSettings {
  for (const kind of ['QueueConfigurations', 'TopicConfigurations']) {
    if (configuration[kind]?.length) throw new Error(`S3 notifications of kind ${kind} are not simulated`);
  }
  const eventBridge = configuration.EventBridgeConfiguration;
  const functions = (configuration.LambdaConfigurations ?? configuration.LambdaFunctionConfigurations ?? []) as any[];
  return {
    eventBridge: eventBridge !== undefined && (eventBridge.EventBridgeEnabled === undefined || asBoolean(eventBridge.EventBridgeEnabled)),
    lambda: functions.map((item) => {
      const rules = (item.Filter?.S3Key?.Rules ?? item.Filter?.Key?.FilterRules ?? []) as { Name: string; Value: string }[];
      const value = (name: string): string => rules.find((rule) => rule.Name.toLowerCase() === name)?.Value ?? '';
      return { function: item.Function ?? item.LambdaFunctionArn, events: item.Events ?? [item.Event], prefix: value('prefix'), suffix: value('suffix') };
    }),
  };
}
