import type { Row } from '../../../db/store.ts';
import { transactions } from '../../../db/tables/transactions.ts';
import { createDictionary } from '../../indices/dictionary.ts';
import { growableUint32 } from '../../indices/growable.ts';
import { createIpColumn, type IpColumn } from '../../indices/ip-column.ts';
import { exchangeColumns, exchangeParts } from '../../indices/state-columns.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type Decimal, parseDecimal } from '../../lib/decimal.ts';
import { parseIp } from '../../lib/ip.ts';
import type { TextColumn } from '../../lib/text-column.ts';
import type { FilterLimits } from '../facts/filter.ts';
import { byDictionary, byJoin, userDimensions } from '../facts/memory/coded-dimensions.ts';
import { createFactColumns, type FutureLimit } from '../facts/memory/columns.ts';
import type { CumulativeGroupLimits } from '../facts/memory/cumulative-groups.ts';
import { createEnrichment, type Enrichment } from '../facts/memory/enrichment.ts';
import { joinAttributes, joinFiles, joinStatus } from '../facts/memory/joins.ts';
import { createMemoryFacts, type MemoryFacts } from '../facts/memory/memory-facts.ts';
import { appendNew, factsOf } from '../facts/memory/record-facts.ts';
import type { IpCity } from '../ip-city/ip-city.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import { joinCity } from './city-join.ts';

export interface InMemoryServices {
  readonly ledger: Ledger;
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly userStatus: UserStatus;
  readonly ipCity: IpCity;
  readonly limits: FilterLimits & FutureLimit & CumulativeGroupLimits;
}

/** Transactions as columns of this process. */
export const transactionsInMemory = (services: InMemoryServices): MemoryFacts => {
  const { ledger, users, userFiles, userStatus, ipCity, limits } = services;
  const { columns, productOf, ips, products } = projectTransactions(ledger, users, limits, () => memory.enrichment);
  const memory = createMemoryFacts({
    source: 'TRANSACTIONS',
    columns,
    enrichment: createEnrichment(ledger, columns, [
      // In the order in which they are made after a start: what most questions need comes first.
      joinStatus(columns, userStatus),
      joinCity(ips, ipCity),
      joinAttributes(columns, users),
      joinFiles(columns, userFiles),
    ]),
    dimensions: {
      ...userDimensions(columns, users),
      CITY: (enriched) => byDictionary(byJoin(enriched, 'city'), ipCity.cities),
      PRODUCT: () => byDictionary({ codeOf: productOf.at, readCodes: productOf.readAt }, products),
    },
    users,
    limits,
  });
  return memory;
};

const contentFields = ['userId', 'occurredAtUs', 'productId', 'amount', 'ip'] as const;

/** Columns of all transactions, kept up to date with the ledger. */
const projectTransactions = (ledger: Ledger, users: Users, limits: FutureLimit, joined: () => Enrichment) => {
  const columns = createFactColumns();
  const productOf = growableUint32();
  const ips = createIpColumn();
  const products = createDictionary();

  ledger.subscribe(transactions, ['seq', 'recordedAtUs', ...contentFields], {
    name: 'transactions',
    after: ['users', 'user-status', 'user-file-syncs', 'ip-ranges'],
    apply(records) {
      const facts = factsOf(records, records.texts('amount'), users);
      const productCodes = products.internAll(records.texts('productId'));
      const addresses = records.texts('ip');

      const from = appendNew(columns, facts, limits);
      productOf.pushAll(productCodes.subarray(from));
      pushIps(ips, addresses, from);
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

const pushIps = (ips: IpColumn, { text, starts, ends }: TextColumn, from: number): void => {
  for (let index = from; index < starts.length; index++) {
    const [start, end] = [starts[index] as number, ends[index] as number];
    ips.push(end < start ? null : parseIp(text.slice(start, end)));
  }
};

export const amountOf = (row: Pick<Row<typeof transactions>, 'seq' | 'amount'>): Decimal => {
  const amount = parseDecimal(row.amount);
  if (!amount) throw new Error(`transaction record ${row.seq} holds the malformed amount ${row.amount}`);
  return amount;
};
