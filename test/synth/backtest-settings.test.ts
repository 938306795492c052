import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../lib/backtest/default-settings';
import { Monitoring } from '../../lib/monitoring/monitoring';
import { Retraining } from '../../lib/retraining/retraining';

describe('the back-test', () => {
  it('has the defaults of monitoring and retraining', () => {
    const { intervalSeconds, watermarkSeconds, windows, of, policy: whole } = Monitoring.standard()._settings();
    // Files of the past hold no metrics of endpoint or business.
    const { operational: _operational, business: _business, featureMetrics: _featureMetrics, ...policy } = whole;
    expect(DEFAULT_SETTINGS).toEqual({ intervalSeconds, watermarkSeconds, windows, of, policy, retraining: Retraining.onDrift()._triggers().policy.drift });
  });
});
