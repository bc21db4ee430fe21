import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { type Batch, emptyLedger, iso, ledgers, send, time, withBatch } from '../../support/experiment-arbitraries.ts';
import {
  type ReferenceEvent,
  type ReferenceLedger,
  type ReferenceValues,
  referenceValues,
} from '../../support/reference-experiment.ts';
import { decimalText, halfEven, referencePeriod } from '../../support/reference-transactions.ts';

const fieldOf = {
  COUNTRY: 'country',
  GENDER: 'gender',
  VARIANT: 'variant',
  EVENT_TYPE: 'eventType',
  ACCOUNT_TYPE: 'accountType',
  USER_STATUS: 'userStatus',
  EXPERIMENT: 'experiment',
  USER: 'userId',
  PERIOD: 'periodStart',
} as const;
type Dimension = keyof typeof fieldOf;
const dimensions = Object.keys(fieldOf) as Dimension[];

const questions = fc.record({
  groupBy: fc.uniqueArray(fc.constantFrom(...dimensions), { maxLength: 3 }),
  grain: fc.constantFrom('HOUR', 'DAY', 'WEEK', 'MONTH'),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
  validAt: fc.option(time, { freq: 1 }),
  where: fc.option(
    fc.record({
      countries: fc.constantFrom<string[][]>(['SE', 'unknown'], ['DE', 'FR']),
      accountTypes: fc.constantFrom<string[][]>(['free'], ['free', 'pro']),
    }),
    { freq: 1 },
  ),
});
type Question = typeof questions extends fc.Arbitrary<infer Q> ? Q : never;

const document = `query ($groupBy: [EnrichedDimension!]!, $grain: TimeGrain, $timeZone: TimeZone!, $where: EnrichedFilter, $asOf: AsOfInput) {
  enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: $groupBy, grain: $grain, timeZone: $timeZone, where: $where, asOf: $asOf, first: 1000) {
    totalCount
    total { ...figures }
    nodes {
      key { country gender variant eventType accountType userStatus experiment userId periodStart unknown }
      measures { ...figures }
      facts(first: 1000) { totalCount nodes { provenance { sequence } } }
    }
  }
}
fragment figures on EnrichedMeasures { count sum average min max median distinctUsers }`;

interface Group {
  readonly key: Readonly<Record<string, string | null>>;
  readonly measures: object;
  readonly facts: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly provenance: { readonly sequence: number } }[];
  };
}
interface Answer {
  readonly enrichedAggregate: { readonly totalCount: number; readonly total: object; readonly nodes: readonly Group[] };
}

/** An event with the number the ledger gave it. */
type Numbered = ReferenceEvent & { readonly sequence: number };

const figuresOf = (rows: readonly Numbered[]): object => {
  const amounts = rows.flatMap(({ micros }) => (micros === null ? [] : [micros])).sort((a, b) => (a < b ? -1 : 1));
  const sum = amounts.reduce((total, micros) => total + micros, 0n);
  const middle = amounts.length >> 1;
  const low = amounts[amounts.length % 2 === 0 ? middle - 1 : middle] as bigint;
  const text = (micros: () => bigint | undefined) => (amounts.length === 0 ? null : decimalText(micros() as bigint));
  return {
    count: rows.length,
    sum: decimalText(sum),
    average: text(() => halfEven(sum, BigInt(amounts.length))),
    min: text(() => amounts[0]),
    max: text(() => amounts.at(-1)),
    median: text(() => halfEven(low + (amounts[middle] as bigint), 2n)),
    distinctUsers: new Set(rows.map(({ userId }) => userId)).size,
  };
};

const compare = async (app: OpenApp, ledger: ReferenceLedger, request: Question, sequence?: number): Promise<void> => {
  const { groupBy, grain, timeZone, validAt, where } = request;
  const asOf = {
    ...(validAt === null ? {} : { validAt: iso(validAt) }),
    ...(sequence === undefined ? {} : { sequence }),
  };
  const { data, errors } = await app.query<Answer>(document, { groupBy, grain, timeZone, where, asOf });
  expect(errors).toBeUndefined();
  const { nodes, total, totalCount } = (data as Answer).enrichedAggregate;

  const valuesOf = referenceValues(ledger);
  const rows = (ledger.events as readonly Numbered[]).filter((event) => {
    const { COUNTRY, ACCOUNT_TYPE } = valuesOf(event, validAt);
    return (
      where === null ||
      (where.countries.includes(COUNTRY as string) && where.accountTypes.includes(ACCOUNT_TYPE as string))
    );
  });
  const groups = new Map<string, Numbered[]>();
  for (const event of rows) {
    const values: ReferenceValues = { ...valuesOf(event, validAt), PERIOD: referencePeriod(event.at, grain, timeZone) };
    const key = JSON.stringify(groupBy.map((dimension) => values[dimension]));
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  const keyOf = ({ key }: Group) =>
    JSON.stringify(
      groupBy.map((dimension) => {
        const value = key[fieldOf[dimension]];
        return dimension === 'PERIOD' ? Date.parse(value as string) : value;
      }),
    );
  expect(new Set(nodes.map(keyOf))).toEqual(new Set(groups.keys()));
  expect(totalCount).toBe(groups.size);
  expect(total).toEqual(figuresOf(rows));
  for (const group of nodes) {
    const own = groups.get(keyOf(group)) as Numbered[];
    expect(group.measures).toEqual(figuresOf(own));
    expect(group.facts.nodes.map(({ provenance }) => provenance.sequence)).toEqual(own.map((row) => row.sequence));
    expect(group.facts.totalCount).toBe(own.length);
  }
};

const snapshotOf = async (app: OpenApp): Promise<number> => {
  const { data } = await app.query<{ server: { snapshot: { sequence: number } } }>(
    '{ server { snapshot { sequence } } }',
  );
  return (data as { server: { snapshot: { sequence: number } } }).server.snapshot.sequence;
};

it('enrichedAggregate groups events by every dimension, as of any sequence, and each group lists exactly its events', async () => {
  await fc.assert(
    fc.asyncProperty(ledgers, fc.array(questions, { minLength: 2, maxLength: 4 }), async (batches, requests) => {
      const app = await openApp();
      try {
        let ledger = emptyLedger;
        const states: { readonly ledger: ReferenceLedger; readonly sequence: number }[] = [];
        for (const batch of batches as Batch[]) {
          const before = await snapshotOf(app);
          await send(app, batch);
          ledger = withBatch(ledger, numbered(batch, before));
          states.push({ ledger, sequence: await snapshotOf(app) });
          await compare(app, ledger, requests[0] as Question);
        }
        for (const question of requests)
          for (const state of states) await compare(app, state.ledger, question, state.sequence);
      } finally {
        await app.close();
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 12) },
  );
}, 120_000);

/** Events of one request are numbered in their order. */
const numbered = (batch: Batch, before: number): Batch =>
  batch.kind === 'events'
    ? { ...batch, events: batch.events.map((event, index) => ({ ...event, sequence: before + 1 + index })) }
    : batch;
