import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';

/** Whether an execution is still at work. One that ended, was stopped, or is unknown (deleted after 90 days) is not. */
export async function isRunning(sfn: SFNClient, executionArn: string): Promise<boolean> {
  try {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return execution.status === 'RUNNING' || execution.status === 'PENDING_REDRIVE';
  } catch (error) {
    if ((error as Error).name === 'ExecutionDoesNotExist') return false;
    throw error;
  }
}
