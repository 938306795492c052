import type { CreatedResource, Principal, ResourceRequest, Simulation } from '../kernel/simulation';
import { LambdaService } from '../services/lambda/lambda-service';

/** A custom resource that was created: what its deletion needs to say. */
export interface CustomResource {
  readonly request: ResourceRequest;
  readonly stackId: string;
  readonly physicalResourceId: string;
}

/** CloudFormation invokes with the rights of whoever deploys; the deployer of a rehearsal is its operator. */
function deployer(simulation: Simulation): Principal {
  return { arn: `arn:${simulation.partition}:iam::${simulation.account}:root`, root: true };
}

/** Runs the function behind a custom resource as CloudFormation does (User Guide, "Custom resources", request and response objects). */
export class CustomResources {
  private requests = 0;

  public constructor(private readonly simulation: Simulation) {}

  public async create(request: ResourceRequest, stackId: string): Promise<{ created: CreatedResource; custom: CustomResource }> {
    const response = await this.send(request, stackId, { RequestType: 'Create' });
    const physicalResourceId = String(response.PhysicalResourceId ?? '');
    if (physicalResourceId === '') throw new Error('the custom resource answered without PhysicalResourceId');
    const attributes = (response.Data ?? {}) as Record<string, unknown>;
    return { created: { ref: physicalResourceId, attributes }, custom: { request, stackId, physicalResourceId } };
  }

  public async delete({ request, stackId, physicalResourceId }: CustomResource): Promise<void> {
    await this.send(request, stackId, { RequestType: 'Delete', PhysicalResourceId: physicalResourceId });
  }

  private async send(request: ResourceRequest, stackId: string, action: Record<string, string>): Promise<Record<string, any>> {
    const { gateway, random } = this.simulation;
    const { responses } = this.simulation.service<LambdaService>('lambda');
    const requestId = random.stream(`custom-resource-${++this.requests}`).uuid();
    const ServiceToken = String(request.properties.ServiceToken ?? '');
    if (!ServiceToken.includes(':lambda:')) throw new Error(`custom resources with the service token ${JSON.stringify(ServiceToken)} are not simulated, only functions`);
    const event = {
      ...action,
      ServiceToken,
      ResponseURL: responses.url(requestId),
      StackId: stackId,
      RequestId: requestId,
      LogicalResourceId: request.logicalId,
      ResourceType: request.type,
      ResourceProperties: stringified(request.properties),
    };
    // Not the asynchronous invocation of AWS: the deployment waits for the answer anyway.
    const Payload = Buffer.from(JSON.stringify(event));
    const result = await gateway.call(deployer(this.simulation), 'lambda', 'Invoke', { FunctionName: ServiceToken, Payload });
    const response = responses.take(requestId);
    if (!response) {
      const failure = result.FunctionError === undefined ? '' : `: ${Buffer.from(result.Payload).toString()}`;
      throw new Error(`the function of the custom resource sent no answer to its ResponseURL${failure}`);
    }
    if (response.Status !== 'SUCCESS') throw new Error(`custom resource failed to ${action.RequestType!.toLowerCase()}: ${response.Reason}`);
    return response;
  }
}

/** CloudFormation hands over every scalar as text. */
function stringified(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stringified);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, stringified(inner)]));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
