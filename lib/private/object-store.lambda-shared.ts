import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** A JSON object in S3 with the ETag that a conditional write needs. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

/** The object's text, or undefined when there is none. */
export async function getText(s3: S3Client, bucket: string, key: string): Promise<Stored<string> | undefined> {
  try {
    const response = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { value: await response.Body!.transformToString(), etag: response.ETag! };
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** The object's bytes as they arrive, or undefined when there is none. Whoever does not read them to the end leaves a connection open. */
export async function getStream(s3: S3Client, bucket: string, key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const response = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    // In Node.js the body is a readable stream; the SDK's type also names what browsers have.
    return response.Body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

export async function getJson<T>(s3: S3Client, bucket: string, key: string): Promise<Stored<T> | undefined> {
  const stored = await getText(s3, bucket, key);
  return stored && { value: JSON.parse(stored.value) as T, etag: stored.etag };
}

/** The object's bytes, or undefined when there is none. */
export async function getBytes(s3: S3Client, bucket: string, key: string): Promise<Uint8Array | undefined> {
  try {
    const response = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await response.Body!.transformToByteArray();
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

export async function putBytes(s3: S3Client, bucket: string, key: string, bytes: Uint8Array, contentType = 'application/octet-stream'): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: contentType }));
}

export async function putJson(s3: S3Client, bucket: string, key: string, value: unknown): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: JSON.stringify(value), ContentType: 'application/json' }));
}

/**
 * Writes only when nobody else did: `absent` = there is no object yet, else the ETag that was read.
 * S3 answers 412 PreconditionFailed, or 409 ConditionalRequestConflict when two writes meet (conditional-writes page of the S3 guide).
 * @returns false when somebody was faster
 */
export async function putJsonIf(s3: S3Client, bucket: string, key: string, value: unknown, condition: 'absent' | { readonly etag: string }): Promise<boolean> {
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: JSON.stringify(value),
        ContentType: 'application/json',
        ...(condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag }),
      }),
    );
    return true;
  } catch (error) {
    const name = (error as Error).name;
    if (name === 'PreconditionFailed' || name === 'ConditionalRequestConflict' || (condition !== 'absent' && name === 'NoSuchKey')) return false;
    throw error;
  }
}
