import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { DescribeModelPackageCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { lakeKeys } from '../../data/data-lake.contract';
import { requireEnvironment } from '../../private/environment.contract';
import { getJson, putJson, putJsonIf } from '../../private/object-store.lambda-shared';
import { modelPackageVersion } from '../../registry/model-package.contract';
import { answerCloudFormation } from '../custom-resource.lambda-shared';
import type { ChampionPointer, DeploymentSettings } from '../deployment.contract';
import { findEndpoint } from '../sagemaker-state.lambda-shared';
import { deploymentSettings } from '../settings.lambda-shared';
import { isMarketplace } from '../plan/marketplace.lambda-shared';
import { previousChampions } from '../steps/promote-deployment.lambda';
import { checkServed } from './pinned-check.lambda-shared';
import { alarmsInAlarm, type PinnedOutcome, recordPinned } from './pinned-outcome.lambda-shared';
import { isSameRelease, PINNED_ENVIRONMENT, type PinnedAttempt, pinnedIntention, type PinnedProperties } from './pinned.contract';

export interface PinnedClients {
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
  readonly lambda: LambdaClient;
}

interface Run {
  readonly event: CloudFormationCustomResourceEvent;
  readonly asked: PinnedProperties;
  readonly clients: PinnedClients;
  readonly settings: DeploymentSettings;
  readonly outcomeFunction: string;
  readonly attempt?: PinnedAttempt;
  readonly champion?: { readonly value: ChampionPointer; readonly etag: string };
}

/**
 * Frames a release by CloudFormation. Every step may be repeated; outcomes are recorded before the attempt is closed, under an id that both
 * resources share, so that each attempt has exactly one record.
 *
 * @throws with the reason that `cdk deploy` shows
 */
export async function pinnedRelease(event: CloudFormationCustomResourceEvent, clients: PinnedClients, settings: DeploymentSettings, outcomeFunction: string): Promise<void> {
  const { bucket, modelName } = settings;
  const asked = event.ResourceProperties as unknown as PinnedProperties;
  const attempt = (await getJson<PinnedAttempt>(clients.s3, bucket, lakeKeys.pinnedAttempt(modelName)))?.value;
  const champion = await getJson<ChampionPointer>(clients.s3, bucket, lakeKeys.championPointer(modelName));
  const run: Run = { event, asked, clients, settings, outcomeFunction, attempt, champion };
  if (asked.Step === 'TRUTH') return event.RequestType === 'Delete' ? undefined : proveTruth(run);
  return event.RequestType === 'Delete' ? giveUp(run) : admit(run);
}

/** Before anything changes. */
async function admit(run: Run): Promise<void> {
  const { asked, attempt, champion, settings, clients, event } = run;
  const wanted = { modelPackageArn: asked.ModelPackageArn, release: asked.Release };
  const intention = pinnedIntention(wanted, attempt);
  if (intention === 'NOTHING') return;
  if (attempt?.open) await recordFailure(run, attempt, ['CloudFormation did not complete the release and goes back to what was served before']);
  if (intention === 'RETURN') return;
  const version = modelPackageVersion(asked.ModelPackageArn);
  // What served last may always be put back: a rollback of the stack must not fail because somebody rejected the version since.
  const served = [champion?.value.version, champion?.value.previous[0]?.version];
  if (!served.includes(version)) {
    const modelPackage = await clients.sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: asked.ModelPackageArn }));
    if (modelPackage.ModelApprovalStatus !== 'Approved') throw new Error(`version ${version} is not approved: its status is ${modelPackage.ModelApprovalStatus}`);
    if (isMarketplace(modelPackage)) {
      throw new Error(`version ${version} has a container of AWS Marketplace, which a pinned deployment would release unwatched: SageMaker has no deployment guardrails for it (deployment-guardrails-exclusions); use Deployment.allAtOnce()`);
    }
    const alarms = await alarmsInAlarm(clients.cloudWatch, settings.alarms);
    if (alarms.length > 0) throw new Error(`${alarms.join('; ')}: it would roll the release back at once`);
  }
  await putAttempt(run, { ...wanted, id: `${event.StackId}#${event.RequestId}`, open: true, proven: attempt?.proven });
}

/** After the endpoint has come to rest. */
async function proveTruth(run: Run): Promise<void> {
  const { asked, attempt, champion, clients, settings, event } = run;
  const verdict = await checkServed(clients, settings, asked);
  const wanted = { modelPackageArn: asked.ModelPackageArn, release: asked.Release };
  const fresh: PinnedAttempt = { ...wanted, id: `${event.StackId}#${event.RequestId}`, open: true, proven: attempt?.proven };
  const opened = attempt?.open === true && isSameRelease(attempt, wanted) ? attempt : undefined;
  if (!verdict.verified) {
    await recordFailure(run, opened ?? fresh, verdict.reasons);
    throw new Error(verdict.reasons.join('; '));
  }
  const moved = champion?.value.endpointConfigName !== asked.EndpointConfigName;
  if (!moved && !opened) return;
  const version = modelPackageVersion(asked.ModelPackageArn);
  const before = champion === undefined ? 'the first release' : `after version ${champion.value.version}`;
  const reasons = [`CloudFormation released version ${version} as ${asked.EndpointConfigName}, ${before}; the endpoint runs what was asked for`];
  const { id } = opened ?? fresh;
  await record(run, { id, outcome: 'DEPLOYED', reasons, time: verdict.since, noted: verdict.noted, modelPackageArn: asked.ModelPackageArn });
  if (moved) {
    const pointer: ChampionPointer = {
      version,
      modelPackageArn: asked.ModelPackageArn,
      endpointName: settings.endpointName,
      endpointConfigName: asked.EndpointConfigName!,
      modelName: asked.ModelName!,
      since: verdict.since,
      executionArn: event.StackId,
      previous: previousChampions(version, champion?.value, settings.keepVersions),
    };
    const condition = champion === undefined ? 'absent' : { etag: champion.etag };
    const key = lakeKeys.championPointer(settings.modelName);
    if (!(await putJsonIf(clients.s3, settings.bucket, key, pointer, condition))) throw new Error('the champion pointer was moved by somebody else during the release');
  }
  await putAttempt(run, { ...(opened ?? fresh), open: false, proven: wanted });
}

/** The stack goes, or could not be created. */
async function giveUp(run: Run): Promise<void> {
  if (run.attempt?.open) await recordFailure(run, run.attempt, ['CloudFormation did not complete the release and removes what it had created']);
}

async function recordFailure(run: Run, attempt: PinnedAttempt, reasons: readonly string[]): Promise<void> {
  const { clients, settings, champion } = run;
  const endpoint = await findEndpoint(clients.sagemaker, settings.endpointName);
  const modelPackage = await clients.sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: attempt.modelPackageArn }));
  await record(run, {
    id: attempt.id,
    // Without a champion there is nothing to go back to.
    outcome: champion === undefined ? 'FAILED' : 'ROLLED_BACK',
    reasons,
    // Custom resource requests carry no time: the last that is known of what was tried.
    time: (endpoint?.LastModifiedTime ?? modelPackage.LastModifiedTime ?? modelPackage.CreationTime)!.toISOString(),
    modelPackageArn: attempt.modelPackageArn,
  });
  await putAttempt(run, { ...attempt, open: false });
}

async function record({ clients, event, asked, settings, outcomeFunction }: Run, outcome: Omit<PinnedOutcome, 'stackId' | 'endpointConfigName'>): Promise<void> {
  await recordPinned({ ...outcome, stackId: event.StackId, endpointConfigName: asked.EndpointConfigName }, settings.modelName, clients, outcomeFunction);
}

async function putAttempt({ clients, settings }: Run, attempt: PinnedAttempt): Promise<void> {
  await putJson(clients.s3, settings.bucket, lakeKeys.pinnedAttempt(settings.modelName), attempt);
}

const clients: PinnedClients = { s3: new S3Client({}), sagemaker: new SageMakerClient({}), cloudWatch: new CloudWatchClient({}), lambda: new LambdaClient({}) };

export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  await answerCloudFormation(event, 'pinned-release', async () => {
    const environment = requireEnvironment(process.env, PINNED_ENVIRONMENT);
    await pinnedRelease(event, clients, deploymentSettings(environment), environment.OUTCOME_FUNCTION);
  });
}
