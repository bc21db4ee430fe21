import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import {
  decimalText,
  ip4Text,
  type ReferenceChange,
  type ReferenceData,
  type ReferenceDimension,
  type ReferenceGroup,
  type ReferenceQuery,
  type ReferenceTransaction,
  referenceGroups,
  referenceMeasures,
} from '../../support/reference-transactions.ts';

const dimensions: ReferenceDimension[] = ['USER_STATUS', 'CITY', 'PRODUCT', 'USER', 'PERIOD'];
const grains = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'];
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'];
const statuses = ['PAYING', 'CANCELLED', 'NON_PAYING'];

// Few users, times and addresses, so that ties, corrections and overlaps are frequent.
const userId = fc.constantFrom('1', '0001', 'ana', 'ü/:1');
const at = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((months) => Date.UTC(2017, months, 1) * 1000),
  fc.integer({ min: Date.UTC(2016, 0), max: Date.UTC(2019, 0) }).map((ms) => ms * 1000 + (ms % 1000)),
);
const change = fc.record({ userId, at, status: fc.constantFrom(...statuses) });
const address = fc.integer({ min: 0x0a000000, max: 0x0a00001f });
const range = fc
  .record({ a: address, b: address, city: fc.constantFrom('london', 'munich', 'Łódź') })
  .map(({ a, b, city }) => ({ first: Math.min(a, b), last: Math.max(a, b), city }));
const micros = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map((units) => BigInt(units) * 500_000n),
  fc.integer({ min: 1, max: 2_000_000_000 }).map(BigInt),
  fc.constantFrom(999_999_999_999_999_000_000n, -999_999_999_999_999_000_000n, 1n),
);
const transaction = fc.record({ userId, at, product: fc.constantFrom('p1', 'p2'), micros, ip: fc.option(address) });
const referenceData = fc
  .record({
    changes: fc.array(change, { maxLength: 25 }),
    ranges: fc.array(range, { minLength: 1, maxLength: 12 }),
    transactions: fc.array(transaction, { maxLength: 40 }),
  })
  .map(({ transactions, ...rest }) => ({
    ...rest,
    transactions: transactions.map((row, index) => ({ id: `t${index}`, ...row })),
  }));

const question = fc.record({
  groupBy: fc.uniqueArray(fc.constantFrom(...dimensions), { maxLength: 4 }),
  grain: fc.constantFrom(...grains),
  zone: fc.constantFrom(...zones),
  validAt: fc.option(at),
  statusIn: fc.option(fc.subarray(statuses)),
  userIn: fc.option(fc.subarray(['1', '0001', 'nobody'])),
  since: fc.option(at),
  cities: fc.option(fc.subarray(['london', 'unknown'])),
  negate: fc.boolean(),
});

const iso = (us: number): string =>
  `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${String(us % 1_000_000).padStart(6, '0')}Z`;

const load = async (app: OpenApp, { changes, ranges, transactions }: ReferenceData): Promise<void> => {
  await recordChanges(app, changes);
  const table = ranges.map(({ first, last, city }) => `${ip4Text(first)},${ip4Text(last)},${city}`);
  await app.importFile('ip-ranges', { name: 'ranges.csv', text: ['start,end,city', ...table].join('\n') });
  const lines = transactions.map((row) =>
    JSON.stringify({
      click_id: row.id,
      created_at: iso(row.at),
      product_id: row.product,
      user_id: row.userId,
      ip: row.ip === null ? null : ip4Text(row.ip),
    }).replace(/}$/, `,"product_price":${decimalText(row.micros)}}`),
  );
  if (lines.length > 0) await app.importFile('transactions', { name: 'transactions.jsonl', text: lines.join('\n') });
};

const recordChanges = async (app: OpenApp, changes: readonly ReferenceChange[]): Promise<void> => {
  const input = {
    changes: changes.map((row) => ({ userId: row.userId, status: row.status, effectiveAt: iso(row.at) })),
  };
  const { errors } = await app.query(
    'mutation ($input: RecordStatusChangesInput!) { recordStatusChanges(input: $input) { __typename } }',
    { input },
  );
  expect(errors).toBeUndefined();
};

const document = `query ($groupBy: [EnrichedDimension!]!, $grain: TimeGrain, $zone: TimeZone!, $where: EnrichedFilter, $asOf: AsOfInput, $having: MeasureFilter, $orderBy: [EnrichedOrder!], $after: String, $first: Int! = 1000) {
  enrichedAggregate(groupBy: $groupBy, grain: $grain, timeZone: $zone, where: $where, asOf: $asOf, having: $having, orderBy: $orderBy, after: $after, first: $first) {
    totalCount
    pageInfo { hasNextPage endCursor }
    total { ...figures }
    nodes { key { userStatus city productId userId periodStart } measures { ...figures shareOfSum } facts(first: 1000) { totalCount nodes { ... on Transaction { transactionId } } } }
  }
}
fragment figures on EnrichedMeasures { count sum average min max median distinctUsers }`;

interface Figures {
  count: number;
  sum: string;
  average: string;
  min: string;
  max: string;
  median: string;
  distinctUsers: number;
}
interface Group {
  key: Record<string, string | null>;
  measures: Figures & { shareOfSum: number | null };
  facts: { totalCount: number; nodes: { transactionId: string }[] };
}
interface Answer {
  enrichedAggregate: {
    totalCount: number;
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    total: Figures;
    nodes: Group[];
  };
}

const keyOf = ({ key }: Group, groupBy: readonly ReferenceDimension[]): string => {
  const values = {
    USER_STATUS: key.userStatus,
    CITY: key.city,
    PRODUCT: key.productId,
    USER: key.userId,
    PERIOD: key.periodStart && Date.parse(key.periodStart),
  };
  return JSON.stringify(groupBy.map((dimension) => values[dimension]));
};

const figuresOf = ({ count, sum, average, min, max, median, distinctUsers }: ReferenceGroup): Figures => ({
  count,
  sum: decimalText(sum),
  average: decimalText(average),
  min: decimalText(min),
  max: decimalText(max),
  median: decimalText(median),
  distinctUsers,
});

it('enrichedAggregate agrees with the reference model for random data and requests, also after a late correction', async () => {
  await fc.assert(
    fc.asyncProperty(
      referenceData,
      fc.array(question, { minLength: 1, maxLength: 6 }),
      fc.array(change, { maxLength: 4 }),
      async (known, questions, late) => {
        const app = await openApp();
        try {
          await load(app, known);
          const before = (
            await app.query<{ server: { snapshot: { sequence: number } } }>('{ server { snapshot { sequence } } }')
          ).data?.server.snapshot.sequence;
          for (const request of questions) await compare(app, known, request);
          await recordChanges(app, late);
          const corrected = { ...known, changes: applied(known.changes, late) };
          for (const request of questions) await compare(app, corrected, request);
          // With the snapshot from before the correction, the answers stay the same.
          for (const request of questions) await compare(app, known, request, before);
        } finally {
          await app.close();
        }
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 25) },
  );
}, 120_000);

/** A late change counts unless it repeats the status of its instant, which does not change the answers of the reference model. */
const applied = (changes: readonly ReferenceChange[], late: readonly ReferenceChange[]): ReferenceChange[] => [
  ...changes,
  ...late,
];

const compare = async (
  app: OpenApp,
  known: ReferenceData,
  request: typeof question extends fc.Arbitrary<infer Q> ? Q : never,
  sequence?: number,
): Promise<void> => {
  const { groupBy, grain, zone, validAt, statusIn, userIn, since, cities, negate } = request;
  const inner = {
    ...(userIn ? { userIds: userIn } : {}),
    ...(since === null ? {} : { range: { since: iso(since) } }),
    ...(cities ? { or: [{ cities }, { productIds: ['p1'] }] } : {}),
  };
  const where = { ...(negate ? { not: inner } : inner), ...(statusIn ? { userStatus: statusIn } : {}) };
  const holds = (row: ReferenceTransaction, city: string) =>
    (!userIn || userIn.includes(row.userId)) &&
    (since === null || row.at >= since) &&
    (!cities || cities.includes(city) || row.product === 'p1');
  const referenceQuery: ReferenceQuery = {
    groupBy,
    grain,
    zone,
    validAt,
    matches: (row, status, city) => (!statusIn || statusIn.includes(status)) && holds(row, city) !== negate,
  };
  const asOf = {
    ...(validAt === null ? {} : { validAt: iso(validAt) }),
    ...(sequence === undefined ? {} : { sequence }),
  };
  const { data, errors } = await app.query<Answer>(document, { groupBy, grain, zone, where, asOf });
  expect(errors).toBeUndefined();
  const answer = (data as Answer).enrichedAggregate;
  const expected = referenceGroups(known, referenceQuery);
  expect(new Set(answer.nodes.map((group) => keyOf(group, groupBy)))).toEqual(new Set(expected.keys()));
  expect(answer.totalCount).toBe(expected.size);
  for (const group of answer.nodes) {
    const expectedGroup = expected.get(keyOf(group, groupBy)) as ReferenceGroup;
    const { shareOfSum, ...figures } = group.measures;
    expect(figures).toEqual(figuresOf(expectedGroup));
    expect(group.facts.nodes.map(({ transactionId }) => transactionId)).toEqual(expectedGroup.ids);
    expect(group.facts.totalCount).toBe(expectedGroup.count);
  }
  const rows = known.transactions.filter((row) => [...expected.values()].some(({ ids }) => ids.includes(row.id)));
  if (rows.length > 0) expect(answer.total).toEqual(figuresOf(referenceMeasures('', rows)));
  else
    expect(answer.total).toEqual({
      count: 0,
      sum: '0',
      average: null,
      min: null,
      max: null,
      median: null,
      distinctUsers: 0,
    });
};
