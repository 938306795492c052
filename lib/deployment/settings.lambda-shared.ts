import { requireEnvironment } from '../private/environment.contract';
import { DEPLOYMENT_ENVIRONMENT, type DeploymentSettings } from './deployment.contract';

/** Parsed once per Lambda environment, not per event. */
export function deploymentSettings(environment: Record<string, string | undefined> = process.env): DeploymentSettings {
  return JSON.parse(requireEnvironment(environment, DEPLOYMENT_ENVIRONMENT).DEPLOYMENT_SETTINGS) as DeploymentSettings;
}
