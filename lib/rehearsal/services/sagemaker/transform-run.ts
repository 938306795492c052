import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { ServingProcess } from '../../containers/serving-process';
import type { SageMakerContext } from './context';
import type { ExecutionStorage } from './execution-storage';
import type { ServableModel } from './models';
import { CANNOT_PULL, clientError } from './training-run';
import { captureManifests, withInferenceIds } from './transform-capture';
import { type TransformRules, assemble, payloads } from './transform-records';

export interface TransformOutcome {
  readonly inputBytes: number;
  /** Why it failed; undefined when it did not. */
  readonly reason?: string;
  /** Writes the results with the rights of the execution role. @returns why it could not */
  upload(): Promise<string | undefined>;
}

const MEGABYTE = 1024 * 1024;

export function transformRules(request: CreateTransformJobRequest): TransformRules {
  const processing = request.DataProcessing;
  return {
    splitType: request.TransformInput!.SplitType === 'Line' ? 'Line' : 'None',
    batchStrategy: request.BatchStrategy ?? 'MultiRecord',
    // 0 means no limit (API_CreateTransformJob).
    maxPayloadBytes: request.MaxPayloadInMB === 0 ? Infinity : (request.MaxPayloadInMB ?? 6) * MEGABYTE,
    assembleWith: request.TransformOutput!.AssembleWith ?? 'None',
    inputFilter: processing?.InputFilter,
    joinSource: processing?.JoinSource ?? 'None',
    outputFilter: processing?.OutputFilter,
  };
}

/** Everything that really happens in a transform job, with the model's real `serve` process. Takes no virtual time. */
export async function runTransform(context: SageMakerContext, request: CreateTransformJobRequest, model: ServableModel | undefined): Promise<TransformOutcome> {
  const failed = (reason: string, inputBytes = 0): TransformOutcome => ({ inputBytes, reason, upload: () => Promise.resolve(reason) });
  if (!model) return failed(CANNOT_PULL);
  const storage = context.storage(model.roleArn);
  const source = request.TransformInput!.DataSource!.S3DataSource!;
  let inputs: { name: string; uri: string; content: string }[];
  let archive: Uint8Array | undefined;
  try {
    inputs = await download(storage, source.S3DataType!, source.S3Uri!);
    archive = model.modelDataUrl === undefined ? undefined : await storage.read(model.modelDataUrl);
  } catch (error) {
    return failed(`ClientError: Data download failed:Unable to download (${clientError(error)})`);
  }
  if (inputs.length === 0) return failed(`ClientError: No objects found under S3 prefix ${source.S3Uri}`);
  const inputBytes = inputs.reduce((sum, input) => sum + input.content.length, 0);
  const server = new ServingProcess({
    imageFolder: model.image.folder,
    baseFolder: context.folder(request.TransformJobName!),
    environment: { ...model.environment, ...request.Environment, SAGEMAKER_BATCH: 'true' },
    modelArchive: archive,
  });
  const results: { uri: string; text: string }[] = [];
  try {
    await server.start();
    for (const input of inputs) {
      const uri = `${request.TransformOutput!.S3OutputPath!.replace(/\/+$/, '')}/${input.name}.out`;
      results.push({ uri, text: withInferenceIds(context, request, input.name, await transformed(server, input.content, request)) });
    }
  } catch (error) {
    return failed(`AlgorithmError: See job logs for more information: ${(error as Error).message}`, inputBytes);
  } finally {
    await server.stop();
  }
  // Under the hour in which the job began, also when it ends in another (guide, "Capture data from batch transform job").
  const manifests = captureManifests(context, request, inputs, results);
  return {
    inputBytes,
    upload: async () => (await upload(storage, results, request.TransformOutput!.KmsKeyId)) ?? (await upload(storage, manifests, request.DataCaptureConfig?.KmsKeyId)),
  };
}

async function download(storage: ExecutionStorage, type: string, uri: string): Promise<{ name: string; uri: string; content: string }[]> {
  const inputs: { name: string; uri: string; content: string }[] = [];
  for (const file of await storage.source(type, uri)) inputs.push({ ...file, content: Buffer.from(await storage.read(file.uri)).toString('utf8') });
  return inputs;
}

async function transformed(server: ServingProcess, content: string, request: CreateTransformJobRequest): Promise<string> {
  const rules = transformRules(request);
  const headers: Record<string, string> = {};
  if (request.TransformInput!.ContentType !== undefined) headers['content-type'] = request.TransformInput!.ContentType;
  if (request.TransformOutput!.Accept !== undefined) headers.accept = request.TransformOutput!.Accept;
  const answers = [];
  for (const payload of payloads(content, rules)) {
    const answer = await server.invoke(Buffer.from(payload.body), headers);
    const text = answer.body.toString('utf8');
    if (answer.status !== 200) throw new Error(`the container answered ${answer.status} to /invocations: ${text.trim().slice(0, 300)}`);
    answers.push({ payload, answer: text });
  }
  return assemble(answers, rules);
}

async function upload(storage: ExecutionStorage, results: readonly { uri: string; text: string }[], kmsKeyId: string | undefined): Promise<string | undefined> {
  for (const result of results) {
    try {
      await storage.write(result.uri, Buffer.from(result.text), kmsKeyId);
    } catch (error) {
      return `ClientError: Failed to upload ${result.uri}: ${clientError(error)}`;
    }
  }
  return undefined;
}
