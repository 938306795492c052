import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from './context';

/**
 * Data capture of transform jobs (guide, "Capture data from batch transform job"): manifests of what went in and came out, below `input/` and
 * `output/` and the hour in which the job began. AWS does not say what they are called; here two names have nothing in common.
 */
export function captureManifests(
  context: SageMakerContext,
  request: CreateTransformJobRequest,
  inputs: readonly { readonly name: string; readonly uri: string }[],
  results: readonly { readonly uri: string }[],
): { uri: string; text: string }[] {
  if (request.DataCaptureConfig === undefined) return [];
  const { clock, random } = context.simulation;
  const ids = random.stream(`sagemaker/transform-capture/${request.TransformJobName}`);
  const hour = clock.iso().slice(0, 13).replace(/[-T]/g, '/');
  const folder = request.DataCaptureConfig.DestinationS3Uri!.replace(/\/+$/, '');
  const manifest = (side: string, objects: readonly { readonly name: string; readonly uri: string }[]): { uri: string; text: string } => {
    const prefix = objects[0]!.uri.slice(0, objects[0]!.uri.length - objects[0]!.name.length);
    return { uri: `${folder}/${side}/${hour}/${ids.uuid()}.json`, text: `${JSON.stringify([{ prefix }, ...objects.map(({ name }) => name)])}\n` };
  };
  return [manifest('input', inputs), manifest('output', results.map(({ uri }, index) => ({ uri, name: `${inputs[index]!.name}.out` })))];
}

/** Same page, "InferenceId Generation": two columns, or two fields, with an id for each record and the time at which the job started. */
export function withInferenceIds(context: SageMakerContext, request: CreateTransformJobRequest, name: string, text: string): string {
  if (request.DataCaptureConfig?.GenerateInferenceId !== true) return text;
  const { clock, random } = context.simulation;
  const time = `${clock.iso().slice(0, 19)}Z`;
  const csv = request.TransformOutput!.Accept === 'text/csv';
  const ids = random.stream(`sagemaker/transform-ids/${request.TransformJobName}/${name}`);
  const lines = text.split('\n').map((line) => {
    if (line === '') return line;
    if (csv) return `${line}, ${ids.uuid()},${time}`;
    return JSON.stringify({ ...(JSON.parse(line) as object), SageMakerInferenceId: ids.uuid(), SageMakerInferenceTime: time });
  });
  return lines.join('\n');
}
