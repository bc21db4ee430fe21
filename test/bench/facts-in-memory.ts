import type { AggregateLimits } from '../../src/domains/facts/enriched-aggregate.ts';
import { createEnrichedAggregate, type EnrichedAggregate } from '../../src/domains/facts/enriched-aggregate.ts';
import { byDictionary, byJoin, userDimensions } from '../../src/domains/facts/memory/coded-dimensions.ts';
import { createFactColumns, type FactColumns } from '../../src/domains/facts/memory/columns.ts';
import type { CumulativeGroupLimits } from '../../src/domains/facts/memory/cumulative-groups.ts';
import { createEnrichment } from '../../src/domains/facts/memory/enrichment.ts';
import { joinStatus } from '../../src/domains/facts/memory/joins.ts';
import { createMemoryEngine } from '../../src/domains/facts/memory/memory-engine.ts';
import { createMemoryFacts } from '../../src/domains/facts/memory/memory-facts.ts';
import { createIpTable, type IpTable } from '../../src/domains/ip-city/table.ts';
import { joinCity } from '../../src/domains/transactions/city-join.ts';
import type { Users } from '../../src/domains/users/users.ts';
import { createTimelineIndex } from '../../src/indices/as-of.ts';
import { createDictionary } from '../../src/indices/dictionary.ts';
import { growableUint32 } from '../../src/indices/growable.ts';
import { createIpColumn } from '../../src/indices/ip-column.ts';
import { createIpRangesBuilder } from '../../src/indices/ip-ranges.ts';
import type { TimelineIndex } from '../../src/indices/timeline-index.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { atOnce } from '../../src/lib/yielding.ts';
import { type BenchmarkData, cityCount, cityName, productCount, productId, userId } from './fixtures.ts';

const statusesOf = ({ changes: { user, atUs, status } }: BenchmarkData): TimelineIndex => {
  const index = createTimelineIndex();
  for (let row = 0; row < user.length; row++)
    index.add(user[row] as number, atUs[row] as number, status[row] as number, row + 1);
  for (const _step of index.compact());
  return index;
};

const tableOf = ({ ranges: { first, last, city } }: BenchmarkData): IpTable => {
  const builder = createIpRangesBuilder();
  const order = Float64Array.from(first, (address, row) => address * 2 ** 20 + row);
  // Beyond 2^20 rows the remainder is no row number.
  const byFirst = first.length <= 2 ** 20 ? order.sort() : undefined;
  const rows = byFirst
    ? Uint32Array.from(byFirst, (each) => each % 2 ** 20)
    : Uint32Array.from(first.keys()).sort((a, b) => (first[a] as number) - (first[b] as number));
  for (const row of rows)
    builder.add({
      first: { family: 4, value: first[row] as number },
      last: { family: 4, value: last[row] as number },
      city: city[row] as number,
      ordinal: row + 1,
    });
  return createIpTable(null, atOnce(builder.finish()), []);
};

const rowsAtOnce = 100_000;

/** None is dated later than it arrives. */
const appendFacts = (columns: FactColumns, { facts }: BenchmarkData, from: number): void => {
  const occurredAtUs = facts.atUs.slice(from, from + rowsAtOnce);
  const cents = facts.cents.subarray(from, from + rowsAtOnce);
  const block = {
    seqs: Float64Array.from(cents, (_cents, index) => from + index + 1),
    users: Int32Array.from(facts.user.subarray(from, from + rowsAtOnce)),
    ...{ occurredAtUs, recordedAtUs: occurredAtUs },
    amounts: Float64Array.from(cents, (each) => 10_000 * each),
  };
  columns.append(block, { futureToleranceMs: 0 });
};

/** What the program keeps of the data in memory, without a store: it takes seconds where an import takes minutes. */
export const factsInMemory = (
  input: BenchmarkData,
  limits: AggregateLimits & CumulativeGroupLimits,
): EnrichedAggregate => {
  const { user, ip } = input.facts;
  const columns = createFactColumns();
  const ips = createIpColumn();
  for (let from = 0; from < user.length; from += rowsAtOnce) appendFacts(columns, input, from);
  for (const value of ip) ips.push({ family: 4, value });
  const statuses = statusesOf(input);
  const table = tableOf(input);
  const cities = createDictionary();
  for (let city = 0; city <= cityCount; city++) cities.intern(cityName(city));
  const sequence = user.length;
  const ledger = { snapshot: () => ({ sequence, atUs: 0 }), resolveSequence: () => sequence } as unknown as Ledger;
  const codes = createDictionary();
  for (let user = 0; user < 1.1 * input.users; user++) codes.intern(userId(user));
  const users = { codes } as unknown as Users;
  const products = createDictionary();
  for (let product = 0; product < productCount; product++) products.intern(productId(product));
  const productOf = growableUint32();
  for (const product of input.facts.product) productOf.push(product);
  const memory = createMemoryFacts({
    source: 'TRANSACTIONS',
    columns,
    enrichment: createEnrichment(ledger, columns, [
      joinStatus(columns, {
        codesAt: (questions, upTo) => statuses.valuesAt(questions, upTo),
        onChange: () => undefined,
      }),
      joinCity(ips, { table: () => table, tableAt: async () => table }),
    ]),
    dimensions: {
      ...userDimensions(columns, users),
      CITY: (enriched) => byDictionary(byJoin(enriched, 'city'), cities),
      PRODUCT: () => byDictionary({ codeOf: productOf.at, readCodes: productOf.readAt }, products),
    },
    users,
    limits,
  });
  const facts = { source: 'TRANSACTIONS' as const, engine: createMemoryEngine(memory, limits), bySeqs: () => [] };
  return createEnrichedAggregate([facts], ledger, limits);
};
