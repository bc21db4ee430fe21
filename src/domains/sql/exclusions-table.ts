import type { SqlFacts, SqlState } from '../../../db/datasets/sql/engine.ts';
import type { Store } from '../../../db/store.ts';
import { excludedUsers as table } from '../../../db/tables/excluded-users.ts';
import type { ExcludedUsers } from '../excluded-users/excluded-users.ts';
import { ledgerRows } from './ledger-table.ts';

/** Exclusions and inclusions of users; a current exclusion has not ended as of the state. */
export const exclusionsTable = (
  store: Store,
  excludedUsers: ExcludedUsers,
): { readonly facts: SqlFacts; stateAt(sequence: number): SqlState } => {
  const own = [
    { name: 'user_id', type: 'TEXT', field: 'userId' },
    { name: 'kind', type: 'TEXT', field: 'kind' },
    { name: 'valid_from', type: 'INSTANT', field: 'fromUs' },
    { name: 'valid_to', type: 'INSTANT', field: 'toUs' },
    { name: 'reason', type: 'TEXT', field: 'reason' },
  ] as const;
  const { origin, ...rows } = ledgerRows(store, table, own);
  const current = { name: 'is_current', type: 'BOOLEAN' } as const;
  return {
    facts: {
      name: 'excluded_users',
      ...rows,
      stateColumns: [current],
      visible: [...own.map(({ name }) => name), current.name, ...origin],
    },
    stateAt: (sequence) => ({
      key: String(sequence),
      cursor: sequence,
      sequence,
      codes: async () => [{ ...current, codes: excludedUsers.currentRowsAt(sequence), labels: [false, true] }],
    }),
  };
};
