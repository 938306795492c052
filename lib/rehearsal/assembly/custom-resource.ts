import type { CreatedResource, ExistingResource, Principal, ResourceRequest, Simulation } from '../kernel/simulation';
import { LambdaService } from '../services/lambda/lambda-service';
import { IncompleteResource } from './failures';
import { physicalName } from './physical-name';

/** CloudFormation invokes with the rights of whoever deploys; the deployer of a rehearsal is its operator. */
function deployer(simulation: Simulation): Principal {
  return { arn: `arn:${simulation.partition}:iam::${simulation.account}:root`, root: true };
}

/** Runs the function behind a custom resource as CloudFormation does (User Guide, "Custom resources", request and response objects). */
export class CustomResources {
  private requests = 0;

  public constructor(private readonly simulation: Simulation) {}

  public async create(request: ResourceRequest, stackId: string): Promise<CreatedResource> {
    const response = await this.send(request, stackId, { RequestType: 'Create' });
    // A function that failed may have got half way: it is asked to delete, by its own id or one that CloudFormation makes up.
    const left = { ref: String(response.PhysicalResourceId ?? physicalName(request)) };
    if (response.Status !== 'SUCCESS') throw new IncompleteResource(`custom resource failed to create: ${response.Reason}`, left);
    return created(response);
  }

  /** Another physical id in the answer means a replacement: the caller deletes the old one when everything else has succeeded. */
  public async update(request: ResourceRequest, existing: ExistingResource, stackId: string): Promise<CreatedResource> {
    const OldResourceProperties = stringified(existing.request.properties);
    const response = await this.send(request, stackId, { RequestType: 'Update', PhysicalResourceId: existing.ref, OldResourceProperties });
    if (response.Status !== 'SUCCESS') throw new Error(`custom resource failed to update: ${response.Reason}`);
    return created(response);
  }

  public async delete({ request, ref }: ExistingResource, stackId: string): Promise<void> {
    const response = await this.send(request, stackId, { RequestType: 'Delete', PhysicalResourceId: ref });
    if (response.Status !== 'SUCCESS') throw new Error(`custom resource failed to delete: ${response.Reason}`);
  }

  private async send(request: ResourceRequest, stackId: string, action: Record<string, unknown>): Promise<Record<string, any>> {
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
    return response;
  }
}

function created(response: Record<string, any>): CreatedResource {
  const ref = String(response.PhysicalResourceId ?? '');
  if (ref === '') throw new Error('the custom resource answered without PhysicalResourceId');
  return { ref, attributes: (response.Data ?? {}) as Record<string, unknown> };
}

/** CloudFormation hands over every scalar as text. */
function stringified(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stringified);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, stringified(inner)]));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
