import { Duration } from 'aws-cdk-lib';

const SECONDS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** `1h30m` → a Duration; the form is checked by the schema of the model file. */
export function parseDuration(text: string): Duration {
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([dhms])/g)) seconds += Number(amount) * SECONDS[unit as keyof typeof SECONDS];
  return Duration.seconds(seconds);
}
