import type { ContainerAnswer } from '../../containers/serving-process';
import type { ContainerFault } from '../../kernel/faults';
import type { Random } from '../../kernel/random';
import { changePredictions } from './changed-predictions';
import type { SageMakerContext } from './context';
import type { FleetVariant } from './fleet';

/** What a caller may say beside the body; the same for InvokeEndpoint and InvokeEndpointAsync. */
export interface InvocationHeaders {
  readonly ContentType?: string;
  readonly Accept?: string;
  readonly InferenceId?: string;
  readonly CustomAttributes?: string;
}

/** A request on its way to a container, with its chance drawn: nothing that awaits may draw, or real time would show. */
export interface ContainerCall {
  readonly variant: FleetVariant;
  readonly body: Uint8Array;
  readonly headers: InvocationHeaders;
  readonly modelLatencyMicroseconds: number;
  readonly fault: ContainerFault | undefined;
  readonly fails: boolean;
  readonly changes: boolean;
}

/** Requests to the real containers, with faults and virtual latency. */
export class ContainerCalls {
  private readonly faultStreams = new Map<string, Random>();

  public constructor(private readonly context: SageMakerContext) {}

  /** `latency`: the stream of whoever asks, so that a shadow does not shift the numbers of production. */
  public prepare(variant: FleetVariant, body: Uint8Array, headers: InvocationHeaders, latency: Random): ContainerCall {
    const { clock, faults } = this.context.simulation;
    const fault = faults.container(clock.now(), variant.modelName, variant.name);
    const share = fault?.changedPredictions?.share ?? 1;
    return {
      variant,
      body,
      headers,
      fault,
      fails: fault?.errorRate !== undefined && this.faultStream(fault.id).next() < fault.errorRate,
      changes: fault?.changedPredictions !== undefined && (share === 1 || this.faultStream(`${fault.id}/share`).next() < share),
      // Virtual, never measured: 8 to 20 milliseconds, skewed as latencies are, and a little for the size of the request.
      modelLatencyMicroseconds: Math.round(8000 + 12_000 * latency.next() ** 3 + body.length / 10) + (fault?.addedLatencyMilliseconds ?? 0) * 1000,
    };
  }

  public async send({ variant, body, headers: given, fault, fails, changes }: ContainerCall): Promise<ContainerAnswer> {
    if (fails) return { status: 500, contentType: 'text/plain', headers: {}, body: Buffer.from(`injected fault ${fault!.id}`) };
    const headers: Record<string, string> = {};
    if (given.ContentType !== undefined) headers['content-type'] = given.ContentType;
    if (given.Accept !== undefined) headers.accept = given.Accept;
    if (given.InferenceId !== undefined) headers['x-amzn-sagemaker-inference-id'] = given.InferenceId;
    if (given.CustomAttributes !== undefined) headers['x-amzn-sagemaker-custom-attributes'] = given.CustomAttributes;
    try {
      const answer = await variant.server!.invoke(body, headers);
      if (!changes || isFailure(answer)) return answer;
      return { ...answer, body: changePredictions(answer.body, answer.contentType, fault!.changedPredictions!) };
    } catch (error) {
      return { status: 503, contentType: 'text/plain', headers: {}, body: Buffer.from((error as Error).message) };
    }
  }

  private faultStream(id: string): Random {
    let stream = this.faultStreams.get(id);
    if (!stream) this.faultStreams.set(id, (stream = this.context.simulation.random.stream(`sagemaker/fault/${id}`)));
    return stream;
  }
}

export function isFailure(answer: ContainerAnswer): boolean {
  return answer.status >= 400 || answer.status < 200;
}

/** Text that SageMaker makes of a failed answer (API_runtime_InvokeEndpoint, ModelError; wording as seen in public issues). */
export function failureMessage(context: SageMakerContext, endpointName: string, answer: ContainerAnswer): string {
  const { region, account } = context.simulation;
  const kind = answer.status >= 500 ? 'server' : 'client';
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=/aws/sagemaker/Endpoints/${endpointName}`;
  const said = answer.body.toString('utf8');
  return `Received ${kind} error (${answer.status}) from primary with message "${said}". See ${console} in account ${account} for more information.`;
}
