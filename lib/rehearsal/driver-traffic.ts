import type { AwsError } from './kernel/aws-error';
import type { Principal, Simulation } from './kernel/simulation';

export interface TrafficOptions {
  readonly endpoint: string;
  /** Virtual seconds between two requests. */
  readonly intervalSeconds: number;
  /** CSV rows of the next request. */
  readonly rows: (now: number) => readonly string[];
  /** InferenceId of the request that was made of these rows; absent = none is sent. */
  readonly inferenceId?: (rows: readonly string[], now: number) => string;
  /** Sends every request to this variant; absent = SageMaker chooses by the weights. */
  readonly targetVariant?: string;
  /** For asynchronous endpoints: the payload is put here first, then the endpoint is invoked with its location. */
  readonly payloads?: { readonly bucket: string; readonly prefix: string };
  /** Gets every answer, for scenarios that write labels or outcomes per prediction. */
  readonly onAnswer?: (answer: AnsweredRequest) => void;
}

/** A request that the endpoint answered; an asynchronous one that it took. */
export interface AnsweredRequest {
  readonly time: number;
  readonly rows: readonly string[];
  /** One per row; none yet when the endpoint is asynchronous. */
  readonly scores: readonly string[];
  /** Of an asynchronous endpoint also when the client gave none. */
  readonly inferenceId?: string;
  /** Production variant that answered; unknown of an asynchronous endpoint. */
  readonly variant?: string;
  /** Where an asynchronous endpoint will write the scores. */
  readonly outputLocation?: string;
}

/** Requests that the endpoint failed to answer. */
export interface FailedRequest {
  readonly time: number;
  readonly rows: number;
  readonly error: string;
}

/** A client that sends one request after the other in virtual time. Starts at once. */
export class Traffic {
  public answered = 0;
  public answeredRows = 0;
  public readonly failed: FailedRequest[] = [];
  /** Answered requests by the variant that InvokeEndpoint named. */
  public readonly answeredBy = new Map<string, number>();
  /** Changes with each new rate; a loop of an older one ends. */
  private generation = 0;
  private sent = 0;

  public constructor(
    private readonly simulation: Simulation,
    private readonly principal: Principal,
    private readonly options: TrafficOptions,
  ) {
    this.every(options.intervalSeconds);
  }

  /** Sends a request now and from now on at that interval. */
  public every(intervalSeconds: number): void {
    const generation = ++this.generation;
    this.simulation.clock.spawn(async () => {
      while (this.generation === generation) {
        await this.request();
        await this.simulation.clock.sleep(intervalSeconds * 1000);
      }
    });
  }

  public stop(): void {
    this.generation++;
  }

  private async request(): Promise<void> {
    const time = this.simulation.clock.now();
    const rows = this.options.rows(time);
    const InferenceId = this.options.inferenceId?.(rows, time);
    const input = { EndpointName: this.options.endpoint, ContentType: 'text/csv', Accept: 'text/csv', ...(InferenceId === undefined ? {} : { InferenceId }) };
    try {
      const answer = this.options.payloads ? await this.invokeLater(time, rows, input) : await this.invoke(time, rows, input);
      this.answered++;
      this.answeredRows += rows.length;
      if (answer.variant !== undefined) this.answeredBy.set(answer.variant, (this.answeredBy.get(answer.variant) ?? 0) + 1);
      this.options.onAnswer?.(answer);
    } catch (error) {
      this.failed.push({ time, rows: rows.length, error: (error as AwsError).code ?? (error as Error).message });
    }
  }

  private async invoke(time: number, rows: readonly string[], input: Record<string, unknown>): Promise<AnsweredRequest> {
    const { targetVariant } = this.options;
    const { Body, InvokedProductionVariant } = await this.simulation.gateway.call(this.principal, 'sagemaker-runtime', 'InvokeEndpoint', {
      ...input,
      ...(targetVariant === undefined ? {} : { TargetVariant: targetVariant }),
      Body: rows.join('\n'),
    });
    const scores = Buffer.from(Body as Uint8Array).toString('utf8').trim().split('\n');
    if (scores.length !== rows.length) throw new Error(`${rows.length} rows sent, ${scores.length} scores received`);
    return { time, rows, scores, inferenceId: input.InferenceId as string | undefined, variant: InvokedProductionVariant };
  }

  private async invokeLater(time: number, rows: readonly string[], input: Record<string, unknown>): Promise<AnsweredRequest> {
    const { bucket, prefix } = this.options.payloads!;
    const { gateway } = this.simulation;
    const key = `${prefix}${new Date(time).toISOString()}-${++this.sent}.csv`;
    await gateway.call(this.principal, 's3', 'PutObject', { Bucket: bucket, Key: key, Body: rows.join('\n') });
    const { InferenceId, OutputLocation } = await gateway.call(this.principal, 'sagemaker-runtime', 'InvokeEndpointAsync', {
      ...input,
      InputLocation: `s3://${bucket}/${key}`,
    });
    return { time, rows, scores: [], inferenceId: InferenceId, outputLocation: OutputLocation };
  }
}
