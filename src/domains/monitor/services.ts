import type { Ledger } from '../../ledger/ledger.ts';
import type { ExcludedUsers } from '../excluded-users/excluded-users.ts';
import type { ArrivalLimits } from '../experiments/event-columns.ts';
import type { ExperimentEvents } from '../experiments/events.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { Users } from '../users/users.ts';
import type { MonitorEngine } from './engine.ts';

export interface MonitorLimits extends Pick<ArrivalLimits, 'lateAfterMs'> {
  /** The probability, at most, that a check ever raises a false alarm, however often it is evaluated. */
  readonly monitorAlpha: number;
  /** The smallest deviation of a share that raises an alarm, 0 to 1. */
  readonly monitorDeviationMin: number;
  /** Fewer users than these are not tested. */
  readonly monitorUsersMin: number;
  readonly trendPointsMax: number;
  readonly shareTrendPointsMax: number;
  readonly monitorCellsMax: number;
}

export interface MonitorServices {
  readonly ledger: Pick<Ledger, 'snapshot' | 'snapshotAt' | 'resolveSequence'>;
  readonly users: Users;
  readonly userStatus: UserStatus;
  readonly experiments: Experiments;
  readonly experimentEvents: ExperimentEvents;
  readonly excludedUsers: Pick<ExcludedUsers, 'isExcludedAt' | 'onChange' | 'at'>;
  readonly limits: MonitorLimits;
  /** Counts events that are kept elsewhere; undefined: those in memory are counted. */
  readonly engine?: MonitorEngine | undefined;
  readonly nowUs: () => number;
}
