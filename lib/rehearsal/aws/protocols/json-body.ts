import { AwsError } from '../../kernel/aws-error';
import type { ErrorModel, ServiceModel } from '../service-model';
import type { Shape, Structure } from '../shape';
import { utf8 } from './wire';

/** A JSON body, read with the SDK's own codec. */
export function readJson(model: ServiceModel, shape: Shape, body: Uint8Array): Record<string, unknown> {
  if (body.byteLength === 0) return {};
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    // `readObject` and not `read`, which would wait a turn: requests are to be answered in the order of their arrival.
    return model.codec.createDeserializer().readObject(shape.schema, JSON.parse(text)) as Record<string, unknown>;
  } catch (error) {
    throw new AwsError('SerializationException', error instanceof Error ? error.message : String(error), 400);
  }
}

export function writeJson(model: ServiceModel, shape: Structure, value: unknown): Uint8Array {
  const serializer = model.codec.createSerializer();
  serializer.write(shape.schema, value);
  const written: string | Uint8Array = serializer.flush();
  // A plain view: the SDK's own class of bytes warns when it is used as text.
  return typeof written === 'string' ? utf8(written) : new Uint8Array(written.buffer, written.byteOffset, written.byteLength);
}

/** Members of an error as its shape names them; services spell the message both ways. */
export function errorBody(model: ServiceModel, error: AwsError, known: ErrorModel | undefined): Record<string, unknown> {
  const messageMember = known?.structure.members.has('Message') ? 'Message' : 'message';
  const members = Object.fromEntries(Object.entries(error.members).filter(([name]) => known?.structure.members.has(name)));
  const body: Record<string, unknown> = { [messageMember]: error.message, ...members };
  if (!known) return body;
  return { ...body, ...(JSON.parse(Buffer.from(writeJson(model, known.structure, body)).toString('utf8')) as Record<string, unknown>) };
}
