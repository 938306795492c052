import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Duration, Size } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DRIFT_POLICY } from '../../lib/drift';
import { Defaults } from '../../lib/private/defaults';

const root = resolve(__dirname, '../..');
const constants = Object.entries(Defaults as unknown as Record<string, unknown>);

/** Properties that share their name with others, or are called otherwise than their constant. */
const NAMED: Record<string, string> = {
  'AbTestDeploymentOptions.analysisInterval': 'AB_TEST_INTERVAL',
  'AbTestDeploymentOptions.maximumDuration': 'AB_TEST_MAXIMUM_DURATION',
  'AllAtOnceDeploymentOptions.waitInterval': 'ALL_AT_ONCE_WAIT_INTERVAL',
  'AsynchronousEndpointOptions.samplingPercentage': 'SAMPLING_PERCENTAGE',
  'AutoscalingOptions.scaleInCooldown': 'SCALING_COOLDOWN',
  'AutoscalingOptions.scaleOutCooldown': 'SCALING_COOLDOWN',
  'BacklogPerInstanceOptions.target': 'BACKLOG_PER_INSTANCE',
  'CanaryDeploymentOptions.waitInterval': 'CANARY_WAIT_INTERVAL',
  'ConcurrencyPerInstanceOptions.target': 'CONCURRENCY_PER_INSTANCE',
  'InvocationsPerInstanceOptions.target': 'INVOCATIONS_PER_INSTANCE',
  'LabelsOptions.interval': 'QUALITY_INTERVAL',
  'OnDriftOptions.conceptOf': 'CONCEPT_RETRAINING_OF',
  'OnDriftOptions.conceptWindows': 'CONCEPT_RETRAINING_WINDOWS',
  'OnDriftOptions.cooldown': 'RETRAINING_COOLDOWN',
  'OnDriftOptions.maximumPerWeek': 'RETRAININGS_PER_WEEK',
  'OnDriftOptions.of': 'RETRAINING_OF',
  'OnDriftOptions.windows': 'RETRAINING_WINDOWS',
  'ProvisionedConcurrencyUtilizationOptions.target': 'PROVISIONED_CONCURRENCY_UTILIZATION',
  'MonitoringWorkflowProps.samplingPercentage': 'SAMPLING_PERCENTAGE',
  'RollingDeploymentOptions.waitInterval': 'ROLLING_WAIT_INTERVAL',
  'RealTimeEndpointOptions.samplingPercentage': 'SAMPLING_PERCENTAGE',
  'ServerlessEndpointOptions.maximumConcurrency': 'SERVERLESS_MAXIMUM_CONCURRENCY',
  'ServerlessEndpointOptions.memorySize': 'SERVERLESS_MEMORY_SIZE',
  'ShadowDeploymentOptions.analysisInterval': 'SHADOW_INTERVAL',
  'ShadowDeploymentOptions.maximumDuration': 'SHADOW_MAXIMUM_DURATION',
  'ShadowDeploymentOptions.minimumDuration': 'SHADOW_MINIMUM_DURATION',
  'ShadowDeploymentOptions.samplingPercentage': 'SHADOW_SAMPLING_PERCENTAGE',
  'StandardMonitoringOptions.interval': 'MONITORING_INTERVAL',
  'StandardMonitoringOptions.of': 'ALARM_OF',
  'StandardMonitoringOptions.windows': 'ALARM_WINDOWS',
};

interface Property {
  readonly name: string;
  readonly optional?: boolean;
  readonly docs?: { readonly default?: string };
}

/** `Duration.days(90)`, `0.2`, `true`, `'_SUCCESS'`, `Severity.HIGH` → a comparable text. */
function written(value: unknown): string {
  if (value instanceof Duration) return `${value.toSeconds()} seconds`;
  if (value instanceof Size) return `${value.toKibibytes()} KiB`;
  return JSON.stringify(value);
}

function documented(text: string): string | undefined {
  const duration = /^Duration\.(seconds|minutes|hours|days)\((\d+)\)$/.exec(text);
  if (duration) return written(Duration[duration[1] as 'seconds'](Number(duration[2])));
  const size = /^Size\.(mebibytes|gibibytes)\((\d+)\)$/.exec(text);
  if (size) return written(Size[size[1] as 'mebibytes'](Number(size[2])));
  if (/^-?[\d.]+$/.test(text)) return written(Number(text));
  const quoted = /^'(.*)'$/.exec(text);
  return quoted ? written(quoted[1]) : undefined;
}

describe('documented defaults', () => {
  const assembly = JSON.parse(readFileSync(join(root, '.jsii'), 'utf8')) as { types: Record<string, { name: string; datatype?: boolean; properties?: Property[] }> };
  const values = Object.values(assembly.types)
    .filter((type) => type.datatype)
    .flatMap((type) => (type.properties ?? []).map((property) => ({ type: type.name, property, expected: documented((property.docs?.default ?? '').split(' - ')[0]!.trim()) })))
    .filter(({ property, expected }) => property.optional && expected !== undefined && !['0', '1', 'true', 'false'].includes(expected));

  it('are found', () => {
    expect(values.length).toBeGreaterThan(20);
  });

  it.each(values)('$type.$property.name has the documented value in code', ({ type, property, expected }) => {
    const snake = property.name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    const named = NAMED[`${type}.${property.name}`];
    const found = constants.filter(([name]) => (named === undefined ? name === snake || name.endsWith(`_${snake}`) || name.startsWith(`${snake}_`) : name === named));
    // Exactly one: a property whose constant cannot be told by its name stands in NAMED.
    expect(found.map(([name, value]) => `${name} ${written(value)}`)).toEqual([expect.stringMatching(/^\w+ /)]);
    expect(written(found[0]![1])).toBe(expected);
  });

  it('of the monitor are those of the kernel, which the command line compares with', () => {
    expect(DEFAULT_DRIFT_POLICY).toMatchObject({
      minimumSampleSize: Defaults.MINIMUM_SAMPLE_SIZE,
      psiThreshold: Defaults.PSI_THRESHOLD,
      psiWarning: Defaults.PSI_THRESHOLD * Defaults.PSI_WARNING_FRACTION,
      falseDiscoveryRate: Defaults.FALSE_DISCOVERY_RATE,
      driftedShare: Defaults.DRIFTED_SHARE,
    });
  });
});
