import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type DimensionName,
  dimensionNames,
  type FactSource,
  hasDimension,
} from '../../../src/domains/facts/dimensions.ts';
import type { FactEngine, FactPageRequest } from '../../../src/domains/facts/engine.ts';
import type { FactFilter } from '../../../src/domains/facts/filter.ts';
import { DomainError } from '../../../src/errors.ts';
import { ageBandLabels } from '../../../src/lib/age.ts';
import { Work } from '../../../src/lib/work.ts';
import { anyWrite, perform } from '../../support/any-writes.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { type ClickHouseServer, startClickHouse } from '../../support/clickhouse.ts';
import { type Batch, ledgers, send } from '../../support/experiment-arbitraries.ts';
import { answerOf } from '../../support/fact-answers.ts';
import { type FactsInMemory, factsInMemory } from '../../support/facts-in-memory.ts';

let clickhouse: ClickHouseServer;
beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse.close());

let databases = 0;
const open = (): Promise<OpenApp> =>
  openApp({
    settings: {
      clickhouse: clickhouse.url,
      clickhouseCluster: clickhouse.cluster,
      clickhouseDatabase: `parity_${++databases}`,
      clickhouseBlockRecords: '5',
      clickhouseEnrichMs: '0',
      // However slow the machine is.
      clickhouseWaitMs: '300000',
    },
  });

/** Waits until enriched facts are stored up to the newest record. */
const enriched = (app: OpenApp): Promise<void> =>
  expect
    .poll(async () => (await app.get('/metrics')).text(), { interval: 5 })
    .toContain(`asof_projection_sequence{projection="clickhouse-enriched"} ${app.app.ledger.snapshot().sequence}\n`);

/** Where in a history stored enrichment is level: facts and changes before and after it meet in all ways. */
const pauses = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 });

const performAll = async <W>(
  app: OpenApp,
  writes: readonly W[],
  shares: readonly number[],
  write: (write: W, number: number) => Promise<unknown>,
): Promise<void> => {
  const due = new Set(shares.map((share) => Math.round(share * writes.length)));
  for (const [number, each] of writes.entries()) {
    await write(each, number);
    if (due.has(number + 1)) await enriched(app);
  }
};

const instant = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map((day) => Date.UTC(2020, 5, day) * 1000),
  fc.integer({ min: 27, max: 33 }).map((day) => Date.UTC(2025, 2, day) * 1000 - 1),
  fc.constantFrom(Date.UTC(1970, 0, 1) * 1000, Date.UTC(2100, 1, 28) * 1000),
);
const decimal = fc.integer({ min: -4, max: 12 }).map((units) => ({ units, micros: 0 }));

const simpleFilter: fc.Arbitrary<FactFilter> = fc.oneof(
  fc.record({ userIds: fc.subarray(['a', 'b', 'u1', 'u2', 'nobody']) }),
  fc.record({ userStatus: fc.subarray(['paying', 'non-paying', 'cancelled'] as const) }),
  fc.record({ countries: fc.subarray(['SE', 'DE', 'unknown']) }),
  fc.record({ ageBands: fc.subarray([...ageBandLabels, 'unknown']) }),
  fc.record({ hasImage: fc.boolean() }),
  fc.record({ range: fc.record({ since: instant }) }),
  fc.record({ range: fc.constantFrom('P1D', 'P2D', 'PT1S').map((last) => ({ last })) }),
  fc.record({ range: fc.constant({ days: { first: '2020-06-02', last: '2020-06-03' } }) }),
  fc.record({ amountAtLeast: decimal }),
  fc.record({ amountAtMost: decimal }),
);
const ownFilters: Readonly<Record<FactSource, fc.Arbitrary<FactFilter>>> = {
  TRANSACTIONS: fc.record({ cities: fc.subarray(['london', 'oslo', 'unknown', "o'slo\\"]) }),
  EXPERIMENT_EVENTS: fc.oneof(
    fc.record({ experiments: fc.subarray(['x', 'y', 'default']) }),
    fc.record({ variants: fc.subarray(['A', 'B']) }),
    fc.record({ eventTypes: fc.subarray(['view', 'unknown']) }),
  ),
};
const filterOf = (source: FactSource): fc.Arbitrary<FactFilter> => {
  const part = fc.oneof(simpleFilter, ownFilters[source]);
  return fc.oneof(
    part,
    fc.record({ and: fc.array(part, { maxLength: 2 }), not: part }),
    fc.record({ or: fc.array(part, { maxLength: 3 }) }),
    fc.record({ not: fc.record({ or: fc.array(part, { maxLength: 2 }), not: part }) }),
  );
};

const queryOf = (source: FactSource) =>
  fc.record({
    groupBy: fc.subarray<DimensionName>(
      dimensionNames.filter((name) => hasDimension(source, name)),
      { maxLength: 4 },
    ),
    grain: fc.constantFrom('MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/Sao_Paulo'),
    where: fc.option(filterOf(source), { nil: undefined }),
    having: fc.option(fc.record({ countAtLeast: fc.integer({ min: 1, max: 3 }), sumAtLeast: fc.option(decimal) }), {
      nil: undefined,
      freq: 3,
    }),
    validAtUs: fc.option(instant, { nil: undefined }),
    /** Of all records. */
    share: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  });
type Query = ReturnType<typeof queryOf> extends fc.Arbitrary<infer Q> ? Q : never;

const page = fc.record({
  orderBy: fc.constantFrom('OCCURRED_AT', 'RECEIVED_AT', 'AMOUNT'),
  descending: fc.boolean(),
  fromEnd: fc.boolean(),
  limit: fc.integer({ min: 0, max: 4 }),
  /** Where a walk begins, as a share of all records: also at those that are no facts, or later ones. */
  start: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined, freq: 2 }),
});

const outcomeOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, message: error.message };
    throw error;
  }
};

/** An app with facts in ClickHouse, and the same facts in memory. */
interface Compared {
  readonly app: OpenApp;
  readonly memory: FactsInMemory;
}

const enginesOf = ({ app: { app }, memory }: Compared, source: FactSource): [FactEngine, FactEngine] => {
  const { transactions, experimentEvents } = app.domains;
  return [(source === 'TRANSACTIONS' ? transactions : experimentEvents).engine, memory.engines[source]];
};

const sequenceAt = ({ app }: Compared, share: number | undefined): number | undefined =>
  share === undefined ? undefined : Math.round(share * app.app.ledger.snapshot().sequence);

const compare = async (
  compared: Compared,
  source: FactSource,
  { share, validAtUs, ...query }: Query,
): Promise<void> => {
  const request = { ...query, asOf: { validAtUs, sequence: sequenceAt(compared, share) } };
  const [one, other] = enginesOf(compared, source).map((engine) => outcomeOf(answerOf(engine, request)));
  expect(await one).toEqual(await other);
};

type Page = typeof page extends fc.Arbitrary<infer P> ? P : never;

/** Walks over all pages with both engines, from the first one or from any record. */
const comparePages = async (
  compared: Compared,
  source: FactSource,
  { where, validAtUs, share }: Query,
  { start, ...shape }: Page,
): Promise<void> => {
  const asOf = { validAtUs, sequence: sequenceAt(compared, share) };
  let cursor = sequenceAt(compared, start);
  for (let pages = 0; pages < 5; pages++) {
    const bound = shape.fromEnd ? { beforeSeq: cursor } : { afterSeq: cursor };
    const request: FactPageRequest = { ...shape, ...bound, where, asOf };
    const pageOf = async (engine: FactEngine) => {
      const { totalCount, ...rest } = await engine.page(request);
      return { ...rest, count: await totalCount() };
    };
    const [one, other] = await Promise.all(enginesOf(compared, source).map((engine) => outcomeOf(pageOf(engine))));
    expect(one).toEqual(other);
    const { seqs = [] } = one as { seqs?: readonly number[] };
    cursor = shape.fromEnd ? seqs[0] : seqs.at(-1);
    if (cursor === undefined) return;
  }
};

/** Compares every dimension of every fact. */
const compareValues = async (compared: Compared, source: FactSource, { share, validAtUs }: Query): Promise<void> => {
  const dimensions = dimensionNames.filter((name) => hasDimension(source, name) && name !== 'PERIOD');
  const request = { dimensions, asOf: { validAtUs, sequence: sequenceAt(compared, share) } };
  const [one, other] = await Promise.all(
    enginesOf(compared, source).map(async (engine) =>
      (await engine.values(request)).map(({ codes, values }) => Array.from(codes, (code) => values[code])),
    ),
  );
  expect(one).toHaveLength(dimensions.length);
  expect(one).toEqual(other);
};

/** Compares figures, trends and pages of conversations that started in any part of the history. */
const compareConversations = async (
  compared: Compared,
  { share, grain, timeZone }: Query,
  { start = 0, fromEnd, limit }: Page,
): Promise<void> => {
  const { app, memory } = compared;
  const sequence = sequenceAt(compared, share) ?? app.app.ledger.snapshot().sequence;
  const span = { after: Math.round(start * sequence * 0.7), upTo: Math.round(sequence * (1 - start / 3)) };
  const symbols = ['x', 'a', 'z', 'e'];
  const work = new Work();
  const [one, other] = await Promise.all(
    [app.app.domains.conversations.engine, memory.conversations].map(async (engine) => {
      const figures = await engine.figures({ symbols, span, sequence }, work);
      return {
        figures: [figures.symbols, figures.orphanFollowups],
        trend: await figures.trend({ grain, timeZone }, { work, onPoint: () => undefined }),
        all: await engine.page({ sequence, span, fromEnd, limit }),
        some: await engine.page({ sequence, span, fromEnd, limit, symbol: 'a', afterSeq: 3, beforeSeq: sequence - 2 }),
        last: await engine.lastStartUpTo(sequence),
        followups: await engine.followupsUpTo(sequence),
      };
    }),
  );
  expect(one).toEqual(other);
};

const compareAll = async (app: OpenApp, source: FactSource, queries: readonly Query[], shape: Page): Promise<void> => {
  const memory = factsInMemory(app);
  await memory.catchUp();
  const compared = { app, memory };
  for (const query of queries) await compare(compared, source, query);
  await comparePages(compared, source, queries[0] as Query, shape);
  await compareValues(compared, source, queries[1] as Query);
  for (const query of queries.slice(0, 4)) await compareConversations(compared, query, shape);
};

const options = { numRuns: Number(process.env.RUNS ?? 20) };

describe('facts in ClickHouse and in memory', () => {
  it('give equal answers about purchases and conversations for any history', async () => {
    const source = 'TRANSACTIONS';
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyWrite, { minLength: 5, maxLength: 30 }),
        fc.array(queryOf(source), { minLength: 6, maxLength: 14 }),
        page,
        pauses,
        async (writes, queries, shape, shares) => {
          const app = await open();
          try {
            await performAll(app, writes, shares, (write, number) => perform(app, write, number));
            await compareAll(app, source, queries, shape);
          } finally {
            await app.close();
          }
        },
      ),
      options,
    );
  });

  it('give equal answers about events of experiments for any history', async () => {
    const source = 'EXPERIMENT_EVENTS';
    await fc.assert(
      fc.asyncProperty(
        ledgers,
        fc.array(queryOf(source), { minLength: 6, maxLength: 14 }),
        page,
        pauses,
        async (batches, queries, shape, shares) => {
          const app = await open();
          try {
            await performAll(app, batches as Batch[], shares, (batch) => send(app, batch));
            await compareAll(app, source, queries, shape);
          } finally {
            await app.close();
          }
        },
      ),
      options,
    );
  });
});
