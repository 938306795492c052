import { METADATA_HYPERPARAMETER, METADATA_METRIC, METADATA_VALUE_MAXIMUM, PACKAGE_METADATA } from './model-package.contract';
import type { Lineage } from './register-model.contract';

/** Entries that SageMaker keeps (API_CreateModelPackage, CustomerMetadataProperties). */
const ENTRIES_MAXIMUM = 50;
/** What stays free for the deployment workflow's own entries. */
const ENTRIES_RESERVED = 4;
const DESCRIPTION_MAXIMUM = 1024;

/** The short form of the lineage that the registry shows. Hyperparameters go before metrics when there are too many. */
export function packageMetadata(lineage: Omit<Lineage, 'modelPackageArn' | 'version'>, lineageUri: string): Record<string, string> {
  const entries: [string, string][] = [
    [PACKAGE_METADATA.runId, lineage.runId],
    [PACKAGE_METADATA.trigger, lineage.trigger],
    [PACKAGE_METADATA.snapshotId, lineage.snapshotId],
    [PACKAGE_METADATA.codeVersion, lineage.codeVersion],
    [PACKAGE_METADATA.imageDigest, lineage.imageDigest ?? ''],
    [PACKAGE_METADATA.trainingJobName, lineage.trainingJobName],
    [PACKAGE_METADATA.verdict, lineage.passed ? 'passed' : 'rejected'],
    [PACKAGE_METADATA.verdictUri, lineage.verdictUri],
    [PACKAGE_METADATA.lineageUri, lineageUri],
    [PACKAGE_METADATA.baselineUri, lineage.baselineUri],
    ...Object.entries(lineage.metrics).map(([name, value]): [string, string] => [`${METADATA_METRIC}${name}`, String(value)]),
    ...Object.entries(lineage.hyperparameters).map(([name, value]): [string, string] => [`${METADATA_HYPERPARAMETER}${name}`, value]),
  ];
  const usable = entries.map(([name, value]): [string, string] => [allowed(name, 128), allowed(value, METADATA_VALUE_MAXIMUM)]).filter(([, value]) => value !== '');
  return Object.fromEntries(usable.slice(0, ENTRIES_MAXIMUM - ENTRIES_RESERVED));
}

/** Letters, digits, spaces and `_.:/=+-@` are all that keys and values may hold (API_CreateModelPackage). */
function allowed(text: string, maximum: number): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, maximum);
}

/** All reasons in one line, cut at SageMaker's limit. */
export function approvalDescription(passed: boolean, reasons: readonly string[]): string {
  const text = `${passed ? 'Gates passed' : 'Rejected by its gates'}: ${reasons.join('; ')}`.replace(/\s+/g, ' ');
  return text.length <= DESCRIPTION_MAXIMUM ? text : `${text.slice(0, DESCRIPTION_MAXIMUM - 1)}…`;
}
