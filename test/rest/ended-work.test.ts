import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Work } from '../../src/lib/work.ts';
import { type OpenApp, openApp, origin } from '../support/app.ts';
import { importCsv } from '../support/datasets.ts';
import { sendEvents, sendUsers } from '../support/events.ts';

let opened: OpenApp;
let past: number;

beforeAll(async () => {
  opened = await openApp({
    onDisk: true,
    settings: { sqlQueriesAtOnce: '1', sqlMsMax: '600000', queryMsMax: '600000' },
  });
  const users = Array.from({ length: 200 }, (_, index) => `u${index}`);
  await sendUsers(opened, Object.fromEntries(users.map((userId, index) => [userId, index % 2 === 0 ? 'SE' : 'DE'])));
  await sendEvents(
    opened,
    users.map((userId, index) => ({ userId, version: index % 2 === 0 ? 'A' : 'B' })),
  );
  const { conversations } = opened.app.domains;
  for (const symbol of ['a', 'b']) {
    const { uuid } = await conversations.start(randomUUID(), symbol);
    await conversations.followUp(uuid);
  }
  past = opened.app.ledger.snapshot().sequence;
  await conversations.start(randomUUID(), 'c');
  await importCsv(opened, 'numbers', `n,m\n${users.map((_, index) => `${index},${index % 7}`).join('\n')}\n`);
  await importCsv(opened, 'numbers', 'n,m\n1,2\n', '&mode=replace');
}, 60_000);

afterAll(() => opened.close());

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _item of items);
};

/** What computes for requests, each with the work of one. A state that was not asked for before is not known yet. */
const computations: readonly (readonly [name: string, run: (app: OpenApp['app'], work: Work) => Promise<unknown>])[] = [
  ['exposures', ({ domains }, work) => domains.monitor.exposures({ timeZone: 'UTC' }, work)],
  [
    'exposures of a part',
    ({ domains }, work) => domains.monitor.exposures({ timeZone: 'UTC', where: { variants: ['A'] } }, work),
  ],
  [
    'exposures of an earlier state',
    ({ domains }, work) => domains.monitor.exposures({ timeZone: 'UTC', asOf: { sequence: past } }, work),
  ],
  [
    'figures of an earlier state',
    ({ domains }, work) => domains.dashboard.figures({ timeZone: 'UTC', asOf: { sequence: past } }, work),
  ],
  [
    'a symbol of an earlier state',
    ({ domains }, work) => domains.dashboard.ofSymbol('a', { sequence: past - 1 }, work),
  ],
  [
    'a page of users',
    ({ domains }, work) =>
      domains.userDirectory.page({ orderBy: 'USER_ID', descending: false, limit: 1, fromEnd: false }, work),
  ],
  ['statistics of users', ({ domains }, work) => domains.userDirectory.statistics({}, {}, work)],
  ['users with files', ({ domains }, work) => drain(domains.userDirectory.usersWithFiles({}, {}, work))],
  [
    'rows of a dataset',
    ({ domains: { datasets } }, work) =>
      datasets.rows(datasets.getByName('numbers'), { limit: 3, fromEnd: false }, work),
  ],
  [
    'facets of a dataset',
    ({ domains: { datasets } }, work) =>
      datasets.facets(datasets.current(datasets.getByName('numbers')), { columns: ['m'], limit: 3 }, work),
  ],
  [
    'groups of a dataset',
    ({ domains: { datasets, datasetGroups } }, work) =>
      datasetGroups.groups(
        datasets.getByName('numbers'),
        { groupBy: [{ column: 'm' }], measures: [{ function: 'COUNT' }], timeZone: 'UTC', limit: 3 },
        work,
      ),
  ],
  [
    'the profile of a column',
    ({ domains: { datasets } }, work) => {
      const [column] = datasets.columns(datasets.current(datasets.getByName('numbers')));
      return datasets.profile(column as NonNullable<typeof column>, work);
    },
  ],
  [
    'a difference of versions',
    ({ domains: { datasets, datasetDifferences } }, work) => {
      const dataset = datasets.getByName('numbers');
      const [from, to] = [1, 2].map((number) => datasets.versionByNumber(dataset, number));
      return datasetDifferences.counts({ from, to } as Parameters<typeof datasetDifferences.counts>[0], work);
    },
  ],
  ['SQL', ({ domains }, work) => domains.sql.rows({ text: 'select 1 as one', parameters: [] }, work)],
  ['a file of SQL', ({ domains }, work) => domains.sql.file({ text: 'select 1 as one', parameters: [] }, 'csv', work)],
];

describe('a computation stops when its work ends, and is begun again for the next who needs it', () => {
  it.each(computations)('%s', async (_name, run) => {
    const work = new Work();
    const ended = run(opened.app, work);
    work.end(new Error('left'));
    await expect(ended).rejects.toThrow('left');
    await expect(run(opened.app, new Work())).resolves.not.toThrow();
  });

  it.each(computations)('%s, for one of two who wait for it', async (_name, run) => {
    const [left, waits] = [new Work(), new Work()];
    const both = Promise.allSettled([run(opened.app, left), run(opened.app, waits)]);
    left.end(new Error('left'));
    expect((await both)[1]).toMatchObject({ status: 'fulfilled' });
  });
});

/** Goes on for ever. */
const endless = 'with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t';

it('a query of SQL whose client left makes room for the next one, and leaves no file', async () => {
  const sql = (query: string, signal?: AbortSignal) =>
    opened.app.fetch(
      new Request(`${origin}/sql?format=ndjson`, {
        method: 'POST',
        headers: { 'content-type': 'application/sql' },
        body: query,
        ...(signal ? { signal } : {}),
      }),
    );
  const leaving = Array.from({ length: 3 }, () => new AbortController());
  const left = leaving.map(({ signal }) => sql(endless, signal));
  // By then the first one runs, and the others wait for their turn.
  await delay(300);
  for (const each of leaving) each.abort();
  for (const response of await Promise.all(left)) expect(response.status).toBe(400);
  expect(await (await sql('select 1 as one')).text()).toBe('{"one":1}\n');
  const folder = join(opened.data, 'datasets');
  const [work = ''] = (await readdir(folder)).filter((name) => name.startsWith('sql.'));
  expect((await readdir(join(folder, work))).filter((name) => name.endsWith('.ndjson'))).toEqual([]);
});

it('an export whose client leaves in the middle reads no more pages', async () => {
  const rows = Array.from({ length: 12_000 }, (_, index) => `${index}`).join('\n');
  await importCsv(opened, 'long', `n\n${rows}\n`);
  const leaving = new AbortController();
  const request = new Request(`${origin}/datasets/long/export`, { signal: leaving.signal });
  const reader = (await opened.app.fetch(request)).body?.getReader();
  await reader?.read();
  leaving.abort();
  await expect(reader?.read()).rejects.toThrow('the client disconnected');
});
