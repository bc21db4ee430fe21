import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../support/app.ts';

interface Page {
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean } & Cursors;
  readonly edges: readonly { readonly cursor: string; readonly [field: string]: unknown }[];
}

interface Cursors {
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

const opened = async (): Promise<OpenApp> => {
  const app = await openApp();
  onTestFinished(app.close);
  return app;
};

let nextId = 0;

/** Writes that change what lists have, how they are ordered and what they join: also late events and corrections. */
const writes = {
  async purchase(app: OpenApp, user: number, value: number) {
    const at = `2025-0${1 + (value % 9)}-01T00:00:00Z`;
    nextId++;
    await app.query(
      'mutation ($input: RecordTransactionsInput!) { recordTransactions(input: $input) { __typename } }',
      {
        input: {
          transactions: [
            { transactionId: String(nextId), userId: `u${user}`, occurredAt: at, productId: 'p', amount: `${value}.5` },
          ],
        },
      },
    );
  },
  async status(app: OpenApp, user: number, value: number) {
    const status = ['PAYING', 'CANCELLED', 'NON_PAYING'][value % 3];
    const effectiveAt = `2025-0${1 + (value % 9)}-01T00:00:00Z`;
    await app.query(
      'mutation ($input: RecordStatusChangesInput!) { recordStatusChanges(input: $input) { __typename } }',
      { input: { changes: [{ userId: `u${user}`, status, effectiveAt }] } },
    );
  },
  async exclusion(app: OpenApp, user: number, value: number) {
    const [field, input] =
      value % 3 === 0 ? ['includeUsers', 'IncludeUsersInput'] : ['excludeUsers', 'ExcludeUsersInput'];
    await app.query(`mutation ($input: ${input}!) { ${field}(input: $input) { __typename } }`, {
      input: { userIds: [`u${user}`], reason: `r${value}` },
    });
  },
};

type Write = readonly [keyof typeof writes, number, number];

const write = async (app: OpenApp, [kind, user, value]: Write): Promise<void> => writes[kind](app, user, value);

const anyWrite: fc.Arbitrary<Write> = fc.tuple(
  fc.constantFrom('purchase' as const, 'purchase' as const, 'status' as const, 'exclusion' as const),
  fc.nat({ max: 4 }),
  fc.nat({ max: 12 }),
);

const rest = 'totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const facts = `${rest} snapshot { sequence } edges { cursor enrichment { userStatus { status } } node { transactionId amount } }`;

/** Lists, each with the arguments that its field gets besides those of pages. */
const lists: Readonly<Record<string, (page: string) => string>> = {
  'purchases by time': (page) => `{ list: transactions(${page}) { ${facts} } }`,
  'purchases by amount, of one status': (page) =>
    `{ list: transactions(where: { userStatus: [PAYING, NON_PAYING] }, orderBy: { by: AMOUNT, direction: DESC }, ${page}) { ${facts} } }`,
  groups: (page) =>
    `{ list: enrichedAggregate(groupBy: [USER, USER_STATUS], orderBy: [{ byMeasure: { measure: SUM } }], ${page}) {
      ${rest} snapshot { sequence } total { count sum }
      edges { cursor node { key { userId userStatus } measures { count sum median } } } } }`,
  exclusions: (page) => `{ list: excludedUsers(${page}) { ${rest} edges { cursor node { userId reason } } } }`,
};

const pageOf = async (app: OpenApp, document: string, variables: object = {}): Promise<Page> => {
  const { data, errors } = await app.query<{ list: Page }>(document, { ...variables });
  expect(errors).toBeUndefined();
  return (data as { list: Page }).list;
};

const withoutCursor = ({ edges }: Page) => edges.map(({ cursor: _cursor, ...edge }) => edge);

it.each(Object.keys(lists))(
  'a walk over %s, forwards and backwards, is of one state whatever is written meanwhile',
  async (name) => {
    const list = lists[name] as (page: string) => string;
    const app = await opened();
    for (let user = 0; user < 5; user++) {
      await write(app, ['purchase', user, user]);
      await write(app, ['exclusion', user, 1]);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyWrite, { minLength: 1, maxLength: 4 }),
        fc.array(fc.array(anyWrite, { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (before, between, size, forwards) => {
          for (const each of before) await write(app, each);
          const whole = await pageOf(app, list('first: 1000'));
          expect(whole.edges).toHaveLength(whole.totalCount);
          const walked: unknown[] = [];
          let cursor: string | null = null;
          for (let step = 0; ; step++) {
            const position: string = cursor === null ? '' : `, ${forwards ? 'after' : 'before'}: "${cursor}"`;
            const page: Page = await pageOf(app, list(`${forwards ? 'first' : 'last'}: ${size}${position}`));
            expect(page.totalCount).toBe(whole.totalCount);
            if (forwards) walked.push(...withoutCursor(page));
            else walked.unshift(...withoutCursor(page));
            expect(page.pageInfo[forwards ? 'hasPreviousPage' : 'hasNextPage']).toBe(step > 0);
            cursor = forwards ? page.pageInfo.endCursor : page.pageInfo.startCursor;
            if (!page.pageInfo[forwards ? 'hasNextPage' : 'hasPreviousPage']) break;
            // Each element of `between` is written once: writes at every step would let the list grow with each walk.
            for (const each of between[step] ?? []) await write(app, each);
          }
          expect(walked).toEqual(withoutCursor(whole));
        },
      ),
      { numRuns: 12 },
    );
  },
);

it('pages of groups keep a group whose order changes while they are read', async () => {
  const app = await opened();
  for (let user = 0; user < 4; user++) await write(app, ['purchase', user, 10 - user]);
  const list = lists.groups as (page: string) => string;
  const first = await pageOf(app, list('first: 2'));
  // The last group becomes the first: without the state of the first page it would be lost.
  await write(app, ['purchase', 3, 100]);
  const second = await pageOf(app, list(`first: 2, after: "${first.pageInfo.endCursor}"`));
  expect([...first.edges, ...second.edges].map(({ node }) => node)).toMatchObject(
    [0, 1, 2, 3].map((user) => ({ key: { userId: `u${user}` }, measures: { count: 1 } })),
  );
  expect(second).toMatchObject({ totalCount: 4, total: { count: 4 } });
});

it('pages of the facts of a group are of the state of the first page, forwards and backwards', async () => {
  const app = await opened();
  for (let value = 1; value <= 5; value++) await write(app, ['purchase', 0, value]);
  const ofGroup = (page: string) =>
    `{ enrichedAggregate(groupBy: [USER]) { nodes { facts(${page}) { ${facts.replace('transactionId', '')} } } } }`;
  const read = async (page: string): Promise<Page> => {
    const { data, errors } = await app.query<{ enrichedAggregate: { nodes: { facts: Page }[] } }>(ofGroup(page));
    expect(errors).toBeUndefined();
    return (data as { enrichedAggregate: { nodes: { facts: Page }[] } }).enrichedAggregate.nodes[0]?.facts as Page;
  };
  const first = await read('first: 2');
  await write(app, ['status', 0, 0]);
  await write(app, ['purchase', 0, 6]);
  const second = await read(`first: 2, after: "${first.pageInfo.endCursor}"`);
  const last = await read(`last: 1, after: "${second.pageInfo.endCursor}"`);
  const pages = [first, second, last];
  expect(pages.map(({ totalCount }) => totalCount)).toEqual([5, 5, 5]);
  expect(pages.flatMap(({ edges }) => edges.map(({ node }) => (node as { amount: string }).amount))).toEqual([
    ...['1.5', '2.5', '3.5', '4.5', '5.5'],
  ]);
  for (const { edges } of pages)
    for (const { enrichment } of edges) expect(enrichment).toEqual({ userStatus: { status: 'NON_PAYING' } });
  expect((await read('first: 9')).totalCount).toBe(6);
});

const refused: Readonly<Record<string, [document: string, message: RegExp]>> = {
  'another field': ['{ list: experimentEvents(after: $cursor) { totalCount } }', /cursor of another list/],
  'another filter': [
    '{ list: transactions(where: { userIds: ["u0"] }, after: $cursor) { totalCount } }',
    /another list/,
  ],
  'another order': ['{ list: transactions(orderBy: { by: AMOUNT }, after: $cursor) { totalCount } }', /another list/],
  'another snapshot': ['{ list: transactions(asOf: { sequence: 1 }, before: $cursor) { totalCount } }', /another list/],
  'another object': ['{ user(userId: "u0") { list: transactions(after: $cursor) { totalCount } } }', /another list/],
};

it.each(Object.entries(refused))('a cursor of %s is refused', async (_name, [document, message]) => {
  const app = await opened();
  await write(app, ['purchase', 0, 1]);
  const { edges } = await pageOf(app, '{ list: transactions { edges { cursor } } }');
  const { errors } = await app.query(`query ($cursor: String!) ${document}`, { cursor: edges[0]?.cursor });
  expect(errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code: 'BAD_REQUEST' } }]);
});

it.each(['', 'x', 'QDE', '!!', 'é', 'MTIzNDU2Nzg5MC4uMQ==', Buffer.from('\0').toString('base64url')])(
  'the text %j is refused as a cursor',
  async (cursor) => {
    const app = await opened();
    await write(app, ['purchase', 0, 1]);
    for (const field of ['transactions', 'users', 'imports', 'excludedUsers', 'enrichedAggregate']) {
      const { errors } = await app.query(
        `query ($cursor: String!) { ${field}(after: $cursor) { pageInfo { hasNextPage } } }`,
        {
          cursor,
        },
      );
      expect(errors).toMatchObject([
        { message: expect.stringContaining('after is not a cursor'), extensions: { code: 'BAD_REQUEST' } },
      ]);
    }
  },
);

it('an equal list written in another way accepts the cursor', async () => {
  const app = await opened();
  for (const user of [0, 1]) await write(app, ['purchase', user, 1]);
  const { edges } = await pageOf(app, '{ list: transactions(where: null, first: 1) { edges { cursor } } }');
  const document = '{ list: transactions(last: 5, after: $cursor) { totalCount edges { cursor } } }';
  const second = await pageOf(app, `query ($cursor: String!) ${document}`, { cursor: edges[0]?.cursor });
  expect(second.edges).toHaveLength(1);
});
