/** One version of an object, or a delete marker. */
export interface ObjectVersion {
  readonly key: string;
  /** `null` in a bucket that never was versioned, as S3 spells it. */
  readonly versionId: string;
  readonly body: Buffer;
  /** With quotes, as S3 sends it. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  readonly deleteMarker: boolean;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly cacheControl?: string;
  readonly metadata: Record<string, string>;
  readonly checksums: Record<string, string>;
  readonly encryption: Encryption;
  readonly partsCount?: number;
  tags: Record<string, string>;
}

export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms';
  readonly kmsKeyArn?: string;
  readonly bucketKey?: boolean;
}

export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly expirationDays?: number;
  readonly noncurrentDays?: number;
  readonly newerNoncurrentVersions?: number;
  readonly abortUploadDays?: number;
}

/** A bucket: versions of objects by key, in key order. */
export class Bucket {
  public versioning: 'Enabled' | 'Suspended' | undefined;
  public encryption: Encryption = { algorithm: 'AES256' };
  public eventBridge = false;
  public lambdaNotifications: { function: string; events: string[]; prefix: string; suffix: string }[] = [];
  public lifecycle: LifecycleRule[] = [];
  public policy: unknown;
  private readonly versions = new Map<string, ObjectVersion[]>();
  private sortedKeys: string[] | undefined;

  public constructor(
    public readonly name: string,
    public readonly arn: string,
    public readonly created: number,
  ) {}

  /** Keys that have any version, in the order of their UTF-16 code units (S3 orders by UTF-8 bytes: the same below U+10000). */
  public keys(): readonly string[] {
    this.sortedKeys ??= [...this.versions.keys()].sort();
    return this.sortedKeys;
  }

  /** Index of the first key that is not smaller than `key`. */
  public indexFrom(key: string): number {
    const keys = this.keys();
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Versions of a key, oldest first. */
  public versionsOf(key: string): readonly ObjectVersion[] {
    return this.versions.get(key) ?? [];
  }

  /** The newest version unless it is a delete marker. */
  public current(key: string): ObjectVersion | undefined {
    const newest = this.versions.get(key)?.at(-1);
    return newest?.deleteMarker ? undefined : newest;
  }

  public version(key: string, versionId: string): ObjectVersion | undefined {
    return this.versions.get(key)?.find((version) => version.versionId === versionId);
  }

  /** Adds as the newest version; the `null` version is replaced. */
  public add(version: ObjectVersion): void {
    const versions = this.versions.get(version.key);
    if (!versions) {
      this.sortedKeys?.splice(this.indexFrom(version.key), 0, version.key);
      this.versions.set(version.key, [version]);
      return;
    }
    if (version.versionId === 'null') {
      const old = versions.findIndex((other) => other.versionId === 'null');
      if (old >= 0) versions.splice(old, 1);
    }
    versions.push(version);
  }

  public remove(key: string, versionId: string): void {
    const versions = this.versions.get(key) ?? [];
    const index = versions.findIndex((version) => version.versionId === versionId);
    if (index >= 0) versions.splice(index, 1);
    if (versions.length > 0 || !this.versions.delete(key)) return;
    const position = this.sortedKeys?.indexOf(key) ?? -1;
    if (position >= 0) this.sortedKeys!.splice(position, 1);
  }
}
