import type { InvokeEndpointInput, InvokeEndpointOutput } from '@aws-sdk/client-sagemaker-runtime';
import type { ContainerAnswer } from '../../containers/serving-process';
import { AwsError } from '../../kernel/aws-error';
import type { ContainerFault } from '../../kernel/faults';
import type { Random } from '../../kernel/random';
import type { SageMakerContext } from './context';
import type { Endpoint } from './endpoint';
import type { Endpoints } from './endpoints';
import type { Fleet, FleetVariant } from './fleet';

interface Target {
  readonly fleet: Fleet;
  readonly variant: FleetVariant;
}

/** InvokeEndpoint: picks fleet and variant by the weights of the moment, asks its real container, counts, captures. */
export class EndpointInvocation {
  private readonly routing: Random;
  private readonly latency: Random;
  private readonly faultStreams = new Map<string, Random>();

  public constructor(
    private readonly context: SageMakerContext,
    private readonly endpoints: Endpoints,
  ) {
    this.routing = context.simulation.random.stream('sagemaker/routing');
    this.latency = context.simulation.random.stream('sagemaker/latency');
  }

  public async invoke(request: InvokeEndpointInput): Promise<InvokeEndpointOutput> {
    const endpoint = this.endpoints.find(request.EndpointName!);
    if (!endpoint || endpoint.status === 'Creating' || endpoint.status === 'Failed') {
      throw new AwsError('ValidationError', `Endpoint ${request.EndpointName} of account ${this.context.simulation.account} not found.`);
    }
    const { variant } = this.target(endpoint, request.TargetVariant);
    const body = typeof request.Body === 'string' ? Buffer.from(request.Body) : request.Body!;
    const fault = this.context.simulation.faults.container(this.context.simulation.clock.now(), variant.modelName);
    const answer = await this.answer(variant, body, request, fault);
    variant.metrics.record({
      status: answer.status,
      instanceCount: Math.max(1, variant.instanceCount),
      modelLatencyMicroseconds: this.modelLatency(body.length) + (fault?.addedLatencyMilliseconds ?? 0) * 1000,
      overheadLatencyMicroseconds: 1500 + this.latency.integer(2500),
    });
    if (answer.status >= 400 || answer.status < 200) throw this.modelError(endpoint.name, answer);
    await variant.capture?.add({
      input: { contentType: request.ContentType, body },
      output: { contentType: answer.contentType, body: answer.body },
      inferenceId: request.InferenceId,
      customAttributes: request.CustomAttributes,
    });
    const attributes = answer.headers['x-amzn-sagemaker-custom-attributes'];
    return {
      Body: answer.body as InvokeEndpointOutput['Body'],
      ContentType: answer.contentType,
      InvokedProductionVariant: variant.name,
      ...(typeof attributes === 'string' ? { CustomAttributes: attributes } : {}),
    };
  }

  private target(endpoint: Endpoint, targetVariant: string | undefined): Target {
    const { pending } = endpoint;
    // Drawn for every request, so that a deployment does not shift the random numbers of what comes after it.
    const fleetDraw = this.routing.next();
    const variantDraw = this.routing.next();
    const fleet = pending !== undefined && fleetDraw < pending.share ? pending.fleet : endpoint.fleet;
    if (targetVariant !== undefined) {
      const named = fleet.variants.find((variant) => variant.name === targetVariant);
      const { account } = this.context.simulation;
      if (!named) throw new AwsError('ValidationError', `Variant ${targetVariant} not found for Endpoint ${endpoint.name} of account ${account}.`);
      return { fleet, variant: named };
    }
    let left = variantDraw * fleet.variants.reduce((sum, variant) => sum + variant.weight, 0);
    for (const variant of fleet.variants) {
      left -= variant.weight;
      if (left < 0) return { fleet, variant };
    }
    throw new AwsError('ValidationError', `Endpoint ${endpoint.name} has no variant with a weight above 0.`);
  }

  private async answer(variant: FleetVariant, body: Uint8Array, request: InvokeEndpointInput, fault: ContainerFault | undefined): Promise<ContainerAnswer> {
    if (fault?.errorRate !== undefined && this.faultStream(fault.id).next() < fault.errorRate) {
      return { status: 500, contentType: 'text/plain', headers: {}, body: Buffer.from(`injected fault ${fault.id}`) };
    }
    const headers: Record<string, string> = {};
    if (request.ContentType !== undefined) headers['content-type'] = request.ContentType;
    if (request.Accept !== undefined) headers.accept = request.Accept;
    if (request.InferenceId !== undefined) headers['x-amzn-sagemaker-inference-id'] = request.InferenceId;
    if (request.CustomAttributes !== undefined) headers['x-amzn-sagemaker-custom-attributes'] = request.CustomAttributes;
    try {
      return await variant.server!.invoke(body, headers);
    } catch (error) {
      return { status: 503, contentType: 'text/plain', headers: {}, body: Buffer.from((error as Error).message) };
    }
  }

  /** Virtual, never measured: 8 to 20 milliseconds, skewed as latencies are, and a little for the size of the request. */
  private modelLatency(bytes: number): number {
    return Math.round(8000 + 12_000 * this.latency.next() ** 3 + bytes / 10);
  }

  private faultStream(id: string): Random {
    let stream = this.faultStreams.get(id);
    if (!stream) this.faultStreams.set(id, (stream = this.context.simulation.random.stream(`sagemaker/fault/${id}`)));
    return stream;
  }

  /** 424 with the container's own status and text (API_runtime_InvokeEndpoint, ModelError). */
  private modelError(endpointName: string, answer: ContainerAnswer): AwsError {
    const { region, account, partition } = this.context.simulation;
    const kind = answer.status >= 500 ? 'server' : 'client';
    const said = answer.body.toString('utf8');
    const group = `/aws/sagemaker/Endpoints/${endpointName}`;
    const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=${group}`;
    const message = `Received ${kind} error (${answer.status}) from primary with message "${said}". See ${console} in account ${account} for more information.`;
    return new AwsError('ModelError', message, 424, {
      OriginalStatusCode: answer.status,
      OriginalMessage: said,
      LogStreamArn: `arn:${partition}:logs:${region}:${account}:log-group:${group}`,
    });
  }
}
