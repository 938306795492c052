/** What everybody needs to know who reads captured predictions. Imports nothing. */

/** A column of the request, as the data contract declares it. */
export interface MonitoredFeature {
  readonly name: string;
  readonly type: 'numeric' | 'categorical';
  readonly minimum?: number;
  readonly maximum?: number;
  /** Closed set: any other value is a violation, not drift. */
  readonly categories?: readonly string[];
}
