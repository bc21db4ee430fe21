import type { Row, Store } from '../../../db/store.ts';
import { userFiles } from '../../../db/tables/user-files.ts';
import { userProfiles } from '../../../db/tables/users.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';

/** A record of a users file as it is stored. */
export type StoredProfile = Row<typeof userProfiles>;

/** The records behind what is known of users. */
export interface UserRecords {
  /**
   * What users files state of a user up to a sequence number, by default the newest, the last record first: it alone counts.
   * Costs one read of an index and `limit` rows.
   */
  profilesOf(userId: string, limit: number, sequence?: number): readonly StoredProfile[];
  /** The records of users' own files by `seq`, in the order of the keys. */
  filesBySeqs(seqs: readonly number[]): (Row<typeof userFiles> | null)[];
}

export const createUserRecords = (store: Store): UserRecords => ({
  profilesOf: (userId, limit, sequence) =>
    store.page(userProfiles, {
      ...{ match: { userId }, key: 'seq', direction: 'desc', limit },
      ...(sequence === undefined ? {} : { after: sequence + 1 }),
    }),
  filesBySeqs: (seqs) => rowsByKey(store, userFiles, 'seq', seqs),
});
