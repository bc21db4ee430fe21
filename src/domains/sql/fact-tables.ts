import type { SqlFacts, SqlState } from '../../../db/datasets/sql/engine.ts';
import type { Store } from '../../../db/store.ts';
import { conversations, followups } from '../../../db/tables/conversations.ts';
import { experimentEvents } from '../../../db/tables/experiments.ts';
import { transactions } from '../../../db/tables/transactions.ts';
import { statusChanges } from '../../../db/tables/user-status.ts';
import type { ExcludedUsers } from '../excluded-users/excluded-users.ts';
import type { AsOf } from '../facts/engine.ts';
import type { FactSet } from '../facts/fact-set.ts';
import { enrichedFacts, type UsedColumns, userColumns } from './enriched-table.ts';
import { exclusionsTable } from './exclusions-table.ts';
import { ledgerRows, plainFacts } from './ledger-table.ts';
import { type UsersTableServices, usersTable } from './users-table.ts';

/** Facts that queries may name. */
export interface FactTable {
  readonly facts: SqlFacts;
  /** The state of these facts as of a sequence number, and for values at an instant, with the columns that a query uses. */
  stateAt(sequence: number, asOf: AsOf, used: UsedColumns): SqlState;
}

export interface FactTableServices extends UsersTableServices {
  readonly store: Store;
  readonly excludedUsers: ExcludedUsers;
  readonly transactions: Pick<FactSet, 'engine'>;
  readonly experimentEvents: Pick<FactSet, 'engine'>;
}

/** All facts that queries may name. */
export const createFactTables = (services: FactTableServices): readonly FactTable[] => {
  const { store } = services;
  return [
    transactionsTable(services),
    eventsTable(services),
    usersTable(services),
    plainFacts(store, statusChanges, {
      name: 'status_changes',
      own: [
        { name: 'user_id', type: 'TEXT', field: 'userId' },
        { name: 'effective_at', type: 'INSTANT', field: 'effectiveAtUs' },
        { name: 'status', type: 'TEXT', field: 'status' },
      ],
      superseded: { name: 'is_superseded', key: ['user_id', 'effective_at'] },
    }),
    exclusionsTable(store, services.excludedUsers),
    plainFacts(store, conversations, {
      name: 'conversations',
      own: [
        { name: 'uuid', type: 'TEXT', field: 'uuid' },
        { name: 'symbol', type: 'TEXT', field: 'symbol' },
        { name: 'is_vowel_guess', type: 'BOOLEAN', field: 'isVowelGuess' },
      ],
    }),
    plainFacts(store, followups, { name: 'followups', own: [{ name: 'uuid', type: 'TEXT', field: 'uuid' }] }),
  ];
};

const transactionsTable = ({ store, transactions: source }: FactTableServices): FactTable => {
  const { origin, ...rows } = ledgerRows(store, transactions, [
    { name: 'transaction_id', type: 'TEXT', field: 'transactionId' },
    { name: 'user_id', type: 'TEXT', field: 'userId' },
    { name: 'occurred_at', type: 'INSTANT', field: 'occurredAtUs' },
    { name: 'product_id', type: 'TEXT', field: 'productId' },
    { name: 'amount', type: 'DECIMAL', field: 'amount' },
    { name: 'ip', type: 'TEXT', field: 'ip' },
  ]);
  const own = ['transaction_id', 'user_id', 'occurred_at', 'product_id', 'amount', 'ip'];
  const enriched = [{ name: 'city', type: 'TEXT', dimension: 'CITY' } as const, ...userColumns];
  const visible = [...own, ...enriched.map(({ name }) => name), ...origin];
  return enrichedFacts(source, { name: 'transactions', ...rows }, { enriched, visible });
};

const eventsTable = ({ store, experimentEvents: source }: FactTableServices): FactTable => {
  const { origin, ...rows } = ledgerRows(store, experimentEvents, [
    { name: 'event_id', type: 'TEXT', field: 'eventId' },
    { name: 'user_id', type: 'TEXT', field: 'userId' },
    { name: 'occurred_at', type: 'INSTANT', field: 'occurredAtUs' },
    { name: 'named_experiment', type: 'TEXT', field: 'experiment' },
    { name: 'variant', type: 'TEXT', field: 'variant' },
    { name: 'account_type', type: 'TEXT', field: 'accountType' },
    { name: 'event_type', type: 'TEXT', field: 'eventType' },
    { name: 'order_value', type: 'DECIMAL', field: 'orderValue' },
  ]);
  const own = ['event_id', 'user_id', 'occurred_at', 'variant', 'account_type', 'event_type', 'order_value'];
  const enriched = [{ name: 'experiment', type: 'TEXT', dimension: 'EXPERIMENT' } as const, ...userColumns];
  const visible = [...own, ...enriched.map(({ name }) => name), 'named_experiment', ...origin];
  return enrichedFacts(source, { name: 'experiment_events', ...rows }, { enriched, visible });
};
