import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import { type OpenApp, openApp } from '../../support/app.ts';

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly userId: string;
  readonly product: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly cents: number;
}

const start = Date.parse('2024-01-01T00:00:00Z');
/** One user has so many facts that they are not listed one by one, another one only three. */
const rowsOf = (): Row[] => {
  const random = createRandom(41);
  return Array.from({ length: 62_000 }, (_each, index) => ({
    seq: index + 1,
    id: `t${index}`,
    userId: index % 20_000 === 7 ? 'seldom' : random.below(6) < 5 ? 'often' : `u${random.below(50)}`,
    product: index % 31_000 === 11 ? 'rare' : `p${random.below(4)}`,
    at: start + 3_600_000 * random.below(20_000),
    cents: random.below(5000),
  }));
};

const rows = rowsOf();
let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp();
  const lines = rows.map(({ id, userId, product, at, cents }) =>
    JSON.stringify({
      click_id: id,
      user_id: userId,
      product_id: product,
      created_at: new Date(at).toISOString(),
      product_price: cents / 100,
    }),
  );
  const done = await opened.importFile('transactions', { name: 'many.jsonl', text: lines.join('\n') });
  expect(done).toMatchObject({ state: 'SUCCEEDED', accepted: rows.length });
}, 60_000);
afterAll(() => opened.close());

interface Page {
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly transactionId: string } }[];
}

const selection = '{ totalCount pageInfo { hasNextPage hasPreviousPage } edges { cursor node { transactionId } } }';
const parameters =
  '$first: Int, $after: String, $last: Int, $before: String, $orderBy: FactOrder, $where: TransactionFilter, $sequence: BigInt';
const args =
  'first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, where: $where, asOf: { sequence: $sequence }';

const pageOf = async (userId: string | null, variables: Readonly<Record<string, unknown>>): Promise<Page> => {
  const list = `transactions(${args}) ${selection}`;
  const document = userId
    ? `query (${parameters}) { user(userId: "${userId}") { ${list} } }`
    : `query (${parameters}) { ${list} }`;
  const { data, errors } = await opened.query<{ transactions: Page; user: { transactions: Page } }>(
    document,
    variables,
  );
  expect(errors).toBeUndefined();
  return (userId ? data?.user.transactions : data?.transactions) as Page;
};

const filters: Readonly<Record<string, readonly [where: object | null, passes: (row: Row) => boolean]>> = {
  none: [null, () => true],
  product: [{ productIds: ['p1', 'p2'] }, ({ product }) => product === 'p1' || product === 'p2'],
  rare: [{ productIds: ['rare'] }, ({ product }) => product === 'rare'],
  noRow: [{ productIds: ['missing'] }, () => false],
  range: [
    { range: { between: { from: '2024-03-01T00:00:00Z', to: '2024-03-03T00:00:00Z' } } },
    ({ at }) => at >= Date.parse('2024-03-01') && at < Date.parse('2024-03-03'),
  ],
  since: [{ range: { since: '2026-03-01T00:00:00Z' } }, ({ at }) => at >= Date.parse('2026-03-01')],
  amount: [{ amountAtLeast: '49.9' }, ({ cents }) => cents >= 4990],
  users: [{ userIds: ['often', 'u3'] }, ({ userId }) => userId === 'often' || userId === 'u3'],
  few: [{ userIds: ['seldom'] }, ({ userId }) => userId === 'seldom'],
};

const keyOf = {
  OCCURRED_AT: ({ at }: Row) => at,
  RECEIVED_AT: () => 0,
  AMOUNT: ({ cents }: Row) => cents,
};

/** The list by sorting and filtering. */
const listOf = ({ by, descending, filter, userId, sequence }: Question): Row[] => {
  const [key, passes] = [keyOf[by], filters[filter]?.[1] ?? (() => false)];
  const sign = descending ? -1 : 1;
  return rows
    .filter((row) => row.seq <= sequence && (!userId || row.userId === userId) && passes(row))
    .sort((a, b) => sign * (key(a) - key(b) || a.seq - b.seq));
};

interface Question {
  readonly by: keyof typeof keyOf;
  readonly descending: boolean;
  readonly filter: string;
  readonly userId: string | null;
  readonly sequence: number;
  readonly isFromEnd: boolean;
  readonly size: number;
}

const questions: fc.Arbitrary<Question> = fc.record({
  by: fc.constantFrom('OCCURRED_AT', 'RECEIVED_AT', 'AMOUNT'),
  descending: fc.boolean(),
  filter: fc.constantFrom(...Object.keys(filters)),
  userId: fc.constantFrom(null, null, 'often', 'seldom'),
  sequence: fc.constantFrom(rows.length, rows.length, rows.length - 100, 3000),
  isFromEnd: fc.boolean(),
  size: fc.integer({ min: 1, max: 40 }),
});

describe('long lists of transactions', () => {
  it('three pages of any walk are those of the sorted list', { timeout: 120_000 }, async () => {
    const walk = async (question: Question): Promise<void> => {
      const list = listOf(question).map(({ id }) => id);
      const { by, descending, filter, userId, sequence, isFromEnd, size } = question;
      const variables = {
        orderBy: { by, direction: descending ? 'DESC' : 'ASC' },
        where: filters[filter]?.[0],
        sequence,
      };
      let cursor: string | undefined;
      for (let seen = 0, pages = 0; pages < 3; pages++) {
        const page = await pageOf(userId, {
          ...variables,
          ...(isFromEnd ? { last: size, before: cursor } : { first: size, after: cursor }),
        });
        const end = list.length - seen;
        const expected = isFromEnd ? list.slice(Math.max(0, end - size), end) : list.slice(seen, seen + size);
        const found = page.edges.map(({ node }) => node.transactionId);
        seen += found.length;
        const [more, behind] = [seen < list.length, cursor !== undefined];
        expect({ found, totalCount: page.totalCount, ...page.pageInfo }).toEqual({
          found: expected,
          totalCount: list.length,
          hasNextPage: isFromEnd ? behind : more,
          hasPreviousPage: isFromEnd ? more : behind,
        });
        if (!more) return;
        cursor = page.edges.at(isFromEnd ? 0 : -1)?.cursor;
      }
    };
    // The first lists are found by scans, later ones by walks.
    await fc.assert(fc.asyncProperty(questions, walk), { numRuns: 80 });
  });

  it('a page between two cursors says what is beyond both', async () => {
    const orderBy = { by: 'AMOUNT', direction: 'DESC' };
    const list = listOf({
      by: 'AMOUNT',
      descending: true,
      filter: 'product',
      userId: null,
      sequence: rows.length,
    } as Question);
    const where = filters.product?.[0];
    const { edges } = await pageOf(null, { orderBy, where, first: 30, sequence: rows.length });
    const [after, before] = [edges[3]?.cursor, edges[20]?.cursor];
    for (const [size, expected] of [
      [{ first: 5 }, list.slice(4, 9)],
      [{ last: 5 }, list.slice(15, 20)],
      [{ first: 100 }, list.slice(4, 20)],
    ] as const) {
      const page = await pageOf(null, { orderBy, where, after, before, sequence: rows.length, ...size });
      expect(page.edges.map(({ node }) => node.transactionId)).toEqual(expected.map(({ id }) => id));
      expect(page.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: true });
    }
  });
});
