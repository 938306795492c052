/**
 * What one function profiles at a time: a tenth of its two minutes at the hundred megabytes a second that it reads, and as many files as it opens
 * in that time. An asynchronous endpoint leaves a file for each request, and ten thousand executions of a function for ten megabytes are no bargain.
 */
const BATCH_BYTES = 64 * 1024 * 1024;
const BATCH_FILES = 250;

/** In order, as many files to a batch as one function reads in short time; a file that is larger has a batch of its own. */
export function fileBatches<T extends { readonly size: number }>(files: readonly T[]): T[][] {
  const batches: T[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    const last = batches[batches.length - 1];
    if (last && bytes + file.size <= BATCH_BYTES && last.length < BATCH_FILES) {
      last.push(file);
      bytes += file.size;
    } else {
      batches.push([file]);
      bytes = file.size;
    }
  }
  return batches;
}
