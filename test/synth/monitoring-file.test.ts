import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import * as ml from '../../lib';
import { readModelFile } from '../../lib/model-file/model-file';

const contract = readFileSync(resolve(__dirname, '../../examples/quickstart/contract.yaml'));
const minimal = 'modelName: churn\nowner: { team: growth }\ntrainingData: { contract: contract.yaml }\ntraining: { builtIn: xgboost-1.7-1 }\n';

function read(monitoring: string): ml.Monitoring {
  const folder = mkdtempSync(join(tmpdir(), 'model-'));
  writeFileSync(join(folder, 'contract.yaml'), contract);
  writeFileSync(join(folder, 'model.yaml'), `${minimal}monitoring: ${monitoring}\n`);
  const stack = new Stack(new App(), 'Test');
  return readModelFile(stack, 'Pipeline', join(folder, 'model.yaml'), { lake: new ml.DataLake(stack, 'Lake') }).monitoring!;
}

/** Durations by their length, and without what nobody said. */
function plain(value: unknown): unknown {
  if (value instanceof Duration) return value.toSeconds();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, plain(item)]])));
}

const { AlarmSeverity, BusinessMetric, FeatureMetrics, GroundTruth, Monitoring } = ml;
const conversion = { name: 'conversion', namespace: 'Shop', metricName: 'Converted' };

describe('the monitoring of a model file is the same as in TypeScript', () => {
  it.each<[string, ml.Monitoring]>([
    ['{}', Monitoring.standard()],
    ['{ enabled: false }', Monitoring.none()],
    [
      '{ interval: 6h, watermark: 5m, minimumSampleSize: 500, psiThreshold: 0.3, falseDiscoveryRate: 0.05, driftedShare: 0.5, windows: 1, of: 2, captureRatioThreshold: 0.9, operationalFactor: 2, driftSeverity: page }',
      Monitoring.standard({
        interval: Duration.hours(6),
        watermark: Duration.minutes(5),
        minimumSampleSize: 500,
        psiThreshold: 0.3,
        falseDiscoveryRate: 0.05,
        driftedShare: 0.5,
        windows: 1,
        of: 2,
        captureRatioThreshold: 0.9,
        operationalFactor: 2,
        driftSeverity: AlarmSeverity.PAGE,
      }),
    ],
    ['{ featureWeights: { basket: 0 }, criticalFeatures: [visits] }', Monitoring.standard({ featureWeights: { basket: 0 }, criticalFeatures: ['visits'] })],
    ['{ featureMetrics: { top: 5 } }', Monitoring.standard({ featureMetrics: FeatureMetrics.top(5) })],
    ['{ featureMetrics: { of: [basket, visits] } }', Monitoring.standard({ featureMetrics: FeatureMetrics.of('basket', 'visits') })],
    ['{ featureMetrics: { all: true } }', Monitoring.standard({ featureMetrics: FeatureMetrics.all() })],
    [
      '{ businessMetrics: [{ name: conversion, namespace: Shop, metricName: Converted }, { name: conversion, namespace: Shop, metricName: Converted, dimensions: { Shop: de }, statistic: Sum, severity: page, atLeast: 3 }, { name: conversion, namespace: Shop, metricName: Converted, atMost: 9 }, { name: conversion, namespace: Shop, metricName: Converted, dropsBy: { percent: 20, against: 7d } }] }',
      Monitoring.standard({
        businessMetrics: [
          BusinessMetric.cloudWatch(conversion),
          BusinessMetric.cloudWatch({ ...conversion, dimensions: { Shop: 'de' }, statistic: 'Sum', severity: AlarmSeverity.PAGE }).atLeast(3),
          BusinessMetric.cloudWatch(conversion).atMost(9),
          BusinessMetric.cloudWatch(conversion).dropsBy(20, Duration.days(7)),
        ],
      }),
    ],
    [
      '{ groundTruth: { maximumDelay: 3d, interval: 12h, metric: accuracy, margin: 0.1, minimumLabels: 300, minimumSliceLabels: 50, falseAlarmRate: 0.02, decisionThreshold: 0.4 } }',
      Monitoring.standard({
        groundTruth: GroundTruth.labels({
          maximumDelay: Duration.days(3),
          interval: Duration.hours(12),
          metric: 'accuracy',
          margin: 0.1,
          minimumLabels: 300,
          minimumSliceLabels: 50,
          falseAlarmRate: 0.02,
          decisionThreshold: 0.4,
        }),
      }),
    ],
  ])('%s', (text, expected) => {
    const found = read(text);
    expect(found._enabled).toBe(expected._enabled);
    expect(plain(found)).toEqual(plain(expected));
  });

  it.each([
    ['{ featureMetrics: {} }', 'monitoring.featureMetrics'],
    ['{ featureMetrics: { top: 5, all: true } }', 'monitoring.featureMetrics'],
    ['{ businessMetrics: [{ name: a, namespace: Shop, metricName: x, atLeast: 1, atMost: 2 }] }', 'monitoring.businessMetrics[0]'],
    ['{ driftSeverity: loud }', 'monitoring.driftSeverity'],
    ['{ windws: 2 }', 'windows'],
  ])('refuses %s', (text, where) => {
    expect(() => read(text)).toThrow(where);
  });
});
