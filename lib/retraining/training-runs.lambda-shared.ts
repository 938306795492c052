import { DescribeTrainingJobCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { runIdOf } from '../governance/run-id';
import { trainingNames } from '../training/training-workflow.contract';
import { type TrainingRun } from './retraining.contract';

/** `UNKNOWN`: never started, or deleted (Step Functions keeps executions for 90 days). */
export async function executionState(sfn: SFNClient, executionArn: string): Promise<'RUNNING' | 'OVER' | 'UNKNOWN'> {
  try {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'RUNNING' : 'OVER';
  } catch (error) {
    if ((error as Error).name === 'ExecutionDoesNotExist') return 'UNKNOWN';
    throw error;
  }
}

/**
 * The training time that SageMaker bills for an execution that is over: "Multiply BillableTimeInSeconds by the number of instances
 * (InstanceCount)" (API_DescribeTrainingJob). A job that was never created costs nothing; one that is still being stopped counts with its
 * time so far and is read again.
 */
export async function measureRun(sagemaker: SageMakerClient, modelName: string, run: Pick<TrainingRun, 'executionArn' | 'time'>, now: string): Promise<TrainingRun> {
  const TrainingJobName = trainingNames.trainingJob(modelName, runIdOf(run.executionArn));
  try {
    const job = await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
    const instances = job.ResourceConfig?.InstanceCount ?? 1;
    const settled = job.TrainingJobStatus !== 'InProgress' && job.TrainingJobStatus !== 'Stopping';
    const soFar = job.TrainingStartTime ? Math.max(0, (Date.parse(now) - job.TrainingStartTime.getTime()) / 1000) : 0;
    return { ...run, seconds: instances * (settled ? (job.BillableTimeInSeconds ?? 0) : soFar), settled };
  } catch (error) {
    // SageMaker has no error of its own for a job that is not there: a ValidationException says "Requested resource not found."
    if (!/not found/i.test((error as Error).message)) throw error;
    return { ...run, seconds: 0, settled: true };
  }
}
