import { S3Client } from '@aws-sdk/client-s3';
import { CreateModelPackageCommand, DescribeModelPackageCommand, SageMakerClient, UpdateModelPackageCommand } from '@aws-sdk/client-sagemaker';
import { lakeKeys, s3Uri } from '../data/data-lake.contract';
import type { Verdict } from '../evaluation/verdict.contract';
import { requireEnvironment } from '../private/environment.contract';
import { getJson, putJson } from '../private/object-store.lambda-shared';
import { modelPackageVersion } from './model-package.contract';
import { approvalDescription, packageMetadata } from './package-metadata';
import { type Lineage, REGISTER_ENVIRONMENT, type RegisterModelEvent, type RegisterModelResult } from './register-model.contract';

type Description = Omit<Lineage, 'modelPackageArn' | 'version'>;

/**
 * Registers the model with its lineage. Approval comes last, as an update: by then the image's digest is known and the lineage written,
 * so that whoever hears of the approval finds everything. A repeated call finds the same package.
 */
export async function registerModel(s3: S3Client, sagemaker: SageMakerClient, bucket: string, model: string, event: RegisterModelEvent): Promise<RegisterModelResult> {
  const verdict = await getJson<Verdict>(s3, bucket, lakeKeys.verdict(model, event.runId));
  if (!verdict) throw new Error(`run ${event.runId} has no verdict: evaluate comes first`);
  const lineageKey = lakeKeys.lineage(model, event.runId);
  const lineageUri = s3Uri(bucket, lineageKey);
  const description = describe(bucket, model, event, verdict.value);
  const known = await getJson<Lineage>(s3, bucket, lineageKey);
  const arn = known?.value.modelPackageArn ?? (await create(sagemaker, model, event, description, lineageUri));

  const stored = await sagemaker.send(new DescribeModelPackageCommand({ ModelPackageName: arn }));
  const imageDigest = stored.InferenceSpecification?.Containers?.[0]?.ImageDigest;
  const complete: Description = { ...description, ...(imageDigest !== undefined ? { imageDigest } : {}) };
  const version = modelPackageVersion(arn);
  await putJson(s3, bucket, lineageKey, { modelPackageArn: arn, version, ...complete } satisfies Lineage);

  const approve = complete.passed && event.automaticApproval;
  // A status other than pending is a decision, ours from an earlier attempt or a person's since: it stands.
  const undecided = stored.ModelApprovalStatus === 'PendingManualApproval';
  await sagemaker.send(
    new UpdateModelPackageCommand({
      ModelPackageArn: arn,
      CustomerMetadataProperties: packageMetadata(complete, lineageUri),
      ...(stored.ApprovalDescription === undefined ? { ApprovalDescription: approvalDescription(complete.passed, complete.reasons) } : {}),
      ...(approve && undecided ? { ModelApprovalStatus: 'Approved' } : {}),
    }),
  );
  return { modelPackageArn: arn, version, status: !complete.passed ? 'Rejected' : approve ? 'Approved' : 'PendingManualApproval' };
}

function describe(bucket: string, model: string, event: RegisterModelEvent, verdict: Verdict): Description {
  const { runId, executionArn, trigger, reason, snapshotId, codeVersion, image, modelDataUrl, trainingJobName, hyperparameters, baselineUri } = event;
  return {
    registeredAt: event.time,
    ...{ runId, executionArn, trigger, reason, snapshotId, codeVersion, image, modelDataUrl, trainingJobName, hyperparameters, baselineUri },
    metrics: Object.fromEntries(Object.entries(verdict.challenger).map(([name, { value }]) => [name, Number(value.toPrecision(6))])),
    passed: verdict.passed,
    reasons: [...verdict.results].sort((a, b) => Number(a.passed) - Number(b.passed)).map((result) => result.reason),
    verdictUri: s3Uri(bucket, lakeKeys.verdict(model, runId)),
  };
}

async function create(sagemaker: SageMakerClient, model: string, event: RegisterModelEvent, description: Description, lineageUri: string): Promise<string> {
  const response = await sagemaker.send(
    new CreateModelPackageCommand({
      ModelPackageGroupName: model,
      ModelPackageDescription: `Run ${event.runId}, data ${event.snapshotId}, code ${event.codeVersion}`,
      ClientToken: event.runId,
      InferenceSpecification: {
        Containers: [{ Image: event.image, ModelDataUrl: event.modelDataUrl, Environment: { ...event.environment } }],
        SupportedContentTypes: ['text/csv'],
        SupportedResponseMIMETypes: ['text/csv'],
      },
      ModelMetrics: { ModelQuality: { Statistics: { ContentType: 'application/json', S3Uri: event.modelQualityUri } } },
      ModelApprovalStatus: description.passed ? 'PendingManualApproval' : 'Rejected',
      CustomerMetadataProperties: packageMetadata(description, lineageUri),
    }),
  );
  return response.ModelPackageArn!;
}

const s3 = new S3Client({});
const sagemaker = new SageMakerClient({});

export const handler = (event: RegisterModelEvent): Promise<RegisterModelResult> => {
  const { LAKE_BUCKET, MODEL_NAME } = requireEnvironment(process.env, REGISTER_ENVIRONMENT);
  return registerModel(s3, sagemaker, LAKE_BUCKET, MODEL_NAME, event);
};
