import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyWrite, perform } from '../support/any-writes.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { snapshotDocument as documentOf, snapshotPaths as paths } from '../support/snapshot-document.ts';
import { dataFolder } from '../support/store.ts';

const answer = async (opened: OpenApp, document: string, asOf?: object): Promise<string> => {
  const result = await opened.query(document, asOf ? { asOf } : {});
  expect(result.errors).toBeUndefined();
  return JSON.stringify(result.data);
};

const rest = async (opened: OpenApp, sequence?: number): Promise<string[]> => {
  const asOf = sequence === undefined ? '' : `&sequence=${sequence}`;
  return Promise.all(paths.map(async (path) => (await opened.get(path + asOf)).text()));
};

/** What was answered about a snapshot while it was the newest. */
interface Witness {
  readonly sequence: number;
  /** Without `asOf`, and without ids, which an object of a snapshot has of its own. */
  readonly plain: string;
  readonly rest: readonly string[];
  readonly snapshot: string;
}

const witnessOf = async (opened: OpenApp): Promise<Witness> => {
  const { sequence } = opened.app.ledger.snapshot();
  return {
    sequence,
    plain: await answer(opened, documentOf('__typename')),
    rest: await rest(opened),
    snapshot: await answer(opened, documentOf('id'), { sequence }),
  };
};

it('a snapshot gives the same bytes after any later writes and a restart, those that it gave when it was the newest', async () => {
  const compare = async (opened: OpenApp, { sequence, plain, rest: lines, snapshot }: Witness): Promise<void> => {
    expect(await answer(opened, documentOf('__typename'), { sequence })).toBe(plain);
    expect(await answer(opened, documentOf('id'), { sequence })).toBe(snapshot);
    expect(await rest(opened, sequence)).toEqual(lines);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(anyWrite, { minLength: 1, maxLength: 14 }), async (writes) => {
      const data = dataFolder();
      const settings = { ipTableCacheBytesMax: '1' };
      const opened = await openApp({ data, settings });
      const witnesses = [await witnessOf(opened)];
      for (const [number, each] of writes.entries()) {
        await perform(opened, each, number);
        witnesses.push(await witnessOf(opened));
      }
      for (const witness of witnesses) await compare(opened, witness);
      await opened.close();
      const again = await openApp({ data, settings });
      for (const witness of witnesses.reverse()) await compare(again, witness);
      await again.close();
    }),
    { numRuns: 12 },
  );
}, 120_000);

it('objects of a snapshot are found again by their ids, and «now» is the time of the snapshot', async () => {
  const data = dataFolder();
  const old = await openApp({ data, settings: { now: '2021-01-01T00:00:00Z' } });
  const purchase = { kind: 'purchase', userId: 'b', day: '2020-06-02', host: 1, price: 5 } as const;
  await perform(old, { kind: 'file', userId: 'b', name: 'Ada', year: 1980, image: true, removed: false }, 0);
  await perform(old, { kind: 'status', userId: 'b', day: '2020-06-01', status: 'paying' }, 1);
  await perform(old, purchase, 2);
  const { sequence } = old.app.ledger.snapshot();
  await old.close();
  const opened = await openApp({ data, settings: { now: '2031-01-01T00:00:00Z' } });
  await perform(opened, { kind: 'file', userId: 'b', name: 'Bo', year: 2000, image: false, removed: true }, 3);
  await perform(opened, { kind: 'status', userId: 'b', day: '2020-06-01', status: 'cancelled' }, 4);
  const present = 'id firstName age hasImage status { at status } statusTimeline { status }';
  const { data: found } = await opened.query<{ user: { id: string } }>(
    `query ($asOf: AsOfInput) { user(userId: "b", asOf: $asOf) { ${present} } }`,
    { asOf: { sequence } },
  );
  expect(found?.user).toEqual({
    id: expect.any(String),
    ...{ firstName: 'Ada', age: 41, hasImage: true, status: { at: '2021-01-01T00:00:00Z', status: 'PAYING' } },
    statusTimeline: [{ status: 'NON_PAYING' }, { status: 'PAYING' }],
  });
  const node = await opened.query(`query ($id: ID!) { node(id: $id) { ... on User { ${present} } } }`, {
    id: found?.user.id,
  });
  expect(node.data).toEqual({ node: found?.user });
  const plain = await opened.query(`{ user(userId: "b") { ${present} } }`);
  expect(plain.data).toMatchObject({ user: { firstName: null, age: null, status: { status: 'CANCELLED' } } });
  // Of the snapshot, «now» of filters and statistics is 2021, and `asOf.validAt` another instant.
  const statistics = await opened.query(
    `query ($now: AsOfInput, $earlier: AsOfInput) {
      now: userStatistics(asOf: $now) { averageAge byStatus { label count } }
      earlier: userStatistics(asOf: $earlier) { averageAge byStatus { label count } }
      users(asOf: $now, where: { ageAtLeast: 41, ageAtMost: 41 }) { totalCount }
    }`,
    { now: { sequence }, earlier: { sequence, validAt: '2020-05-01' } },
  );
  expect(statistics.data).toEqual({
    now: { averageAge: 41, byStatus: [{ label: 'PAYING', count: 1 }] },
    earlier: { averageAge: 40, byStatus: [{ label: 'NON_PAYING', count: 1 }] },
    users: { totalCount: 1 },
  });
  await opened.close();
});

it('the pages of a walk through users are of the state and the instant at which it began', async () => {
  const opened = await openApp();
  for (const [number, userId] of ['a', 'b', 'c'].entries())
    await perform(opened, { kind: 'file', userId, name: 'Ada', year: 1980, image: false, removed: false }, number);
  const list = `query ($after: String) {
    users(first: 1, after: $after, orderBy: { by: NAME, direction: DESC }, where: { status: { in: [NON_PAYING] } }) {
      totalCount nodes { id userId firstName } pageInfo { endCursor hasNextPage } snapshot { sequence } } }`;
  interface Page {
    users: { nodes: { userId: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
  }
  const page = async (after: string | null) => (await opened.query<Page>(list, { after })).data?.users;
  const first = await page(null);
  const { sequence } = opened.app.ledger.snapshot();
  // A user is renamed, one is removed, one is added and one pays now.
  await perform(opened, { kind: 'file', userId: 'a', name: 'Zoe', year: 1980, image: false, removed: false }, 3);
  await perform(opened, { kind: 'file', userId: 'b', name: 'Ada', year: 1980, image: false, removed: true }, 4);
  await perform(opened, { kind: 'profile', userId: 'd', country: 'SE' }, 5);
  await perform(opened, { kind: 'status', userId: 'a', day: '2020-06-01', status: 'paying' }, 6);
  const second = await page(first?.pageInfo.endCursor ?? null);
  const third = await page(second?.pageInfo.endCursor ?? null);
  const shape = { totalCount: 3, snapshot: { sequence } };
  expect([first, second, third]).toMatchObject([
    { ...shape, nodes: [{ userId: 'c' }], pageInfo: { hasNextPage: true } },
    // The objects themselves have the plain id and the newest state.
    { ...shape, nodes: [{ userId: 'b', firstName: null }], pageInfo: { hasNextPage: true } },
    { ...shape, nodes: [{ userId: 'a', firstName: 'Zoe' }], pageInfo: { hasNextPage: false } },
  ]);
  await opened.close();
});

it.each([
  ['ipCity(ip: "10.0.0.1", asOf: { validAt: "2020-01-01" }) { city }', 'asOf.validAt does not apply'],
  ['userStatus(userId: "a", date: "2020-01-01", asOf: { validAt: "2020-01-01" }) { status }', '`date` is that instant'],
  ['dashboard(asOf: { validAt: "2020-01-01" }) { orphanFollowups }', 'happen when they are recorded'],
  ['user(userId: "a", asOf: { sequence: 99 }) { userId }', 'sequence 99 is outside of the ledger'],
  ['users(asOf: { sequence: 0, knownAt: "2020-01-01" }) { totalCount }', 'use one of them'],
])('a snapshot is refused for %s', async (field, message) => {
  const opened = await openApp();
  const { errors } = await opened.query(`{ ${field} }`);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
  expect(errors?.[0]?.message).toContain(message);
  await opened.close();
});
