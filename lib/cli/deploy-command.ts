import { randomUUID } from 'node:crypto';
import type { DeploymentInput } from '../deployment/deployment.contract';
import { type CommandArguments, integer } from './arguments';
import type { AwsFailure } from './aws-failure';
import { chooseRollback, type Choice } from './choose-rollback';
import { type EndedExecution, follow, runningExecutions } from './executions';
import { callerArn, publicFreeze } from './freeze-command';
import type { CommandLineIo } from './main';
import { OperatedModel } from './operated-model';
import { hanging, json, minute, outcomeColour, palette } from './text';
import { UserError } from './user-error';

/** SageMaker numbers versions from 1. */
const VERSION_MAXIMUM = 1_000_000_000;

/** The release of an approved version by hand. */
export async function deployCommand(given: CommandArguments, io: CommandLineIo): Promise<number> {
  const version = integer('VERSION', given.positionals[1]!, 1, VERSION_MAXIMUM);
  const model = await OperatedModel.open(given, io);
  return start(model, 'manual', { version, why: 'deployed by hand' }, given, io);
}

/** Back to an earlier version. */
export async function rollbackCommand(given: CommandArguments, io: CommandLineIo): Promise<number> {
  const to = given.values.to === undefined ? undefined : integer('--to', given.values.to, 1, VERSION_MAXIMUM);
  const model = await OperatedModel.open(given, io);
  const { deploymentStateMachineArn } = model.settings;
  const running = deploymentStateMachineArn === undefined ? [] : await findRunning(model, deploymentStateMachineArn);
  // Another rollback is not what a rollback ends.
  const deploying = running.filter(({ trigger }) => trigger !== 'rollback').map(({ version }) => version);
  return start(model, 'rollback', chooseRollback(model.name, await model.champion(), to, deploying), given, io);
}

async function start(model: OperatedModel, trigger: DeploymentInput['trigger'], { version, why }: Choice, given: CommandArguments, io: CommandLineIo): Promise<number> {
  const { deploymentStateMachineArn: stateMachineArn } = model.settings;
  if (stateMachineArn === undefined) throw new UserError(`${model.name} is released by cdk deploy: change the version there, or put it back there`);
  const modelPackageArn = await approvedPackage(model, version);
  const champion = await model.champion();
  const [freeze, running, caller] = await Promise.all([model.freeze(), findRunning(model, stateMachineArn), callerArn(model)]);
  // What is being deployed can be ended although the endpoint does not change yet.
  const isEnding = trigger === 'rollback' && running.some((other) => other.trigger !== 'rollback');
  const again = given.flags.has('again');
  if (!isEnding && !again && champion?.version === version && (await serves(model, champion.endpointConfigName))) throw new UserError(`version ${version} of ${model.name} is already serving, since ${minute(champion.since)}${trigger === 'manual' ? '; --again deploys it once more' : ''}`);
  const input: DeploymentInput = { modelPackageArn, trigger, reason: `${given.values.reason ?? why} (by ${caller})`, ...(again ? { again } : {}) };
  const { executionArn } = await model.aws.sfn.startExecution({ stateMachineArn, name: `${trigger}-v${version}-${randomUUID()}`, input: JSON.stringify(input) });

  const asJson = given.flags.has('json');
  const say = (text: string): unknown => (asJson ? io.stderr : io.stdout).write(text);
  const { attention } = palette(io);
  const from = champion === undefined ? 'nothing was deployed before' : `the champion is version ${champion.version}`;
  const verb = trigger === 'rollback' ? 'rolling back to' : 'deploying';
  say(hanging('', `${model.name}: ${champion?.version === version && isEnding ? `ending the deployment under way; version ${version} goes on` : `${verb} version ${version}; ${from}`}`));
  say(`  ${executionArn}\n`);
  if (freeze !== undefined) say(hanging('  ', `The freeze of ${minute(freeze.since)} by ${freeze.by} holds for what starts by itself (${freeze.reason}); this deployment goes on.`, attention));
  for (const other of running) {
    const turn = trigger === 'rollback' && other.trigger !== 'rollback' ? 'it is ended at its next look, then it is the turn of this one' : 'this one waits for its turn';
    say(hanging('  ', `Another deployment is at work since ${minute(other.since)}, in ${other.state ?? 'its first state'}; ${turn}.`, attention));
  }
  const started = { modelName: model.name, version, trigger, reason: input.reason, executionArn, freeze: publicFreeze(freeze) };
  if (!given.flags.has('wait')) {
    if (asJson) io.stdout.write(json({ ...started, outcome: null }));
    else say(`Follow it with: cdk-ml-pipeline status ${model.name}\n`);
    return 0;
  }
  const began = (io.now ?? Date.now)();
  const sleep = io.sleep ?? ((milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)));
  const ended = await follow(model.aws, executionArn!, ({ name, time }) => say(`  ${time.toISOString().slice(11, 19)}  ${words(name)}\n`), sleep).catch((error: Error) => {
    throw error instanceof UserError ? new UserError(`${error.message}; the deployment goes on: cdk-ml-pipeline status ${model.name}`) : error;
  });
  if (asJson) io.stdout.write(json({ ...started, outcome: ended.outcome, status: ended.status, reasons: ended.reasons }));
  else io.stdout.write(conclude(ended, (io.now ?? Date.now)() - began, io));
  if (ended.outcome === 'DEPLOYED') return 0;
  // Nothing was left to do after the other deployment had been ended: the version serves.
  const now = trigger === 'rollback' && ended.outcome === 'SKIPPED' ? await model.champion() : undefined;
  return now?.version === version && (await serves(model, now.endpointConfigName)) ? 0 : 1;
}

/** @throws UserError unless the version exists and is approved */
async function approvedPackage({ aws, settings, name, place }: OperatedModel, version: number): Promise<string> {
  const partition = settings.trainingStateMachineArn.split(':')[1];
  const modelPackageArn = `arn:${partition}:sagemaker:${place.region}:${place.account}:model-package/${settings.modelPackageGroup}/${version}`;
  try {
    const { ModelApprovalStatus } = await aws.sageMaker.describeModelPackage({ ModelPackageName: modelPackageArn });
    if (ModelApprovalStatus === 'Approved') return modelPackageArn;
    throw new UserError(`version ${version} of ${name} is not approved: its status is ${ModelApprovalStatus}; approve it in the registry first`);
  } catch (error) {
    // SageMaker has no error of its own for what does not exist (API_DescribeModelPackage).
    if ((error as AwsFailure).code !== 'ValidationException') throw error;
    const { ModelPackageSummaryList: [newest] = [] } = await aws.sageMaker.listModelPackages({ ModelPackageGroupName: settings.modelPackageGroup, SortBy: 'CreationTime', SortOrder: 'Descending', MaxResults: 1 });
    throw new UserError(`there is no version ${version} of ${name}; ${newest === undefined ? 'none is registered yet' : `the newest is version ${newest.ModelPackageVersion}`}`);
  }
}

async function serves({ aws, settings }: OperatedModel, endpointConfigName: string): Promise<boolean> {
  try {
    const endpoint = await aws.sageMaker.describeEndpoint({ EndpointName: settings.endpointName });
    return endpoint.EndpointStatus === 'InService' && endpoint.EndpointConfigName === endpointConfigName;
  } catch (error) {
    if ((error as AwsFailure).code === 'ValidationException') return false;
    throw error;
  }
}

/** @throws UserError when the state machine is gone: the parameter tells of a stack that was changed by hand */
async function findRunning(model: OperatedModel, stateMachineArn: string): ReturnType<typeof runningExecutions> {
  try {
    return await runningExecutions(model.aws, stateMachineArn);
  } catch (error) {
    if ((error as AwsFailure).code !== 'StateMachineDoesNotExist') throw error;
    throw new UserError(`the deployment workflow of ${model.name} does not exist any more (${stateMachineArn}): deploy the stack again`);
  }
}

/** `WaitBetweenLooks` → `wait between looks` */
function words(state: string): string {
  return state.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

function conclude({ outcome, reasons }: EndedExecution, milliseconds: number, io: CommandLineIo): string {
  const colours = palette(io);
  const minutes = Math.round(milliseconds / 60_000);
  return `${outcomeColour(colours, outcome)(outcome)}${minutes === 0 ? '' : ` after ${minutes} min`}\n${reasons.map((reason) => hanging('  - ', reason)).join('')}`;
}
