import type { Bucket, ObjectVersion } from './bucket';

export interface Listing {
  readonly contents: ObjectVersion[];
  readonly prefixes: string[];
  /** Last key or prefix of the page when there is more. */
  readonly next: string | undefined;
}

/** One page of current objects after `after`, rolled up by delimiter (API reference, ListObjectsV2). */
export function listPage(bucket: Bucket, prefix: string, delimiter: string, after: string, limit: number): Listing {
  const contents: ObjectVersion[] = [];
  const prefixes: string[] = [];
  const keys = bucket.keys();
  let last = '';
  for (let i = bucket.indexFrom(after > prefix ? after : prefix); i < keys.length; i++) {
    const key = keys[i]!;
    if (!key.startsWith(prefix)) break;
    if (key <= after) continue;
    const version = bucket.current(key);
    if (!version) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    // A rolled-up prefix that ended the page before is not listed again.
    if (common !== undefined && (common === prefixes.at(-1) || common <= after)) continue;
    if (contents.length + prefixes.length >= limit) return { contents, prefixes, next: last };
    if (common !== undefined) prefixes.push(common);
    else contents.push(version);
    last = common ?? key;
  }
  return { contents, prefixes, next: undefined };
}

export interface VersionListing {
  readonly versions: { version: ObjectVersion; latest: boolean }[];
  readonly next: { key: string; versionId: string } | undefined;
}

/** One page of all versions: by key, newest first (API reference, ListObjectVersions). */
export function listVersionsPage(bucket: Bucket, prefix: string, keyMarker: string, versionMarker: string | undefined, limit: number): VersionListing {
  const versions: { version: ObjectVersion; latest: boolean }[] = [];
  const keys = bucket.keys();
  for (let i = bucket.indexFrom(keyMarker > prefix ? keyMarker : prefix); i < keys.length; i++) {
    const key = keys[i]!;
    if (!key.startsWith(prefix)) break;
    const newestFirst = [...bucket.versionsOf(key)].reverse();
    let skip = 0;
    if (keyMarker === key) skip = versionMarker === undefined ? newestFirst.length : newestFirst.findIndex((version) => version.versionId === versionMarker) + 1;
    for (let v = skip; v < newestFirst.length; v++) {
      if (versions.length >= limit) {
        const last = versions.at(-1)!.version;
        return { versions, next: { key: last.key, versionId: last.versionId } };
      }
      versions.push({ version: newestFirst[v]!, latest: v === 0 });
    }
  }
  return { versions, next: undefined };
}
