/**
 * An alarm on a verdict metric, as `MonitoringAlarms` makes it: so many of the last so many data points, windows without a verdict are
 * ignored. CloudWatch guide, "Configuring how CloudWatch alarms treat missing data": an evaluation looks two periods further back than it needs, real data
 * points win over missing ones, and with `ignore` a state that the present ones do not settle stays.
 */
export class AlarmReplay {
  private readonly recent: (boolean | null)[] = [];
  private alarm = false;

  public constructor(
    private readonly needed: number,
    private readonly of: number,
  ) {}

  /**
   * One window later.
   *
   * @param breaching null: the window has no data point
   * @returns true when the alarm goes off with it, which pages
   */
  public next(breaching: boolean | null): boolean {
    this.recent.unshift(breaching);
    this.recent.splice(this.of + LATE_PERIODS);
    const present = this.recent.filter((value) => value !== null).slice(0, this.of);
    const bad = present.filter(Boolean).length;
    const before = this.alarm;
    if (bad >= this.needed) this.alarm = true;
    else if (bad < present.length || present.length === this.of) this.alarm = false;
    return this.alarm && !before;
  }

  public get isRinging(): boolean {
    return this.alarm;
  }
}

const LATE_PERIODS = 2;
