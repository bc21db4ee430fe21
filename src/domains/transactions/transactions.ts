import type { Row, Store, Tx } from '../../../db/store.ts';
import { transactions } from '../../../db/tables/transactions.ts';
import type { FieldProblem } from '../../errors.ts';
import { createDictionary } from '../../indices/dictionary.ts';
import { growableUint32 } from '../../indices/growable.ts';
import { createIpColumn } from '../../indices/ip-column.ts';
import { exchangeColumns, exchangeParts } from '../../indices/state-columns.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { RecordOrigin, RecordOutcome } from '../../ledger/record.ts';
import { createRecordCache } from '../../ledger/record-cache.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { type Decimal, formatDecimal, parseDecimal } from '../../lib/decimal.ts';
import { formatIp, type IpAddress, parseIp } from '../../lib/ip.ts';
import { type RecordFace, wireFace } from '../../lib/problems.ts';
import type { FactEngine } from '../facts/engine.ts';
import type { StoredFact } from '../facts/fact-set.ts';
import { createFacts, type Facts } from '../facts/facts.ts';
import type { FilterLimits } from '../facts/filter.ts';
import { byDictionary, userDimensions } from '../facts/memory/coded-dimensions.ts';
import { createFactColumns, type FutureLimit, isFutureAt } from '../facts/memory/columns.ts';
import { createEnrichment, type Enrichment } from '../facts/memory/enrichment.ts';
import { joinAttributes, joinFiles, joinStatus } from '../facts/memory/joins.ts';
import { createMemoryEngine } from '../facts/memory/memory-engine.ts';
import { createMemoryFacts, type MemoryFacts } from '../facts/memory/memory-facts.ts';
import type { IpCity } from '../ip-city/ip-city.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import { joinCity } from './city-join.ts';

export interface Transaction {
  readonly transactionId: string;
  readonly userId: string;
  readonly occurredAtUs: number;
  readonly productId: string;
  readonly amount: Decimal;
  readonly ip: IpAddress | null;
}

export type StoredTransaction = Transaction & StoredFact & { readonly source: 'TRANSACTIONS' };

/** Purchases: which user paid which amount for which product, when, and from which address. */
export interface Transactions extends Facts, MemoryFacts {
  /** Stored transactions by `seq`, in the order of the keys: one statement for those that were not read lately. */
  bySeqs(seqs: readonly number[]): readonly (StoredTransaction | null)[];
  /** The same by the senders' own ids. */
  byTransactionIds(ids: readonly string[]): (StoredTransaction | null)[];
  /** Records one transaction. A known id is a duplicate if the content is equal, else a conflict. */
  record(tx: Tx, transaction: Transaction, origin: RecordOrigin, face?: RecordFace): RecordOutcome;
}

/** The services that transactions use. */
export interface TransactionsServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly userStatus: UserStatus;
  readonly ipCity: IpCity;
  readonly limits: FilterLimits & FutureLimit;
  /** Answers questions about facts; default: the columns in memory. */
  readonly engine?: FactEngine | undefined;
}

export const createTransactions = (services: TransactionsServices): Transactions => {
  const { store, ledger, users, userFiles, userStatus, ipCity, limits } = services;
  const { columns, productOf, ips, products } = projectTransactions(ledger, users, limits, () => memory.enrichment);
  const memory = createMemoryFacts({
    source: 'TRANSACTIONS',
    columns,
    enrichment: createEnrichment(ledger, columns, [
      joinStatus(columns, userStatus),
      joinAttributes(columns, users),
      joinFiles(columns, userFiles),
      joinCity(ips, ipCity),
    ]),
    dimensions: {
      ...userDimensions(columns, users),
      CITY: (enriched) => byDictionary(enriched.codeBy('city'), ipCity.cities),
      PRODUCT: () => byDictionary((row) => productOf.values[row] as number, products),
    },
    users,
    limits,
  });

  return {
    ...memory,
    ...createFacts({ source: 'TRANSACTIONS', engine: services.engine ?? createMemoryEngine(memory) }, limits),
    bySeqs: createRecordCache((seqs) =>
      rowsByKey(store, transactions, 'seq', seqs).map((row) => row && toTransaction(row)),
    ),
    byTransactionIds: (ids) =>
      rowsByKey(store, transactions, 'transactionId', ids).map((row) => row && toTransaction(row)),
    record: recordTransaction,
  };
};

/** Columns of all transactions, kept up to date with the ledger. */
const projectTransactions = (ledger: Ledger, users: Users, limits: FutureLimit, joined: () => Enrichment) => {
  const columns = createFactColumns();
  const productOf = growableUint32();
  const ips = createIpColumn();
  const products = createDictionary();

  ledger.subscribe(transactions, ['seq', 'recordedAtUs', ...contentFields], {
    name: 'transactions',
    after: ['users', 'user-status', 'user-file-syncs', 'ip-ranges'],
    apply(rows) {
      const last = columns.lastSeq;
      for (const row of rows) {
        if (row.seq <= last) continue;
        const { seq, occurredAtUs } = row;
        const isFuture = isFutureAt(occurredAtUs, row.recordedAtUs, limits);
        columns.push({ seq, user: users.addNamed(row.userId, seq), occurredAtUs, amount: amountOf(row), isFuture });
        productOf.push(products.intern(row.productId));
        ips.push(row.ip === null ? null : parseIp(row.ip));
      }
    },
    size() {
      const own = [columns, productOf, ips, products, joined()];
      return { entries: columns.rows, bytes: own.reduce((bytes, { byteLength }) => bytes + byteLength, 0) };
    },
    settings: [limits.futureToleranceMs],
    exchange(state) {
      columns.exchange(state);
      exchangeColumns(state, { productOf });
      exchangeParts(state, { ips, products });
    },
  });
  return { columns, productOf, ips, products };
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
  const { transactionId, userId, occurredAtUs, productId, ip } = transaction;
  const row = {
    importId: origin.importId,
    line: origin.line,
    sentBy: origin.sentBy,
    transactionId,
    userId,
    occurredAtUs,
    productId,
    amount: formatDecimal(transaction.amount),
    ip: ip === null ? null : formatIp(ip),
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

const amountOf = (row: Pick<Row<typeof transactions>, 'seq' | 'amount'>): Decimal => {
  const amount = parseDecimal(row.amount);
  if (!amount) throw new Error(`transaction record ${row.seq} holds the malformed amount ${row.amount}`);
  return amount;
};

const toTransaction = (row: Row<typeof transactions>): StoredTransaction => ({
  ...row,
  source: 'TRANSACTIONS',
  amount: amountOf(row),
  ip: row.ip === null ? null : parseIp(row.ip),
});
