import type { InvokeEndpointAsyncInput, InvokeEndpointAsyncOutput } from '@aws-sdk/client-sagemaker-runtime';
import { AwsError } from '../../kernel/aws-error';
import type { Random } from '../../kernel/random';
import { validateAsyncInput } from './async-request';
import type { SageMakerContext } from './context';
import type { Endpoints } from './endpoints';

/** InvokeEndpointAsync (API_runtime_InvokeEndpointAsync): puts the request into the queue and says where its result will be. */
export class AsyncInvocation {
  private readonly ids: Random;

  public constructor(
    private readonly context: SageMakerContext,
    private readonly endpoints: Endpoints,
  ) {
    this.ids = context.simulation.random.stream('sagemaker/async');
  }

  public invoke(input: InvokeEndpointAsyncInput): InvokeEndpointAsyncOutput {
    const endpoint = this.endpoints.invocable(input.EndpointName!);
    const output = endpoint.fleet.config.request.AsyncInferenceConfig?.OutputConfig;
    if (!output || !endpoint.queue) {
      throw new AwsError('ValidationError', `Endpoint ${endpoint.name} of account ${this.context.simulation.account} is not asynchronous: use InvokeEndpoint.`);
    }
    validateAsyncInput(input);
    // Drawn for every request; a result is not named by the inference id, so callers have to take the location from the answer.
    const resultId = this.ids.uuid();
    const inferenceId = input.InferenceId ?? this.ids.uuid();
    const folder = [output.S3OutputPath!.replace(/\/$/, ''), ...(input.S3OutputPathExtension === undefined ? [] : [input.S3OutputPathExtension])].join('/');
    const outputLocation = `${folder}/${input.Filename ?? `${resultId}.out`}`;
    const failureLocation = output.S3FailurePath === undefined ? undefined : `${output.S3FailurePath.replace(/\/$/, '')}/${resultId}-error.out`;
    endpoint.queue.add({ input, inferenceId, outputLocation, failureLocation, received: this.context.simulation.clock.now() });
    return { InferenceId: inferenceId, OutputLocation: outputLocation, ...(failureLocation === undefined ? {} : { FailureLocation: failureLocation }) };
  }
}
