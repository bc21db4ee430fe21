import type { Row, Store, Tx } from '../../../db/store.ts';
import { transactions } from '../../../db/tables/transactions.ts';
import type { FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { RecordOrigin, RecordOutcome } from '../../ledger/record.ts';
import { createRecordCache } from '../../ledger/record-cache.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import type { Decimal } from '../../lib/decimal.ts';
import { type IpAddress, parseIp } from '../../lib/ip.ts';
import { type RecordFace, wireFace } from '../../lib/problems.ts';
import type { FactEngine } from '../facts/engine.ts';
import type { StoredFact } from '../facts/fact-set.ts';
import { createFacts, type Facts } from '../facts/facts.ts';
import { createMemoryEngine } from '../facts/memory/memory-engine.ts';
import type { Users } from '../users/users.ts';
import { amountOf, type InMemoryServices, transactionsInMemory } from './in-memory.ts';

interface TransactionFields {
  readonly transactionId: string;
  readonly userId: string;
  readonly occurredAtUs: number;
  readonly productId: string;
}

/** A transaction as it is recorded: the amount and the address are texts in the one spelling that each of them has. */
export interface Transaction extends TransactionFields {
  readonly amount: string;
  readonly ip: string | null;
}

export interface StoredTransaction extends TransactionFields, StoredFact {
  readonly source: 'TRANSACTIONS';
  readonly amount: Decimal;
  readonly ip: IpAddress | null;
}

/** Purchases: which user paid which amount for which product, when, and from which address. */
export interface Transactions extends Facts {
  /** Stored transactions by `seq`, in the order of the keys: one statement for those that were not read lately. */
  bySeqs(seqs: readonly number[]): readonly (StoredTransaction | null)[];
  /** The same by the senders' own ids. */
  byTransactionIds(ids: readonly string[]): (StoredTransaction | null)[];
  /** Records one transaction. A known id is a duplicate if the content is equal, else a conflict. */
  record(tx: Tx, transaction: Transaction, origin: RecordOrigin, face?: RecordFace): RecordOutcome;
}

/** The services that transactions use. */
export interface TransactionsServices extends InMemoryServices {
  readonly store: Store;
  /** Answers questions about facts that it keeps elsewhere; default: columns in memory. */
  readonly engine?: FactEngine | undefined;
}

export const createTransactions = (services: TransactionsServices): Transactions => {
  const { store, ledger, users, limits } = services;
  const engine = services.engine ?? createMemoryEngine(transactionsInMemory(services), limits);
  if (services.engine) nameUsers(ledger, users);
  return {
    ...createFacts({ source: 'TRANSACTIONS', engine }, limits),
    bySeqs: createRecordCache((seqs) =>
      rowsByKey(store, transactions, 'seq', seqs).map((row) => row && toTransaction(row)),
    ),
    byTransactionIds: (ids) =>
      rowsByKey(store, transactions, 'transactionId', ids).map((row) => row && toTransaction(row)),
    record: recordTransaction,
  };
};

/** What remains in memory of transactions that are elsewhere: that they name users. */
const nameUsers = (ledger: Ledger, users: Users): void => {
  ledger.subscribe(transactions, ['seq', 'userId'], {
    name: 'transaction-users',
    after: ['users'],
    apply(records) {
      users.addAllNamed(records.texts('userId'), records.numbers('seq'));
    },
    exchange: () => undefined,
  });
};

/** The content of a transaction, under the names of the wire format. */
const wireNames = {
  userId: 'user_id',
  occurredAtUs: 'created_at',
  productId: 'product_id',
  amount: 'product_price',
  ip: 'ip',
} as const;
const contentFields = Object.keys(wireNames) as (keyof typeof wireNames)[];

export const recordTransaction: Transactions['record'] = (tx, transaction, origin, face = wireFace) => {
  const { transactionId, userId, occurredAtUs, productId, amount, ip } = transaction;
  const row = {
    importId: origin.importId,
    line: origin.line,
    sentBy: origin.sentBy,
    transactionId,
    userId,
    occurredAtUs,
    productId,
    amount,
    ip,
  };
  const { seq, known } = tx.appendOrFind(transactions, row, { transactionId });
  if (!known) return { kind: 'CREATED', seq };
  const differing = contentFields.filter((field) => known[field] !== row[field]);
  if (differing.length === 0) return { kind: 'DUPLICATE', storedSeq: known.seq };
  const names = differing.map((field) => face.fieldOf(wireNames[field])).join(', ');
  const message = `transaction ${transactionId} is recorded with another ${names}`;
  const problem: FieldProblem = { path: face.fieldOf('click_id'), code: 'CONFLICT', message };
  return { kind: 'CONFLICT', storedSeq: known.seq, problems: [problem] };
};

const toTransaction = (row: Row<typeof transactions>): StoredTransaction => ({
  ...row,
  source: 'TRANSACTIONS',
  amount: amountOf(row),
  ip: row.ip === null ? null : parseIp(row.ip),
});
