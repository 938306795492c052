import { type BacktestSettings } from './backtest';

/** `Monitoring.standard()` and `Retraining.onDrift()` in plain numbers, as the command line knows no CDK; test/synth/backtest-settings.test.ts holds both together. */
export const DEFAULT_SETTINGS: BacktestSettings = {
  intervalSeconds: 3600,
  watermarkSeconds: 900,
  windows: 2,
  of: 3,
  policy: {
    minimumSampleSize: 200,
    psiThreshold: 0.2,
    psiWarning: 0.1,
    falseDiscoveryRate: 0.01,
    driftedShare: 0.3,
    weights: {},
    criticalFeatures: [],
    violationShare: 0.1,
    missingShareIncrease: 0.05,
    maximumLookbackSeconds: 86_400,
  },
  retraining: { windows: 3, of: 4, conceptWindows: 2, conceptOf: 3, cooldownSeconds: 86_400, maximumPerWeek: 3, maximumUncured: 2 },
};

/** What a model file may say about both; every member as `StandardMonitoringOptions` and `OnDriftOptions` call it. */
export interface ModelFileSettings {
  readonly monitoring?: {
    readonly interval?: string;
    readonly watermark?: string;
    readonly windows?: number;
    readonly of?: number;
    readonly minimumSampleSize?: number;
    readonly psiThreshold?: number;
    readonly falseDiscoveryRate?: number;
    readonly driftedShare?: number;
    readonly featureWeights?: Readonly<Record<string, number>>;
    readonly criticalFeatures?: readonly string[];
  };
  readonly retraining?: { readonly onDrift?: { readonly cooldown?: string; readonly windows?: number; readonly of?: number; readonly maximumPerWeek?: number; readonly maximumUncured?: number } };
}

export function settingsOf(file: ModelFileSettings): BacktestSettings {
  const { monitoring = {}, retraining } = file;
  const drift = retraining?.onDrift ?? {};
  const { policy, retraining: controller } = DEFAULT_SETTINGS;
  const psiThreshold = monitoring.psiThreshold ?? policy.psiThreshold;
  return {
    intervalSeconds: seconds(monitoring.interval) ?? DEFAULT_SETTINGS.intervalSeconds,
    watermarkSeconds: seconds(monitoring.watermark) ?? DEFAULT_SETTINGS.watermarkSeconds,
    windows: monitoring.windows ?? DEFAULT_SETTINGS.windows,
    of: monitoring.of ?? DEFAULT_SETTINGS.of,
    policy: {
      ...policy,
      minimumSampleSize: monitoring.minimumSampleSize ?? policy.minimumSampleSize,
      psiThreshold,
      psiWarning: (policy.psiWarning / policy.psiThreshold) * psiThreshold,
      falseDiscoveryRate: monitoring.falseDiscoveryRate ?? policy.falseDiscoveryRate,
      driftedShare: monitoring.driftedShare ?? policy.driftedShare,
      weights: monitoring.featureWeights ?? policy.weights,
      criticalFeatures: monitoring.criticalFeatures ?? policy.criticalFeatures,
    },
    retraining: {
      ...controller,
      windows: drift.windows ?? controller.windows,
      of: drift.of ?? controller.of,
      cooldownSeconds: seconds(drift.cooldown) ?? controller.cooldownSeconds,
      maximumPerWeek: drift.maximumPerWeek ?? controller.maximumPerWeek,
      maximumUncured: drift.maximumUncured ?? controller.maximumUncured,
    },
  };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** `1h30m` → 5400; undefined when it is no duration. */
export function seconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+[dhms])+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_SECONDS[unit!]!, 0);
}
