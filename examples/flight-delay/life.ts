import type { LedgerEntry } from '../../lib/governance/outcome.contract';
import type { Rehearsal } from '../../lib/rehearsal/driver';
import type { Traffic } from '../../lib/rehearsal/driver-traffic';
import { check } from '../../lib/rehearsal/scenario';
import { ModelLife } from '../model-life';
import { FlightArchive } from './flights';
import { FlightRequests } from './requests';

export const MODEL = 'flight-delay';

/** Every so-and-so-manieth of the 3 million flights: keeps a rehearsal below a minute. */
const SAMPLE = 16;
/** Requests in quiet times: every two hours, with 100 flights each; a monitoring window of six hours needs 200. */
const QUIET = { intervalSeconds: 7200, rows: 100 };
/** While a version is being released: one a second, so that its analysis has something to judge. */
const BUSY = { intervalSeconds: 1, rows: 3 };

/** The flight delay model in the rehearsal's hands: what the airline and its clients do. */
export class FlightDelayLife extends ModelLife {
  public readonly requests: FlightRequests;
  private clients: Traffic | undefined;

  public static async begin(rehearsal: Rehearsal): Promise<FlightDelayLife> {
    return new FlightDelayLife(rehearsal, await FlightArchive.open(SAMPLE));
  }

  private constructor(
    rehearsal: Rehearsal,
    private readonly archive: FlightArchive,
  ) {
    super(rehearsal, MODEL);
    this.requests = new FlightRequests(archive);
  }

  /** The airline's daily files, as they are or spoilt. */
  public async deliver(from: string, to: string, spoil: (day: string, csv: string) => string = (_, csv) => csv): Promise<number> {
    const days = await this.archive.between(from, to);
    for (const [day, flights] of days) await this.rehearsal.put(this.bucket, `raw/${MODEL}/${day}.csv`, spoil(day, FlightArchive.csv(flights)));
    return days.reduce((sum, [, flights]) => sum + flights.length, 0);
  }

  /** Waits for the deployment that an approval starts, with lively traffic when there is an endpoint. @returns what the ledger says of it */
  public override async released(deploymentsBefore: number): Promise<LedgerEntry> {
    await this.deploymentStarted(deploymentsBefore);
    this.setPace(BUSY);
    const entry = await super.released(deploymentsBefore);
    this.setPace(QUIET);
    return entry;
  }

  /** Clients begin to ask. They go on until the end. */
  public async open(): Promise<Traffic> {
    this.requests.rows = QUIET.rows;
    this.clients = this.rehearsal.send({ endpoint: MODEL, intervalSeconds: QUIET.intervalSeconds, rows: (now) => this.requests.next(now) });
    return this.clients;
  }

  /** Lets time pass until then, with the flights that are asked for on the way. */
  public async passTo(time: string): Promise<void> {
    await this.loadUntil(Date.parse(time));
    await this.rehearsal.advanceTo(time);
  }

  public async passHours(hours: number): Promise<void> {
    await this.passTo(new Date(this.rehearsal.now + hours * 3_600_000).toISOString());
  }

  /** Flights that may be asked for until two weeks after then. */
  public async loadUntil(time: number): Promise<void> {
    const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
    await this.requests.load(day(this.rehearsal.now), day(time + 14 * 86_400_000));
  }

  public get traffic(): Traffic {
    check(this.clients !== undefined, 'no client has asked yet');
    return this.clients;
  }

  private setPace(pace: { readonly intervalSeconds: number; readonly rows: number }): void {
    this.requests.rows = pace.rows;
    this.clients?.every(pace.intervalSeconds);
  }
}
