import type { WireRequest } from './protocols/wire';
import { serviceIds, serviceModel } from './sdk-registry';

/** Name in the credential scope of a signature → id of the SDK package, where they differ. */
const signingNames: Readonly<Record<string, string>> = {
  'application-autoscaling': 'application-auto-scaling',
  events: 'eventbridge',
  logs: 'cloudwatch-logs',
  monitoring: 'cloudwatch',
  states: 'sfn',
};

/** The service that a request is for: by the scope of its signature, by X-Amz-Target, by its host. S3 also takes unsigned requests. */
export function serviceIdOfRequest(request: WireRequest): string | undefined {
  const signed = signingName(request);
  const target = request.headers['x-amz-target']?.split('.')[0];
  if (signed === 'sagemaker') return target === undefined ? 'sagemaker-runtime' : 'sagemaker';
  if (signed !== undefined) {
    const id = signingNames[signed] ?? signed;
    return serviceIds.includes(id) ? id : undefined;
  }
  if (target !== undefined) return serviceIds.find((id) => serviceModel(id)!.target === target);
  const host = request.hostname.split('.').find((label) => label in signingNames || serviceIds.includes(label));
  return host === undefined ? 's3' : (signingNames[host] ?? host);
}

/** `Credential=AKIA…/20010201/us-east-1/s3/aws4_request`, in the header or, presigned, in the query. */
function signingName(request: WireRequest): string | undefined {
  const presigned = request.query['X-Amz-Credential'];
  const credential = typeof presigned === 'string' ? presigned : /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1];
  return credential?.split('/').at(-2);
}
