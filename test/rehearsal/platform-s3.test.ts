import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bucket, type ObjectVersion } from '../../lib/rehearsal/services/s3/bucket';
import { listPage } from '../../lib/rehearsal/services/s3/listing';
import { S3Service } from '../../lib/rehearsal/services/s3/s3-service';
import type { RunningSimulation } from '../../lib/rehearsal/create-simulation';
import { PlatformWorld, role } from './platform-world';

let world: PlatformWorld;
let simulation: RunningSimulation;
beforeEach(() => {
  world = new PlatformWorld();
});
afterEach(() => world.close());

const root = { Effect: 'Allow', Principal: { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } }, Action: 'kms:*', Resource: '*' };
const deploy = async (extra: Record<string, any> = {}): Promise<void> => {
  simulation = await world.deploy({
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [root] } } },
    Lake: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'lake',
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] } } }],
        },
        LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Prefix: 'tmp/', ExpirationInDays: 3, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }] },
      },
    },
    Plain: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'plain' } },
    ...extra,
  });
};
const put = (Key: string, Body: string, more: Record<string, unknown> = {}) => world.call('s3', 'PutObject', { Bucket: 'lake', Key, Body, ...more });
const text = async (Key: string, more: Record<string, unknown> = {}): Promise<string> => Buffer.from((await world.call('s3', 'GetObject', { Bucket: 'lake', Key, ...more })).Body).toString();
const as = (roleId: string, operation: string, input: Record<string, unknown>) =>
  simulation.perform(() => simulation.gateway.call({ arn: simulation.resource(roleId).attributes!.Arn as string }, 's3', operation, { Bucket: 'lake', ...input }));

describe('objects', () => {
  test('have versions, delete markers and ranges', async () => {
    await deploy();
    const first = await put('a', 'one');
    await put('a', 'two');
    expect(await text('a')).toBe('two');
    expect(await text('a', { VersionId: first.VersionId })).toBe('one');
    expect(await text('a', { Range: 'bytes=1-' })).toBe('wo');
    expect((await world.call('s3', 'DeleteObject', { Bucket: 'lake', Key: 'a' })).DeleteMarker).toBe(true);
    await expect(text('a')).rejects.toMatchObject({ code: 'NoSuchKey', statusCode: 404 });
    await expect(world.call('s3', 'HeadObject', { Bucket: 'lake', Key: 'a' })).rejects.toMatchObject({ code: 'NotFound', statusCode: 404 });
    const { Versions, DeleteMarkers } = await world.call('s3', 'ListObjectVersions', { Bucket: 'lake' });
    expect([Versions.length, DeleteMarkers.length, DeleteMarkers[0].IsLatest]).toEqual([2, 1, true]);
    await world.call('s3', 'DeleteObject', { Bucket: 'lake', Key: 'a', VersionId: DeleteMarkers[0].VersionId });
    expect(await text('a')).toBe('two');
  });

  test('are written only when the condition holds', async () => {
    await deploy();
    const { ETag } = await put('lock', '1', { IfNoneMatch: '*' });
    await expect(put('lock', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({ code: 'PreconditionFailed', statusCode: 412 });
    await expect(put('lock', '2', { IfMatch: '"other"' })).rejects.toMatchObject({ code: 'PreconditionFailed' });
    await expect(put('none', '2', { IfMatch: ETag })).rejects.toMatchObject({ code: 'NoSuchKey' });
    await put('lock', '2', { IfMatch: ETag });
    expect(await text('lock')).toBe('2');
    await world.call('s3', 'DeleteObject', { Bucket: 'lake', Key: 'lock' });
    await put('lock', '3', { IfNoneMatch: '*' });
    await expect(text('lock', { IfNoneMatch: (await world.call('s3', 'HeadObject', { Bucket: 'lake', Key: 'lock' })).ETag })).rejects.toMatchObject({ statusCode: 304 });
  });

  test('have the MD5 as ETag, but not under KMS', async () => {
    await deploy();
    const md5 = '"5eb63bbbe01eeed093cb22bb8f5acdc3"';
    expect((await world.call('s3', 'PutObject', { Bucket: 'plain', Key: 'a', Body: 'hello world' })).ETag).toBe(md5);
    const encrypted = await put('a', 'hello world');
    expect(encrypted.ETag).not.toBe(md5);
    expect(encrypted).toMatchObject({ ServerSideEncryption: 'aws:kms', BucketKeyEnabled: true });
  });

  test('are uploaded in parts and copied', async () => {
    await deploy();
    const { UploadId } = await world.call('s3', 'CreateMultipartUpload', { Bucket: 'lake', Key: 'big' });
    const part = async (PartNumber: number, Body: Buffer) => ({ PartNumber, ETag: (await world.call('s3', 'UploadPart', { Bucket: 'lake', Key: 'big', UploadId, PartNumber, Body })).ETag });
    const Parts = [await part(1, Buffer.alloc(5 * 1024 * 1024, 'a')), await part(2, Buffer.from('end'))];
    const done = await world.call('s3', 'CompleteMultipartUpload', { Bucket: 'lake', Key: 'big', UploadId, MultipartUpload: { Parts } });
    expect(done.ETag).toMatch(/-2"$/);
    await world.call('s3', 'CopyObject', { Bucket: 'plain', Key: 'copy', CopySource: 'lake/big' });
    expect(simulation.service<S3Service>('s3').getObject('plain', 'copy').length).toBe(5 * 1024 * 1024 + 3);
    await expect(world.call('s3', 'AbortMultipartUpload', { Bucket: 'lake', Key: 'big', UploadId })).rejects.toMatchObject({ code: 'NoSuchUpload' });
  });

  test('expire at midnight after the days of their rule', async () => {
    await deploy();
    await put('tmp/a', 'old');
    await put('tmp/a', 'new');
    await put('kept/a', 'x');
    await world.advance(3 * 1440 - 1);
    expect(await text('tmp/a')).toBe('new');
    await world.advance(1440);
    await expect(text('tmp/a')).rejects.toMatchObject({ code: 'NoSuchKey' });
    expect(await text('kept/a')).toBe('x');
  });
});

describe('access', () => {
  const object = { 'Fn::Sub': '${Lake.Arn}/*' };

  test('needs the key as well as the object', async () => {
    await deploy({ Reader: role('lambda.amazonaws.com', { Action: 's3:GetObject', Resource: object }), Writer: role('lambda.amazonaws.com', { Action: 's3:PutObject', Resource: object }) });
    await put('a', 'x');
    await expect(as('Reader', 'GetObject', { Key: 'a' })).rejects.toMatchObject({ statusCode: 403, message: expect.stringContaining('kms:Decrypt') });
    await expect(as('Writer', 'PutObject', { Key: 'a', Body: 'y' })).rejects.toMatchObject({ statusCode: 403, message: expect.stringContaining('kms:GenerateDataKey') });
  });

  test('to a missing object is 403 for who may not list, 404 for who may', async () => {
    const read = { Action: ['s3:GetObject', 'kms:Decrypt'], Resource: '*' };
    await deploy({ Reader: role('lambda.amazonaws.com', read), Lister: role('lambda.amazonaws.com', read, { Action: 's3:ListBucket', Resource: { 'Fn::GetAtt': ['Lake', 'Arn'] } }) });
    await expect(as('Reader', 'GetObject', { Key: 'none' })).rejects.toMatchObject({ code: 'AccessDenied', statusCode: 403 });
    await expect(as('Lister', 'GetObject', { Key: 'none' })).rejects.toMatchObject({ code: 'NoSuchKey' });
  });
});

describe('listing', () => {
  const bucketOf = (keys: readonly string[]): Bucket => {
    const bucket = new Bucket('b', 'arn', 0);
    for (const key of keys) bucket.add({ key, versionId: 'null', deleteMarker: false } as ObjectVersion);
    return bucket;
  };

  test('in pages is the same as listing at once, for all keys, prefixes and delimiters', () => {
    const key = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', '/', '-') });
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 30 }), fc.constantFrom('', 'a', 'a/', 'b'), fc.constantFrom('', '/'), fc.integer({ min: 1, max: 4 }), (keys, prefix, delimiter, limit) => {
        const bucket = bucketOf(keys);
        const matching = keys.filter((each) => each.startsWith(prefix)).sort();
        const rolled = matching.map((each) => {
          const cut = delimiter === '' ? -1 : each.indexOf(delimiter, prefix.length);
          return cut < 0 ? each : `${each.slice(0, cut + 1)}*`;
        });
        const expected = [...new Set(rolled)];
        const found: string[] = [];
        let after: string | undefined = '';
        while (after !== undefined) {
          const page: ReturnType<typeof listPage> = listPage(bucket, prefix, delimiter, after, limit);
          found.push(...[...page.contents.map((version) => version.key), ...page.prefixes.map((each) => `${each}*`)].sort((a, b) => (a.replace('*', '') < b.replace('*', '') ? -1 : 1)));
          after = page.next;
        }
        expect(found).toEqual(expected);
      }),
    );
  });

  test('goes on after a continuation token', async () => {
    await deploy();
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) await put(key, key);
    const first = await world.call('s3', 'ListObjectsV2', { Bucket: 'lake', Prefix: 'a/', MaxKeys: 2 });
    expect([first.IsTruncated, first.KeyCount]).toEqual([true, 2]);
    const second = await world.call('s3', 'ListObjectsV2', { Bucket: 'lake', Prefix: 'a/', ContinuationToken: first.NextContinuationToken });
    expect(second.Contents.map(({ Key }: any) => Key)).toEqual(['a/3']);
    const folders = await world.call('s3', 'ListObjectsV2', { Bucket: 'lake', Delimiter: '/' });
    expect(folders.CommonPrefixes).toEqual([{ Prefix: 'a/' }, { Prefix: 'b/' }]);
  });
});
