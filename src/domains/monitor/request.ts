import type { TimeRange } from '../../lib/time-range.ts';
import type { Experiment } from '../experiments/plan.ts';
import type { AsOf } from '../facts/engine.ts';
import type { FactFilter } from '../facts/filter.ts';

export interface MonitorRequest {
  /** Key of an experiment; undefined: the running one, or the newest. */
  readonly experiment?: string | undefined;
  /** Only this market. */
  readonly country?: string | undefined;
  /** Only users whose first event is in this time, and their events of this time. */
  readonly range?: TimeRange | undefined;
  /** Only events that match. */
  readonly where?: FactFilter | undefined;
  readonly timeZone: string;
  /**
   * The snapshot: everything is as it was known then, and «now» is its time. `validAtUs` is the instant at which `where` joins
   * events. Default: the newest snapshot and the clock, and each event’s own time.
   */
  readonly asOf?: AsOf | undefined;
}

/** The experiment and the ledger at the moment of a request. */
export interface Moment {
  readonly experiment: Experiment;
  readonly sequence: number;
  /** Code of a user's country as of the sequence number. */
  readonly countryOf: (user: number) => number;
}
