import { createHash } from 'node:crypto';
import type { ResourceRequest } from '../kernel/simulation';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

type NamedRequest = Pick<ResourceRequest, 'stackName' | 'logicalId' | 'generation'>;

/** Tells a resource from all others, its own predecessors included. */
export function uniqueId({ stackName, logicalId, generation }: NamedRequest): string {
  return `${stackName}/${logicalId}${generation === undefined ? '' : `#${generation}`}`;
}

/**
 * Name of a resource that the template does not name: `<stack>-<logical id>-<12 letters and digits>`, as CloudFormation makes it, but
 * with a suffix that follows from stack and logical id. The stack's name is shortened first, the suffix never (User Guide, "Name type").
 */
export function physicalName(request: NamedRequest, limit = 64): string {
  const digest = createHash('sha256').update(uniqueId(request)).digest();
  const suffix = Array.from({ length: 12 }, (_, i) => ALPHABET[digest[i]! % ALPHABET.length]).join('');
  const room = limit - suffix.length - 2;
  const logicalId = request.logicalId.slice(0, Math.max(Math.ceil(room / 2), room - request.stackName.length));
  return `${request.stackName.slice(0, room - logicalId.length)}-${logicalId}-${suffix}`;
}

/** Bucket names are lower case. */
export function physicalBucketName(request: NamedRequest): string {
  return physicalName(request, 63).toLowerCase();
}
