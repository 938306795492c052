import type { InvokeEndpointAsyncInput, InvokeEndpointInput } from '@aws-sdk/client-sagemaker-runtime';
import type { CreatedResource, ResourceRequest } from '../../kernel/simulation';
import { type Operation, OperationTable, operation } from '../operations';
import type { SageMakerService } from './sagemaker-service';
import type { SageMakerContext } from './context';

/** Simulated SageMaker Runtime: InvokeEndpoint and InvokeEndpointAsync. */
export class SageMakerRuntimeService extends OperationTable {
  public readonly id = 'sagemaker-runtime';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {};
  protected readonly operations: Record<string, Operation>;

  public constructor(arn: SageMakerContext['arn'], sageMaker: SageMakerService) {
    super();
    const endpoint = (input: Record<string, any>): string => arn(`endpoint/${String(input.EndpointName).toLowerCase()}`);
    this.operations = {
      InvokeEndpoint: operation('sagemaker:InvokeEndpoint', endpoint, (input) => sageMaker.invocation.invoke(input as InvokeEndpointInput)),
      InvokeEndpointAsync: operation('sagemaker:InvokeEndpointAsync', endpoint, (input) => sageMaker.asyncInvocation.invoke(input as InvokeEndpointAsyncInput)),
    };
  }
}
