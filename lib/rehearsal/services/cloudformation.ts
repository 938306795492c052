import { physicalName } from '../assembly/physical-name';
import type { CreatedResource, ResourceRequest, Simulation } from '../kernel/simulation';
import { OperationTable, type Operation } from './operations';

/** Types of which a rehearsal needs no behaviour: they are accepted and remembered, nothing else. */
export class CloudFormationService extends OperationTable {
  public readonly id = 'cloudformation';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource>;
  protected readonly operations: Record<string, Operation> = {};

  public constructor(simulation: Simulation) {
    super();
    const { partition, region, account } = simulation;
    this.resources = {
      'AWS::CDK::Metadata': ({ logicalId }) => ({ ref: logicalId }),
      'AWS::CloudFormation::WaitConditionHandle': ({ logicalId, stackName }) => ({ ref: `https://cloudformation-waitcondition-${region}.example.com/${stackName}/${logicalId}` }),
      'AWS::Glue::Database': (request) => ({ ref: request.properties.DatabaseInput?.Name ?? physicalName(request).toLowerCase() }),
      'AWS::Glue::Table': (request) => ({ ref: request.properties.TableInput?.Name ?? physicalName(request).toLowerCase() }),
      'AWS::Athena::WorkGroup': (request) => ({ ref: request.properties.Name ?? physicalName(request) }),
      'AWS::Athena::PreparedStatement': ({ properties }) => ({ ref: `${properties.StatementName}|${properties.WorkGroup}` }),
      'AWS::ECR::Repository': (request) => {
        const name: string = request.properties.RepositoryName ?? physicalName(request).toLowerCase();
        const arn = `arn:${partition}:ecr:${region}:${account}:repository/${name}`;
        return { ref: name, attributes: { Arn: arn, RepositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${name}` } };
      },
    };
  }
}
