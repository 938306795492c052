import { physicalName } from '../assembly/physical-name';
import { AwsError } from '../kernel/aws-error';
import type { CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../kernel/simulation';
import { OperationTable, type Operation } from './operations';

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly version: number;
  readonly modified: number;
}

/** AWS Systems Manager Parameter Store: names and values, the latest version only. */
export class SsmService extends OperationTable {
  public readonly id = 'ssm';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::SSM::Parameter': (request) => {
      const { properties } = request;
      const { name } = this.put(properties.Name ?? physicalName(request), properties.Value, properties.Type);
      return { ref: name, attributes: { Type: properties.Type, Value: properties.Value } };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::SSM::Parameter': {
      update: ({ properties }, { ref }) => {
        this.put(ref, properties.Value, properties.Type);
        return { ref, attributes: { Type: properties.Type, Value: properties.Value } };
      },
      delete: ({ ref }) => this.parameters.delete(ref),
    },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly parameters = new Map<string, Parameter>();

  public constructor(private readonly simulation: Simulation) {
    super();
    const needs = (action: string) => (input: Record<string, any>) => [{ action, resource: this.arnOf(input.Name ?? input.Path) }];
    this.operations = {
      GetParameter: { authorize: needs('ssm:GetParameter'), handle: (input) => ({ Parameter: this.render(this.find(input.Name)) }) },
      GetParameters: {
        authorize: (input) => (input.Names as string[]).map((name) => ({ action: 'ssm:GetParameters', resource: this.arnOf(name) })),
        handle: (input) => {
          const names = input.Names as string[];
          return {
            Parameters: names.flatMap((name) => (this.parameters.has(name) ? [this.render(this.find(name))] : [])),
            InvalidParameters: names.filter((name) => !this.parameters.has(name)),
          };
        },
      },
      GetParametersByPath: {
        authorize: needs('ssm:GetParametersByPath'),
        handle: (input) => {
          const prefix = input.Path.endsWith('/') ? input.Path : `${input.Path}/`;
          const below = [...this.parameters.values()].filter(({ name }) => name.startsWith(prefix) && (input.Recursive || !name.slice(prefix.length).includes('/')));
          return { Parameters: below.map((parameter) => this.render(parameter)) };
        },
      },
      PutParameter: {
        authorize: needs('ssm:PutParameter'),
        handle: (input) => {
          if (this.parameters.has(input.Name) && !input.Overwrite) throw new AwsError('ParameterAlreadyExists', 'The parameter already exists.', 400);
          return { Version: this.put(input.Name, input.Value, input.Type).version, Tier: 'Standard' };
        },
      },
      DeleteParameter: {
        authorize: needs('ssm:DeleteParameter'),
        handle: (input) => (this.parameters.delete(this.find(input.Name).name), {}),
      },
    };
  }

  /** The bootstrap stack's own parameter is not counted. */
  public override inventory(): string[] {
    return [...this.parameters.keys()].filter((name) => !name.startsWith('/cdk-bootstrap/')).map((name) => this.arnOf(name));
  }

  public value(name: string): string | undefined {
    return this.parameters.get(name)?.value;
  }

  public put(name: string, value: string, type?: string): Parameter {
    const previous = this.parameters.get(name);
    const parameter = { name, type: type ?? previous?.type ?? 'String', value, version: (previous?.version ?? 0) + 1, modified: this.simulation.clock.now() };
    this.parameters.set(name, parameter);
    return parameter;
  }

  private find(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`, 400);
    return parameter;
  }

  private arnOf(name: string): string {
    const { partition, region, account } = this.simulation;
    return `arn:${partition}:ssm:${region}:${account}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
  }

  private render({ name, type, value, version, modified }: Parameter): Record<string, unknown> {
    return { Name: name, Type: type, Value: value, Version: version, LastModifiedDate: new Date(modified), ARN: this.arnOf(name), DataType: 'text' };
  }
}
