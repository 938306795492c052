import { CaptureProfiler } from '../lib/capture/capture-profiler';
import { emptySummary, mergeSummaries } from '../lib/capture/capture-summary';
import { duplicatesAcross } from '../lib/capture/duplicate-events';
import { type Baseline, BaselineBuilder } from '../lib/drift';
import { type CaptureSummary } from '../lib/capture/capture-summary';

/** What a function of the monitor can merge: `npx tsx scripts/benchmark-reduce.ts`. Seconds are of one processor; a function has it from 1769 MB on. */
const PROFILES = 2000;

function processorSeconds(work: () => void): number {
  const start = process.cpuUsage().user;
  work();
  return (process.cpuUsage().user - start) / 1e6;
}

function profileOf(columns: number): { baseline: Baseline; features: { name: string; type: 'numeric' }[]; summary: CaptureSummary } {
  const features = Array.from({ length: columns }, (_, i) => ({ name: `feature ${i}`, type: 'numeric' as const }));
  const builder = new BaselineBuilder([...features, { name: 'prediction', type: 'numeric' }]);
  const row = (): string[] => features.map(() => String(Math.random()));
  for (let i = 0; i < 5000; i++) builder.add([...row(), String(Math.random())]);
  const baseline = builder.build();
  const profiler = new CaptureProfiler({ version: 1, baseline, features });
  const side = (data: string): object => ({ observedContentType: 'text/csv', mode: 'INPUT', data, encoding: 'CSV' });
  for (let i = 0; i < 2000; i++) {
    const captureData = { endpointInput: side(row().join(',')), endpointOutput: side(String(Math.random())) };
    profiler.write(Buffer.from(`${JSON.stringify({ captureData, eventMetadata: { eventId: `event ${i}`, inferenceTime: '2001-02-05T10:00:00Z' }, eventVersion: '0' })}\n`));
  }
  return { baseline, features, summary: profiler.end().summary };
}

for (const columns of [20, 200]) {
  const { baseline, features, summary } = profileOf(columns);
  const text = JSON.stringify(summary);
  let merged = emptySummary(1, baseline, features);
  const seconds = processorSeconds(() => {
    for (let i = 0; i < PROFILES; i++) merged = mergeSummaries(merged, JSON.parse(text) as CaptureSummary);
  });
  console.log(`profile of ${columns} columns, ${text.length} bytes: ${((seconds / PROFILES) * 1000).toFixed(2)} ms to parse and add`);
}

/** As EventIds gives them. */
function ids(count: number): Uint8Array {
  const hashes = new BigUint64Array(count).map(() => (BigInt(Math.floor(Math.random() * 2 ** 32)) << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32))).sort();
  return new Uint8Array(Buffer.from(hashes.buffer).swap64());
}

for (const [files, count] of [[100, 50_000], [1000, 10_000], [1000, 20_000]] as const) {
  const all = Array.from({ length: files }, () => ids(count));
  const seconds = processorSeconds(() => void duplicatesAcross(all));
  console.log(`${(files * count).toLocaleString('en')} ids in ${files} files: ${seconds.toFixed(1)} s to search, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`);
}
