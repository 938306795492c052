import { AwsError } from '../../kernel/aws-error';
import { parsePolicy, type Operation } from '../operations';
import { S3Authorizer } from './authorization';
import type { ObjectVersion } from './bucket';
import { listPage, listVersionsPage } from './listing';
import type { S3Service } from './s3-service';

/** Listings and operations on buckets. */
export function listingOperations(service: S3Service): Record<string, Operation> {
  const authorizer = new S3Authorizer(service);
  const listContext = (input: Record<string, any>): Record<string, string> => ({
    's3:prefix': input.Prefix ?? '',
    's3:delimiter': input.Delimiter ?? '',
    ...(input.MaxKeys === undefined ? {} : { 's3:max-keys': String(input.MaxKeys) }),
  });

  return {
    ListObjectsV2: {
      authorize: (input) => authorizer.bucket('ListBucket', input.Bucket, listContext(input)),
      handle: (input) => {
        const limit = Math.min(input.MaxKeys ?? 1000, 1000);
        const after = input.ContinuationToken === undefined ? (input.StartAfter ?? '') : fromToken(input.ContinuationToken);
        const page = listPage(service.bucket(input.Bucket), input.Prefix ?? '', input.Delimiter ?? '', after, limit);
        return {
          Name: input.Bucket,
          Prefix: input.Prefix ?? '',
          ...(input.Delimiter === undefined ? {} : { Delimiter: input.Delimiter }),
          ...(input.StartAfter === undefined ? {} : { StartAfter: input.StartAfter }),
          ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
          MaxKeys: limit,
          KeyCount: page.contents.length + page.prefixes.length,
          IsTruncated: page.next !== undefined,
          ...(page.next === undefined ? {} : { NextContinuationToken: toToken(page.next) }),
          ...(page.contents.length > 0 ? { Contents: page.contents.map(entry) } : {}),
          ...(page.prefixes.length > 0 ? { CommonPrefixes: page.prefixes.map((Prefix) => ({ Prefix })) } : {}),
        };
      },
    },
    ListObjectVersions: {
      authorize: (input) => authorizer.bucket('ListBucketVersions', input.Bucket, listContext(input)),
      handle: (input) => {
        if (input.Delimiter) throw new AwsError('NotImplemented', 'ListObjectVersions with a delimiter is not simulated', 501);
        const limit = Math.min(input.MaxKeys ?? 1000, 1000);
        const page = listVersionsPage(service.bucket(input.Bucket), input.Prefix ?? '', input.KeyMarker ?? '', input.VersionIdMarker, limit);
        const render = ({ version, latest }: { version: ObjectVersion; latest: boolean }): Record<string, unknown> => ({
          ...(version.deleteMarker ? { Key: version.key, LastModified: new Date(version.lastModified) } : entry(version)),
          VersionId: version.versionId,
          IsLatest: latest,
        });
        return {
          Name: input.Bucket,
          Prefix: input.Prefix ?? '',
          KeyMarker: input.KeyMarker ?? '',
          MaxKeys: limit,
          IsTruncated: page.next !== undefined,
          ...(page.next ? { NextKeyMarker: page.next.key, NextVersionIdMarker: page.next.versionId } : {}),
          Versions: page.versions.filter(({ version }) => !version.deleteMarker).map(render),
          DeleteMarkers: page.versions.filter(({ version }) => version.deleteMarker).map(render),
        };
      },
    },
    HeadBucket: {
      authorize: (input) => authorizer.bucket('ListBucket', input.Bucket),
      handle: (input) => {
        if (!service.buckets.has(input.Bucket)) throw new AwsError('NotFound', 'Not Found', 404);
        return { BucketRegion: service.simulation.region };
      },
    },
    GetBucketLocation: {
      authorize: (input) => authorizer.bucket('GetBucketLocation', input.Bucket),
      // us-east-1 is the empty location (API reference, GetBucketLocation).
      handle: (input) => (service.bucket(input.Bucket) && service.simulation.region !== 'us-east-1' ? { LocationConstraint: service.simulation.region } : {}),
    },
    GetBucketVersioning: {
      authorize: (input) => authorizer.bucket('GetBucketVersioning', input.Bucket),
      handle: (input) => {
        const { versioning } = service.bucket(input.Bucket);
        return versioning === undefined ? {} : { Status: versioning };
      },
    },
    GetBucketTagging: {
      authorize: (input) => authorizer.bucket('GetBucketTagging', input.Bucket),
      handle: (input) => {
        service.bucket(input.Bucket);
        throw new AwsError('NoSuchTagSet', 'The TagSet does not exist', 404);
      },
    },
    PutBucketPolicy: {
      authorize: (input) => authorizer.bucket('PutBucketPolicy', input.Bucket),
      handle: (input) => {
        service.bucket(input.Bucket).policy = parsePolicy(input.Policy);
        return {};
      },
    },
    GetBucketPolicy: {
      authorize: (input) => authorizer.bucket('GetBucketPolicy', input.Bucket),
      handle: (input) => {
        const { policy } = service.bucket(input.Bucket);
        if (policy === undefined) throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404);
        return { Policy: JSON.stringify(policy) };
      },
    },
    PutBucketNotificationConfiguration: {
      authorize: (input) => authorizer.bucket('PutBucketNotification', input.Bucket),
      handle: (input) => {
        service.configureNotifications(service.bucket(input.Bucket), input.NotificationConfiguration);
        return {};
      },
    },
  };
}

function entry(version: ObjectVersion): Record<string, unknown> {
  return { Key: version.key, LastModified: new Date(version.lastModified), ETag: version.etag, Size: version.body.length, StorageClass: 'STANDARD' };
}

/** Opaque to the caller: a token is no key. */
function toToken(key: string): string {
  return Buffer.from(key).toString('base64');
}

function fromToken(token: string): string {
  return Buffer.from(token, 'base64').toString();
}
