import { Duration } from 'aws-cdk-lib';

const MILLISECONDS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** `1h30m`, `300ms` → a Duration; the form is checked by the schema of the model file. */
export function parseDuration(text: string): Duration {
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[dhms])/g)) milliseconds += Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
  return milliseconds % 1000 === 0 ? Duration.seconds(milliseconds / 1000) : Duration.millis(milliseconds);
}
