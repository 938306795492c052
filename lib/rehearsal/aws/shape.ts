/**
 * The SDK's static schemas (`CreateModel$`, `CreateModelInput$`, …), resolved into plain shapes.
 * Layout: @smithy/types `schema/static-schemas.d.ts`. A structure is `[3, namespace, name, traits, memberNames, memberSchemas, required]`
 * where `required` is a count: required members come first. The SDK relies on that order itself (`createBodySchema` in
 * @smithy/core/protocols, `S3RestXmlProtocol` in client-s3), and `test/pure/gateway-schema.test.ts` compares it with the type declarations.
 */
export type Traits = Readonly<Record<string, any>>;

export interface Structure {
  readonly kind: 'structure';
  readonly name: string;
  readonly namespace: string;
  readonly traits: Traits;
  readonly union: boolean;
  readonly members: ReadonlyMap<string, Shape>;
  readonly required: readonly string[];
  /** For the SDK's codecs. */
  readonly schema: any;
}

export interface Collection {
  readonly kind: 'list' | 'map';
  readonly traits: Traits;
  /** Member of the list, value of the map. */
  readonly of: Shape;
  readonly keyTraits: Traits;
  readonly schema: any;
}

export type SimpleKind = 'string' | 'number' | 'boolean' | 'timestamp' | 'blob' | 'bigint' | 'decimal' | 'document';

export interface Simple {
  readonly kind: SimpleKind;
  readonly traits: Traits;
  readonly streaming: boolean;
  /** Only for timestamps that name their format. */
  readonly format?: 'date-time' | 'http-date' | 'epoch-seconds';
  readonly schema: any;
}

export type Shape = Structure | Collection | Simple;

const traitBits = ['httpLabel', 'idempotent', 'idempotencyToken', 'sensitive', 'httpPayload', 'httpResponseCode', 'httpQueryParams'];
const listOf = 64;
const mapOf = 128;

const simpleKinds: Record<number, Omit<Simple, 'traits' | 'schema'>> = {
  0: { kind: 'string', streaming: false },
  1: { kind: 'number', streaming: false },
  2: { kind: 'boolean', streaming: false },
  4: { kind: 'timestamp', streaming: false },
  5: { kind: 'timestamp', streaming: false, format: 'date-time' },
  6: { kind: 'timestamp', streaming: false, format: 'http-date' },
  7: { kind: 'timestamp', streaming: false, format: 'epoch-seconds' },
  15: { kind: 'document', streaming: false },
  17: { kind: 'bigint', streaming: false },
  19: { kind: 'decimal', streaming: false },
  21: { kind: 'blob', streaming: false },
  42: { kind: 'blob', streaming: true },
};

export function traitsOf(indicator: unknown): Traits {
  if (typeof indicator !== 'number') return (indicator ?? {}) as Traits;
  return Object.fromEntries(traitBits.filter((_, bit) => (indicator >> bit) & 1).map((name) => [name, 1]));
}

const structures = new WeakMap<object, Structure>();

/** @param reference a schema, a function that gives one, or a member `[schema, traits]` */
export function shapeOf(reference: any): Shape {
  let traits: Record<string, any> = {};
  let schema = reference;
  for (;;) {
    if (typeof schema === 'function') schema = schema();
    else if (Array.isArray(schema) && schema.length === 2) {
      traits = { ...traitsOf(schema[1]), ...traits };
      schema = schema[0];
    } else if (Array.isArray(schema) && schema[0] === 0) {
      traits = { ...traitsOf(schema[3]), ...traits };
      schema = schema[4];
    } else break;
  }
  if (schema === 'unit') return structureOf(emptyStructure, traits);
  if (typeof schema === 'number') return numbered(schema, traits);
  if (schema[0] === 1) return collection('list', schema[4], {}, { ...traitsOf(schema[3]), ...traits }, schema);
  if (schema[0] === 2) return collection('map', schema[5], schema[4], { ...traitsOf(schema[3]), ...traits }, schema);
  return structureOf(schema, traits);
}

const emptyStructure = [3, '', 'Unit', 0, [], []];

function numbered(schema: number, traits: Traits): Shape {
  if (schema >= mapOf) return collection('map', schema - mapOf, 0, traits, schema);
  if (schema >= listOf) return collection('list', schema - listOf, 0, traits, schema);
  const simple = simpleKinds[schema];
  if (!simple) throw new Error(`The SDK's schemas hold a type that is not known here: ${schema}`);
  return { ...simple, traits, schema, streaming: simple.streaming || traits.streaming !== undefined };
}

function collection(kind: 'list' | 'map', of: unknown, key: unknown, traits: Traits, schema: unknown): Collection {
  let value: Shape | undefined;
  const keyTraits = Array.isArray(key) && key.length === 2 ? traitsOf(key[1]) : {};
  // Lazy: shapes may contain themselves.
  return {
    kind,
    traits,
    schema,
    keyTraits,
    get of(): Shape {
      return (value ??= shapeOf(of));
    },
  };
}

function structureOf(schema: any[], traits: Traits): Structure {
  let base = structures.get(schema);
  if (!base) {
    const names = schema[4] as string[];
    base = {
      kind: 'structure',
      name: schema[2],
      namespace: schema[1],
      traits: traitsOf(schema[3]),
      union: schema[0] === 4,
      members: new LazyMembers(names, schema[5]),
      required: names.slice(0, schema[6] ?? 0),
      schema,
    };
    structures.set(schema, base);
  }
  return Object.keys(traits).length === 0 ? base : { ...base, traits: { ...base.traits, ...traits } };
}

/** Members resolved at first use; the SDK's packages hold thousands of shapes. */
class LazyMembers extends Map<string, Shape> {
  private resolved = false;

  public constructor(
    private readonly names: string[],
    private readonly references: unknown[],
  ) {
    super();
  }

  public override get(name: string): Shape | undefined {
    this.resolve();
    return super.get(name);
  }

  public override has(name: string): boolean {
    this.resolve();
    return super.has(name);
  }

  public override keys(): MapIterator<string> {
    this.resolve();
    return super.keys();
  }

  public override [Symbol.iterator](): MapIterator<[string, Shape]> {
    this.resolve();
    return super[Symbol.iterator]();
  }

  private resolve(): void {
    if (this.resolved) return;
    this.resolved = true;
    this.names.forEach((name, i) => this.set(name, shapeOf(this.references[i])));
  }
}
