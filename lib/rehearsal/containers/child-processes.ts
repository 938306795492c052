import type { ChildProcess } from 'node:child_process';

/** Containers that run now. Whatever ends the rehearsal, none of them stays behind. */
const running = new Set<ChildProcess>();
let guarded = false;

/** Ends the process with this one. */
export function track(child: ChildProcess): void {
  if (!guarded) {
    guarded = true;
    process.once('exit', () => {
      for (const left of running) left.kill('SIGKILL');
    });
  }
  running.add(child);
  child.once('close', () => running.delete(child));
  child.once('error', () => running.delete(child));
}
