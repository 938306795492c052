import { Duration } from 'aws-cdk-lib';
import { TaskType } from '../../data/data-contract.contract';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { EndpointSettings, ShadowSettings, TestSettings } from '../deployment.contract';
import { InconclusiveAnalysis } from './deployment-options';
import { captures, isInferentia1 } from './endpoint-facts';
import { ShadowAgreement } from './shadow-agreement';
import { AbTestDeploymentOptions, ShadowDeploymentOptions, UndecidedTest } from './stage-options';

/** InferenceExperiment's own limit (shadow-tests-create), and long enough for a test. */
const MAXIMUM_STAGE = Duration.days(30);

/** The new version answers copies of the requests. */
export class ShadowStage {
  public constructor(private readonly options: Omit<ShadowDeploymentOptions, 'then'>) {}

  public validate(path: string, problems: Problems, endpoint: EndpointSettings, endpointPath: string): void {
    const { options } = this;
    const settings = this.settings(endpoint);
    const check = checks('ShadowValueOutOfRange', path, problems);
    check('samplingPercentage', options.samplingPercentage, (value) => isIntegerWithin(value, 1, 100), 'must be an integer from 1 to 100', 'leave it out to copy every request');
    check('instanceCount', options.instanceCount, (value) => Number.isInteger(value) && value >= 1, 'must be an integer of at least 1', 'leave it out for as many as the share needs');
    check('minimumPairs', options.minimumPairs, (value) => Number.isInteger(value) && value >= 30, 'must be an integer of at least 30', 'use 500 unless traffic is very low');
    check('maximumLatencyRatio', options.maximumLatencyRatio, (value) => value > 0, 'must be greater than 0', 'use 1.5: half as slow again');
    check('confidence', options.confidence, (value) => value >= 0.5 && value <= 0.999, 'must be from 0.5 to 0.999', 'use 0.95');
    this.agreement._validate(`${path}.agreement`, problems);
    validateTimes(settings, path, problems);
    const { minimumSeconds, maximumSeconds } = settings;
    problems.require(minimumSeconds <= maximumSeconds, 'StageDurationOutOfRange', `${path}.minimumDuration`, `${minimumSeconds} s`, `must not be longer than maximumDuration, ${maximumSeconds} s`, 'raise maximumDuration or shorten minimumDuration');
    problems.require(
      options.inconclusive !== InconclusiveAnalysis.EXTEND,
      'ShadowCannotExtend',
      `${path}.inconclusive`,
      options.inconclusive,
      'must be ROLL_BACK or PROMOTE: a shadow stage is longer by maximumDuration',
      'raise maximumDuration',
    );
    this.validateKind(endpointPath, problems, endpoint);
  }

  public validateTask(path: string, problems: Problems, task: TaskType): void {
    this.agreement._validateTask(`${path}.agreement`, problems, task);
  }

  public settings(endpoint: EndpointSettings): ShadowSettings {
    const { options } = this;
    const samplingPercentage = options.samplingPercentage ?? Defaults.SHADOW_SAMPLING_PERCENTAGE;
    return {
      samplingPercentage,
      instanceCount: options.instanceCount ?? shareOfInstances(endpoint, samplingPercentage),
      intervalSeconds: (options.analysisInterval ?? Defaults.SHADOW_INTERVAL).toSeconds(),
      minimumSeconds: (options.minimumDuration ?? Defaults.SHADOW_MINIMUM_DURATION).toSeconds(),
      maximumSeconds: (options.maximumDuration ?? Defaults.SHADOW_MAXIMUM_DURATION).toSeconds(),
      minimumPairs: options.minimumPairs ?? Defaults.MINIMUM_PAIRS,
      ...this.agreement._settings(),
      maximumLatencyRatio: options.maximumLatencyRatio ?? Defaults.MAXIMUM_LATENCY_RATIO,
      confidence: options.confidence ?? Defaults.ANALYSIS_CONFIDENCE,
      inconclusive: options.inconclusive === InconclusiveAnalysis.PROMOTE ? 'PROMOTE' : 'ROLL_BACK',
    };
  }

  private get agreement(): ShadowAgreement {
    return this.options.agreement ?? ShadowAgreement.classification();
  }

  /** shadow-tests-exclusions. */
  private validateKind(at: string, problems: Problems, endpoint: EndpointSettings): void {
    if (endpoint.kind !== 'REAL_TIME') {
      const kind = endpoint.kind === 'SERVERLESS' ? 'Endpoint.serverless()' : 'Endpoint.asynchronous()';
      problems.add('EndpointWithoutShadow', at, kind, 'must be real-time: SageMaker has no shadow variants for others (shadow-tests-exclusions)', 'use Endpoint.realTime(), or leave the shadow stage out');
      return;
    }
    problems.require(!isInferentia1(endpoint), 'EndpointWithoutShadow', `${at}.instanceType`, endpoint.instanceType, 'must not be Inf1: SageMaker has no shadow variants for it (shadow-tests-exclusions)', 'use Inf2 or another instance type');
    problems.require(captures(endpoint), 'ShadowWithoutCapture', `${at}.samplingPercentage`, endpoint.samplingPercentage, 'must be greater than 0: answers are compared as they were captured', 'leave it out to capture everything');
  }
}

/** Champion and challenger both answer. */
export class AbTestStage {
  public constructor(private readonly options: Omit<AbTestDeploymentOptions, 'then'>) {}

  public validate(path: string, problems: Problems, endpoint: EndpointSettings, endpointPath: string): void {
    const { options } = this;
    const check = checks('AbTestValueOutOfRange', path, problems);
    check('challengerPercentage', options.challengerPercentage, (value) => isIntegerWithin(value, 1, 50), 'must be an integer from 1 to 50', 'use 50 for the shortest test, less for less risk');
    check('instanceCount', options.instanceCount, (value) => Number.isInteger(value) && value >= 1, 'must be an integer of at least 1', 'leave it out for as many as the share needs');
    check('minimumOutcomes', options.minimumOutcomes, (value) => Number.isInteger(value) && value >= 30, 'must be an integer of at least 30', 'use 200 unless traffic is very low');
    check('minimumImprovement', options.minimumImprovement, (value) => value >= 0, 'must be at least 0', 'leave it out when any improvement counts');
    check('confidence', options.confidence, (value) => value >= 0.5 && value <= 0.999, 'must be from 0.5 to 0.999', 'use 0.95');
    options.outcome._validate(`${path}.outcome`, problems);
    validateTimes(this.settings(endpoint), path, problems);
    this.validateKind(endpointPath, problems, endpoint);
  }

  public validateTask(path: string, problems: Problems, task: TaskType): void {
    this.options.outcome._validateTask(`${path}.outcome`, problems, task);
  }

  public settings(endpoint: EndpointSettings): TestSettings {
    const { options } = this;
    const challengerPercent = options.challengerPercentage ?? Defaults.CHALLENGER_PERCENTAGE;
    return {
      challengerPercent,
      instanceCount: options.instanceCount ?? shareOfInstances(endpoint, challengerPercent),
      intervalSeconds: (options.analysisInterval ?? Defaults.AB_TEST_INTERVAL).toSeconds(),
      maximumSeconds: (options.maximumDuration ?? Defaults.AB_TEST_MAXIMUM_DURATION).toSeconds(),
      minimumOutcomes: options.minimumOutcomes ?? Defaults.MINIMUM_OUTCOMES,
      confidence: options.confidence ?? Defaults.ANALYSIS_CONFIDENCE,
      test: options.analysisMethod ?? 'CONFIDENCE_SEQUENCE',
      minimumImprovement: options.minimumImprovement ?? 0,
      outcome: options.outcome._settings(),
      undecided: options.undecided ?? UndecidedTest.KEEP_CHAMPION,
    };
  }

  private validateKind(at: string, problems: Problems, endpoint: EndpointSettings): void {
    if (endpoint.kind !== 'REAL_TIME') {
      const kind = endpoint.kind === 'SERVERLESS' ? 'Endpoint.serverless()' : 'Endpoint.asynchronous()';
      problems.add('EndpointWithoutVariants', at, kind, 'must be real-time: other endpoints take one production variant (model-deploy-feature-matrix)', 'use Endpoint.realTime(), or leave the test out');
      return;
    }
    const { type } = this.options.outcome._settings();
    problems.require(
      type === 'METRIC' || captures(endpoint),
      'LabelsWithoutCapture',
      `${at}.samplingPercentage`,
      endpoint.samplingPercentage,
      'must be greater than 0: labels are joined with captured predictions',
      'leave it out to capture everything, or use AbTestOutcome.metric()',
    );
  }
}

type Check = (name: string, value: number | undefined, holds: (value: number) => boolean, rule: string, fix: string) => void;

function checks(code: string, path: string, problems: Problems): Check {
  return (name, value, holds, rule, fix) => {
    if (value !== undefined) problems.require(holds(value), code, `${path}.${name}`, value, rule, fix);
  };
}

function validateTimes({ intervalSeconds, maximumSeconds }: { readonly intervalSeconds: number; readonly maximumSeconds: number }, path: string, problems: Problems): void {
  const longest = MAXIMUM_STAGE.toSeconds();
  problems.require(intervalSeconds >= 60, 'AnalysisIntervalOutOfRange', `${path}.analysisInterval`, `${intervalSeconds} s`, 'must be at least 60 s', 'metrics come once a minute, captured requests later');
  problems.require(maximumSeconds >= intervalSeconds && maximumSeconds <= longest, 'StageDurationOutOfRange', `${path}.maximumDuration`, `${maximumSeconds} s`, `must be from analysisInterval to ${longest} s, 30 days`, 'use Duration.days(14)');
}

/** As much of the fleet as the percentage of the requests. */
function shareOfInstances(endpoint: EndpointSettings, percentage: number): number {
  return endpoint.kind === 'SERVERLESS' ? 1 : Math.max(1, Math.ceil((endpoint.instanceCount * percentage) / 100));
}

function isIntegerWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
