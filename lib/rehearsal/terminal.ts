import type { TimelineEvent } from './kernel/timeline';
import { dateTime } from './report/scale';

export interface TerminalOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly output: TerminalOutput;
  /** https://no-color.org */
  readonly colour: boolean;
  /** Real milliseconds, for the pace of the live line only. */
  readonly now?: () => number;
}

/** Kinds that a person wants to follow; states and functions are too many. */
const SHOWN: ReadonlySet<TimelineEvent['kind']> = new Set(['milestone', 'execution', 'job', 'endpoint', 'alarm', 'notification', 'request-denied', 'fault', 'stack', 'note']);
/** Statuses of jobs and model packages that somebody waits for. */
const ENDED: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Stopped', 'Approved', 'Rejected', 'PendingManualApproval']);
/** Redraws of the live line per second. */
const PACE = 12;

const GREEN = '32';
const RED = '31';
const YELLOW = '33';
const BOLD = '1';
const DIM = '2';

/**
 * The timeline as text: one line per event that matters; on a terminal additionally one live line with the virtual time and what happens right now.
 * Executions without a story (start, and success of a monitoring window) show in the live line only.
 */
export class TerminalTimeline {
  private live = false;
  private drawn = -Infinity;

  public constructor(private readonly options: TerminalOptions) {}

  public show(event: TimelineEvent): void {
    if (this.tells(event)) this.line(this.format(event));
    if (this.options.output.isTTY === true) this.drawLive(event);
  }

  /** Removes the live line. */
  public end(): void {
    if (this.live) this.options.output.write('\r\u001b[K');
    this.live = false;
  }

  private line(text: string): void {
    this.end();
    this.options.output.write(`${text}\n`);
  }

  private tells(event: TimelineEvent): boolean {
    if (!SHOWN.has(event.kind)) return false;
    if (event.kind === 'execution') return !['RUNNING', 'SUCCEEDED'].includes(event.status ?? '');
    // A topic that only functions listen to is machinery, and may have a message for every request.
    const recipients = (event.kind === 'notification' ? event.data?.recipients : undefined) as string[] | undefined;
    if (recipients !== undefined && recipients.length > 0 && recipients.every((recipient) => recipient.includes(':lambda:'))) return false;
    if (event.kind === 'job') return ENDED.has(event.status ?? '');
    // That an alarm has its first datapoints is no news.
    if (event.kind === 'alarm') return event.status === 'ALARM' || event.message.startsWith('ALARM');
    return true;
  }

  private format(event: TimelineEvent): string {
    const time = this.paint(DIM, dateTime(event.time).padStart(18));
    if (event.kind === 'milestone') {
      if (event.status === 'STARTED') return `\n${time}  ${this.paint(BOLD, event.message)}`;
      const ok = event.status === 'REACHED';
      return `${time}  ${this.paint(ok ? GREEN : RED, ok ? '✓ reached' : '✗ failed')}: ${event.message}`;
    }
    const text = `${event.kind.padEnd(14)} ${event.subject}  ${[event.status, event.message].filter((part) => part !== undefined && part !== '').join('  ')}`;
    return `${time}  ${this.paint(colourOf(event), this.fit(text, 20))}`;
  }

  /** Cuts to the width of the terminal; other readers get everything. */
  private fit(text: string, used: number): string {
    const room = (this.options.output.columns ?? 100) - used - 1;
    const line = text.replace(/\s*\n\s*/g, ' ');
    return this.options.output.isTTY === true && line.length > room ? `${line.slice(0, Math.max(1, room - 1))}…` : line;
  }

  private drawLive(event: TimelineEvent): void {
    const now = (this.options.now ?? (() => performance.now()))();
    if (now - this.drawn < 1000 / PACE) return;
    this.drawn = now;
    this.live = true;
    const text = this.fit(`▸ ${event.subject}: ${event.message}`, 20);
    this.options.output.write(`\r\u001b[K${dateTime(event.time).padStart(18)}  ${this.paint(DIM, text)}`);
  }

  private paint(code: string, text: string): string {
    return this.options.colour && code !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

function colourOf(event: TimelineEvent): string {
  if (event.kind === 'request-denied' || event.status === 'ALARM') return RED;
  if (event.kind === 'fault' || event.kind === 'notification') return YELLOW;
  if (['FAILED', 'TIMED_OUT', 'ABORTED', 'Failed'].includes(event.status ?? '')) return RED;
  return '';
}
