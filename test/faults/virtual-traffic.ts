import type { RunningSimulation } from '../../lib/rehearsal/create-simulation';
import type { CloudWatchService } from '../../lib/rehearsal/services/cloudwatch/cloudwatch-service';
import type { FleetView, SageMakerService } from '../../lib/rehearsal/services/sagemaker';
import type { StepFunctionsService } from '../../lib/rehearsal/services/sfn';
import { BUSINESS_METRIC, MODEL } from './fault-names';
import { VirtualCapture } from './virtual-capture';

const MINUTE = 60_000;
const HISTORY_MINUTES = 60;
const NAMESPACE = 'AWS/SageMaker';

/**
 * Requests to the endpoint as what they would leave behind: one datum per minute, variant and metric, and one captured file per minute and
 * variant. Analysis and alarms see the same as after thousands of requests. Only while the endpoint changes, has more than
 * one variant or is looked at; before that, the metrics of the hour that an analysis may look back on.
 */
export class VirtualTraffic {
  public requestsPerMinute = 500;
  private isRunning = false;
  private readonly capture: VirtualCapture;

  public constructor(private readonly simulation: RunningSimulation) {
    this.capture = new VirtualCapture(simulation);
    simulation.timeline.subscribe(({ kind, subject, status }) => {
      if (kind !== 'endpoint' || subject !== MODEL || status !== 'Updating' || this.isRunning) return;
      this.isRunning = true;
      const now = Math.floor(simulation.clock.now() / MINUTE) * MINUTE;
      for (let minutes = HISTORY_MINUTES; minutes > 0; minutes--) this.serve(now - minutes * MINUTE);
      simulation.clock.at(now, () => this.tick());
    });
  }

  private tick(): void {
    const endpoint = this.sageMaker.endpoint(MODEL);
    const isStill = endpoint?.status === 'InService' && endpoint.fleets[0]!.variants.length === 1 && this.simulation.service<StepFunctionsService>('sfn').running().length === 0;
    if (endpoint === undefined || endpoint.status === 'Failed' || isStill) {
      this.isRunning = false;
      return;
    }
    const now = this.simulation.clock.now();
    this.serve(now);
    this.simulation.clock.at(now + MINUTE, () => this.tick());
  }

  private serve(time: number): void {
    for (const fleet of this.sageMaker.endpoint(MODEL)!.fleets) this.serveFleet(fleet, time);
    this.simulation.service<CloudWatchService>('cloudwatch').alarms.wake();
  }

  private serveFleet({ endpointConfigName, share, variants }: FleetView, time: number): void {
    const weights = variants.reduce((sum, { shadow, weight }) => sum + (shadow ? 0 : weight), 0);
    for (const { name, modelName, weight, shadow } of variants) {
      const requests = Math.round(this.requestsPerMinute * share * (shadow ? 1 : weight / weights));
      if (requests === 0) continue;
      const fault = this.simulation.faults.container(this.simulation.clock.now(), modelName, name);
      const errors = Math.round(requests * (fault?.errorRate ?? 0.002));
      const latency = 20_000 + 1000 * (fault?.addedLatencyMilliseconds ?? 0);
      const variant = { EndpointName: MODEL, VariantName: name };
      const { metrics } = this.simulation.service<CloudWatchService>('cloudwatch');
      for (const dimensions of [variant, { ...variant, EndpointConfigName: endpointConfigName }]) {
        metrics.put(NAMESPACE, 'Invocations', dimensions, 1, requests, 'None', time);
        metrics.put(NAMESPACE, 'Invocation5XXErrors', dimensions, 0, requests - errors, 'None', time);
        if (errors > 0) metrics.put(NAMESPACE, 'Invocation5XXErrors', dimensions, 1, errors, 'None', time);
        metrics.put(NAMESPACE, 'ModelLatency', dimensions, latency, requests, 'Microseconds', time);
      }
      const converted = Math.round(requests * (fault?.changedPredictions ? 0.05 : name.startsWith('Challenger') ? 0.3 : 0.2));
      const business = { [BUSINESS_METRIC.variantDimension]: name };
      metrics.put(BUSINESS_METRIC.namespace, BUSINESS_METRIC.metricName, business, 1, converted, 'None', time);
      metrics.put(BUSINESS_METRIC.namespace, BUSINESS_METRIC.metricName, business, 0, requests - converted, 'None', time);
      if (time >= this.simulation.clock.now()) this.capture.write(endpointConfigName, name, time, Math.min(requests, RECORDS_PER_MINUTE), fault?.changedPredictions !== undefined);
    }
  }

  private get sageMaker(): SageMakerService {
    return this.simulation.service<SageMakerService>('sagemaker');
  }
}

const RECORDS_PER_MINUTE = 30;
