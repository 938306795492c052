import { createHash } from 'node:crypto';
import { physicalBucketName } from '../../assembly/physical-name';
import { AwsError } from '../../kernel/aws-error';
import type { CreatedResource, PolicyDocument, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';
import { OperationTable, parsePolicy, type Operation } from '../operations';
import { Bucket, type Encryption, type ObjectVersion } from './bucket';
import { parseEncryption, parseLifecycle, parseNotifications } from './configuration';
import { LifecycleRunner } from './lifecycle';
import { listingOperations } from './listing-operations';
import { MultipartUploads } from './multipart';
import { Notifications } from './notifications';
import { objectOperations } from './object-operations';

export interface PutOptions {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly cacheControl?: string;
  readonly metadata?: Record<string, string>;
  readonly checksums?: Record<string, string>;
  readonly tags?: Record<string, string>;
  readonly encryption?: Encryption;
  readonly partsCount?: number;
  readonly etag?: string;
  /** Operation that wrote, for the event: PutObject, CopyObject, CompleteMultipartUpload. */
  readonly reason?: string;
  readonly requester?: string;
}

/** Amazon S3: buckets and objects in memory. docs/rehearsal/s3.md says what is simulated. */
export class S3Service extends OperationTable {
  public readonly id = 's3';
  public readonly buckets = new Map<string, Bucket>();
  public readonly uploads = new MultipartUploads(this);
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::S3::Bucket': (request) => this.createBucketResource(request),
    'AWS::S3::BucketPolicy': ({ properties }) => {
      this.bucket(properties.Bucket).policy = parsePolicy(properties.PolicyDocument);
      return { ref: properties.Bucket };
    },
    // The CDK's own custom resource: its handler is Python and does nothing but PutBucketNotificationConfiguration.
    'Custom::S3BucketNotifications': ({ properties, logicalId }) => {
      this.configureNotifications(this.bucket(properties.BucketName), properties.NotificationConfiguration ?? {});
      return { ref: logicalId };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::S3::Bucket': {
      update: ({ properties }, existing) => {
        this.configureBucket(this.bucket(existing.ref), properties);
        return existing;
      },
      delete: ({ ref }) => {
        if (this.bucket(ref).keys().length > 0) throw new AwsError('BucketNotEmpty', `The bucket you tried to delete is not empty: ${ref}`, 409);
        this.buckets.delete(ref);
      },
    },
    'AWS::S3::BucketPolicy': {
      update: (request) => this.resources['AWS::S3::BucketPolicy']!(request),
      delete: ({ ref }) => {
        const bucket = this.buckets.get(ref);
        if (bucket) bucket.policy = undefined;
      },
    },
    'Custom::S3BucketNotifications': {
      update: (request) => this.resources['Custom::S3BucketNotifications']!(request),
      delete: ({ request }) => {
        const bucket = this.buckets.get(request.properties.BucketName);
        if (bucket) this.configureNotifications(bucket, {});
      },
    },
  };
  protected readonly operations: Record<string, Operation> = { ...objectOperations(this), ...listingOperations(this), ...this.uploads.operations };
  private readonly notifications: Notifications;
  private readonly lifecycle: LifecycleRunner;
  private writes = 0;

  public constructor(public readonly simulation: Simulation) {
    super();
    this.notifications = new Notifications(simulation);
    this.lifecycle = new LifecycleRunner(simulation.clock, this);
  }

  /** Buckets; the bootstrap stack's is not counted. */
  public override inventory(): string[] {
    return [...this.buckets.values()].map(({ arn }) => arn).filter((arn) => !/:cdk-[a-z0-9]+-assets-/.test(arn));
  }

  public createBucket(name: string): Bucket {
    if (this.buckets.has(name)) throw new AwsError('BucketAlreadyOwnedByYou', `bucket ${name} exists`, 409);
    const bucket = new Bucket(name, this.arnOf(name), this.simulation.clock.now());
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** @throws AwsError NoSuchBucket */
  public bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  }

  public arnOf(bucket: string): string {
    return `arn:${this.simulation.partition}:s3:::${bucket}`;
  }

  /** Content of an object, for services in the same process. @throws AwsError NoSuchKey */
  public getObject(bucket: string, key: string, versionId?: string): Buffer {
    return this.findVersion(bucket, key, versionId).body;
  }

  /** Current objects below a prefix, in key order. */
  public list(bucket: string, prefix = ''): ObjectVersion[] {
    const found = this.bucket(bucket);
    const keys = found.keys();
    const result: ObjectVersion[] = [];
    for (let i = found.indexFrom(prefix); i < keys.length && keys[i]!.startsWith(prefix); i++) {
      const version = found.current(keys[i]!);
      if (version) result.push(version);
    }
    return result;
  }

  /** @throws AwsError NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker */
  public findVersion(bucketName: string, key: string, versionId?: string): ObjectVersion {
    const bucket = this.bucket(bucketName);
    const version = versionId === undefined ? bucket.current(key) : bucket.version(key, versionId);
    if (version?.deleteMarker) throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
    if (version) return version;
    if (versionId !== undefined) throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
    throw new AwsError('NoSuchKey', `The specified key does not exist: ${key}`, 404);
  }

  /** Writes an object as a new version and tells whoever listens. */
  public putObject(bucketName: string, key: string, content: Buffer | string, options: PutOptions = {}): ObjectVersion {
    const bucket = this.bucket(bucketName);
    const body = typeof content === 'string' ? Buffer.from(content) : content;
    const encryption = options.encryption ?? bucket.encryption;
    const version: ObjectVersion = {
      key,
      versionId: this.nextVersionId(bucket),
      body,
      etag: options.etag ?? this.etagOf(body, encryption),
      lastModified: this.simulation.clock.now(),
      deleteMarker: false,
      contentType: options.contentType,
      contentEncoding: options.contentEncoding,
      cacheControl: options.cacheControl,
      metadata: options.metadata ?? {},
      checksums: options.checksums ?? {},
      encryption,
      partsCount: options.partsCount,
      tags: options.tags ?? {},
    };
    bucket.add(version);
    this.lifecycle.touch(bucket);
    this.notifications.created(bucket, version, options.reason ?? 'PutObject', options.requester ?? this.simulation.account);
    return version;
  }

  /** @returns the delete marker, the version that is gone, or undefined when there was none */
  public deleteObject(bucketName: string, key: string, versionId?: string, requester = this.simulation.account, reason = 'DeleteObject'): ObjectVersion | undefined {
    const bucket = this.bucket(bucketName);
    if (versionId !== undefined || bucket.versioning === undefined) {
      const gone = bucket.version(key, versionId ?? 'null');
      if (!gone) return undefined;
      bucket.remove(key, gone.versionId);
      this.notifications.deleted(bucket, gone, reason, 'Permanently Deleted', requester);
      return gone;
    }
    const marker: ObjectVersion = {
      key,
      versionId: this.nextVersionId(bucket),
      body: Buffer.alloc(0),
      etag: '',
      lastModified: this.simulation.clock.now(),
      deleteMarker: true,
      metadata: {},
      checksums: {},
      encryption: { algorithm: 'AES256' },
      tags: {},
    };
    bucket.add(marker);
    this.notifications.deleted(bucket, marker, reason, 'Delete Marker Created', requester);
    return marker;
  }

  public configureNotifications(bucket: Bucket, configuration: Record<string, any>): void {
    const parsed = parseNotifications(configuration);
    bucket.eventBridge = parsed.eventBridge;
    bucket.lambdaNotifications = parsed.lambda;
  }

  public override resourcePolicy(arn: string): PolicyDocument | undefined {
    const name = /^arn:[^:]+:s3:::([^/]+)/.exec(arn)?.[1];
    return name === undefined ? undefined : (this.buckets.get(name)?.policy as PolicyDocument | undefined);
  }

  private createBucketResource(request: ResourceRequest): CreatedResource {
    const { properties } = request;
    const bucket = this.createBucket(properties.BucketName ?? physicalBucketName(request));
    this.configureBucket(bucket, properties);
    const suffix = this.simulation.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    return {
      ref: bucket.name,
      attributes: {
        Arn: bucket.arn,
        DomainName: `${bucket.name}.s3.${suffix}`,
        RegionalDomainName: `${bucket.name}.s3.${this.simulation.region}.${suffix}`,
        WebsiteURL: `http://${bucket.name}.s3-website-${this.simulation.region}.${suffix}`,
      },
    };
  }

  private configureBucket(bucket: Bucket, properties: Record<string, any>): void {
    // A bucket that was versioned once can only suspend it (User Guide, "Retaining multiple versions of objects with S3 Versioning").
    bucket.versioning = properties.VersioningConfiguration?.Status ?? (bucket.versioning === undefined ? undefined : 'Suspended');
    bucket.encryption = parseEncryption(properties.BucketEncryption, this.simulation) ?? { algorithm: 'AES256' };
    bucket.lifecycle = parseLifecycle(properties.LifecycleConfiguration);
    this.configureNotifications(bucket, properties.NotificationConfiguration ?? {});
  }

  private nextVersionId(bucket: Bucket): string {
    this.writes++;
    if (bucket.versioning !== 'Enabled') return 'null';
    return createHash('sha256').update(`${bucket.name}#${this.writes}`).digest('base64url').slice(0, 32);
  }

  /** MD5 of the body; with SSE-KMS something else, so that nobody relies on it (API reference, "Object", ETag). */
  private etagOf(body: Buffer, encryption: Encryption): string {
    const hash = createHash('md5').update(body);
    if (encryption.algorithm === 'aws:kms') hash.update(`#${this.writes}`);
    return `"${hash.digest('hex')}"`;
  }
}
