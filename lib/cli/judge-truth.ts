import { type ChampionPointer, configStage, resourceVersion } from '../deployment/deployment.contract';

export interface ServingEndpoint {
  readonly status: string;
  /** Configuration in effect. */
  readonly endpointConfigName: string;
  /** What an update is changing it to. */
  readonly pendingConfigName: string | null;
}

export interface Truth {
  /** Null while that cannot be said: nothing was deployed yet, or a deployment is at work. */
  readonly agrees: boolean | null;
  readonly sentence: string;
}

/** Whether what serves is what the champion pointer says. `deploying`: an execution of the deployment workflow runs. Pure. */
export function judgeTruth(modelName: string, champion: ChampionPointer | undefined, endpoint: ServingEndpoint | undefined, deploying: boolean): Truth {
  const say = (agrees: boolean | null, sentence: string): Truth => ({ agrees, sentence });
  if (champion === undefined) {
    if (endpoint === undefined) return say(null, 'nothing was deployed yet');
    return deploying ? say(null, 'the first deployment is at work') : say(false, 'the endpoint serves, but no champion was ever recorded');
  }
  if (endpoint === undefined) return say(deploying ? null : false, `the endpoint does not exist, but version ${champion.version} is the champion`);
  const { status, endpointConfigName: config } = endpoint;
  if (config === champion.endpointConfigName) {
    if (status === 'InService') return say(true, 'the endpoint serves the champion');
    if (status === 'Failed' || status === 'OutOfService') return say(false, `the endpoint has the champion's configuration, but is ${status}`);
    return say(true, `the endpoint serves the champion while it changes (${status})`);
  }
  const version = resourceVersion(modelName, config);
  const serving = version === undefined ? `${config}, which is none of this model's` : `version ${version}`;
  if (!deploying) return say(false, `the endpoint serves ${serving}, the champion is version ${champion.version}: deploy the version that should serve`);
  const stage = configStage(config);
  if (stage === 'RELEASE') return say(null, `the endpoint serves ${serving} already; its deployment is at work`);
  return say(null, `version ${version} is ${stage === 'SHADOW' ? 'in shadow of' : 'tested against'} the champion; its deployment is at work`);
}
