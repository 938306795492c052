import { AwsError } from '../../kernel/aws-error';
import type { Interpreter } from './interpreter';

/** S3 request of a distributed Map, with the state machine's role. */
export async function callS3(interpreter: Interpreter, operation: string, input: Record<string, unknown>, error: (cause: string) => Error): Promise<any> {
  const { simulation } = interpreter.host;
  const principal = { arn: interpreter.execution.stateMachine.roleArn };
  try {
    return await simulation.clock.wait(simulation.clock.spawn(() => simulation.gateway.call(principal, 's3', operation, input)));
  } catch (thrown) {
    if (thrown instanceof AwsError) throw error(`${thrown.message} (Service: S3, Status Code: ${thrown.statusCode}, Error: ${thrown.code})`);
    throw thrown;
  }
}

/** Bytes of a body, whatever form the gateway gives it: bytes, text, or the SDK's stream. */
export async function bodyBytes(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const { transformToByteArray } = body as { transformToByteArray?: () => Promise<Uint8Array> };
  if (typeof transformToByteArray === 'function') return transformToByteArray.call(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array | string>) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}
