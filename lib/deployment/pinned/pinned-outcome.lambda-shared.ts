import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { OutcomeEvent } from '../../governance/outcome.contract';
import { modelPackageVersion } from '../../registry/model-package.contract';
import { notePackage } from '../steps/package-note.lambda-shared';

export interface PinnedOutcome {
  /** The same for every repetition, and for both custom resources. */
  readonly id: string;
  readonly outcome: 'DEPLOYED' | 'ROLLED_BACK' | 'FAILED';
  readonly reasons: readonly string[];
  readonly time: string;
  readonly modelPackageArn: string;
  readonly stackId: string;
  readonly endpointConfigName?: string;
  /** The registry says that an earlier release of this version failed. */
  readonly noted?: boolean;
}

/** Ledger, page, metric and event by the function that records every outcome; a note on the model package. */
export async function recordPinned(
  pinned: PinnedOutcome,
  modelName: string,
  clients: { readonly lambda: LambdaClient; readonly sagemaker: SageMakerClient },
  outcomeFunction: string,
): Promise<void> {
  const { id, outcome, reasons, time, modelPackageArn, stackId, endpointConfigName } = pinned;
  const version = modelPackageVersion(modelPackageArn);
  const event: OutcomeEvent = {
    eventId: id,
    workflow: 'deployment',
    outcome,
    executionArn: stackId,
    time,
    reasons,
    detail: { trigger: 'cloudformation', version, modelPackageArn, ...(endpointConfigName === undefined ? {} : { endpointConfigName }) },
    page: outcome !== 'DEPLOYED',
  };
  const response = await clients.lambda.send(new InvokeCommand({ FunctionName: outcomeFunction, Payload: Buffer.from(JSON.stringify(event)) }));
  if (response.FunctionError !== undefined) throw new Error(`the outcome function failed: ${Buffer.from(response.Payload ?? []).toString()}`);
  // A package of another group, perhaps of another account, is not ours to write on.
  const own = modelPackageArn.includes(`:model-package/${modelName}/`);
  if (own && (outcome !== 'DEPLOYED' || pinned.noted)) await notePackage(clients.sagemaker, modelPackageArn, outcome, reasons);
}

/** Sentences for those of the alarms that are in ALARM. Composite alarms are asked for only when they may be among them (API_DescribeAlarms). */
export async function alarmsInAlarm(cloudWatch: CloudWatchClient, names: readonly string[], composite = true): Promise<string[]> {
  if (names.length === 0) return [];
  const AlarmTypes = composite ? (['MetricAlarm', 'CompositeAlarm'] as const) : (['MetricAlarm'] as const);
  const answer = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [...names], AlarmTypes: [...AlarmTypes], StateValue: 'ALARM' }));
  return [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])].map(({ AlarmName, StateReason }) => `rollback alarm ${AlarmName} is in ALARM: ${StateReason}`);
}
