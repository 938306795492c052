import { type CloudWatchClient, DeleteAlarmsCommand, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteEndpointConfigCommand, DeleteModelCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { alarmResource, configResource, deploymentNames } from '../deployment.contract';
import { ignoring, isMissing, listConfigs, listModels } from '../sagemaker-state.lambda-shared';

/** @param except resource whose deployment still runs: without its alarms nothing would roll it back */
export async function deleteAlarms(cloudWatch: CloudWatchClient, model: string, except?: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: deploymentNames.prefix(model), AlarmTypes: ['MetricAlarm'], NextToken: token }),
    );
    names.push(...(page.MetricAlarms ?? []).map((alarm) => alarm.AlarmName!));
    token = page.NextToken;
  } while (token !== undefined);
  const ours = names.filter((name) => alarmResource(model, name) !== undefined && alarmResource(model, name) !== except).sort();
  // DeleteAlarms takes at most 100 names.
  for (let first = 0; first < ours.length; first += 100) await cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: ours.slice(first, first + 100) }));
  return ours;
}

/** A release's configuration and its SageMaker Model have the same name; a stage's configuration needs the Model of its release too. */
export async function deleteResources(sagemaker: SageMakerClient, model: string, keep: ReadonlySet<string>): Promise<string[]> {
  const configs = (await listConfigs(sagemaker, model)).filter((name) => !keep.has(name));
  for (const name of configs) await ignoring(isMissing, () => sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name })));
  const used = new Set([...keep].map(configResource));
  const models = (await listModels(sagemaker, model)).filter((name) => !used.has(name));
  for (const name of models) await ignoring(isMissing, () => sagemaker.send(new DeleteModelCommand({ ModelName: name })));
  return [...new Set([...configs, ...models])].sort();
}
