import type { Row, Store, Tx } from '../../db/store.ts';
import { transactions } from '../../db/tables/transactions.ts';
import { createDictionary } from '../indices/dictionary.ts';
import type { Ledger } from '../indices/follow.ts';
import { type Decimal, formatDecimal, parseDecimal } from '../lib/decimal.ts';
import { formatIp, type IpAddress, parseIp } from '../lib/ip.ts';
import { type AsOf, createEnrichment } from './enrichment.ts';
import { createFactColumns } from './fact-columns.ts';
import { checkFilter, type FilterLimits, testOf } from './fact-filter.ts';
import { type FactPage, type FactPageRequest, pageOfFacts } from './fact-page.ts';
import type { FactSet } from './fact-set.ts';
import type { IpCity } from './ip-city.ts';
import { idProblems, type Origin, type Outcome, type StoredOrigin } from './recording.ts';
import { rowsInOrder } from './rows-in-order.ts';
import type { UserStatus } from './user-status.ts';
import type { Users } from './users.ts';

export interface Transaction {
  readonly transactionId: string;
  readonly userId: string;
  readonly occurredAtUs: number;
  readonly productId: string;
  readonly amount: Decimal;
  readonly ip: IpAddress | null;
}

export type StoredTransaction = Transaction & StoredOrigin;

/** A transaction met in an answer that was joined as of something: its own enrichment is to agree. */
export type JoinedTransaction = StoredTransaction & { readonly asOf?: AsOf };

/** Purchases: what was paid for which product, by whom, when and from where. */
export interface Transactions extends FactSet {
  page(request: FactPageRequest): Promise<FactPage>;
  /** Stored transactions by `seq`, in the order of the keys: one statement. */
  bySeqs(seqs: readonly number[]): (StoredTransaction | null)[];
  /** Records one transaction. Its id with the same content is a duplicate, with other content a conflict. */
  record(tx: Tx, transaction: Transaction, origin: Origin): Outcome;
}

export const createTransactions = (
  store: Store,
  ledger: Ledger,
  users: Users,
  userStatus: UserStatus,
  ipCity: IpCity,
  limits: FilterLimits,
): Transactions => {
  const columns = createFactColumns();
  const products = createDictionary();
  const enrichment = createEnrichment(ledger, columns, userStatus, ipCity);
  const codes = { users: users.codes.codeOf, cities: ipCity.codeOfCity, products: products.codeOf };

  const columnsFollowed = ['seq', 'userId', 'occurredAtUs', 'productId', 'amount', 'ip'] as const;
  ledger.follow(transactions, columnsFollowed, {
    apply(rows) {
      const last = columns.rows === 0 ? 0 : columns.seqOf(columns.rows - 1);
      for (const row of rows) {
        if (row.seq <= last) continue;
        columns.push({
          seq: row.seq,
          user: users.codes.intern(row.userId),
          occurredAtUs: row.occurredAtUs,
          product: products.intern(row.productId),
          amount: storedAmount(row),
          ip: row.ip === null ? null : parseIp(row.ip),
        });
      }
    },
  });

  const facts: FactSet = {
    columns,
    enrichment,
    productName: products.textOf,
    productCodes: () => products.size,
    userCodes: (userIds) => new Set(userIds.map(users.codes.codeOf).filter((code) => code !== undefined)),
    testOf(filter, enriched, timeZone) {
      if (filter) checkFilter(filter, limits);
      return testOf(filter, columns, enriched, codes, timeZone);
    },
  };

  return {
    ...facts,
    page: (request) => pageOfFacts(facts, request),
    bySeqs: (seqs) => rowsInOrder(store, transactions, 'seq', seqs).map((row) => row && stored(row)),
    record(tx, transaction, origin) {
      const { amount, ip, ...rest } = transaction;
      const { transactionId, userId, productId } = rest;
      const problems = idProblems({ transactionId, userId, productId });
      if (problems.length > 0) return { kind: 'REJECTED', problems };
      const row = { ...rest, amount: formatDecimal(amount), ip: ip === null ? null : formatIp(ip) };
      const known = tx.newest(transactions, { transactionId: row.transactionId });
      if (!known) return { kind: 'CREATED', seq: tx.append(transactions, { ...row, ...origin }) };
      const differing = contentFields.filter((field) => known[field] !== row[field]);
      if (differing.length === 0) return { kind: 'DUPLICATE' };
      const message = `transaction ${row.transactionId} is recorded with another ${differing.join(', ')}`;
      const path = origin.importId === null ? 'transactionId' : 'click_id';
      return { kind: 'CONFLICT', problems: [{ path, code: 'CONFLICT', message }] };
    },
  };
};

const contentFields = ['userId', 'occurredAtUs', 'productId', 'amount', 'ip'] as const;

const storedAmount = (row: Pick<Row<typeof transactions>, 'seq' | 'amount'>): Decimal => {
  const amount = parseDecimal(row.amount);
  if (!amount) throw new Error(`transaction record ${row.seq} holds the amount ${row.amount}`);
  return amount;
};

const stored = (row: Row<typeof transactions>): StoredTransaction => ({
  ...row,
  amount: storedAmount(row),
  ip: row.ip === null ? null : parseIp(row.ip),
});
