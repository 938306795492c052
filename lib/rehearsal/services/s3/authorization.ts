import type { Authorization } from '../../kernel/simulation';
import type { Encryption } from './bucket';
import type { S3Service } from './s3-service';

/** Permissions of S3 requests (Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"). */
export class S3Authorizer {
  public constructor(private readonly service: S3Service) {}

  public bucket(action: string, bucket: string, context?: Record<string, string>): Authorization[] {
    return [{ action: `s3:${action}`, resource: this.service.arnOf(bucket), ...(context ? { context } : {}) }];
  }

  /** Reading also decrypts with the key that the object was encrypted with. */
  public read(bucket: string, key: string, versionId?: string): Authorization[] {
    const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
    const found = this.service.buckets.get(bucket);
    const version = versionId === undefined ? found?.current(key) : found?.version(key, versionId);
    return [this.object(action, bucket, key), ...(version ? this.key('kms:Decrypt', bucket, key, version.encryption) : [])];
  }

  /** Writing also makes a data key; writing in parts decrypts it again (S3 User Guide, "Using SSE-KMS"). */
  public write(input: Record<string, any>, encryption: Encryption | undefined, parts = false): Authorization[] {
    const context: Record<string, string> = {};
    if (input.ServerSideEncryption) context['s3:x-amz-server-side-encryption'] = input.ServerSideEncryption;
    if (input.SSEKMSKeyId) context['s3:x-amz-server-side-encryption-aws-kms-key-id'] = input.SSEKMSKeyId;
    if (input.StorageClass) context['s3:x-amz-storage-class'] = input.StorageClass;
    if (input.IfNoneMatch) context['s3:if-none-match'] = input.IfNoneMatch;
    if (input.IfMatch) context['s3:if-match'] = input.IfMatch;
    return [
      { ...this.object('s3:PutObject', input.Bucket, input.Key), context },
      ...(input.Tagging ? [this.object('s3:PutObjectTagging', input.Bucket, input.Key)] : []),
      ...(encryption ? this.key('kms:GenerateDataKey', input.Bucket, input.Key, encryption) : []),
      ...(encryption && parts ? this.key('kms:Decrypt', input.Bucket, input.Key, encryption) : []),
    ];
  }

  public object(action: string, bucket: string, key: string): Authorization {
    return { action, resource: `${this.service.arnOf(bucket)}/${key}` };
  }

  /** With a bucket key the encryption context names the bucket, else the object. */
  private key(action: string, bucket: string, key: string, encryption: Encryption): Authorization[] {
    if (encryption.algorithm !== 'aws:kms' || encryption.kmsKeyArn === undefined) return [];
    const { account, region, partition } = this.service.simulation;
    const arn = this.service.arnOf(bucket);
    return [
      {
        action,
        resource: encryption.kmsKeyArn,
        context: {
          'kms:ViaService': `s3.${region}.${partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
          'kms:CallerAccount': account,
          'kms:EncryptionContext:aws:s3:arn': encryption.bucketKey ? arn : `${arn}/${key}`,
          'kms:EncryptionContextKeys': ['aws:s3:arn'],
        },
      },
    ];
  }
}
