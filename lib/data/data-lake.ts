import { Aws, Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from '../private/acknowledge';
import { Defaults } from '../private/defaults';
import { Problems } from '../private/errors';
import { Area, areaPrefix } from './data-lake.contract';

export interface DataLakeProps {
  /**
   * How long superseded object versions are kept.
   *
   * @default Duration.days(90)
   */
  readonly noncurrentVersionExpiration?: Duration;

  /**
   * How long captured predictions are kept before they expire.
   *
   * @default Duration.days(365)
   */
  readonly capturedExpiration?: Duration;

  /**
   * When raw data and snapshots move to infrequent access. They are never deleted: a snapshot is the evidence of what a model learned from.
   *
   * @default Duration.days(90)
   */
  readonly rawTransition?: Duration;

  /**
   * What happens to data and key when the stack is deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * One bucket for everything that models live on: raw and curated data, snapshots, artifacts, captured predictions, reports, and the
 * state (champion pointer, locks, ledger). Versioned, encrypted with its own KMS key, TLS-only, private, with access logs; it tells
 * EventBridge about new objects. Several models may share a lake: each has its own prefix in every area.
 */
export class DataLake extends Construct {
  public readonly bucket: s3.Bucket;
  public readonly key: kms.Key;
  /** Receives the server access logs of `bucket`. */
  public readonly accessLogs: s3.Bucket;
  /** @internal */
  public readonly _capturedExpiration: Duration;
  private database?: glue.CfnDatabase;

  public constructor(scope: Construct, id: string, props: DataLakeProps = {}) {
    super(scope, id);
    const noncurrentVersionExpiration = props.noncurrentVersionExpiration ?? Defaults.NONCURRENT_VERSION_EXPIRATION;
    const capturedExpiration = props.capturedExpiration ?? Defaults.CAPTURED_EXPIRATION;
    this._capturedExpiration = capturedExpiration;
    const rawTransition = props.rawTransition ?? Defaults.RAW_TRANSITION;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const problems = new Problems();
    problems.require(
      rawTransition.toDays() >= 30,
      'RawTransitionTooEarly',
      'rawTransition',
      `${rawTransition.toDays()} days`,
      'must be at least 30 days (S3 lifecycle rule for STANDARD_IA)',
      'use Duration.days(30) or more',
    );
    problems.throwIfAny(this);

    this.key = new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy, description: `data lake ${this.node.path}` });
    this.accessLogs = new s3.Bucket(this, 'AccessLogs', {
      // Log delivery cannot write to a bucket whose default encryption is a customer key (S3 guide, "Enabling Amazon S3 server access logging").
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [{ expiration: Duration.days(365) }],
      removalPolicy,
    });
    this.bucket = new s3.Bucket(this, 'Bucket', {
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy,
      lifecycleRules: [
        { id: 'abort-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
        { id: 'noncurrent-versions', noncurrentVersionExpiration },
        { id: 'captured', prefix: 'captured/', expiration: capturedExpiration },
        { id: 'raw-infrequent-access', prefix: 'raw/', transitions: [{ storageClass: s3.StorageClass.INFREQUENT_ACCESS, transitionAfter: rawTransition }] },
      ],
    });
    // On the resource itself: the L2 would bring a custom resource with rights on every bucket of the account.
    (this.bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    this.logAccess();
  }

  /**
   * Read and list one area of one model. The right to list is also what makes S3 answer 404 instead of 403 for a key that does not exist
   * (API_GetObject, "Permissions"); for that decision the key itself counts as `s3:prefix` (found against AWS in ceph/ceph#68577).
   *
   * @internal
   */
  public _grantRead(grantee: iam.IGrantable, area: Area, modelName: string): void {
    const prefix = areaPrefix(area, modelName);
    this.allow(grantee, ['s3:GetObject', 's3:GetObjectVersion'], [this.objects(area, modelName)]);
    grantee.grantPrincipal.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': [prefix, `${prefix}*`] } },
      }),
    );
    this.allowKey(grantee, ['kms:Decrypt']);
  }

  /**
   * Write (never delete) one area of one model, or one folder of it. Multipart uploads need `kms:Decrypt` too (S3 guide, "Protecting data with KMS").
   *
   * @internal
   */
  public _grantWrite(grantee: iam.IGrantable, area: Area, modelName: string, folder = ''): void {
    this.allow(grantee, ['s3:PutObject', 's3:AbortMultipartUpload'], [this.objects(area, modelName, folder)]);
    this.allowKey(grantee, ['kms:GenerateDataKey', 'kms:Decrypt']);
  }

  /**
   * Removes the objects of one model in one area, or in one folder of it, some time after they were written, and what was removed some time after that. Where another
   * rule says something shorter, that holds (S3 User Guide, "Conflicting lifecycle rules").
   *
   * @internal
   */
  public _expire(area: Area, modelName: string, expiration: Duration, noncurrentVersionExpiration: Duration, folder = ''): void {
    const prefix = `${areaPrefix(area, modelName)}${folder}`;
    this.bucket.addLifecycleRule({ id: prefix.slice(0, -1).replace(/\//g, '-'), prefix, expiration, noncurrentVersionExpiration });
  }

  /**
   * The Glue database of the prediction logs of all models in this lake.
   *
   * @internal
   */
  public _predictionDatabase(): glue.CfnDatabase {
    this.database ??= new glue.CfnDatabase(this, 'Predictions', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: {
        // Glue folds names to lower case, so that a name made by CloudFormation would not be found again.
        name: Names.uniqueResourceName(this, { maxLength: 64, separator: '_', allowedSpecialCharacters: '_' }).toLowerCase(),
        description: `Predictions of the models in ${this.node.path}`,
      },
    });
    return this.database;
  }

  /** By bucket policy, not ACL: the same template whatever feature flags the app has set. */
  private logAccess(): void {
    const prefix = 'lake/';
    (this.bucket.node.defaultChild as s3.CfnBucket).loggingConfiguration = { destinationBucketName: this.accessLogs.bucketName, logFilePrefix: prefix };
    this.accessLogs.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.accessLogs.arnForObjects(`${prefix}*`)],
        conditions: { ArnLike: { 'aws:SourceArn': this.bucket.bucketArn }, StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }

  private objects(area: Area, modelName: string, folder = ''): string {
    return this.bucket.arnForObjects(`${areaPrefix(area, modelName)}${folder}*`);
  }

  private allow(grantee: iam.IGrantable, actions: string[], resources: string[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources }));
    const principal = grantee.grantPrincipal;
    if (Construct.isConstruct(principal)) {
      for (const resource of resources) acknowledgeWildcard(principal, resource, 'the objects of one model in one area of the lake; S3 names objects by prefix');
    }
  }

  /** The key only through S3: nobody decrypts with it directly. */
  private allowKey(grantee: iam.IGrantable, actions: string[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions,
        resources: [this.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
      }),
    );
  }
}
