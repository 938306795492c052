import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sns from 'aws-cdk-lib/aws-sns';
import { TaskType } from '../../data/data-contract.contract';
import { Defaults } from '../../private/defaults';
import { Problems } from '../../private/errors';
import { DeploymentChoices } from '../deployment.contract';
import { PinnedChoices } from '../pinned/pinned.contract';
import { AllAtOnceDeploymentOptions, CanaryDeploymentOptions, LinearDeploymentOptions, RollingDeploymentOptions } from './deployment-options';
import { AsynchronousCaptureSettings } from './endpoint';
import { EndpointAlarmSettings } from './endpoint-alarm-settings';
import { captures } from './endpoint-facts';
import { Pin } from './pin';
import { Release } from './release';
import { AbTestDeploymentOptions, PinnedDeploymentOptions, ShadowDeploymentOptions } from './stage-options';
import { AbTestStage, ShadowStage } from './stages';

/** A release, or something that comes before another deployment. */
type Step =
  | { readonly kind: 'RELEASE'; readonly release: Release }
  | { readonly kind: 'SHADOW'; readonly stage: ShadowStage; readonly next: Deployment }
  | { readonly kind: 'AB_TEST'; readonly stage: AbTestStage; readonly next: Deployment }
  | { readonly kind: 'PINNED'; readonly pin: Pin; readonly next: Deployment };

/** What may follow: the question whether the new version works at all comes before the question whether it is better. */
const FOLLOWERS = { SHADOW: ['AB_TEST', 'RELEASE'], AB_TEST: ['RELEASE'], PINNED: ['RELEASE'] } as const;

/** How a new version takes over the endpoint. Every way keeps the old version until the new one has proven itself. */
export class Deployment {
  /** A small part of the traffic first, the rest after a baking period. */
  public static canary(options: CanaryDeploymentOptions = {}): Deployment {
    return Deployment.release(new Release('CANARY', options.canarySize ?? Defaults.CANARY_SIZE, options.waitInterval ?? Defaults.CANARY_WAIT_INTERVAL, options));
  }

  /** Equal steps, each with a baking period. */
  public static linear(options: LinearDeploymentOptions): Deployment {
    return Deployment.release(new Release('LINEAR', options.stepSize, options.waitInterval, options));
  }

  /**
   * Instances are replaced batch by batch, each with a baking period: there is never a whole second fleet to pay for or to wait for, which is what
   * scarce instance types need (deployment-guardrails-rolling).
   */
  public static rolling(options: RollingDeploymentOptions = {}): Deployment {
    return Deployment.release(new Release('ROLLING', options.batchSize ?? Defaults.BATCH_SIZE, options.waitInterval ?? Defaults.ROLLING_WAIT_INTERVAL, options));
  }

  /**
   * All traffic at once: everybody meets a bad version until it is rolled back. The one way for endpoints without deployment guardrails
   * (serverless, Inf1), where the workflow itself watches the new version and puts the old one back.
   */
  public static allAtOnce(options: AllAtOnceDeploymentOptions = {}): Deployment {
    return Deployment.release(new Release('ALL_AT_ONCE', 100, options.waitInterval ?? Defaults.ALL_AT_ONCE_WAIT_INTERVAL, options));
  }

  /** The new version first answers copies of the requests, and nobody gets its answers. When they agree with the champion's, `then` goes on. */
  public static shadow(options: ShadowDeploymentOptions): Deployment {
    return new Deployment({ kind: 'SHADOW', stage: new ShadowStage(options), next: options.then });
  }

  /** Champion and challenger both answer, each its share of the requests, until outcomes decide. The winner is released by `then`, or the champion stays. */
  public static abTest(options: AbTestDeploymentOptions): Deployment {
    return new Deployment({ kind: 'AB_TEST', stage: new AbTestStage(options), next: options.then ?? Deployment.allAtOnce() });
  }

  /**
   * CloudFormation owns the endpoint, and `cdk deploy` with another version is the release, with the same guardrails. An approval deploys nothing,
   * and the analysis does not run: only alarms roll back.
   */
  public static pinned(options: PinnedDeploymentOptions = {}): Deployment {
    return new Deployment({ kind: 'PINNED', pin: new Pin(options), next: options.by ?? Deployment.canary() });
  }

  private static release(release: Release): Deployment {
    return new Deployment({ kind: 'RELEASE', release });
  }

  private constructor(private readonly step: Step) {}

  /** @internal */
  public _validate(path: string, problems: Problems): void {
    const { step } = this;
    if (step.kind === 'RELEASE') {
      step.release.validate(path, problems);
      return;
    }
    const nextPath = `${path}.${this.nextName}`;
    const followers: readonly string[] = FOLLOWERS[step.kind];
    const next = step.next.step.kind;
    if (!followers.includes(next)) {
      const said = `Deployment.${FACTORIES[next]}()`;
      problems.add('DeploymentOrder', nextPath, said, `must not follow Deployment.${FACTORIES[step.kind]}()`, ORDER_FIXES[step.kind]);
      return;
    }
    step.next._validate(nextPath, problems);
    const { release } = this;
    if (step.kind === 'PINNED') step.pin.validate(path, nextPath, problems, release);
    else step.stage.validate(path, problems, this._choices().endpoint, `${this.releasePath(path)}.endpoint`);
  }

  /**
   * What only the data contract can tell.
   *
   * @internal
   */
  public _validateTask(path: string, problems: Problems, task: TaskType): void {
    const { step } = this;
    if (step.kind === 'RELEASE') return;
    if (step.kind !== 'PINNED') step.stage.validateTask(path, problems, task);
    step.next._validateTask(`${path}.${this.nextName}`, problems, task);
  }

  /**
   * The user's choices with every default resolved.
   *
   * @internal
   */
  public _choices(): DeploymentChoices {
    const { step } = this;
    if (step.kind === 'RELEASE') return step.release.choices();
    const choices = step.next._choices();
    if (step.kind === 'SHADOW') return { ...choices, shadow: step.stage.settings(choices.endpoint) };
    if (step.kind === 'AB_TEST') return { ...choices, test: step.stage.settings(choices.endpoint) };
    return choices;
  }

  /**
   * Set when CloudFormation owns the endpoint.
   *
   * @internal
   */
  public get _pinned(): PinnedChoices | undefined {
    return this.step.kind === 'PINNED' ? this.step.pin.choices(this._choices()) : undefined;
  }

  /** @internal */
  public get _rollbackAlarms(): cloudwatch.IAlarm[] {
    return this.release.alarms;
  }

  /**
   * Topics that the endpoint publishes to with its execution role.
   *
   * @internal
   */
  public get _topics(): sns.ITopic[] {
    return this.release.endpoint._topics;
  }

  /** @internal */
  public get _endpointAlarms(): EndpointAlarmSettings {
    return this.release.endpoint._alarmSettings;
  }

  /**
   * Whether any request is captured, by whomever, without which nothing can be monitored.
   *
   * @internal
   */
  public get _captures(): boolean {
    return captures(this._choices().endpoint) || this._asynchronousCapture !== undefined;
  }

  /** @internal */
  public get _asynchronousCapture(): AsynchronousCaptureSettings | undefined {
    return this.release.endpoint._asynchronousCapture;
  }

  private get release(): Release {
    return this.step.kind === 'RELEASE' ? this.step.release : this.step.next.release;
  }

  private releasePath(path: string): string {
    return this.step.kind === 'RELEASE' ? path : this.step.next.releasePath(`${path}.${this.nextName}`);
  }

  private get nextName(): string {
    return this.step.kind === 'PINNED' ? 'by' : 'then';
  }
}

const FACTORIES = { RELEASE: 'canary', SHADOW: 'shadow', AB_TEST: 'abTest', PINNED: 'pinned' } as const;

const ORDER_FIXES = {
  SHADOW: 'use a release (canary, linear, rolling, allAtOnce) or an abTest that ends with one',
  AB_TEST: 'use a release (canary, linear, rolling, allAtOnce), and put a shadow stage before: Deployment.shadow({ then: Deployment.abTest(…) })',
  PINNED: 'use a release (canary, linear, rolling, allAtOnce): CloudFormation leaves no room for a stage before it',
} as const;
