import { shapeOf, traitsOf, type Structure, type Traits } from './shape';

export type ProtocolName = 'awsJson' | 'restJson' | 'restXml' | 'awsQuery';

export interface OperationModel {
  readonly name: string;
  readonly input: Structure;
  readonly output: Structure;
  readonly traits: Traits;
}

export interface ErrorModel {
  /** Name of the exception class. */
  readonly name: string;
  /** Code on the wire where it differs (query protocol and its compatible successors). */
  readonly wireCode: string;
  readonly statusCode: number;
  readonly structure: Structure;
}

/** What the SDK package says about a service: operations, shapes, errors, protocol. */
export class ServiceModel {
  public readonly operations: ReadonlyMap<string, OperationModel>;
  public readonly protocol: ProtocolName;
  /** 1.0 or 1.1 for awsJson. */
  public readonly jsonVersion: string;
  /** Prefix of the X-Amz-Target header: awsJson only. */
  public readonly target: string | undefined;
  public readonly queryCompatible: boolean;
  public readonly xmlNamespace: string | undefined;
  /** The SDK's codec for bodies, with the settings of the service. */
  public readonly codec: any;
  public readonly clientNames: readonly string[];
  private readonly errors: ReadonlyMap<string, ErrorModel>;

  public constructor(
    public readonly id: string,
    public readonly sdk: Record<string, any>,
  ) {
    const entries = Object.values(sdk);
    this.operations = new Map(entries.filter((value) => isSchema(value, 9)).map((schema) => [schema[2], operationModel(schema)]));
    this.errors = errorsOf(entries.filter((value) => isSchema(value, -3)));
    this.clientNames = Object.keys(sdk).filter((name) => isClient(name, sdk[name], sdk.__Client));
    const clientName = this.clientNames.find((name) => name.endsWith('Client'));
    if (!clientName) throw new Error(`The SDK package of ${id} exports no client`);
    const client = new sdk[clientName]({ region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } });
    const protocol = client.config.protocol;
    protocol.setSerdeContext(client.config);
    const shapeId: string = protocol.getShapeId();
    this.protocol = protocolName(shapeId, id);
    this.jsonVersion = shapeId.endsWith('1_0') ? '1.0' : '1.1';
    this.target = protocol.serviceTarget;
    this.queryCompatible = protocol.awsQueryCompatible === true;
    this.xmlNamespace = client.config.protocolSettings?.xmlNamespace;
    this.codec = this.protocol === 'awsQuery' ? undefined : protocol.getPayloadCodec();
  }

  /** @param code name of the exception class, or code on the wire */
  public error(code: string): ErrorModel | undefined {
    return this.errors.get(code);
  }
}

function isSchema(value: unknown, kind: number): value is any[] {
  return Array.isArray(value) && value[0] === kind && typeof value[2] === 'string';
}

function isClient(name: string, value: unknown, base: unknown): boolean {
  return name !== '__Client' && typeof value === 'function' && typeof base === 'function' && value.prototype instanceof base;
}

function operationModel(schema: any[]): OperationModel {
  return {
    name: schema[2],
    traits: traitsOf(schema[3]),
    input: shapeOf(schema[4]) as Structure,
    output: shapeOf(schema[5]) as Structure,
  };
}

function errorsOf(schemas: any[][]): Map<string, ErrorModel> {
  const errors = new Map<string, ErrorModel>();
  const models = schemas.map((schema): ErrorModel => {
    const structure = shapeOf(schema) as Structure;
    const [wireCode, queryStatus] = structure.traits.awsQueryError ?? [structure.name, undefined];
    const statusCode = structure.traits.httpError ?? queryStatus ?? (structure.traits.error === 'server' ? 500 : 400);
    return { name: structure.name, wireCode, statusCode, structure };
  });
  for (const model of models) errors.set(model.wireCode, model);
  for (const model of models) errors.set(model.name, model);
  return errors;
}

function protocolName(shapeId: string, service: string): ProtocolName {
  switch (shapeId) {
    case 'aws.protocols#awsJson1_0':
    case 'aws.protocols#awsJson1_1':
      return 'awsJson';
    case 'aws.protocols#restJson1':
      return 'restJson';
    case 'aws.protocols#restXml':
      return 'restXml';
    case 'aws.protocols#awsQuery':
      return 'awsQuery';
    default:
      throw new Error(`${service} speaks ${shapeId}, which is not simulated`);
  }
}
