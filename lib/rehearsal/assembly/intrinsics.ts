import type { Template } from './cloud-assembly';

/** What intrinsic functions look up. */
export interface IntrinsicScope {
  readonly template: Template;
  /** Values of parameters and pseudo parameters by name. */
  readonly parameters: ReadonlyMap<string, unknown>;
  /** Ref and attributes of the resources that exist by now; undefined when there is none. */
  resource(logicalId: string): { ref: string; attributes?: Record<string, unknown> } | undefined;
  /** Value of another stack's export. */
  importValue(name: string): unknown;
  availabilityZones(region: string): string[];
  /** `{{resolve:ssm:name}}`. */
  dynamicReference(text: string): string;
}

/** Stands for AWS::NoValue: the property is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

type Evaluate = (resolver: IntrinsicResolver, argument: any) => unknown;

/** Intrinsic function reference of the CloudFormation User Guide; what is not here is an error. */
const FUNCTIONS: Record<string, Evaluate> = {
  Ref: (r, name: string) => r.ref(name),
  'Fn::GetAtt': (r, argument: string | [string, unknown]) => {
    if (Array.isArray(argument)) return r.attribute(argument[0], String(r.evaluate(argument[1])));
    const dot = argument.indexOf('.');
    return r.attribute(argument.slice(0, dot), argument.slice(dot + 1));
  },
  'Fn::Join': (r, [delimiter, list]: [string, unknown]) => r.list(list, 'Fn::Join').map(String).join(delimiter),
  'Fn::Sub': (r, argument: string | [string, Record<string, unknown>]) => {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (name in variables) return String(r.evaluate(variables[name]));
      const dot = name.indexOf('.');
      return String(dot < 0 ? r.ref(name) : r.attribute(name.slice(0, dot), name.slice(dot + 1)));
    });
  },
  'Fn::Select': (r, [index, list]: [unknown, unknown]) => {
    const values = r.list(list, 'Fn::Select');
    const position = Number(r.evaluate(index));
    if (!(position in values)) throw new Error(`Fn::Select: there is no item ${position} in a list of ${values.length}`);
    return values[position];
  },
  'Fn::Split': (r, [delimiter, text]: [string, unknown]) => String(r.evaluate(text)).split(delimiter),
  'Fn::If': (r, [name, yes, no]: [string, unknown, unknown]) => r.evaluate(r.condition(name) ? yes : no),
  'Fn::Equals': (r, [a, b]: [unknown, unknown]) => String(r.evaluate(a)) === String(r.evaluate(b)),
  'Fn::And': (r, list: unknown[]) => list.every((item) => r.evaluate(item) === true),
  'Fn::Or': (r, list: unknown[]) => list.some((item) => r.evaluate(item) === true),
  'Fn::Not': (r, [item]: [unknown]) => r.evaluate(item) !== true,
  Condition: (r, name: string) => r.condition(name),
  'Fn::ImportValue': (r, name: unknown) => r.scope.importValue(String(r.evaluate(name))),
  'Fn::FindInMap': (r, argument: unknown[]) => {
    const [map, top, second] = argument.slice(0, 3).map((part) => String(r.evaluate(part))) as [string, string, string];
    const value = r.scope.template.Mappings?.[map]?.[top]?.[second];
    if (value !== undefined) return value;
    const fallback = argument[3] as { DefaultValue?: unknown } | undefined;
    if (fallback?.DefaultValue !== undefined) return r.evaluate(fallback.DefaultValue);
    throw new Error(`Fn::FindInMap: mapping ${map} has no ${top}.${second}`);
  },
  'Fn::GetAZs': (r, region: unknown) => {
    const name = String(r.evaluate(region));
    return r.scope.availabilityZones(name === '' ? String(r.ref('AWS::Region')) : name);
  },
  'Fn::Base64': (r, text: unknown) => Buffer.from(String(r.evaluate(text))).toString('base64'),
  'Fn::Length': (r, list: unknown) => r.list(list, 'Fn::Length').length,
  'Fn::ToJsonString': (r, value: unknown) => JSON.stringify(r.evaluate(value)),
};

export class IntrinsicResolver {
  public constructor(public readonly scope: IntrinsicScope) {}

  /** The value with every intrinsic function replaced; undefined when it is AWS::NoValue. */
  public resolve(value: unknown): any {
    const resolved = this.evaluate(value);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  public evaluate(value: unknown): unknown {
    if (typeof value === 'string') return value.includes('{{resolve:') ? this.scope.dynamicReference(value) : value;
    if (Array.isArray(value)) return value.map((item) => this.evaluate(item)).filter((item) => item !== NO_VALUE);
    if (value === null || typeof value !== 'object') return value;
    const keys = Object.keys(value);
    const name = keys[0];
    if (keys.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) return this.call(name, (value as Record<string, unknown>)[name]);
    const result: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      const resolved = this.evaluate(inner);
      if (resolved !== NO_VALUE) result[key] = resolved;
    }
    return result;
  }

  /** Conditions may refer to each other by `{Condition: name}`, which elsewhere is an ordinary key (of IAM statements). */
  public condition(name: string): boolean {
    const definition = this.scope.template.Conditions?.[name];
    if (definition === undefined) throw new Error(`there is no condition ${name}`);
    return new ConditionResolver(this.scope).evaluate(definition) === true;
  }

  public ref(name: string): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE;
    if (this.scope.parameters.has(name)) return this.scope.parameters.get(name);
    return this.existing(name).ref;
  }

  public attribute(logicalId: string, attribute: string): unknown {
    const attributes = this.existing(logicalId).attributes ?? {};
    if (attribute in attributes) return attributes[attribute];
    const type = this.scope.template.Resources[logicalId]?.Type ?? 'resource';
    throw new Error(`Fn::GetAtt: attribute ${attribute} of ${logicalId} (${type}) is not simulated; known: ${Object.keys(attributes).join(', ')}`);
  }

  public list(value: unknown, who: string): unknown[] {
    const resolved = this.evaluate(value);
    if (!Array.isArray(resolved)) throw new Error(`${who} needs a list, got ${JSON.stringify(resolved)}`);
    return resolved;
  }

  protected call(name: string, argument: unknown): unknown {
    const evaluate = FUNCTIONS[name];
    if (!evaluate) throw new Error(`intrinsic function ${name} is not simulated`);
    return evaluate(this, argument);
  }

  private existing(logicalId: string): { ref: string; attributes?: Record<string, unknown> } {
    const resource = this.scope.resource(logicalId);
    if (!resource) throw new Error(`${logicalId} is neither a parameter nor a resource that exists here`);
    return resource;
  }
}

class ConditionResolver extends IntrinsicResolver {
  public override evaluate(value: unknown): unknown {
    if (value !== null && typeof value === 'object' && Object.keys(value).length === 1 && 'Condition' in value) return this.call('Condition', value.Condition);
    return super.evaluate(value);
  }
}
