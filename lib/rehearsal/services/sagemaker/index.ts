import type { Simulation, SimulatedService } from '../../kernel/simulation';
import type { ServingSubstitute } from './context';
import { SageMakerRuntimeService } from './runtime-service';
import { SageMakerService } from './sagemaker-service';

export type { ServingSubstitute } from './context';
export { type EndpointView, type FleetView, SageMakerService } from './sagemaker-service';

/** SageMaker and its runtime. `imageFolders`: image URI of the cloud assembly → folder with the executables `train` and `serve`. */
export function createSageMaker(simulation: Simulation, imageFolders: ReadonlyMap<string, string>, serving?: ServingSubstitute): SimulatedService[] {
  const sageMaker = new SageMakerService(simulation, imageFolders, serving);
  const { partition, region, account } = simulation;
  const runtime = new SageMakerRuntimeService((resource) => `arn:${partition}:sagemaker:${region}:${account}:${resource}`, sageMaker);
  return [sageMaker, runtime];
}
