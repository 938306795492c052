import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { AnalysisSettings, DeploymentChoices, EndpointSettings, RoutingSettings, totalWaitSeconds } from '../deployment.contract';
import { DeploymentOptions, InconclusiveAnalysis } from './deployment-options';
import { Endpoint } from './endpoint';
import { captures, hasGuardrails } from './endpoint-facts';
import { MAXIMUM_SECONDS, validateDurations, validateEndpoint, validateNumbers, validateSize } from './release-rules';

export type ReleaseType = 'CANARY' | 'LINEAR' | 'ROLLING' | 'ALL_AT_ONCE';

/** The stage that every deployment has: the new version takes over. */
export class Release {
  public constructor(
    public readonly type: ReleaseType,
    public readonly percent: number,
    private readonly waitInterval: Duration,
    public readonly options: DeploymentOptions,
  ) {}

  public get endpoint(): Endpoint {
    return this.options.endpoint ?? Endpoint.realTime();
  }

  public get alarms(): cloudwatch.IAlarm[] {
    return this.options.rollbackAlarms ?? [];
  }

  /** Instances of which the percentage is a whole one. */
  public get fewestInstances(): number {
    return Math.max(1, Math.ceil(100 / this.percent));
  }

  public validate(path: string, problems: Problems): void {
    const choices = this.choices();
    validateSize(this, path, problems);
    validateNumbers(this, path, problems, choices);
    this.endpoint._validate(`${path}.endpoint`, problems, this.fewestInstances);
    if (!Token.isUnresolved(this.percent)) validateEndpoint(this, path, problems, choices);
    validateDurations(path, problems, choices);
  }

  /** The user's choices with every default resolved. */
  public choices(): DeploymentChoices {
    const { options } = this;
    const endpoint = this.endpoint._choices(this.fewestInstances);
    const type = this.type === 'ALL_AT_ONCE' && !hasGuardrails(endpoint) ? 'UNGUARDED' : this.type;
    const routing: RoutingSettings = { type, percent: this.percent, waitSeconds: this.waitInterval.toSeconds() };
    // API_RollingUpdatePolicy has no termination wait: the old fleet goes batch by batch.
    const keepsOldFleet = type !== 'ROLLING' && type !== 'UNGUARDED';
    const terminationWaitSeconds = keepsOldFleet ? (options.terminationWait ?? Defaults.TERMINATION_WAIT).toSeconds() : 0;
    const total = totalWaitSeconds({ routing, terminationWaitSeconds });
    const latency = endpoint.kind === 'ASYNCHRONOUS' ? Defaults.ASYNCHRONOUS_ROLLBACK_LATENCY : Defaults.ROLLBACK_LATENCY;
    return {
      endpoint,
      keepVersions: options.keepVersions ?? Defaults.KEEP_VERSIONS,
      routing,
      terminationWaitSeconds,
      maximumSeconds: options.maximumDuration?.toSeconds() ?? Math.min(MAXIMUM_SECONDS, total + Defaults.DEPLOYMENT_SLACK.toSeconds()),
      rollback: {
        errorRate: options.rollbackErrorRate ?? Defaults.ROLLBACK_ERROR_RATE,
        latencyMicroseconds: (options.rollbackLatency ?? latency).toMilliseconds() * 1000,
        latencyPercentile: options.latencyPercentile ?? Defaults.LATENCY_PERCENTILE,
      },
      analysis: this.analysis(endpoint),
      alarms: this.alarms.map((alarm) => alarm.alarmName),
    };
  }

  private analysis(endpoint: EndpointSettings): AnalysisSettings {
    const { options } = this;
    const inconclusive = options.inconclusive ?? (this.type === 'ALL_AT_ONCE' ? InconclusiveAnalysis.PROMOTE : InconclusiveAnalysis.ROLL_BACK);
    const compares = options.comparePredictions ?? captures(endpoint);
    return {
      intervalSeconds: (options.analysisInterval ?? Defaults.ANALYSIS_INTERVAL).toSeconds(),
      minimumRequests: options.minimumRequests ?? Defaults.MINIMUM_REQUESTS,
      confidence: options.confidence ?? Defaults.ANALYSIS_CONFIDENCE,
      test: options.analysisMethod ?? 'CONFIDENCE_SEQUENCE',
      ...(compares ? { predictionDistance: options.predictionDistance ?? Defaults.PREDICTION_DISTANCE } : {}),
      inconclusive,
      maximumExtensions: inconclusive === InconclusiveAnalysis.EXTEND ? (options.maximumExtensions ?? Defaults.MAXIMUM_EXTENSIONS) : 0,
    };
  }
}
