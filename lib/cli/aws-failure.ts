import { UserError } from './user-error';

/** What AWS said no to, in a line that tells what to do. */
export class AwsFailure extends UserError {
  public constructor(
    /** The SDK's name of the error. */
    public readonly code: string,
    message: string,
    /** It may go well the next time. */
    public readonly passing = false,
  ) {
    super(message);
  }
}

const CREDENTIALS = new Set(['ExpiredToken', 'ExpiredTokenException', 'InvalidClientTokenId', 'UnrecognizedClientException', 'InvalidSignatureException', 'SignatureDoesNotMatch', 'InvalidAccessKeyId', 'TokenRefreshRequired']);
const NETWORK = new Set(['ENOTFOUND', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN', 'TimeoutError']);

/** `action`: the IAM action of the request. */
export function awsFailure(error: Error & { code?: string; $metadata?: { httpStatusCode?: number } }, action: string): AwsFailure {
  const { name, message } = error;
  const failure = (text: string, passing = false): AwsFailure => new AwsFailure(name, text, passing);
  if (name === 'CredentialsProviderError') return failure(`no AWS credentials: log in, set them in the environment, or give --profile (${oneLine(message)})`);
  if (/region is missing/i.test(message)) return failure('no AWS region: give --region, set AWS_REGION, or choose a profile that has one');
  if (CREDENTIALS.has(name)) return failure(`AWS does not accept the credentials: ${oneLine(message)}`);
  if (/^AccessDenied|^Authorization/.test(name) || error.$metadata?.httpStatusCode === 403) return failure(denied(message, action));
  if (NETWORK.has(error.code ?? name)) return failure(`AWS cannot be reached: ${oneLine(message)}`, true);
  return failure(`${action} failed: ${name}: ${oneLine(message)}`, /throttl|too ?many ?requests/i.test(name) || (error.$metadata?.httpStatusCode ?? 0) >= 500);
}

/** Most services say which action was missing on what; the request tells it where they do not. */
function denied(message: string, action: string): string {
  const [, missing = action, resource] = /perform: ([\w-]+:\w+)(?: on resource: "?([^\s"]+))?/.exec(message) ?? [];
  return `access denied: ${missing}${resource === undefined ? '' : ` on ${resource}`} is not allowed; pipeline.grants.operate(role) allows what the command line does`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
