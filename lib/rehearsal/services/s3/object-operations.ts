import { AwsError } from '../../kernel/aws-error';
import type { Principal } from '../../kernel/simulation';
import type { Iam } from '../iam-access';
import type { KmsService } from '../kms';
import type { Operation } from '../operations';
import { S3Authorizer } from './authorization';
import type { Encryption, ObjectVersion } from './bucket';
import { checkRead, checkWrite, parseRange } from './conditions';
import type { PutOptions, S3Service } from './s3-service';

const CHECKSUMS = ['ChecksumCRC32', 'ChecksumCRC32C', 'ChecksumCRC64NVME', 'ChecksumSHA1', 'ChecksumSHA256'];

/** PutObject, GetObject, HeadObject, CopyObject, DeleteObject(s) and tagging. */
export function objectOperations(service: S3Service): Record<string, Operation> {
  const authorizer = new S3Authorizer(service);
  const encryptionOf = (input: Record<string, any>): Encryption | undefined => requestedEncryption(service, input) ?? service.buckets.get(input.Bucket)?.encryption;

  return {
    PutObject: {
      authorize: (input) => authorizer.write(input, encryptionOf(input)),
      handle: (input, request) => {
        checkWrite(service.bucket(input.Bucket).current(input.Key), input);
        const version = service.putObject(input.Bucket, input.Key, toBuffer(input.Body), {
          ...writeOptions(service, input),
          reason: 'PutObject',
          requester: request.principal.arn,
        });
        return { ETag: version.etag, ...versionIdOf(version), ...encryptionFields(version), ...version.checksums };
      },
    },
    GetObject: {
      authorize: (input) => authorizer.read(input.Bucket, input.Key, input.VersionId),
      handle: (input, request) => {
        const version = readableVersion(service, input, request.principal);
        checkRead(version, input);
        if (input.Range === undefined) return { ...headFields(version, input), Body: version.body };
        const { first, last } = parseRange(input.Range, version.body.length);
        const part = version.body.subarray(first, last + 1);
        // A checksum is of the whole object, so a part comes without.
        const fields = headFields(version, { ...input, ChecksumMode: undefined });
        return { ...fields, Body: part, ContentLength: part.length, ContentRange: `bytes ${first}-${last}/${version.body.length}` };
      },
    },
    HeadObject: {
      authorize: (input) => authorizer.read(input.Bucket, input.Key, input.VersionId),
      handle: (input, request) => {
        const version = headVersion(service, input, request.principal);
        checkRead(version, input);
        return headFields(version, input);
      },
    },
    CopyObject: {
      authorize: (input) => {
        const source = parseCopySource(input.CopySource);
        return [...authorizer.read(source.bucket, source.key, source.versionId), ...authorizer.write(input, encryptionOf(input))];
      },
      handle: (input, request) => {
        const from = parseCopySource(input.CopySource);
        const source = service.findVersion(from.bucket, from.key, from.versionId);
        if (input.CopySourceIfMatch !== undefined || input.CopySourceIfNoneMatch !== undefined) {
          const conditions = { IfMatch: input.CopySourceIfMatch, IfNoneMatch: input.CopySourceIfNoneMatch };
          try {
            checkRead(source, conditions);
          } catch {
            throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
          }
        }
        checkWrite(service.bucket(input.Bucket).current(input.Key), input);
        const replace = input.MetadataDirective === 'REPLACE';
        const version = service.putObject(input.Bucket, input.Key, source.body, {
          ...(replace ? writeOptions(service, input) : { ...source, encryption: requestedEncryption(service, input), etag: undefined, partsCount: undefined }),
          reason: 'CopyObject',
          requester: request.principal.arn,
        });
        return {
          CopyObjectResult: { ETag: version.etag, LastModified: new Date(version.lastModified) },
          ...versionIdOf(version),
          ...(source.versionId === 'null' ? {} : { CopySourceVersionId: source.versionId }),
          ...encryptionFields(version),
        };
      },
    },
    DeleteObject: {
      authorize: (input) => [authorizer.object(input.VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', input.Bucket, input.Key)],
      handle: (input, request) => {
        if (input.IfMatch !== undefined) checkWrite(service.bucket(input.Bucket).current(input.Key), { IfMatch: input.IfMatch });
        return deleteFields(service.deleteObject(input.Bucket, input.Key, input.VersionId, request.principal.arn), input.VersionId);
      },
    },
    DeleteObjects: {
      authorize: (input) =>
        (input.Delete?.Objects as any[]).map((item) =>
          authorizer.object(item.VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', input.Bucket, item.Key),
        ),
      handle: (input, request) => {
        const items = input.Delete.Objects as any[];
        if (items.length > 1000) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema', 400);
        const Deleted = items.map((item) => {
          const gone = deleteFields(service.deleteObject(input.Bucket, item.Key, item.VersionId, request.principal.arn), item.VersionId);
          if (item.VersionId !== undefined) return { Key: item.Key, VersionId: item.VersionId };
          return { Key: item.Key, ...(gone.DeleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: gone.VersionId } : {}) };
        });
        return input.Delete.Quiet ? {} : { Deleted };
      },
    },
    PutObjectTagging: {
      authorize: (input) => [authorizer.object('s3:PutObjectTagging', input.Bucket, input.Key)],
      handle: (input) => {
        const version = service.findVersion(input.Bucket, input.Key, input.VersionId);
        version.tags = Object.fromEntries((input.Tagging.TagSet as any[]).map((tag) => [tag.Key, tag.Value]));
        return versionIdOf(version);
      },
    },
    GetObjectTagging: {
      authorize: (input) => [authorizer.object('s3:GetObjectTagging', input.Bucket, input.Key)],
      handle: (input) => {
        const version = service.findVersion(input.Bucket, input.Key, input.VersionId);
        return { TagSet: Object.entries(version.tags).map(([Key, Value]) => ({ Key, Value })), ...versionIdOf(version) };
      },
    },
  };
}

export function writeOptions(service: S3Service, input: Record<string, any>): PutOptions {
  return {
    contentType: input.ContentType ?? 'application/octet-stream',
    contentEncoding: input.ContentEncoding,
    cacheControl: input.CacheControl,
    metadata: input.Metadata,
    checksums: Object.fromEntries(CHECKSUMS.filter((name) => typeof input[name] === 'string').map((name) => [name, input[name]])),
    tags: Object.fromEntries(new URLSearchParams(input.Tagging ?? '')),
    encryption: requestedEncryption(service, input),
  };
}

/** Encryption that the request itself asks for; the bucket's default applies when it asks for none. */
export function requestedEncryption(service: S3Service, input: Record<string, any>): Encryption | undefined {
  if (input.ServerSideEncryption === undefined) return undefined;
  if (input.ServerSideEncryption !== 'aws:kms') return { algorithm: 'AES256' };
  const kms = service.simulation.service<KmsService>('kms');
  return { algorithm: 'aws:kms', kmsKeyArn: kms.arnOf(input.SSEKMSKeyId ?? 'alias/aws/s3'), bucketKey: input.BucketKeyEnabled ?? service.buckets.get(input.Bucket)?.encryption.bucketKey };
}

export function versionIdOf(version: ObjectVersion): { VersionId?: string } {
  return version.versionId === 'null' ? {} : { VersionId: version.versionId };
}

export function encryptionFields(version: ObjectVersion): Record<string, unknown> {
  const { algorithm, kmsKeyArn, bucketKey } = version.encryption;
  return { ServerSideEncryption: algorithm, ...(kmsKeyArn ? { SSEKMSKeyId: kmsKeyArn, BucketKeyEnabled: bucketKey ?? false } : {}) };
}

export function toBuffer(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new Error('the body of a simulated S3 request must be text or bytes');
}

function headFields(version: ObjectVersion, input: Record<string, any>): Record<string, unknown> {
  return {
    AcceptRanges: 'bytes',
    ContentLength: version.body.length,
    ETag: version.etag,
    LastModified: new Date(Math.floor(version.lastModified / 1000) * 1000),
    ContentType: version.contentType ?? 'binary/octet-stream',
    Metadata: version.metadata,
    ...(version.contentEncoding === undefined ? {} : { ContentEncoding: version.contentEncoding }),
    ...(version.cacheControl === undefined ? {} : { CacheControl: version.cacheControl }),
    ...versionIdOf(version),
    ...encryptionFields(version),
    ...(input.ChecksumMode === 'ENABLED' && version.partsCount === undefined ? version.checksums : {}),
    ...(Object.keys(version.tags).length > 0 ? { TagCount: Object.keys(version.tags).length } : {}),
  };
}

/** HEAD has no body, so its errors have no code but the status (API reference, HeadObject). */
function headVersion(service: S3Service, input: Record<string, any>, principal: Principal): ObjectVersion {
  try {
    return readableVersion(service, input, principal);
  } catch (error) {
    if (error instanceof AwsError && error.statusCode === 404) throw new AwsError('NotFound', 'Not Found', 404);
    throw error;
  }
}

/**
 * Only who may list the bucket learns that an object does not exist; others get 403 (API reference, GetObject, "Permissions").
 * A handler that waits for NoSuchKey without `s3:ListBucket` fails here as it would in AWS.
 */
function readableVersion(service: S3Service, input: Record<string, any>, principal: Principal): ObjectVersion {
  try {
    return service.findVersion(input.Bucket, input.Key, input.VersionId);
  } catch (error) {
    const missing = error instanceof AwsError && error.code === 'NoSuchKey';
    if (!missing || principal.root === true || principal.service !== undefined) throw error;
    const resource = service.arnOf(input.Bucket);
    const context = { 's3:prefix': input.Key };
    if (service.simulation.service<Iam>('iam').allows(principal, { action: 's3:ListBucket', resource, context })) throw error;
    const why = `because no identity-based policy allows the s3:ListBucket action (the object ${input.Key} does not exist)`;
    throw new AwsError('AccessDenied', `User: ${principal.arn} is not authorized to perform: s3:ListBucket on resource: "${resource}" ${why}`, 403);
  }
}

function deleteFields(gone: ObjectVersion | undefined, versionId: string | undefined): { DeleteMarker?: boolean; VersionId?: string } {
  if (versionId !== undefined) return { VersionId: versionId, ...(gone?.deleteMarker ? { DeleteMarker: true } : {}) };
  return gone?.deleteMarker ? { DeleteMarker: true, VersionId: gone.versionId } : {};
}

function parseCopySource(source: string): { bucket: string; key: string; versionId?: string } {
  const match = /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(source);
  if (!match) throw new AwsError('InvalidArgument', 'Invalid copy source object key', 400);
  return { bucket: match[1]!, key: decodeURIComponent(match[2]!.replaceAll('+', ' ')), ...(match[3] === undefined ? {} : { versionId: match[3] }) };
}
