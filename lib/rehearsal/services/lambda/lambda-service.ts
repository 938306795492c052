import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import type { AssetCatalogue } from '../../assembly/asset-catalogue';
import { physicalName, uniqueId } from '../../assembly/physical-name';
import { AwsError } from '../../kernel/aws-error';
import type { Authorization, CreatedResource, ExistingResource, PolicyDocument, ResourceLifecycle, ResourceRequest, Simulation } from '../../kernel/simulation';
import type { Iam } from '../iam-access';
import { asNumber, OperationTable, type Operation } from '../operations';
import { DEFAULT_ASYNC, type LambdaFunction } from './function';
import { Invoker } from './invoker';
import { permissionStatement } from './permission';
import { ResponseSink } from './response-sink';

/** AWS Lambda: runs the real bundles of the template's functions. docs/rehearsal/lambda.md says what is simulated. */
export class LambdaService extends OperationTable {
  public readonly id = 'lambda';
  public readonly responses = new ResponseSink();
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::Lambda::Function': (request) => this.createFunction(request),
    'AWS::Lambda::Permission': (request) => {
      const { properties } = request;
      const found = this.find(properties.FunctionName);
      const sid = statementId(request);
      found.statements.push(permissionStatement(sid, found.configuration.arn, properties));
      return { ref: sid };
    },
    'AWS::Lambda::Version': ({ properties }) => {
      const found = this.find(properties.FunctionName);
      const version = String(++found.versions);
      const ref = `${found.configuration.arn}:${version}`;
      return { ref, attributes: { Version: version, FunctionArn: ref } };
    },
    'AWS::Lambda::Alias': ({ properties }) => {
      const found = this.find(properties.FunctionName);
      found.aliases.set(properties.Name, properties.FunctionVersion);
      const ref = `${found.configuration.arn}:${properties.Name}`;
      return { ref, attributes: { AliasArn: ref } };
    },
    'AWS::Lambda::EventInvokeConfig': ({ properties, logicalId }) => {
      const found = this.find(properties.FunctionName);
      found.asynchronous = {
        maximumRetryAttempts: asNumber(properties.MaximumRetryAttempts) ?? DEFAULT_ASYNC.maximumRetryAttempts,
        maximumEventAgeSeconds: asNumber(properties.MaximumEventAgeInSeconds) ?? DEFAULT_ASYNC.maximumEventAgeSeconds,
        onFailure: properties.DestinationConfig?.OnFailure?.Destination,
      };
      return { ref: logicalId };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::Lambda::Function': {
      update: (request, existing) => this.updateFunction(request, existing),
      delete: ({ ref }) => {
        this.functions.delete(ref);
        this.invoker.drop(ref);
      },
    },
    'AWS::Lambda::Permission': {
      delete: ({ ref, request }) => {
        const statements = this.functions.get(functionName(request.properties.FunctionName))?.statements ?? [];
        const index = statements.findIndex(({ Sid }) => Sid === ref);
        if (index >= 0) statements.splice(index, 1);
      },
    },
    // Versions go when their function goes; that one is gone makes no difference here, because all run the newest code.
    'AWS::Lambda::Version': { delete: () => undefined },
    'AWS::Lambda::Alias': {
      update: (request) => this.resources['AWS::Lambda::Alias']!(request),
      delete: ({ request: { properties } }) => this.functions.get(functionName(properties.FunctionName))?.aliases.delete(properties.Name),
    },
    'AWS::Lambda::EventInvokeConfig': {
      update: (request) => this.resources['AWS::Lambda::EventInvokeConfig']!(request),
      delete: ({ request: { properties } }) => {
        const found = this.functions.get(functionName(properties.FunctionName));
        if (found) found.asynchronous = DEFAULT_ASYNC;
      },
    },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly invoker: Invoker;

  public constructor(
    private readonly simulation: Simulation,
    private readonly assets: AssetCatalogue,
  ) {
    super();
    this.invoker = new Invoker(simulation, this.responses);
    const on = (action: string) => (input: Record<string, any>): Authorization[] => [{ action, resource: this.arnOf(input.FunctionName) }];
    this.operations = {
      Invoke: { authorize: on('lambda:InvokeFunction'), handle: (input) => this.invoker.invoke(this.find(input.FunctionName), input) },
      GetFunctionConfiguration: { authorize: on('lambda:GetFunctionConfiguration'), handle: (input) => describe(this.find(input.FunctionName)) },
      GetFunction: { authorize: on('lambda:GetFunction'), handle: (input) => ({ Configuration: describe(this.find(input.FunctionName)) }) },
      GetPolicy: {
        authorize: on('lambda:GetPolicy'),
        handle: (input) => {
          const { statements } = this.find(input.FunctionName);
          if (statements.length === 0) throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
          return { Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) };
        },
      },
      AddPermission: {
        authorize: on('lambda:AddPermission'),
        handle: (input) => {
          const found = this.find(input.FunctionName);
          if (found.statements.some((statement) => statement.Sid === input.StatementId)) {
            throw new AwsError('ResourceConflictException', `The statement id (${input.StatementId}) provided already exists.`, 409);
          }
          const statement = permissionStatement(input.StatementId, found.configuration.arn, input);
          found.statements.push(statement);
          return { Statement: JSON.stringify(statement) };
        },
      },
      RemovePermission: {
        authorize: on('lambda:RemovePermission'),
        handle: (input) => {
          const { statements } = this.find(input.FunctionName);
          const index = statements.findIndex((statement) => statement.Sid === input.StatementId);
          if (index < 0) throw new AwsError('ResourceNotFoundException', `Statement ${input.StatementId} is not found in resource policy.`, 404);
          statements.splice(index, 1);
          return {};
        },
      },
    };
  }

  /** By name, ARN, partial ARN, logical id. @throws AwsError ResourceNotFoundException */
  public find(identifier: string): LambdaFunction {
    const name = functionName(identifier);
    const found = this.functions.get(name) ?? [...this.functions.values()].find(({ configuration }) => configuration.logicalId === identifier);
    if (!found) throw new AwsError('ResourceNotFoundException', `Function not found: ${identifier}`, 404);
    return found;
  }

  public override inventory(): string[] {
    return this.all().map(({ configuration }) => configuration.arn);
  }

  public all(): LambdaFunction[] {
    return [...this.functions.values()];
  }

  /** Throws warm execution environments away: the next invocation starts cold. */
  public dropWarmState(identifier?: string): void {
    this.invoker.drop(identifier === undefined ? undefined : this.find(identifier).configuration.name);
  }

  public override resourcePolicy(arn: string): PolicyDocument | undefined {
    if (!/^arn:[^:]+:lambda:/.test(arn)) return undefined;
    const statements = this.functions.get(functionName(arn))?.statements ?? [];
    return statements.length === 0 ? undefined : { Version: '2012-10-17', Statement: statements };
  }

  private arnOf(identifier: string): string {
    const { partition, region, account } = this.simulation;
    const qualifier = /:function:[^:]+:(.+)$/.exec(identifier)?.[1];
    return `arn:${partition}:lambda:${region}:${account}:function:${functionName(identifier)}${qualifier === undefined ? '' : `:${qualifier}`}`;
  }

  private createFunction(request: ResourceRequest): CreatedResource {
    const { properties, logicalId } = request;
    const name: string = properties.FunctionName ?? physicalName(request);
    if (properties.PackageType === 'Image') throw new Error('functions from container images are not simulated');
    if (!this.simulation.service<Iam>('iam').mayAssume(properties.Role, 'lambda.amazonaws.com')) {
      throw new AwsError('InvalidParameterValueException', 'The role defined for the function cannot be assumed by Lambda.', 400);
    }
    const arn = this.arnOf(name);
    const { folder, digest } = this.codeOf(properties.Code ?? {});
    this.functions.set(name, {
      configuration: {
        name,
        arn,
        logicalId,
        runtime: properties.Runtime,
        handler: properties.Handler,
        roleArn: properties.Role,
        environment: Object.fromEntries(Object.entries(properties.Environment?.Variables ?? {}).map(([key, value]) => [key, String(value)])),
        timeoutSeconds: asNumber(properties.Timeout) ?? 3,
        memorySize: asNumber(properties.MemorySize) ?? 128,
        logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
        description: properties.Description ?? '',
        codeFolder: folder,
        codeSha256: digest,
      },
      principal: { arn: properties.Role },
      statements: [],
      aliases: new Map(),
      versions: 0,
      asynchronous: DEFAULT_ASYNC,
    });
    return { ref: name, attributes: { Arn: arn, 'SnapStartResponse.ApplyOn': 'None', 'SnapStartResponse.OptimizationStatus': 'Off' } };
  }

  /** New code and configuration come with new execution environments; policy, versions and aliases stay. */
  private updateFunction(request: ResourceRequest, { ref }: ExistingResource): CreatedResource {
    const previous = this.functions.get(ref)!;
    const created = this.createFunction(request);
    const { statements, aliases, versions, asynchronous } = previous;
    this.functions.set(ref, { ...this.functions.get(ref)!, statements, aliases, versions, asynchronous });
    this.invoker.drop(ref);
    return created;
  }

  private codeOf(code: Record<string, string>): { folder: string | undefined; digest: string } {
    const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64');
    if (code.ZipFile !== undefined) return { folder: undefined, digest: digestOf(code.ZipFile) };
    const { path } = this.assets.file(code.S3Bucket!, code.S3Key!);
    const isFolder = existsSync(path) && statSync(path).isDirectory();
    return { folder: isFolder ? path : undefined, digest: digestOf(code.S3Key!) };
  }
}

function statementId(request: ResourceRequest): string {
  return uniqueId(request).slice(request.stackName.length + 1).replace('#', '-');
}

/** Name in `name`, `name:qualifier`, `account:function:name`, or an ARN (API reference, Invoke, FunctionName). */
export function functionName(identifier: string): string {
  const match = /(?:^|:)function:([^:]+)/.exec(identifier);
  return match ? match[1]! : identifier.split(':')[0]!;
}

function describe({ configuration }: LambdaFunction): Record<string, unknown> {
  return {
    FunctionName: configuration.name,
    FunctionArn: configuration.arn,
    Runtime: configuration.runtime,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    Description: configuration.description,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memorySize,
    CodeSha256: configuration.codeSha256,
    Version: '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Environment: { Variables: configuration.environment },
    LoggingConfig: { LogFormat: 'Text', LogGroup: configuration.logGroup },
  };
}
