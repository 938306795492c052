export { createStepFunctions, StepFunctionsService, type ExecutionSummary } from './step-functions';
