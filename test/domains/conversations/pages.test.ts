import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, type OpenOptions, openApp } from '../../support/app.ts';

const uuidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const opened = async (options: OpenOptions = {}): Promise<OpenApp> => {
  const app = await openApp(options);
  onTestFinished(app.close);
  return app;
};

interface Page<T> {
  readonly totalCount: number;
  readonly nodes: readonly T[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Asks for a page of a list, as it is written in GraphQL. */
const pageOf = async <T>(app: OpenApp, list: string, args: string, fields: string): Promise<Page<T>> => {
  const about = 'totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
  const { data, errors } = await app.query<Record<string, Page<T>>>(
    `{ ${list}(${args}) { ${about} nodes { ${fields} } } }`,
  );
  expect(errors).toBeUndefined();
  return data?.[list] as Page<T>;
};

/** Every node from one end to the other, three a page; `between` happens after each page. */
const walked = async <T>(
  app: OpenApp,
  [list, where, fields]: readonly [list: string, where: string, fields: string],
  { backwards = false, between = async () => {} }: { backwards?: boolean; between?: () => Promise<void> } = {},
): Promise<T[]> => {
  const nodes: T[] = [];
  let cursor: string | null = null;
  for (;;) {
    const cursorArgument: string = cursor === null ? '' : `, ${backwards ? 'before' : 'after'}: "${cursor}"`;
    const page: Page<T> = await pageOf(
      app,
      list,
      `${where} ${backwards ? 'last' : 'first'}: 3${cursorArgument}`,
      fields,
    );
    if (backwards) nodes.unshift(...page.nodes);
    else nodes.push(...page.nodes);
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
    expect(backwards ? hasNextPage : hasPreviousPage).toBe(cursor !== null);
    cursor = backwards ? startCursor : endCursor;
    if (!(backwards ? hasPreviousPage : hasNextPage)) return nodes;
    await between();
  }
};

describe('pages of raw events', () => {
  it('pages of conversations contain each conversation that was there when they began once, from either end, while others start', async () => {
    const app = await opened();
    const { conversations } = app.app.domains;
    let started = 0;
    const begin = async (count: number) => {
      for (const _ of Array(count)) {
        await conversations.start(uuidOf(started), 'ab'[started % 2] ?? '');
        started++;
      }
    };
    const uuids = (first: number, upTo: number, step = 1) =>
      Array.from({ length: Math.ceil((upTo - first) / step) }, (_, index) => ({ uuid: uuidOf(first + index * step) }));
    await begin(10);
    const all = ['conversations', '', 'uuid'] as const;
    expect(await walked(app, all, { backwards: true, between: () => begin(1) })).toEqual(uuids(0, 10));
    expect(started).toBe(13);
    let left = 2;
    const between = async () => begin(left-- > 0 ? 1 : 0);
    expect(await walked(app, all, { between })).toEqual(uuids(0, 13));
    expect(await walked(app, all)).toEqual(uuids(0, 15));
    expect(await walked(app, ['conversations', 'symbol: "B",', 'uuid'])).toEqual(uuids(1, 15, 2));
    expect((await pageOf(app, 'conversations', 'symbol: "b", first: 0', 'uuid')).totalCount).toBe(7);
  });

  it('pages of follow-ups contain each follow-up once, also orphans and those stored before their conversation', async () => {
    const statements: string[] = [];
    const app = await opened({ onStatement: (sql) => statements.push(sql) });
    const { conversations } = app.app.domains;
    const followed = [1, 1, 2, 9, 1, 3, 9, 9, 1, 2];
    for (const number of followed) await conversations.followUp(uuidOf(number));
    for (const number of [1, 2, 3]) await conversations.start(uuidOf(number), 'xyz'[number - 1] ?? '');
    await conversations.followUp(uuidOf(3));
    const symbolOf = (number: number) => (number === 9 ? null : { symbol: 'xyz'[number - 1] });
    const expected = [...followed, 3].map((number) => ({ uuid: uuidOf(number), conversation: symbolOf(number) }));
    const all = ['followups', '', 'uuid conversation { symbol }'] as const;
    expect(await walked(app, all)).toEqual(expected);
    expect(await walked(app, all, { backwards: true })).toEqual(expected);
    const orphans = ['followups', `uuid: "${uuidOf(9)}",`, 'uuid'] as const;
    expect(await walked(app, orphans, { backwards: true })).toEqual(Array(3).fill({ uuid: uuidOf(9) }));
    const totalOf = async (where: string) => (await pageOf(app, 'followups', `${where} first: 1`, 'uuid')).totalCount;
    expect([await totalOf(''), await totalOf(`uuid: "${uuidOf(9)}",`), await totalOf(`uuid: "${uuidOf(8)}",`)]).toEqual(
      [11, 3, 0],
    );
    statements.length = 0;
    await pageOf(app, 'followups', 'first: 11', 'uuid receivedAt conversation { symbol isVowelGuess }');
    expect(statements.filter((sql) => !/data_version/i.test(sql))).toHaveLength(2);
  });

  it('pages of conversations count days in the requested time zone, as the dashboard does', async () => {
    const app = await opened({ settings: { now: '2025-03-29T23:00:00Z' } });
    await app.app.domains.conversations.start(uuidOf(1), 'a');
    const countOn = async (day: string, timeZone: string): Promise<number[]> => {
      const where = `range: { days: { first: "${day}", last: "${day}" } }, timeZone: "${timeZone}"`;
      const { totalCount } = await pageOf(app, 'conversations', where, 'uuid');
      const { data } = await app.query<{ dashboard: { total: { count: number } } }>(
        `{ dashboard(${where}) { total { count } } }`,
      );
      return [totalCount, data?.dashboard.total.count ?? -1];
    };
    expect(await countOn('2025-03-29', 'UTC')).toEqual([1, 1]);
    expect(await countOn('2025-03-30', 'UTC')).toEqual([0, 0]);
    expect(await countOn('2025-03-29', 'Europe/Berlin')).toEqual([0, 0]);
    expect(await countOn('2025-03-30', 'Europe/Berlin')).toEqual([1, 1]);
  });
});
