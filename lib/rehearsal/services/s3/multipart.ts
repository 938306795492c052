import { createHash } from 'node:crypto';
import { AwsError } from '../../kernel/aws-error';
import type { Operation } from '../operations';
import { S3Authorizer } from './authorization';
import { checkWrite } from './conditions';
import { encryptionFields, requestedEncryption, toBuffer, versionIdOf, writeOptions } from './object-operations';
import type { S3Service } from './s3-service';

const SMALLEST_PART = 5 * 1024 * 1024;

interface Upload {
  readonly input: Record<string, any>;
  readonly parts: Map<number, { body: Buffer; etag: string; time: number }>;
}

/** Multipart uploads (S3 User Guide, "Uploading and copying objects using multipart upload"). */
export class MultipartUploads {
  public readonly operations: Record<string, Operation>;
  private readonly uploads = new Map<string, Upload>();
  private started = 0;

  public constructor(private readonly service: S3Service) {
    const authorizer = new S3Authorizer(service);
    const write: Operation['authorize'] = (input) => {
      const started = this.uploads.get(input.UploadId)?.input ?? input;
      return authorizer.write(input, requestedEncryption(service, started) ?? service.buckets.get(input.Bucket)?.encryption, true);
    };
    this.operations = {
      CreateMultipartUpload: {
        authorize: write,
        handle: (input) => {
          service.bucket(input.Bucket);
          const UploadId = createHash('sha256').update(`upload#${++this.started}`).digest('base64url');
          this.uploads.set(UploadId, { input, parts: new Map() });
          return { Bucket: input.Bucket, Key: input.Key, UploadId };
        },
      },
      UploadPart: {
        authorize: write,
        handle: (input) => {
          const body = toBuffer(input.Body);
          const etag = `"${createHash('md5').update(body).digest('hex')}"`;
          this.upload(input.UploadId).parts.set(input.PartNumber, { body, etag, time: service.simulation.clock.now() });
          return { ETag: etag };
        },
      },
      CompleteMultipartUpload: { authorize: write, handle: (input, request) => this.complete(input, request.principal.arn) },
      AbortMultipartUpload: {
        authorize: (input) => [authorizer.object('s3:AbortMultipartUpload', input.Bucket, input.Key)],
        handle: (input) => {
          this.upload(input.UploadId);
          this.uploads.delete(input.UploadId);
          return {};
        },
      },
      ListParts: {
        authorize: (input) => [authorizer.object('s3:ListMultipartUploadParts', input.Bucket, input.Key)],
        handle: (input) => ({
          Bucket: input.Bucket,
          Key: input.Key,
          UploadId: input.UploadId,
          IsTruncated: false,
          Parts: [...this.upload(input.UploadId).parts]
            .sort(([a], [b]) => a - b)
            .map(([PartNumber, part]) => ({ PartNumber, ETag: part.etag, Size: part.body.length, LastModified: new Date(part.time) })),
        }),
      },
    };
  }

  private complete(input: Record<string, any>, requester: string): Record<string, unknown> {
    const upload = this.upload(input.UploadId);
    const wanted = (input.MultipartUpload?.Parts ?? []) as { PartNumber: number; ETag: string }[];
    if (wanted.length === 0) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed', 400);
    const parts = wanted.map(({ PartNumber, ETag }, index) => {
      const part = upload.parts.get(PartNumber);
      if (!part || part.etag.replaceAll('"', '') !== ETag.replaceAll('"', '')) throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found.', 400);
      if (index > 0 && PartNumber <= wanted[index - 1]!.PartNumber) throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.', 400);
      if (index < wanted.length - 1 && part.body.length < SMALLEST_PART) throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400);
      return part;
    });
    checkWrite(this.service.bucket(input.Bucket).current(input.Key), input);
    const digests = Buffer.concat(parts.map((part) => Buffer.from(part.etag.replaceAll('"', ''), 'hex')));
    const version = this.service.putObject(input.Bucket, input.Key, Buffer.concat(parts.map((part) => part.body)), {
      ...writeOptions(this.service, upload.input),
      checksums: {},
      etag: `"${createHash('md5').update(digests).digest('hex')}-${parts.length}"`,
      partsCount: parts.length,
      reason: 'CompleteMultipartUpload',
      requester,
    });
    this.uploads.delete(input.UploadId);
    return { Bucket: input.Bucket, Key: input.Key, ETag: version.etag, ...versionIdOf(version), ...encryptionFields(version) };
  }

  private upload(id: string): Upload {
    const upload = this.uploads.get(id);
    if (!upload) throw new AwsError('NoSuchUpload', 'The specified upload does not exist.', 404);
    return upload;
  }
}
