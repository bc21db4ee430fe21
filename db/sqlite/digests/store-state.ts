import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { RecentRecord } from '../rows/recent-commits.ts';
import type { SideState } from './side-rows.ts';

/** What the store holds after a transaction. */
export interface StoreState {
  readonly lastSeq: number;
  /** The digest of the last commit. */
  readonly digest: Buffer;
  /** All side tables. */
  readonly side: SideState;
}

export interface CommittedRecords {
  readonly firstSeq: number;
  readonly records: readonly RecentRecord[];
  /** The side tables that work has written, also work that was undone. */
  readonly tables: ReadonlySet<SQLiteTable>;
  readonly state: StoreState;
}
