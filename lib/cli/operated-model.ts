import { lakeKeys } from '../data/data-lake.contract';
import type { ChampionPointer } from '../deployment/deployment.contract';
import type { FreezeState } from '../governance/freeze.contract';
import { OPERATIONS_PATH, operationsParameter, type OperationsSettings } from '../operations/operations.contract';
import { closest } from '../rehearsal/aws/closest';
import type { CommandArguments } from './arguments';
import { type AwsClients, connect } from './aws-clients';
import { AwsFailure } from './aws-failure';
import type { CommandLineIo } from './main';
import { UserError } from './user-error';

/** A model in an account, found by its name. */
export class OperatedModel {
  private constructor(
    public readonly settings: OperationsSettings,
    public readonly aws: AwsClients,
  ) {}

  /** @throws UserError when there is no such model, with the models that there are */
  public static async open({ positionals, values }: CommandArguments, io: CommandLineIo): Promise<OperatedModel> {
    const name = positionals[0]!;
    const aws = (io.connect ?? connect)({ region: values.region, profile: values.profile, endpointUrl: values['endpoint-url'] });
    let text: string;
    try {
      text = (await aws.ssm.getParameter({ Name: operationsParameter(name) })).Parameter!.Value!;
    } catch (error) {
      const { code } = error as AwsFailure;
      // Who may look at some models only is denied a name that there is not, too.
      const known = code === 'ParameterNotFound' ? await knownModels(aws) : code === 'AccessDeniedException' ? await knownModels(aws).catch(() => [name]) : [name];
      throw known.includes(name) ? error : new UserError(unknown(name, known));
    }
    const settings = JSON.parse(text) as OperationsSettings;
    if (settings.form !== 1) throw new UserError(`model ${name} was deployed by a newer cdk-ml-pipeline: update this one`);
    return new OperatedModel(settings, aws);
  }

  public get name(): string {
    return this.settings.modelName;
  }

  /** Of the account that the model is in, and not necessarily of the caller. */
  public get place(): { readonly region: string; readonly account: string } {
    const [, , , region, account] = this.settings.freezeFunctionArn.split(':');
    return { region: region!, account: account! };
  }

  public champion(): Promise<ChampionPointer | undefined> {
    return this.read<ChampionPointer>(lakeKeys.championPointer(this.name));
  }

  /** The freeze that holds. */
  public async freeze(): Promise<FreezeState | undefined> {
    const state = await this.read<FreezeState>(lakeKeys.freeze(this.name));
    return state?.frozen === true ? state : undefined;
  }

  /** A JSON object of the lake, or undefined when there is none. */
  public async read<T>(key: string): Promise<T | undefined> {
    try {
      const { Body } = await this.aws.s3.getObject({ Bucket: this.settings.bucket, Key: key });
      return JSON.parse(await Body!.transformToString()) as T;
    } catch (error) {
      if ((error as AwsFailure).code === 'NoSuchKey') return undefined;
      if (error instanceof SyntaxError) throw new UserError(`s3://${this.settings.bucket}/${key} is no JSON: ${error.message}`);
      throw error;
    }
  }
}

async function knownModels(aws: AwsClients): Promise<string[]> {
  const names: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await aws.ssm.getParametersByPath({ Path: OPERATIONS_PATH, NextToken });
    names.push(...(page.Parameters ?? []).map(({ Name }) => Name!.slice(OPERATIONS_PATH.length + 1)));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return names.sort();
}

function unknown(name: string, known: readonly string[]): string {
  if (known.length === 0) return `there is no model ${name}, nor any other, in this account and region; see --region and --profile`;
  const near = closest(name, known);
  return `there is no model ${name} in this account and region${near === undefined ? '' : `; did you mean ${near}?`}${near === undefined || known.length > 1 ? `; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}` : ''}`;
}
