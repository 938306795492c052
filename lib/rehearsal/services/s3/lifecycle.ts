import type { VirtualClock } from '../../kernel/virtual-clock';
import type { Bucket, ObjectVersion } from './bucket';
import type { S3Service } from './s3-service';

const DAY = 86_400_000;

/**
 * Applies expiration at midnight UTC: an object is due at the first midnight after creation plus the rule's days
 * (S3 User Guide, "Understanding object expiration"). Runs only while a bucket with rules holds something.
 */
export class LifecycleRunner {
  private scheduled = false;
  private readonly watched = new Set<Bucket>();

  public constructor(
    private readonly clock: VirtualClock,
    private readonly service: S3Service,
  ) {}

  public touch(bucket: Bucket): void {
    if (!bucket.lifecycle.some((rule) => rule.enabled)) return;
    this.watched.add(bucket);
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.at((Math.floor(this.clock.now() / DAY) + 1) * DAY, () => this.run());
  }

  private run(): void {
    this.scheduled = false;
    for (const bucket of this.watched) {
      for (const key of [...bucket.keys()]) this.apply(bucket, key);
      if (bucket.keys().length > 0) this.touch(bucket);
    }
  }

  private apply(bucket: Bucket, key: string): void {
    const requester = 's3.amazonaws.com';
    for (const rule of bucket.lifecycle) {
      if (!rule.enabled || !key.startsWith(rule.prefix)) continue;
      const current = bucket.current(key);
      if (current && rule.expirationDays !== undefined && this.due(current, rule.expirationDays)) {
        this.service.deleteObject(bucket.name, key, undefined, requester, 'Lifecycle Expiration');
      }
      if (rule.noncurrentDays === undefined) continue;
      const versions = [...bucket.versionsOf(key)];
      // A version becomes noncurrent when its successor is created.
      const expired = versions.filter((_, i) => i < versions.length - 1 && this.due(versions[i + 1]!, rule.noncurrentDays!));
      const kept = rule.newerNoncurrentVersions ?? 0;
      for (const version of expired.slice(0, Math.max(0, Math.min(expired.length, versions.length - 1 - kept)))) bucket.remove(key, version.versionId);
    }
  }

  private due(version: ObjectVersion, days: number): boolean {
    return Math.ceil((version.lastModified + days * DAY) / DAY) * DAY <= this.clock.now();
  }
}
