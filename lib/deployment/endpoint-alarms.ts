import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AlarmSeverity } from '../governance/alarm-severity';
import { ModelGovernance } from '../governance/model-governance';
import { endpointMetric, queueMetric, requestCountMetric } from '../monitoring/catalogue-metric';
import { ENDPOINT_METRICS } from '../monitoring/metric-catalogue.contract';
import { ModelAlarm, ModelAlarmProps } from '../private/model-alarm';
import { Deployment } from './choices/deployment';
import { EndpointAlarmSettings } from './choices/endpoint-alarm-settings';
import { EndpointSettings } from './deployment.contract';

/** Looked at in five minutes, three in a row. */
const PERIOD = Duration.minutes(5);
const PERIODS = 3;
/** A first instance takes minutes to start. */
const PERIODS_WITHOUT_CAPACITY = 6;

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, GREATER_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;

export interface EndpointAlarmsProps {
  readonly endpointName: string;
  readonly governance: ModelGovernance;
  readonly deployment: Deployment;
}

/**
 * Page the owner when the endpoint as a whole is ill: which version serves does not matter, nor whether its predictions are monitored. Each
 * kind of endpoint has the alarms for which SageMaker publishes the metrics.
 */
export class EndpointAlarms extends Construct {
  /** Too many requests without an answer. */
  public readonly errors: cloudwatch.Alarm;
  /** The model takes too long. */
  public readonly latency: cloudwatch.Alarm;
  /** Asynchronous endpoints: a request waits for too long. */
  public readonly backlog?: cloudwatch.Alarm;
  /** Serverless endpoints: requests are about to be throttled. Asynchronous ones: requests wait, and no instance comes. */
  public readonly capacity?: cloudwatch.Alarm;
  /** @internal */
  public readonly _kind: EndpointSettings['kind'];
  /** @internal */
  public readonly _settings: EndpointAlarmSettings;
  private readonly props: EndpointAlarmsProps;

  public constructor(scope: Construct, id: string, props: EndpointAlarmsProps) {
    super(scope, id);
    this.props = props;
    this._kind = props.deployment._choices().endpoint.kind;
    this._settings = props.deployment._endpointAlarms;
    const { endpointName } = props;
    const { latency, errorRate, backlogAge, concurrency } = this._settings;

    this.errors = this.alarm('Errors', {
      name: 'endpoint-errors',
      meaning: `More than ${errorRate * 100} % of the requests get no answer.`,
      metric: this.errorRate(),
      threshold: errorRate,
    });
    this.latency = this.alarm('Latency', {
      name: 'endpoint-latency',
      meaning: `The model takes longer than ${latency.toMilliseconds()} ms for one in ten requests.`,
      metric: endpointMetric(ENDPOINT_METRICS.modelLatency, endpointName, PERIOD, 'p90'),
      // ModelLatency is in microseconds.
      threshold: latency.toMilliseconds() * 1000,
    });
    if (backlogAge !== undefined) {
      this.backlog = this.alarm('Backlog', {
        name: 'endpoint-backlog',
        meaning: `A request has been waiting in the queue for more than ${backlogAge.toSeconds()} s.`,
        metric: queueMetric(ENDPOINT_METRICS.ageOfOldestRequest, endpointName, PERIOD, 'Maximum'),
        threshold: backlogAge.toSeconds(),
      });
    }
    if (this._kind === 'ASYNCHRONOUS') {
      this.capacity = this.alarm('Capacity', {
        name: 'endpoint-capacity',
        meaning: 'Requests wait in the queue, and no instance has come for half an hour.',
        metric: queueMetric(ENDPOINT_METRICS.backlogWithoutCapacity, endpointName, PERIOD, 'Average'),
        threshold: 1,
        comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        periods: PERIODS_WITHOUT_CAPACITY,
      });
    }
    if (concurrency !== undefined) {
      this.capacity = this.alarm('Capacity', {
        name: 'endpoint-capacity',
        meaning: `Requests use ${concurrency * 100} % of the maximum concurrency or more; beyond it they are throttled.`,
        metric: endpointMetric(ENDPOINT_METRICS.concurrentExecutionsUtilization, endpointName, PERIOD, 'Maximum'),
        threshold: concurrency,
        comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      });
    }
  }

  /** In the order of the runbook. */
  public get all(): cloudwatch.Alarm[] {
    return [this.errors, this.latency, this.backlog, this.capacity].filter((alarm) => alarm !== undefined);
  }

  /** @internal */
  public get _endpointName(): string {
    return this.props.endpointName;
  }

  private alarm(
    id: string,
    { periods = PERIODS, comparison = GREATER_THAN_THRESHOLD, ...rest }: Pick<ModelAlarmProps, 'name' | 'meaning' | 'metric' | 'threshold'> & Partial<Pick<ModelAlarmProps, 'comparison'>> & { readonly periods?: number },
  ): ModelAlarm {
    return new ModelAlarm(this, id, {
      governance: this.props.governance,
      ...rest,
      severity: AlarmSeverity.PAGE,
      comparison,
      datapointsToAlarm: periods,
      evaluationPeriods: periods,
      // No request, no metric: an endpoint that nobody asks, or that is not there yet, is not ill.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  private errorRate(): cloudwatch.MathExpression {
    const { endpointName } = this.props;
    const count = (metricName: string): cloudwatch.Metric => endpointMetric(metricName, endpointName, PERIOD, 'Sum');
    const requests = requestCountMetric(this._kind, endpointName, PERIOD);
    const common = { label: 'error rate', period: PERIOD };
    if (this._kind !== 'ASYNCHRONOUS') {
      return new cloudwatch.MathExpression({ ...common, expression: 'errors / requests', usingMetrics: { errors: count(ENDPOINT_METRICS.errors5xx), requests } });
    }
    // What fails before or after the model is in none of the model's metrics. SUM over several takes those that have a value in the period.
    const lost = { unread: count(ENDPOINT_METRICS.requestDownloadFailures), unwritten: count(ENDPOINT_METRICS.responseUploadFailures), expired: count(ENDPOINT_METRICS.expiredRequests) };
    return new cloudwatch.MathExpression({
      ...common,
      expression: 'SUM([errors, unread, unwritten, expired]) / SUM([requests, unread, unwritten, expired])',
      usingMetrics: { errors: count(ENDPOINT_METRICS.errors5xx), requests, ...lost },
    });
  }
}
