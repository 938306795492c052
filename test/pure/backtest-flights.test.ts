import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chartFile, DOCUMENT, flightBacktests, withTables } from '../../scripts/backtest-flights';

describe('the back-test of the flights', () => {
  it('is in the documentation as the command gives it: tables and charts', async () => {
    const backtests = await flightBacktests();
    const document = readFileSync(DOCUMENT, 'utf8');
    expect(withTables(document, backtests)).toBe(document);
    expect(backtests.map(({ text }) => text.length > 300)).toEqual([true, true, true]);
    for (const { name, chart } of backtests) if (name !== 'as-written') expect(readFileSync(chartFile(name), 'utf8') === chart).toBe(true);
  }, 240_000);
});
