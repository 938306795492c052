import type { WireRequest } from './wire';

/** Bucket and rest of the path, from a virtual-hosted or a path-style address (S3 User Guide, "Virtual hosting of general purpose buckets"). */
export function s3Address(request: WireRequest): { readonly bucket: string | undefined; readonly path: string } {
  const virtual = /^(.+)\.(?:s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?|s3\.amazonaws\.com|localhost)$/.exec(request.hostname)?.[1];
  if (virtual !== undefined) return { bucket: virtual, path: request.path === '' ? '/' : request.path };
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(request.path) ?? [];
  return bucket === '' ? { bucket: undefined, path: '/' } : { bucket: decodeURIComponent(bucket), path: `/${key}` };
}
