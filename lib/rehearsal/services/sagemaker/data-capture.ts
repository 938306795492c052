import type { DataCaptureConfig } from '@aws-sdk/client-sagemaker';
import type { Random } from '../../kernel/random';
import type { Timer } from '../../kernel/virtual-clock';
import type { SageMakerContext } from './context';
import { durations } from './durations';
import { clientError } from './training-run';

/** One side of an exchange as the container saw it. */
export interface CapturedPayload {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

export interface CapturedExchange {
  readonly input: CapturedPayload;
  readonly output: CapturedPayload;
  readonly inferenceId?: string;
  readonly customAttributes?: string;
}

interface Line {
  readonly time: number;
  readonly text: string;
}

/**
 * Data capture of one variant (guide: model-monitor-data-capture-endpoint). Lines are collected and written with the rights of the
 * execution role, about a minute later. A write that fails is lost: SageMaker tells nobody, which is why captures have to be counted.
 */
export class DataCapture {
  private lines: Line[] = [];
  private timer: Timer | undefined;
  private readonly random: Random;

  public constructor(
    private readonly context: SageMakerContext,
    private readonly endpointName: string,
    private readonly variantName: string,
    private readonly config: DataCaptureConfig,
    private readonly roleArn: string,
  ) {
    this.random = context.simulation.random.stream(`sagemaker/capture/${endpointName}/${variantName}/${config.DestinationS3Uri}/${context.simulation.clock.now()}`);
  }

  public async add(exchange: CapturedExchange): Promise<void> {
    const sampled = this.random.next() * 100 < this.config.InitialSamplingPercentage!;
    if (!sampled) return;
    this.lines.push({ time: this.context.simulation.clock.now(), text: this.line(exchange) });
    if (this.lines.length >= durations.captureRecords) return await this.flush();
    const { clock } = this.context.simulation;
    this.timer ??= clock.at(clock.now() + durations.captureFlush, () => this.flush());
  }

  /** Writes what was collected: one object per hour of inference. */
  public async flush(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    const lines = this.lines;
    this.lines = [];
    for (let start = 0; start < lines.length; ) {
      const hour = hourFolder(lines[start]!.time);
      let end = start;
      while (end < lines.length && hourFolder(lines[end]!.time) === hour) end++;
      await this.write(lines.slice(start, end), hour);
      start = end;
    }
  }

  private async write(lines: readonly Line[], hour: string): Promise<void> {
    const first = new Date(lines[0]!.time).toISOString();
    const name = `${first.slice(14, 16)}-${first.slice(17, 19)}-${first.slice(20, 23)}-${this.random.uuid()}.jsonl`;
    const uri = `${this.config.DestinationS3Uri}/${this.endpointName}/${this.variantName}/${hour}/${name}`;
    try {
      await this.context.storage(this.roleArn).write(uri, Buffer.from(`${lines.map((line) => line.text).join('\n')}\n`), this.config.KmsKeyId);
    } catch (error) {
      this.context.note('note', this.endpointName, `data capture lost ${lines.length} records: ${clientError(error)}`);
    }
  }

  private line(exchange: CapturedExchange): string {
    const asked = this.config.CaptureOptions!.map((option) => option.CaptureMode);
    const modes = new Set(asked.flatMap((mode) => (mode === 'InputAndOutput' ? ['Input', 'Output'] : [mode])));
    const side = (payload: CapturedPayload, mode: string): unknown => {
      const encoding = this.encoding(payload.contentType);
      return {
        ...(payload.contentType === undefined ? {} : { observedContentType: payload.contentType }),
        mode,
        data: Buffer.from(payload.body).toString(encoding === 'BASE64' ? 'base64' : 'utf8'),
        encoding,
      };
    };
    return JSON.stringify({
      captureData: {
        ...(modes.has('Input') ? { endpointInput: side(exchange.input, 'INPUT') } : {}),
        ...(modes.has('Output') ? { endpointOutput: side(exchange.output, 'OUTPUT') } : {}),
      },
      eventMetadata: {
        eventId: this.random.uuid(),
        ...(exchange.customAttributes === undefined ? {} : { customAttributes: [exchange.customAttributes] }),
        ...(exchange.inferenceId === undefined ? {} : { inferenceId: exchange.inferenceId }),
        inferenceTime: `${this.context.simulation.clock.iso().slice(0, 19)}Z`,
      },
      eventVersion: '0',
    });
  }

  /** "If no headers are specified SageMaker will by default base64 encode" (API_CaptureContentTypeHeader). */
  private encoding(contentType: string | undefined): 'CSV' | 'JSON' | 'BASE64' {
    const media = contentType?.split(';')[0]!.trim().toLowerCase();
    const listed = (types: readonly string[] | undefined): boolean => media !== undefined && (types ?? []).some((type) => type.toLowerCase() === media);
    if (listed(this.config.CaptureContentTypeHeader?.CsvContentTypes)) return 'CSV';
    if (listed(this.config.CaptureContentTypeHeader?.JsonContentTypes)) return 'JSON';
    return 'BASE64';
  }
}

/** `yyyy/mm/dd/hh` */
function hourFolder(time: number): string {
  return new Date(time).toISOString().slice(0, 13).replace(/[-T]/g, '/');
}
