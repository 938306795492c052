import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../lib/backtest/default-settings';
import { Monitoring } from '../../lib/monitoring/monitoring';
import { Retraining } from '../../lib/retraining/retraining';

describe('the back-test', () => {
  it('has the defaults of monitoring and retraining', () => {
    const { intervalSeconds, watermarkSeconds, windows, of, policy } = Monitoring.standard()._settings();
    expect(DEFAULT_SETTINGS).toEqual({ intervalSeconds, watermarkSeconds, windows, of, policy, retraining: Retraining.onDrift()._triggers().policy.drift });
  });
});
