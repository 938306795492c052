import type { AwsError } from './kernel/aws-error';
import type { Principal, Simulation } from './kernel/simulation';

export interface TrafficOptions {
  readonly endpoint: string;
  /** Virtual seconds between two requests. */
  readonly intervalSeconds: number;
  /** CSV rows of the next request. */
  readonly rows: (now: number) => readonly string[];
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
  /** Changes with each new rate; a loop of an older one ends. */
  private generation = 0;

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
    const { clock, gateway } = this.simulation;
    const rows = this.options.rows(clock.now());
    const time = clock.now();
    const input = { EndpointName: this.options.endpoint, ContentType: 'text/csv', Accept: 'text/csv', Body: rows.join('\n') };
    try {
      const { Body } = await gateway.call(this.principal, 'sagemaker-runtime', 'InvokeEndpoint', input);
      const scores = Buffer.from(Body as Uint8Array).toString('utf8').trim().split('\n');
      if (scores.length === rows.length) {
        this.answered++;
        this.answeredRows += rows.length;
      } else this.failed.push({ time, rows: rows.length, error: `${rows.length} rows sent, ${scores.length} scores received` });
    } catch (error) {
      this.failed.push({ time, rows: rows.length, error: (error as AwsError).code ?? (error as Error).message });
    }
  }
}
