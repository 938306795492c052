import type { RunningSimulation } from '../../lib/rehearsal/create-simulation';
import type { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import type { SageMakerService } from '../../lib/rehearsal/services/sagemaker';
import { MODEL } from './fault-stacks';

const MINUTE = 60_000;
const HISTORY_MINUTES = 60;
const NAMESPACE = 'AWS/SageMaker';

/**
 * Requests to the endpoint as the metrics that they would leave, one datum per minute, fleet and metric: what an analysis and an alarm see
 * of thousands of requests. Only while the endpoint changes; before that, the hour that an analysis may look back on.
 */
export class VirtualTraffic {
  public requestsPerMinute = 500;
  private isChanging = false;

  public constructor(private readonly simulation: RunningSimulation) {
    simulation.timeline.subscribe(({ kind, subject, status }) => {
      if (kind !== 'endpoint' || subject !== MODEL || status !== 'Updating' || this.isChanging) return;
      this.isChanging = true;
      const now = Math.floor(simulation.clock.now() / MINUTE) * MINUTE;
      for (let minutes = HISTORY_MINUTES; minutes > 0; minutes--) this.serve(now - minutes * MINUTE);
      simulation.clock.at(now, () => this.tick());
    });
  }

  private tick(): void {
    const status = this.sageMaker.endpoint(MODEL)?.status;
    if (status === undefined || status === 'InService' || status === 'Failed') {
      this.isChanging = false;
      return;
    }
    const now = this.simulation.clock.now();
    this.serve(now);
    this.simulation.clock.at(now + MINUTE, () => this.tick());
  }

  private serve(time: number): void {
    const now = this.simulation.clock.now();
    const cloudWatch = this.simulation.service<CloudWatchService>('cloudwatch');
    for (const { endpointConfigName, modelNames, share } of this.sageMaker.endpoint(MODEL)!.fleets) {
      const requests = Math.round(this.requestsPerMinute * share);
      if (requests === 0) continue;
      const fault = this.simulation.faults.container(now, modelNames[0]!);
      const errors = Math.round(requests * (fault?.errorRate ?? 0.002));
      const latency = 20_000 + 1000 * (fault?.addedLatencyMilliseconds ?? 0);
      const variant = { EndpointName: MODEL, VariantName: 'AllTraffic' };
      for (const dimensions of [variant, { ...variant, EndpointConfigName: endpointConfigName }]) {
        cloudWatch.metrics.put(NAMESPACE, 'Invocations', dimensions, 1, requests, 'None', time);
        cloudWatch.metrics.put(NAMESPACE, 'Invocation5XXErrors', dimensions, 0, requests - errors, 'None', time);
        if (errors > 0) cloudWatch.metrics.put(NAMESPACE, 'Invocation5XXErrors', dimensions, 1, errors, 'None', time);
        cloudWatch.metrics.put(NAMESPACE, 'ModelLatency', dimensions, latency, requests, 'Microseconds', time);
      }
    }
    cloudWatch.alarms.wake();
  }

  private get sageMaker(): SageMakerService {
    return this.simulation.service<SageMakerService>('sagemaker');
  }
}
