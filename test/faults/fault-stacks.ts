import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { DataLake } from '../../lib/data/data-lake';
import { AbTestOutcome } from '../../lib/deployment/choices/ab-test-outcome';
import { Deployment } from '../../lib/deployment/choices/deployment';
import { DeploymentWorkflow } from '../../lib/deployment/workflow/deployment-workflow';
import { Endpoint } from '../../lib/deployment/choices/endpoint';
import { ModelGovernance } from '../../lib/governance/model-governance';
import { ModelOwner } from '../../lib/governance/model-owner';
import { ModelRegistry } from '../../lib/registry/model-registry';
import { BUSINESS_METRIC, MODEL } from './fault-names';

export { MODEL } from './fault-names';

/** Looks are far apart so that a deployment takes few of them, and nothing is captured where nobody reads it; the rest is what a user gets. */
const LOOKS = { analysisInterval: Duration.minutes(2), keepVersions: 1 };
const PLAIN = { ...LOOKS, comparePredictions: false, endpoint: Endpoint.realTime({ samplingPercentage: 0 }) };

/** The deployments that sequences of faults are drawn for. */
export const DEPLOYMENTS: Record<string, () => Deployment> = {
  canary: () => Deployment.canary(PLAIN),
  linear: () => Deployment.linear({ ...PLAIN, waitInterval: Duration.minutes(6), stepSize: 50 }),
  rolling: () => Deployment.rolling({ ...PLAIN, waitInterval: Duration.minutes(6), batchSize: 50 }),
  allAtOnce: () => Deployment.allAtOnce({ ...PLAIN, waitInterval: Duration.minutes(6) }),
  predictions: () => Deployment.canary({ ...LOOKS, comparePredictions: true }),
  shadow: () =>
    Deployment.shadow({
      analysisInterval: Duration.minutes(10),
      minimumDuration: Duration.minutes(20),
      maximumDuration: Duration.hours(1),
      minimumPairs: 100,
      then: Deployment.canary(LOOKS),
    }),
  abTest: () =>
    Deployment.abTest({
      outcome: AbTestOutcome.metric(BUSINESS_METRIC),
      analysisInterval: Duration.minutes(10),
      maximumDuration: Duration.minutes(90),
      then: Deployment.allAtOnce({ ...PLAIN, waitInterval: Duration.minutes(6) }),
    }),
  serverless: () => Deployment.allAtOnce({ ...LOOKS, waitInterval: Duration.minutes(6), endpoint: Endpoint.serverless() }),
};

/** Synthesizes each deployment with what surrounds it in a pipeline. @returns folder of the cloud assembly by name */
export function synthesize(names: readonly string[] = Object.keys(DEPLOYMENTS)): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'fault-stacks-'));
  return Object.fromEntries(
    names.map((name) => {
      const app = new App({ outdir: join(folder, name), analyticsReporting: false });
      const stack = new Stack(app, 'Faults', { env: { account: '111122223333', region: 'us-east-1' } });
      const lake = new DataLake(stack, 'Lake');
      const governance = new ModelGovernance(stack, 'Governance', { modelName: MODEL, lake, owner: ModelOwner.team('shop-team', { email: 'shop-team@example.com' }) });
      const registry = new ModelRegistry(stack, 'Registry', { modelName: MODEL });
      const { executionRole } = new DeploymentWorkflow(stack, 'Deployment', { modelName: MODEL, lake, governance, registry, deployment: DEPLOYMENTS[name]!() });
      Repository.fromRepositoryName(stack, 'Image', MODEL).grantPull(executionRole);
      app.synth();
      return [name, join(folder, name)];
    }),
  );
}

/** Names of all states of the deployment workflow, in whatever stack. */
export function stateNames(assemblies: Record<string, string>): string[] {
  const names = Object.values(assemblies).flatMap((folder) => {
    const template = JSON.parse(readFileSync(join(folder, 'Faults.template.json'), 'utf8')) as { Resources: Record<string, { Type: string; Properties: any }> };
    const machine = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine')!;
    const parts = machine.Properties.DefinitionString['Fn::Join'][1] as unknown[];
    return Object.keys((JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'x')).join('')) as { States: object }).States);
  });
  return [...new Set(names)];
}
