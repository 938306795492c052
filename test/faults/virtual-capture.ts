import type { RunningSimulation } from '../../lib/rehearsal/create-simulation';
import type { S3Service } from '../../lib/rehearsal/services/s3/s3-service';
import type { SimulatedService } from '../../lib/rehearsal/kernel/simulation';

/** Captured answers to the same stream of requests, whoever answers: request n has the same inference id and, from a good model, the same score. */
export class VirtualCapture {
  private readonly destinations = new Map<string, string | undefined>();

  public constructor(private readonly simulation: RunningSimulation) {}

  /** @param isOdd the model answers differently */
  public write(endpointConfig: string, variant: string, time: number, records: number, isOdd: boolean): void {
    const destination = this.destination(endpointConfig);
    if (destination === undefined) return;
    const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(destination)!;
    const iso = new Date(time).toISOString();
    const key = `${prefix}/${endpointConfig.replace(/-v\d.*$/, '')}/${variant}/${iso.slice(0, 13).replace(/[-T]/g, '/')}/${iso.slice(14, 16)}-00-000-${endpointConfig}.jsonl`;
    const lines = Array.from({ length: records }, (_, index) => line(`${iso.slice(0, 16)} ${index}`, iso, index, isOdd));
    this.simulation.service<S3Service>('s3').putObject(bucket!, key, `${lines.join('\n')}\n`);
  }

  private destination(endpointConfig: string): string | undefined {
    if (this.destinations.has(endpointConfig)) return this.destinations.get(endpointConfig);
    const { operator: principal } = this.simulation;
    const sageMaker = this.simulation.service<SimulatedService>('sagemaker');
    const config = sageMaker.handle({ principal, service: 'sagemaker', operation: 'DescribeEndpointConfig', input: { EndpointConfigName: endpointConfig } }) as any;
    const destination = config.DataCaptureConfig?.EnableCapture === true ? (config.DataCaptureConfig.DestinationS3Uri as string) : undefined;
    this.destinations.set(endpointConfig, destination);
    return destination;
  }
}

function line(inferenceId: string, time: string, index: number, isOdd: boolean): string {
  const score = (index * 0.618034) % 1;
  const output = isOdd ? 0.9 + 0.1 * score : score;
  const side = (mode: string, data: string): object => ({ observedContentType: 'text/csv', mode, data, encoding: 'CSV' });
  return JSON.stringify({
    captureData: { endpointInput: side('INPUT', `${index},1`), endpointOutput: side('OUTPUT', `${output.toFixed(6)}\n`) },
    eventMetadata: { eventId: `${inferenceId} event`, inferenceId, inferenceTime: `${time.slice(0, 19)}Z` },
    eventVersion: '0',
  });
}
