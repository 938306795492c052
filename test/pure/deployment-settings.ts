import type { DeploymentSettings } from '../../lib/deployment/deployment.contract';

export const MODEL = 'flight-delay';
export const START = Date.parse('2001-02-01T00:00:00Z');
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const REPOSITORY = '111122223333.dkr.ecr.us-east-1.amazonaws.com/models';

export const SETTINGS: DeploymentSettings = {
  modelName: MODEL,
  endpointName: MODEL,
  bucket: 'lake',
  keyArn: 'arn:aws:kms:us-east-1:111122223333:key/k',
  executionRoleArn: 'arn:aws:iam::111122223333:role/execution',
  runbookUrl: 'https://example.com/runbook',
  endpoint: {
    kind: 'REAL_TIME',
    instanceType: 'ml.m5.large',
    instanceCount: 2,
    networkIsolation: true,
    samplingPercentage: 100,
    scaling: {
      dimension: 'sagemaker:variant:DesiredInstanceCount',
      minimum: 2,
      maximum: 4,
      policies: [
        {
          type: 'TARGET_TRACKING',
          name: 'invocations-per-instance',
          metric: { predefined: 'SageMakerVariantInvocationsPerInstance' },
          target: 1000,
          scaleInCooldownSeconds: 300,
          scaleOutCooldownSeconds: 300,
        },
      ],
      schedules: [],
    },
  },
  keepVersions: 1,
  routing: { type: 'CANARY', percent: 50, waitSeconds: 600 },
  terminationWaitSeconds: 300,
  maximumSeconds: 5100,
  rollback: { errorRate: 0.05, latencyMicroseconds: 1_000_000, latencyPercentile: 95 },
  analysis: { intervalSeconds: 60, minimumRequests: 100, confidence: 0.95, test: 'CONFIDENCE_SEQUENCE', inconclusive: 'ROLL_BACK', maximumExtensions: 0 },
  alarms: [],
};
