import type { Simulation } from '../../kernel/simulation';
import type { EventBridgeService } from '../events/eventbridge-service';
import type { Bucket, ObjectVersion } from './bucket';

const SOURCE_ADDRESS = '192.0.2.1';

/** Event names of classic notifications by reason. */
const EVENT_NAMES: Record<string, string> = {
  PutObject: 'ObjectCreated:Put',
  CopyObject: 'ObjectCreated:Copy',
  CompleteMultipartUpload: 'ObjectCreated:CompleteMultipartUpload',
  DeleteObject: 'ObjectRemoved:Delete',
  'Delete Marker Created': 'ObjectRemoved:DeleteMarkerCreated',
};

/** Tells EventBridge and functions of changes (S3 User Guide, "EventBridge event message structure" and "Event message structure"). */
export class Notifications {
  private sequence = 0;

  public constructor(private readonly simulation: Simulation) {}

  public created(bucket: Bucket, version: ObjectVersion, reason: string, requester: string): void {
    this.publish(bucket, version, 'Object Created', { reason }, requester);
    this.invoke(bucket, version, EVENT_NAMES[reason] ?? 'ObjectCreated:Put');
  }

  public deleted(bucket: Bucket, version: ObjectVersion, reason: string, type: string, requester: string): void {
    this.publish(bucket, version, 'Object Deleted', { reason, 'deletion-type': type }, requester);
    this.invoke(bucket, version, EVENT_NAMES[type] ?? EVENT_NAMES[reason] ?? 'ObjectRemoved:Delete');
  }

  private publish(bucket: Bucket, version: ObjectVersion, detailType: string, extra: Record<string, string>, requester: string): void {
    if (!bucket.eventBridge) return;
    this.simulation.service<EventBridgeService>('eventbridge').publish({
      source: 'aws.s3',
      'detail-type': detailType,
      resources: [bucket.arn],
      detail: {
        version: '0',
        bucket: { name: bucket.name },
        object: {
          key: version.key,
          ...(version.deleteMarker ? {} : { size: version.body.length }),
          etag: version.etag.replaceAll('"', ''),
          ...(version.versionId === 'null' ? {} : { 'version-id': version.versionId }),
          sequencer: this.sequencer(),
        },
        'request-id': this.simulation.random.stream(`s3-request-${this.sequence}`).uuid().slice(0, 16).toUpperCase(),
        requester,
        'source-ip-address': SOURCE_ADDRESS,
        ...extra,
      },
    });
  }

  private invoke(bucket: Bucket, version: ObjectVersion, eventName: string): void {
    const { clock, gateway, region, account } = this.simulation;
    for (const target of bucket.lambdaNotifications) {
      const wanted = target.events.some((event) => matches(event.replace(/^s3:/, ''), eventName));
      if (!wanted || !version.key.startsWith(target.prefix) || !version.key.endsWith(target.suffix)) continue;
      const record = {
        eventVersion: '2.3',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: clock.iso(),
        eventName,
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: bucket.name, arn: bucket.arn },
          object: {
            key: encodeURIComponent(version.key).replaceAll('%20', '+').replaceAll('%2F', '/'),
            size: version.body.length,
            eTag: version.etag.replaceAll('"', ''),
            versionId: version.versionId === 'null' ? undefined : version.versionId,
            sequencer: this.sequencer(),
          },
        },
      };
      const principal = { arn: bucket.arn, service: 's3.amazonaws.com', context: { 'aws:SourceArn': bucket.arn, 'aws:SourceAccount': account } };
      const Payload = Buffer.from(JSON.stringify({ Records: [record] }));
      clock.spawn(() => gateway.call(principal, 'lambda', 'Invoke', { FunctionName: target.function, InvocationType: 'Event', Payload }));
    }
  }

  /** Increases with every change; compared as text of the same length. */
  private sequencer(): string {
    return (++this.sequence).toString(16).toUpperCase().padStart(18, '0');
  }
}

function matches(pattern: string, eventName: string): boolean {
  return pattern.endsWith('*') ? eventName.startsWith(pattern.slice(0, -1)) : pattern === eventName;
}
