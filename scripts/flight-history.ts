/**
 * Writes the flights of January to June 2001 as a history for the back-test, one CSV file a day, every n-th flight:
 *   npx tsx scripts/flight-history.ts FOLDER [N]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlightArchive } from '../examples/flight-delay/flights';

export const EVERY = 10;

export async function writeFlightHistory(folder: string, every = EVERY, until = '2001-06-30'): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const archive = await FlightArchive.open(every);
  for (const [day, flights] of await archive.between('2001-01-01', until)) writeFileSync(join(folder, `${day}.csv`), FlightArchive.csv(flights));
}

if (require.main === module) {
  const [folder, every] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: npx tsx scripts/flight-history.ts FOLDER [N]');
  void writeFlightHistory(folder, Number(every ?? EVERY));
}
