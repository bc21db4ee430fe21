import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, type OpenOptions, openApp } from '../../support/app.ts';

interface Row {
  readonly id: string;
  readonly userId: string;
  readonly at: string;
  readonly price: string;
}

interface Page {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  edges: { cursor: string; node: { transactionId: string } }[];
}

const opened = async (options?: OpenOptions): Promise<OpenApp> => {
  const app = await openApp(options);
  onTestFinished(app.close);
  return app;
};

const record = async (app: OpenApp, rows: readonly Row[]) => {
  const transactions = rows.map((row) => ({
    transactionId: row.id,
    userId: row.userId,
    occurredAt: row.at,
    productId: 'p',
    amount: row.price,
  }));
  const { data, errors } = await app.query<{ recordTransactions: Record<string, unknown> }>(
    `mutation ($input: RecordTransactionsInput!) { recordTransactions(input: $input) {
       __typename ... on RecordTransactionsPayload { accepted duplicates conflicts rejected { raw problems { path code message } } results { index outcome } snapshot { sequence } }
       ... on ValidationError { message } } }`,
    { input: { transactions } },
  );
  expect(errors).toBeUndefined();
  return data?.recordTransactions as Record<string, unknown>;
};

const pageDocument = `query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: FactOrder, $where: TransactionFilter) {
  transactions(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, where: $where) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { transactionId } } } }`;

const pageOf = async (app: OpenApp, variables: Record<string, unknown>): Promise<Page> => {
  const { data, errors } = await app.query<{ transactions: Page }>(pageDocument, variables);
  expect(errors).toBeUndefined();
  return (data as { transactions: Page }).transactions;
};

const row = fc.record({
  userId: fc.constantFrom('1', '2', '3'),
  at: fc.constantFrom('2020-01-01T00:00:00Z', '2020-01-02T00:00:00.000001Z', '2020-01-02T00:00:00Z'),
  price: fc.constantFrom('1', '2', '10', '-3', '2.000001', '999999999999999'),
});

// Text order of these three instants is not their order in time: '.' sorts before 'Z'.
const timeOf = (at: string): number => Date.parse(at) * 1000 + (at.includes('.000001') ? 1 : 0);

const byField = {
  OCCURRED_AT: (a: Row, b: Row) => timeOf(a.at) - timeOf(b.at),
  RECEIVED_AT: () => 0,
  AMOUNT: (a: Row, b: Row) => Number(a.price) - Number(b.price),
};

describe('transactions', () => {
  it('transactions are paged in any order, from both ends, like a sorted list', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 30 }),
        fc.constantFrom<keyof typeof byField>('OCCURRED_AT', 'RECEIVED_AT', 'AMOUNT'),
        fc.boolean(),
        fc.option(fc.subarray(['1', '2', '9'], { minLength: 1 })),
        fc.integer({ min: 1, max: 7 }),
        async (made, by, descending, users, size) => {
          const app = await openApp();
          try {
            const rows = made.map((fields, row) => ({ id: `t${row}`, ...fields }));
            await record(app, rows);
            const sign = descending ? -1 : 1;
            const expected = rows
              .map((fields, row) => ({ ...fields, row }))
              .filter(({ userId }) => !users || users.includes(userId))
              .sort((a, b) => sign * (byField[by](a, b) || a.row - b.row))
              .map(({ id }) => id);
            const question = {
              orderBy: { by, direction: descending ? 'DESC' : 'ASC' },
              where: users ? { userIds: users } : null,
            };
            const forwards: string[] = [];
            let after: string | null = null;
            for (;;) {
              const page: Page = await pageOf(app, { ...question, first: size, after });
              forwards.push(...page.edges.map(({ node }) => node.transactionId));
              expect(page.totalCount).toBe(expected.length);
              expect(page.pageInfo.hasPreviousPage).toBe(after !== null && expected.length > 0);
              after = page.pageInfo.endCursor;
              if (!page.pageInfo.hasNextPage) break;
            }
            expect(forwards).toEqual(expected);
            const backwards: string[] = [];
            let before: string | null = null;
            for (;;) {
              const page: Page = await pageOf(app, { ...question, last: size, before });
              backwards.unshift(...page.edges.map(({ node }) => node.transactionId));
              before = page.pageInfo.startCursor;
              if (!page.pageInfo.hasPreviousPage) break;
            }
            expect(backwards).toEqual(expected);
          } finally {
            await app.close();
          }
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 20) },
    );
  }, 60_000);

  it('a repeated transaction is a duplicate, and other content with the same id is a conflict that changes nothing', async () => {
    const app = await opened();
    const first = { id: 'a', userId: '1', at: '2020-01-01T00:00:00Z', price: '220.50' };
    expect(await record(app, [first])).toMatchObject({ accepted: 1, duplicates: 0, conflicts: 0, rejected: [] });
    const again = await record(app, [
      { ...first, price: '220.5' },
      { ...first, price: '220.51' },
      { ...first, id: 'b' },
      { ...first, id: 'bad\u0000id' },
    ]);
    expect(again).toMatchObject({ accepted: 1, duplicates: 1, conflicts: 1 });
    expect(again.results).toEqual(
      ['DUPLICATE', 'CONFLICT', 'CREATED', 'REJECTED'].map((outcome, index) => ({ index, outcome })),
    );
    expect(again.rejected).toMatchObject([
      {
        problems: [
          { path: 'transactionId', code: 'CONFLICT', message: 'transaction a is recorded with another amount' },
        ],
      },
      { problems: [{ path: 'transactionId', code: 'MALFORMED' }] },
    ]);
    const { data } = await app.query('{ enrichedAggregate { total { sum count } } rejectedRecords { totalCount } }');
    expect(data).toMatchObject({
      enrichedAggregate: { total: { sum: '441', count: 2 } },
      rejectedRecords: { totalCount: 2 },
    });
  });

  it('one of a hundred concurrent equal requests is counted, also after a restart', async () => {
    const app = await opened({ onDisk: true });
    const one = { id: 'same', userId: '1', at: '2020-01-01T00:00:00Z', price: '1' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => record(app, [one])));
    expect(answers.reduce((sum, { accepted }) => sum + Number(accepted), 0)).toBe(1);
    expect(answers.reduce((sum, { duplicates }) => sum + Number(duplicates), 0)).toBe(99);
    const again = await openApp({ data: app.data });
    onTestFinished(again.close);
    expect(await record(again, [one])).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('recordTransactions rejects more records than recordsPerMutationMax, names the setting, and stores none', async () => {
    const app = await openApp({ settings: { recordsPerMutationMax: '2' } });
    onTestFinished(app.close);
    const rows = ['a', 'b', 'c'].map((id) => ({ id, userId: '1', at: '2020-01-01', price: '1' }));
    const answer = await record(app, rows);
    expect(answer).toMatchObject({ __typename: 'ValidationError' });
    expect(answer.message).toMatch(/recordsPerMutationMax/);
    const { data } = await app.query('{ server { snapshot { sequence at } } transactions { totalCount } }');
    expect(data).toEqual({ server: { snapshot: { sequence: 0, at: null } }, transactions: { totalCount: 0 } });
  });

  it.each([
    ['{ transactions(first: 1, last: 1) { totalCount } }', /exclude each other/],
    ['{ transactions(first: 2000) { totalCount } }', /pageSizeMax/],
    ['{ transactions(after: "QDk5OQ") { totalCount } }', /is not a cursor/],
    ['{ transactions(where: { amountAtLeast: "1e3" }) { totalCount } }', /1e3/],
    ['{ transactions(where: { userIds: ["\\u0000"] }) { totalCount } }', null],
  ])('answers %s', async (document, message) => {
    const app = await opened();
    await record(app, [{ id: 'a', userId: '1', at: '2020-01-01', price: '1' }]);
    const { errors } = await app.query(document);
    if (message) expect(errors?.[0]?.message).toMatch(message);
    else expect(errors).toBeUndefined();
  });
});
