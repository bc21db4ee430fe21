import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { createExcludedUsers } from '../../../src/domains/excluded-users/excluded-users.ts';
import { createExperimentEvents } from '../../../src/domains/experiments/events.ts';
import type { FactFilter } from '../../../src/domains/facts/filter.ts';
import { createImportEnds } from '../../../src/domains/imports/import-ends.ts';
import { arrivalsOf } from '../../../src/domains/monitor/cell-patterns.ts';
import type { MonitorEngine, SelectedEvents } from '../../../src/domains/monitor/engine.ts';
import { createMonitor, type Monitor } from '../../../src/domains/monitor/monitor.ts';
import type { MonitorRequest } from '../../../src/domains/monitor/request.ts';
import { DomainError } from '../../../src/errors.ts';
import { Work } from '../../../src/lib/work.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { type ClickHouseServer, startClickHouse } from '../../support/clickhouse.ts';
import { type Batch, iso, ledgers, send, sendAlone, time } from '../../support/experiment-arbitraries.ts';
import { servicesInMemory } from '../../support/facts-in-memory.ts';
import { type AnswersRequest, answersOf, patternsOf } from '../../support/monitor-answers.ts';

let clickhouse: ClickHouseServer;
beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse.close());

// Few users have to decide something.
const limits = { monitorAlpha: '0.95', monitorUsersMin: '5', lateAfterMs: '43200000' };

let databases = 0;
const open = (): Promise<OpenApp> =>
  openApp({
    settings: {
      ...{ ...limits, clickhouse: clickhouse.url, clickhouseCluster: clickhouse.cluster },
      clickhouseDatabase: `monitor_${++databases}`,
      ...{ clickhouseBlockRecords: '5', clickhouseEnrichMs: '0' },
    },
  });

/** The events that the engine selected last. */
let lastSelected: SelectedEvents | undefined;

/** Memory answers instead of an engine that cannot be reached, and would be compared with itself. */
const reached = (engine: MonitorEngine): MonitorEngine => ({
  select(selection) {
    const selected = engine.select(selection);
    lastSelected = selected;
    const calls = selected as unknown as Record<PropertyKey, (...args: unknown[]) => unknown>;
    return new Proxy(selected, {
      get:
        (_target, name) =>
        async (...args: unknown[]) => {
          try {
            return await calls[name]?.(...args);
          } catch (error) {
            if (error instanceof DomainError && error.code === 'FACTS_UNAVAILABLE') throw new Error(error.message);
            throw error;
          }
        },
    });
  },
});

interface Compared {
  readonly app: OpenApp;
  readonly engine: Monitor;
  readonly memory: Monitor;
  userIdOf(code: number, inMemory: boolean): string;
  catchUp(): Promise<void>;
}

/** Two monitors of the records of an app: one with its engine, and one that counts in memory. */
const monitorsOf = (app: OpenApp): Compared => {
  const { domains, ledger } = app.app;
  const config = readConfig({ data: ':memory:', ...limits });
  const { engine } = domains.monitor;
  if (!engine) throw new Error('the app counts in memory');
  const nowUs = () => Date.UTC(2025, 3, 2) * 1000;
  const own = servicesInMemory(app);
  const common = {
    ...own,
    limits: config,
    importEnds: createImportEnds(own.store),
    openRequests: domains.openRequests,
  };
  const experimentEvents = createExperimentEvents(common);
  const excludedUsers = createExcludedUsers(own.store, own.ledger, own.users);
  return {
    app,
    engine: createMonitor({ ...domains, ledger, limits: config, nowUs, engine: reached(engine) }),
    memory: createMonitor({ ...own, experimentEvents, excludedUsers, limits: config, nowUs }),
    userIdOf: (code, inMemory) => (inMemory ? own : domains).users.codes.textOf(code),
    catchUp: () => own.ledger.catchUp(),
  };
};

type Step =
  | Batch
  /** The first events are sent alone, the others together. */
  | { readonly kind: 'requests'; readonly events: EventBatch['events']; readonly alone: number }
  | { readonly kind: 'exclude' | 'include'; readonly userIds: readonly string[]; readonly from: number | null };
type EventBatch = Extract<Batch, { kind: 'events' }>;

const exclusion = fc.record({
  kind: fc.constantFrom('exclude' as const, 'exclude' as const, 'include' as const),
  userIds: fc.subarray(['u0', 'u1', 'u2', 'u3', 'u4', 'u5'], { minLength: 1 }),
  from: fc.option(time),
});

/** Requests at the same time share transactions; those with one event are in no batch. */
const histories = fc
  .tuple(ledgers, fc.array(fc.tuple(exclusion, fc.nat()), { maxLength: 4 }), fc.array(fc.nat({ max: 12 })))
  .map(([batches, exclusions, alone]): Step[] => {
    const steps: Step[] = batches.map((batch, index) =>
      batch.kind === 'events' ? { kind: 'requests', events: batch.events, alone: alone[index] ?? 0 } : batch,
    );
    for (const [step, position] of exclusions) steps.splice(position % (steps.length + 1), 0, step);
    return steps;
  });

const sendAtOnce = async (app: OpenApp, { events, alone }: Extract<Step, { kind: 'requests' }>): Promise<void> => {
  const together = events.slice(alone);
  await Promise.all([
    ...events.slice(0, alone).map((event) => sendAlone(app, event)),
    ...(together.length > 0 ? [send(app, { kind: 'events', events: together })] : []),
  ]);
};

const perform = async (app: OpenApp, step: Step): Promise<void> => {
  if ('alone' in step) return sendAtOnce(app, step);
  if (!('userIds' in step)) return send(app, step);
  const { userIds, from } = step;
  const [name, type] = step.kind === 'exclude' ? ['excludeUsers', 'ExcludeUsers'] : ['includeUsers', 'IncludeUsers'];
  const input = { userIds, ...(step.kind === 'exclude' && from !== null ? { from: iso(from) } : {}) };
  const { data, errors } = await app.query<Record<string, { __typename: string }>>(
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename } }`,
    { input },
  );
  expect([errors, data?.[name as string]?.__typename]).toEqual([undefined, `${type}Payload`]);
};

const filter: fc.Arbitrary<FactFilter> = fc.oneof(
  fc.record({ accountTypes: fc.subarray(['free', 'pro']) }),
  fc.record({ eventTypes: fc.constantFrom(['view'], ['order', 'unknown']) }),
  fc.record({ userStatus: fc.subarray(['paying', 'non-paying', 'cancelled'] as const, { minLength: 1 }) }),
  fc.record({ not: fc.record({ countries: fc.subarray(['SE', 'unknown']) }) }),
  fc.record({ userIds: fc.constant(['u1', 'u2', 'u3', 'u4', 'u5', 'u6']) }),
  fc.record({ range: fc.record({ since: time }) }),
  fc.record({ or: fc.tuple(fc.record({ variants: fc.constant(['A']) }), fc.record({ genders: fc.constant(['f']) })) }),
);

const queries = fc.record({
  experiment: fc.constantFrom('x', 'x', 'x', 'y', 'default', undefined),
  country: fc.option(fc.constantFrom('SE', 'DE', 'NO', 'unknown', 'nowhere'), { nil: undefined, freq: 2 }),
  range: fc.option(
    fc.oneof(
      fc.tuple(time, time).map((ends) => ({ between: { from: Math.min(...ends), to: Math.max(...ends) } })),
      fc.constantFrom('P1D', 'P2D').map((last) => ({ last })),
    ),
    { nil: undefined, freq: 3 },
  ),
  where: fc.option(filter, { nil: undefined }),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
  validAtUs: fc.option(time, { nil: undefined, freq: 2 }),
  /** Of all records: the moment. */
  share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  answers: fc.record({
    grain: fc.constantFrom('HOUR', 'DAY', 'WEEK'),
    eventTypes: fc.option(fc.subarray(['view', 'order', 'unknown', 'nothing'], { minLength: 1 }), { nil: undefined }),
    byMarket: fc.boolean(),
  }),
});
type Query = typeof queries extends fc.Arbitrary<infer Q> ? Q : never;

const compare = async (compared: Compared, { share, validAtUs, answers, ...query }: Query): Promise<void> => {
  const sequence = Math.round(share * compared.app.app.ledger.snapshot().sequence);
  const request: MonitorRequest = { ...query, asOf: { sequence, validAtUs } };
  const answersBy = (monitor: Monitor, inMemory: boolean, options: AnswersRequest = answers) =>
    answersOf(monitor, request, { ...options, userIdOf: (code) => compared.userIdOf(code, inMemory) });
  const [one, other] = [await answersBy(compared.engine, false), await answersBy(compared.memory, true)];
  expect(one).toEqual(other);
  if (isRefused(one)) return;
  // Reports read no more of the patterns than they need: here all of them are exact.
  const { snapshot } = await compared.memory.report(request, new Work());
  const patterns = await (lastSelected as SelectedEvents).patterns('ALL', new Work());
  expect(patternsOf(arrivalsOf(patterns))).toEqual(patternsOf(snapshot.arrivals));
};

const isRefused = (answers: unknown): boolean => 'code' in (answers as object);

describe('the monitor in ClickHouse and in memory', () => {
  it('gives equal answers of every state, part and market, for any history', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.array(queries, { minLength: 12, maxLength: 16 }), async (steps, requests) => {
        const app = await open();
        try {
          for (const step of steps) await perform(app, step);
          const compared = monitorsOf(app);
          await compared.catchUp();
          for (const query of requests) await compare(compared, query);
        } finally {
          await app.close();
        }
      }),
      // Each run creates a database: a smaller history would be found after many minutes.
      { numRuns: Number(process.env.RUNS ?? 20), endOnFailure: true },
    );
  });
});
