import type { ChampionPointer } from '../deployment/deployment.contract';
import { UserError } from './user-error';

export interface Choice {
  readonly version: number;
  /** For the ledger, when the person gives no reason. */
  readonly why: string;
}

/**
 * The version to go back to: the champion while another version is being deployed, else the champion before the present one, unless one is
 * named. After a rollback that would be the very version that was rolled back from, so then a person has to name one.
 *
 * @param deploying what is being deployed now, as far as the runs say
 * @throws UserError
 */
export function chooseRollback(model: string, champion: ChampionPointer | undefined, to: number | undefined, deploying: readonly (number | null)[] = []): Choice {
  if (champion === undefined) throw new UserError(`${model} has no champion yet: there is nothing to roll back`);
  const versions = [...new Set(champion.previous.map(({ version }) => version))].filter((version) => version !== champion.version);
  const kept = versions.length === 0 ? '' : `; earlier champions: ${versions.join(', ')}`;
  if (to !== undefined) {
    if (to > champion.version && !versions.includes(to)) {
      throw new UserError(`version ${to} has never been champion and is newer than version ${champion.version}: use cdk-ml-pipeline deploy ${model} ${to}${kept}`);
    }
    return { version: to, why: `rolled back from version ${champion.version} by hand` };
  }
  if (deploying.some((version) => version !== champion.version)) {
    const named = deploying.filter((version) => version !== null && version !== champion.version);
    return { version: champion.version, why: `the deployment ${named.length === 0 ? 'under way' : `of version ${named.join(', ')}`} was ended by hand` };
  }
  const before = versions[0];
  if (before === undefined) throw new UserError(`there is nothing to roll back to: no champion of ${model} before version ${champion.version} is kept; name a version with --to`);
  if (before > champion.version) {
    throw new UserError(`version ${before} served before version ${champion.version} but is newer, so going back to it would undo a rollback: name a version with --to${kept}`);
  }
  return { version: before, why: `rolled back from version ${champion.version} by hand` };
}
