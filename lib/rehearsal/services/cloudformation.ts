import { createHash } from 'node:crypto';
import { physicalName, uniqueId } from '../assembly/physical-name';
import type { CreatedResource, ResourceLifecycle, ResourceRequest, Simulation } from '../kernel/simulation';
import { OperationTable, type Operation } from './operations';

type Describe = (request: ResourceRequest) => CreatedResource & { readonly arn?: string };

/** Types of which a rehearsal needs no behaviour: they are accepted, changed, deleted and remembered, nothing else. */
export class CloudFormationService extends OperationTable {
  public readonly id = 'cloudformation';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {};
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {};
  protected readonly operations: Record<string, Operation> = {};
  /** ARN by type and Ref. */
  private readonly arns = new Map<string, string>();

  public constructor(simulation: Simulation) {
    super();
    for (const [type, describe] of Object.entries(rememberedTypes(simulation))) {
      const remember = (request: ResourceRequest, ref?: string): CreatedResource => {
        const { arn, ...described } = describe(request);
        const created = { ...described, ref: ref ?? described.ref };
        if (arn !== undefined) this.arns.set(`${type} ${created.ref}`, arn);
        return created;
      };
      this.resources[type] = (request) => remember(request);
      this.lifecycles[type] = { update: (request, { ref }) => remember(request, ref), delete: ({ ref }) => this.arns.delete(`${type} ${ref}`) };
    }
  }

  public override inventory(): string[] {
    return [...this.arns.values()];
  }
}

/** Ref and attributes as on the types' pages of the template reference. */
function rememberedTypes({ partition, region, account }: Simulation): Record<string, Describe> {
  const arnOf = (service: string, resource: string): string => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    'AWS::CDK::Metadata': ({ logicalId }) => ({ ref: logicalId }),
    'AWS::CloudFormation::WaitConditionHandle': ({ logicalId, stackName }) => ({ ref: `https://cloudformation-waitcondition-${region}.example.com/${stackName}/${logicalId}` }),
    'AWS::Glue::Database': (request) => {
      const name: string = request.properties.DatabaseName ?? request.properties.DatabaseInput?.Name ?? physicalName(request).toLowerCase();
      return { ref: name, arn: arnOf('glue', `database/${name}`) };
    },
    'AWS::Glue::Table': (request) => {
      const name: string = request.properties.Name ?? request.properties.TableInput?.Name ?? physicalName(request).toLowerCase();
      return { ref: name, arn: arnOf('glue', `table/${request.properties.DatabaseName}/${name}`) };
    },
    'AWS::Athena::NamedQuery': (request) => {
      const id = createHash('sha256').update(uniqueId(request)).digest('hex').slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      return { ref: id, attributes: { NamedQueryId: id }, arn: arnOf('athena', `namedquery/${id}`) };
    },
    'AWS::Athena::WorkGroup': (request) => {
      const name: string = request.properties.Name ?? physicalName(request);
      return { ref: name, arn: arnOf('athena', `workgroup/${name}`) };
    },
    'AWS::Athena::PreparedStatement': ({ properties }) => ({ ref: `${properties.StatementName}|${properties.WorkGroup}` }),
    'AWS::ECR::Repository': (request) => {
      const name: string = request.properties.RepositoryName ?? physicalName(request).toLowerCase();
      const arn = arnOf('ecr', `repository/${name}`);
      return { ref: name, attributes: { Arn: arn, RepositoryUri: `${account}.dkr.ecr.${region}.${suffix}/${name}` }, arn };
    },
    'AWS::SQS::Queue': (request) => {
      const name: string = request.properties.QueueName ?? physicalName(request, 80);
      const arn = arnOf('sqs', name);
      const url = `https://sqs.${region}.${suffix}/${account}/${name}`;
      return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url }, arn };
    },
    'AWS::SQS::QueuePolicy': ({ logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
  };
}
