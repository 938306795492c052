import type { AwsError } from '../kernel/aws-error';
import type { ServiceModel } from './service-model';

/** The exception that the SDK would throw, had the service answered with the error. */
export function sdkException(model: ServiceModel, error: AwsError): Error {
  const { code, message, statusCode } = error;
  const name = model.error(code)?.name;
  const base = Object.keys(model.sdk).find((key) => key.endsWith('ServiceException'));
  const Exception = (name !== undefined ? model.sdk[name] : undefined) ?? (base !== undefined ? model.sdk[base] : Error);
  const exception = new Exception({ name: name ?? code, message, $fault: 'client', $metadata: { httpStatusCode: statusCode, attempts: 1 } }) as Error;
  return Object.assign(exception, { name: name ?? code, message });
}
