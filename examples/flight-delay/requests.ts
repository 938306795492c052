import { requestLine, type FlightArchive, type FlightRecord } from './flights';

const DAY = 86_400_000;
/** Coprime to nearly every number of flights a day, so that a day's flights come in another order than that of their departure. */
const STRIDE = 7919;

/**
 * What travellers ask: flights of today and the six days after it, every weekday alike, at any hour. With `longHaul`, only routes of
 * at least that many miles.
 */
export class FlightRequests {
  /** Rows per request. */
  public rows = 25;
  /** Miles; undefined = all flights. */
  public longHaul: number | undefined;
  private readonly days = new Map<string, readonly FlightRecord[]>();
  private readonly selected = new Map<string, readonly FlightRecord[]>();
  private asked = 0;

  public constructor(private readonly archive: FlightArchive) {}

  /** Must be called before flights of these days are asked for. */
  public async load(from: string, to: string): Promise<void> {
    for (const [day, flights] of await this.archive.between(from, to)) this.days.set(day, flights);
  }

  /** CSV rows of the next request. */
  public next(now: number): string[] {
    return Array.from({ length: this.rows }, () => {
      const day = new Date(now + (this.asked % 7) * DAY).toISOString().slice(0, 10);
      const flights = this.flightsOf(day);
      return requestLine(flights[(this.asked++ * STRIDE) % flights.length]!);
    });
  }

  private flightsOf(day: string): readonly FlightRecord[] {
    const key = `${day} ${this.longHaul ?? 0}`;
    let flights = this.selected.get(key);
    if (!flights) {
      const all = this.days.get(day);
      if (!all) throw new Error(`the flights of ${day} were not loaded`);
      this.selected.set(key, (flights = all.filter(({ distance }) => distance >= (this.longHaul ?? 0))));
    }
    return flights;
  }
}
