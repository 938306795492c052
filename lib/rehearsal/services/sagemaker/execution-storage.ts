import type { Gateway, Principal } from '../../kernel/simulation';

/** S3 as jobs and endpoints use it: with the rights of their execution role, through the gateway like everybody's requests. */
export class ExecutionStorage {
  public constructor(
    private readonly gateway: Gateway,
    private readonly principal: Principal,
  ) {}

  /** Keys of all objects below the prefix, in order. */
  public async list(uri: string): Promise<string[]> {
    const { bucket, key } = parseS3Uri(uri);
    const found: string[] = [];
    let token: string | undefined;
    do {
      const from = token === undefined ? {} : { ContinuationToken: token };
      const page = await this.gateway.call(this.principal, 's3', 'ListObjectsV2', { Bucket: bucket, Prefix: key, ...from });
      for (const object of page.Contents ?? []) found.push(object.Key);
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return found;
  }

  public async read(uri: string): Promise<Uint8Array> {
    const { bucket, key } = parseS3Uri(uri);
    const answer = await this.gateway.call(this.principal, 's3', 'GetObject', { Bucket: bucket, Key: key });
    return await bytes(answer.Body);
  }

  public async exists(uri: string): Promise<void> {
    const { bucket, key } = parseS3Uri(uri);
    await this.gateway.call(this.principal, 's3', 'HeadObject', { Bucket: bucket, Key: key });
  }

  public async write(uri: string, body: Uint8Array, kmsKeyId?: string): Promise<void> {
    const { bucket, key } = parseS3Uri(uri);
    const encryption = kmsKeyId === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId };
    await this.gateway.call(this.principal, 's3', 'PutObject', { Bucket: bucket, Key: key, Body: body, ...encryption });
  }

  /** Objects of a data source: a prefix, or a manifest `[{"prefix": "s3://…"}, "relative", …]` (API_S3DataSource). */
  public async source(type: string, uri: string): Promise<{ uri: string; name: string }[]> {
    const { bucket, key } = parseS3Uri(uri);
    if (type === 'ManifestFile') {
      const [head, ...names] = JSON.parse(Buffer.from(await this.read(uri)).toString('utf8')) as [{ prefix: string }, ...string[]];
      return names.map((name) => ({ uri: `${head.prefix}${name}`, name }));
    }
    // A file keeps the part of its key after the last slash of the prefix.
    const base = key.slice(0, key.lastIndexOf('/') + 1);
    return (await this.list(uri))
      .filter((found) => !found.endsWith('/'))
      .map((found) => ({ uri: `s3://${bucket}/${found}`, name: found.slice(base.length) }));
  }
}

export function parseS3Uri(uri: string): { bucket: string; key: string } {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri);
  if (!match) throw new Error(`not an S3 URI: ${JSON.stringify(uri)}`);
  return { bucket: match[1]!, key: match[2]! };
}

/** Bytes of a response body, whichever way the gateway hands it over. */
async function bytes(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  if (typeof (body as { transformToByteArray?: unknown }).transformToByteArray === 'function') {
    return await (body as { transformToByteArray(): Promise<Uint8Array> }).transformToByteArray();
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
