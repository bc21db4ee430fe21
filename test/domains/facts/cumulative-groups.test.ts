import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventsInMemory } from '../../../src/domains/experiments/in-memory.ts';
import type { DimensionName } from '../../../src/domains/facts/dimensions.ts';
import type { FactFilter } from '../../../src/domains/facts/filter.ts';
import { type CumulativeGroupLimits, CumulativeGroups } from '../../../src/domains/facts/memory/cumulative-groups.ts';
import { hasConditions } from '../../../src/domains/facts/memory/filter-parts.ts';
import { groupFacts } from '../../../src/domains/facts/memory/groups.ts';
import type { MemoryFacts } from '../../../src/domains/facts/memory/memory-facts.ts';
import { PageOrders } from '../../../src/domains/facts/memory/page-orders.ts';
import { transactionsInMemory } from '../../../src/domains/transactions/in-memory.ts';
import { OpenRequests } from '../../../src/ledger/open-requests.ts';
import { openApp } from '../../support/app.ts';
import { answerOf } from '../../support/fact-answers.ts';
import { servicesInMemory } from '../../support/facts-in-memory.ts';
import { anyWrite, writeHistory } from '../../support/histories.ts';

/** Sums at checkpoints that say how many questions they answered. */
class CountedAnswers extends CumulativeGroups {
  answers = 0;
  /** Those of questions with conditions beside the time. */
  filtered = 0;

  override async find(...question: Parameters<CumulativeGroups['find']>): ReturnType<CumulativeGroups['find']> {
    const answer = await super.find(...question);
    if (answer) this.answers++;
    const [{ query }] = question;
    if (answer?.sums && hasConditions({ ...query.where, range: undefined })) this.filtered++;
    return answer;
  }
}

const withoutCheckpoints = { checkpointRows: 1, checkpointSumsMax: 0 };

const engineOf = (facts: MemoryFacts, limits: CumulativeGroupLimits, orders = new PageOrders(facts.columns)) => {
  const cumulative = new CountedAnswers(facts, orders, limits);
  const group = (query: Parameters<typeof groupFacts>[1], budget: Parameters<typeof groupFacts>[2]) =>
    groupFacts({ facts, cumulative }, query, budget);
  return { group, cumulative };
};

const instant = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 7 }))
    .map(([month, day]) => Date.UTC(2025, month, day) * 1000),
  fc.constantFrom(Date.UTC(1970, 0, 1) * 1000, Date.UTC(2100, 1, 28) * 1000),
);
const ofDimension: fc.Arbitrary<FactFilter> = fc.oneof(
  fc.constantFrom('non-paying', 'paying').map((status) => ({ userStatus: [status] as const })),
  fc.subarray(['city-0', 'city-1', 'base', 'nowhere']).map((cities) => ({ cities })),
  fc.boolean().map((hasImage) => ({ hasImage })),
);
const condition: fc.Arbitrary<FactFilter> = fc.oneof(
  ofDimension,
  fc.integer({ min: 0, max: 60 }).map((units) => ({ amountAtLeast: { units, micros: 250_000 } })),
);
const range = fc.oneof(
  instant.map((since) => ({ since })),
  fc.tuple(instant, instant).map(([a, b]) => ({ between: { from: Math.min(a, b), to: Math.max(a, b) } })),
  fc.constantFrom('P1D', 'P40D', 'P1Y').map((last) => ({ last })),
);
/** Filters within each other. */
const treeOf = (leaf: fc.Arbitrary<FactFilter>): fc.Arbitrary<FactFilter> =>
  fc.oneof(
    leaf,
    leaf.map((not) => ({ not })),
    fc.array(leaf, { maxLength: 3 }).map((or) => ({ or })),
    fc.tuple(leaf, leaf, leaf).map(([each, inner, not]) => ({ ...each, and: [inner, { or: [each, { not }] }], not })),
  );
const inRange = (filter: fc.Arbitrary<FactFilter>): fc.Arbitrary<FactFilter> =>
  fc.tuple(filter, fc.option(range, { nil: undefined })).map(([each, span]) => ({ ...each, range: span }));
const where: fc.Arbitrary<FactFilter | undefined> = fc.oneof(
  fc.constant(undefined),
  range.map((span) => ({ range: span })),
  inRange(treeOf(ofDimension)),
  inRange(treeOf(condition)),
);
const groupings: readonly (readonly DimensionName[])[] = [
  ['USER_STATUS', 'CITY'],
  ['USER_STATUS'],
  ['CITY', 'PRODUCT', 'COUNTRY'],
  ['CITY', 'USER_STATUS'],
  ['PERIOD'],
  ['PRODUCT', 'PERIOD'],
  ['USER'],
  [],
];
const question = fc.record({
  groupBy: fc.constantFrom(...groupings),
  grain: fc.constantFrom('DAY', 'MONTH'),
  where,
  having: fc.option(fc.record({ countAtLeast: fc.integer({ min: 1, max: 2 }) }), { nil: undefined, freq: 3 }),
  timeZone: fc.constantFrom('UTC', 'Asia/Kathmandu'),
});
/** Purchases, and what they are joined to, come most often. */
const write = fc.oneof(
  { arbitrary: anyWrite, weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom('purchase', 'purchase', 'status', 'ipTable', 'usersFile'),
      user: fc.nat({ max: 3 }),
      value: fc.nat({ max: 60 }),
    }),
    weight: 3,
  },
);

describe('answers from sums at checkpoints', () => {
  it('equal those of a scan after any history, and follow late records', async () => {
    let [answers, filtered] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(write, { minLength: 1, maxLength: 12 }), fc.array(question, { maxLength: 6 })), {
          minLength: 3,
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, checkpointRows) => {
          const app = await openApp();
          try {
            const services = servicesInMemory(app);
            const facts = transactionsInMemory(services);
            const summed = engineOf(facts, { checkpointRows, checkpointSumsMax: 10_000 });
            const scanned = engineOf(facts, withoutCheckpoints);
            for (const [writes, questions] of steps) {
              for (const each of questions) expect(await answerOf(summed, each)).toEqual(await answerOf(scanned, each));
              // Of whichever state each of them is, while records arrive.
              const meanwhile = questions.map(async (each) => [each, await answerOf(summed, each)] as const);
              for (const one of writes) {
                await writeHistory(app, [one]);
                await services.ledger.catchUp();
              }
              for (const [each, answer] of await Promise.all(meanwhile))
                expect(answer).toEqual(await answerOf(scanned, { ...each, asOf: { sequence: answer.sequence } }));
            }
            expect(scanned.cumulative.answers).toBe(0);
            answers += summed.cumulative.answers;
            filtered += summed.cumulative.filtered;
          } finally {
            await app.close();
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(answers).toBeGreaterThan(40);
    expect(filtered).toBeGreaterThan(5);
  }, 240_000);

  it('count the amounts of events that have one, and no others', async () => {
    const app = await openApp();
    onTestFinished(() => app.close());
    const services = servicesInMemory(app);
    const origins = { openRequests: new OpenRequests(), importEnds: () => null };
    const limits = { ...services.limits, checkpointRows: 2 };
    const { engine, facts } = eventsInMemory({ ...services, ...origins, limits });
    const kinds = ['event', 'eventsFile'] as const;
    const writes = Array.from({ length: 12 }, (_, value) => ({ kind: kinds[value % 2] ?? 'event', user: 1, value }));
    await writeHistory(app, writes);
    await services.ledger.catchUp();
    const query = { groupBy: ['EVENT_TYPE', 'USER_STATUS'] as const, timeZone: 'UTC' };
    const scanned = await answerOf(engine, query);
    const summed = await answerOf(engine, query);
    expect(summed).toEqual(scanned);
    expect(scanned.total).toMatchObject({ count: facts.columns.rows, amounts: 6 });
    expect(facts.columns.rows).toBeGreaterThan(6);
  });

  it('are exact when facts arrive that compact sums do not hold', async () => {
    const app = await openApp();
    onTestFinished(() => app.close());
    const services = servicesInMemory(app);
    const origins = { openRequests: new OpenRequests(), importEnds: () => null };
    const events = eventsInMemory({ ...services, ...origins });
    const facts = transactionsInMemory(services);
    const engines = [events.facts as MemoryFacts, facts].map((each) => ({
      summed: engineOf(each, { checkpointRows: 1, checkpointSumsMax: 10_000 }),
      scanned: engineOf(each, withoutCheckpoints),
    }));
    const compare = async (): Promise<void> => {
      await services.ledger.catchUp();
      for (const since of [1, 3, 5])
        for (const { summed, scanned } of engines) {
          const query = {
            groupBy: ['USER_STATUS'] as const,
            timeZone: 'UTC',
            where: { range: { since: Date.UTC(2025, since, 1) * 1000 } },
          };
          expect(await answerOf(summed, query)).toEqual(await answerOf(scanned, query));
        }
    };
    const purchase = { kind: 'purchase', user: 1, value: 9 } as const;
    const event = { kind: 'event', user: 1 } as const;
    await writeHistory(
      app,
      Array.from({ length: 9 }, (_event, value) => ({ ...event, value })),
    );
    await writeHistory(
      app,
      Array.from({ length: 9 }, (_purchase, value) => ({ ...purchase, value })),
    );
    await compare();
    const answersBefore = engines.map(({ summed }) => summed.cumulative.answers);
    expect(Math.min(...answersBefore)).toBeGreaterThan(0);
    // Events without an amount, and amounts whose sum is beyond 2^52 millionths.
    await writeHistory(app, [{ kind: 'eventsFile', user: 1, value: 4 }]);
    await writeHistory(app, [{ ...purchase, value: 5_000_000_000 }]);
    await compare();
    for (const [index, { summed }] of engines.entries())
      expect(summed.cumulative.answers).toBeGreaterThan(answersBefore[index] as number);
  });

  it('are of the state of their question, also when later records are in the order of time already', async () => {
    const app = await openApp();
    onTestFinished(() => app.close());
    const services = servicesInMemory(app);
    const facts = transactionsInMemory(services);
    const purchase = (value: number) => ({ kind: 'purchase', user: value % 3, value }) as const;
    const write = async (from: number, to: number): Promise<void> => {
      await writeHistory(
        app,
        Array.from({ length: to - from }, (_write, index) => purchase(from + index)),
      );
      await services.ledger.catchUp();
    };
    let next = 20;
    class LaterOrders extends PageOrders {
      override async byTime(): ReturnType<PageOrders['byTime']> {
        await write(next, ++next);
        return super.byTime(facts.columns.rows);
      }
    }
    const summed = engineOf(facts, { checkpointRows: 2, checkpointSumsMax: 10_000 }, new LaterOrders(facts.columns));
    const scanned = engineOf(facts, withoutCheckpoints);
    await write(0, next);
    for (const since of [2, 3, 4, 5, 6, 7, 8, 9]) {
      const query = {
        groupBy: ['PRODUCT', 'USER_STATUS'] as const,
        timeZone: 'UTC',
        where: { range: { since: Date.UTC(2025, since - 1, since) * 1000 } },
      };
      const answer = await answerOf(summed, query);
      expect(answer).toEqual(await answerOf(scanned, { ...query, asOf: { sequence: answer.sequence } }));
    }
    expect(summed.cumulative.answers).toBe(7);
    expect(next).toBe(27);
  });
});
