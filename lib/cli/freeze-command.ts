import { randomUUID } from 'node:crypto';
import type { FreezeEvent, FreezeResult, FreezeState } from '../governance/freeze.contract';
import type { CommandArguments } from './arguments';
import type { CommandLineIo } from './main';
import { OperatedModel } from './operated-model';
import { hanging, json, minute, palette } from './text';
import { UserError } from './user-error';

/** `freeze` and `unfreeze`: the decision and the record are the freeze function's. */
export async function freezeCommand(given: CommandArguments, io: CommandLineIo): Promise<number> {
  const action = given.command.name as FreezeEvent['action'];
  const reason = given.values.reason ?? (action === 'unfreeze' ? 'released by hand' : undefined);
  if (reason === undefined || reason.trim() === '') throw new UserError('freeze needs --reason: everybody who is stopped by it will read it');
  const model = await OperatedModel.open(given, io);
  const caller = await callerArn(model);
  const event: FreezeEvent = { action, reason, caller, time: new Date((io.now ?? Date.now)()).toISOString(), id: randomUUID() };
  const { changed, state } = await invoke(model, event);
  if (given.flags.has('json')) io.stdout.write(json({ modelName: model.name, changed, freeze: publicFreeze(state) }));
  else io.stdout.write(sentence(model.name, action, changed, state, io));
  return 0;
}

/** Who asks, for reasons and ledger. */
export async function callerArn({ aws }: OperatedModel): Promise<string> {
  return (await aws.sts.getCallerIdentity({})).Arn!;
}

/** Without what the function remembers for itself. */
export function publicFreeze(state: FreezeState | undefined): Omit<FreezeState, 'events'> | null {
  if (state === undefined) return null;
  const { events: _events, ...shown } = state;
  return shown;
}

async function invoke({ aws, settings }: OperatedModel, event: FreezeEvent): Promise<FreezeResult> {
  const response = await aws.lambda.invoke({ FunctionName: settings.freezeFunctionArn, Payload: Buffer.from(JSON.stringify(event)) });
  const text = Buffer.from(response.Payload ?? []).toString();
  if (response.FunctionError === undefined) return JSON.parse(text) as FreezeResult;
  const { errorMessage } = JSON.parse(text) as { errorMessage?: string };
  throw new UserError(`the freeze function failed, look at status before trying again: ${errorMessage ?? text}`);
}

function sentence(model: string, action: FreezeEvent['action'], changed: boolean, state: FreezeState | undefined, io: CommandLineIo): string {
  const { attention, good } = palette(io);
  if (action === 'unfreeze') return changed ? `${good('✓')} ${model} is released: approvals and triggers work again.\n` : `${model} was not frozen.\n`;
  if (!changed) return hanging('', `${model} is frozen already, since ${minute(state!.since)} by ${state!.by}: ${state!.reason}`);
  return hanging('', `${attention('❄')} ${model} is frozen: nothing but a person deploys or retrains it until cdk-ml-pipeline unfreeze ${model}`);
}
