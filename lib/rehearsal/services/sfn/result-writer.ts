import type { ResultWriter } from './definition';
import type { Execution } from './execution';
import type { Interpreter, Visit } from './interpreter';
import { callS3 } from './s3-calls';
import { StatesError } from './states-error';

/** A Map Run that is over. */
export interface FinishedRun {
  readonly arn: string;
  readonly id: string;
  /** `<state machine>/<label>` */
  readonly machineName: string;
  readonly children: readonly Execution[];
  /** Inputs of children that were never started. */
  readonly pending: readonly unknown[];
}

type WriterConfig = NonNullable<ResultWriter['WriterConfig']>;

/** Results of the children in the order of the items (Step Functions guide, "ResultWriter (Map)"; COMPACT is the default without an export). */
export function mapResult(run: FinishedRun, config: WriterConfig | undefined): unknown {
  const results = transform(run.children, config?.Transformation ?? 'COMPACT');
  return config?.OutputType === 'JSONL' ? lines(results) : results;
}

/**
 * Exports the results: `SUCCEEDED_0.json`, `FAILED_0.json`, `PENDING_0.json` and `manifest.json` under `<prefix>/<id of the run>/` (guide,
 * same page, "Exporting to Amazon S3"). @throws StatesError States.ResultWriterFailed
 */
export async function writeResults(interpreter: Interpreter, visit: Visit, writer: ResultWriter, run: FinishedRun): Promise<unknown> {
  const { Bucket, Prefix = '' } = (await interpreter.evaluate(visit, writer.Arguments, 'ResultWriter/Arguments')) as { Bucket: string; Prefix?: string };
  const folder = `${Prefix === '' || Prefix.endsWith('/') ? Prefix : `${Prefix}/`}${run.id}`;
  const { Transformation = 'NONE', OutputType = 'JSON' } = writer.WriterConfig ?? {};
  const put = async (name: string, text: string): Promise<{ Key: string; Size: number }> => {
    const Key = `${folder}/${name}`;
    await callS3(interpreter, 'PutObject', { Bucket, Key, Body: text }, (cause) => new StatesError('States.ResultWriterFailed', cause));
    return { Key, Size: Buffer.byteLength(text) };
  };
  const machineArn = interpreter.execution.stateMachine.arn.replace(/[^:]+$/, run.machineName);
  const groups = {
    FAILED: transform(run.children.filter((child) => child.status !== 'SUCCEEDED'), 'NONE'),
    PENDING: run.pending.map((input) => ({
      Input: JSON.stringify(input),
      InputDetails: { Included: true },
      StateMachineArn: machineArn,
      Status: 'PENDING',
    })),
    SUCCEEDED: transform(run.children.filter((child) => child.status === 'SUCCEEDED'), Transformation),
  };
  const ResultFiles: Record<string, { Key: string; Size: number }[]> = {};
  for (const [status, results] of Object.entries(groups)) {
    const text = OutputType === 'JSONL' ? lines(results) : JSON.stringify(results);
    ResultFiles[status] = results.length === 0 ? [] : [await put(`${status}_0.json`, text)];
  }
  const { Key } = await put('manifest.json', JSON.stringify({ DestinationBucket: Bucket, MapRunArn: run.arn, ResultFiles }));
  return { MapRunArn: run.arn, ResultWriterDetails: { Bucket, Key } };
}

/** A failed child always gives its whole record. */
function transform(children: readonly Execution[], transformation: NonNullable<WriterConfig['Transformation']>): unknown[] {
  return children.flatMap((child) => {
    if (child.status !== 'SUCCEEDED' || transformation === 'NONE') return [record(child)];
    const output = JSON.parse(child.output!) as unknown;
    return transformation === 'FLATTEN' && Array.isArray(output) ? (output as unknown[]) : [output];
  });
}

function record(child: Execution): unknown {
  const succeeded = child.status === 'SUCCEEDED';
  return {
    ExecutionArn: child.arn,
    ...(child.error === undefined ? {} : { Error: child.error }),
    ...(child.cause === undefined ? {} : { Cause: child.cause }),
    Input: child.input,
    InputDetails: { Included: true },
    Name: child.name,
    ...(succeeded ? { Output: child.output, OutputDetails: { Included: true } } : {}),
    RedriveCount: 0,
    RedriveStatus: succeeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    ...(succeeded ? { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' } : {}),
    StartDate: new Date(child.startTime).toISOString(),
    StateMachineArn: child.stateMachine.arn.replace(/[^:]+$/, child.mapRun!.machineName),
    Status: child.status,
    StopDate: new Date(child.stopTime!).toISOString(),
  };
}

function lines(results: readonly unknown[]): string {
  return results.map((result) => JSON.stringify(result)).join('\n');
}
