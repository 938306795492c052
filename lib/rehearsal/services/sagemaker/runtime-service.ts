import type { InvokeEndpointInput } from '@aws-sdk/client-sagemaker-runtime';
import type { CreatedResource, ResourceRequest } from '../../kernel/simulation';
import { type Operation, OperationTable, operation } from '../operations';
import type { SageMakerService } from './sagemaker-service';
import type { SageMakerContext } from './context';

/** Simulated SageMaker Runtime: InvokeEndpoint. */
export class SageMakerRuntimeService extends OperationTable {
  public readonly id = 'sagemaker-runtime';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {};
  protected readonly operations: Record<string, Operation>;

  public constructor(arn: SageMakerContext['arn'], sageMaker: SageMakerService) {
    super();
    this.operations = {
      InvokeEndpoint: operation('sagemaker:InvokeEndpoint', (input) => arn(`endpoint/${String(input.EndpointName).toLowerCase()}`), (input) =>
        sageMaker.invocation.invoke(input as InvokeEndpointInput),
      ),
    };
  }
}
