import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Services } from '../../src/context.ts';
import type { BasisRequest } from '../../src/rest/route.ts';
import { monitorOfCountry } from '../../src/rest/routes/monitor.ts';
import { stats } from '../../src/rest/routes/users.ts';
import { routes } from '../../src/rest/routes.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { dataFolder } from '../support/store.ts';

/** One request of each route whose answers have tags. */
const paths = [
  '/user_status/u-1?date=2025-06-01',
  '/user_status?user_id=u-1&date=2025-06-01',
  '/ip_city/10.0.0.1',
  '/ip_city?ip=10.0.0.1',
  '/transactions/aggregate',
  '/dashboard/symbol/a',
  '/dashboard/range/2020-01-01/2100-01-01',
  '/stats',
  '/monitor',
  '/monitor?account_type=free',
];

/** A basis that does not look at its request. */
const noRequest = {} as BasisRequest;

const usOf = (day: string): number => Date.parse(day) * 1000;

const open = async (settings: Record<string, string> = {}, onStatement?: (sql: string) => void): Promise<OpenApp> => {
  const app = await openApp({ settings, ...(onStatement ? { onStatement } : {}) });
  onTestFinished(app.close);
  return app;
};

const read = async ({ get }: OpenApp, path: string, headers: Record<string, string> = {}) => {
  const response = await get(path, { headers });
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    cache: [response.headers.get('cache-control'), response.headers.get('vary')],
    text: await response.text(),
  };
};

const purchases = (...lines: string[]) => ({
  name: `${lines.join('-').replaceAll(',', '_')}.csv`,
  text: `click_id,created_at,product_id,product_price,user_id,ip\n${lines.join('\n')}\n`,
});

const purchase = (id: number, user = 'u-1', price = '1.50'): string =>
  `${id},2025-06-01T00:00:00Z,1,${price},${user},10.0.0.1`;

describe('ETags of REST', () => {
  it('are of these routes and of those that have them for content that never changes', () => {
    const tagged = routes.filter(({ response }) => response.headers?.etag !== undefined);
    const withBasis = tagged.filter(({ basis }) => basis !== undefined);
    expect(withBasis.map(({ path }) => path).sort()).toEqual([
      ...['/dashboard/range/{lower}/{upper}', '/dashboard/symbol/{symbol}'],
      ...['/datasets/{name}', '/datasets/{name}/aggregate', '/datasets/{name}/facets', '/datasets/{name}/profile'],
      ...['/ip_city', '/ip_city/{ip}', '/monitor'],
      ...['/stats', '/transactions/aggregate', '/user_status', '/user_status/{user_id}'],
    ]);
    expect(tagged.filter(({ basis }) => !basis).map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/images/{name}', '/datasets/{name}/export']),
    );
    for (const { furtherResponses, headers } of withBasis) {
      expect(furtherResponses?.map(({ status }) => status)).toEqual([304]);
      expect(headers?.map(({ name }) => name)).toEqual(['if-none-match']);
    }
  });

  it('a client that has an answer gets 304 without a statement, until something is recorded', async () => {
    const statements: string[] = [];
    const app = await open({}, (sql) => void statements.push(sql));
    await app.importFile('transactions', purchases(purchase(1)));
    for (const path of paths) {
      const first = await read(app, path);
      expect([path, first.status, first.etag]).toEqual([path, 200, expect.stringMatching(/^W\/"\d+-[\w-]{22}"$/)]);
      expect(first.cache).toEqual(['private, no-cache', 'authorization, x-api-key, accept, accept-encoding']);
      statements.length = 0;
      for (const known of [`${first.etag}`, `"other", ${first.etag}`]) {
        const again = await read(app, path, { 'if-none-match': known });
        expect(again).toEqual({ ...first, status: 304, text: '' });
      }
      expect(statements).toEqual([]);
      expect((await read(app, path, { 'if-none-match': '"other"' })).status).toBe(200);
      // It does not say which answer the client has.
      expect((await read(app, path, { 'if-none-match': '*' })).status).toBe(200);
    }
    const before = await Promise.all(paths.map((path) => read(app, path)));
    await app.importFile('transactions', purchases(purchase(2)));
    for (const [index, path] of paths.entries()) {
      const { etag } = before[index] ?? {};
      const after = await read(app, path, { 'if-none-match': `${etag}` });
      expect([path, after.status, after.etag === etag]).toEqual([path, 200, false]);
    }
  });

  it('differ between requests and between servers with other settings', async () => {
    const [app, other] = [await open(), await open({ queryMsMax: '9999' })];
    const requested = [...paths, '/user_status/u-2?date=2025-06-01', '/transactions/aggregate?sequence=0'];
    const tags = await Promise.all(
      [app, other].flatMap((each) => requested.map(async (path) => (await read(each, path)).etag)),
    );
    expect(tags).not.toContain(null);
    expect(new Set(tags).size).toBe(2 * requested.length);
  });

  it('no error has a tag, and neither a missing key nor one of another scope learns that an answer is unchanged', async () => {
    const [reader, sender] = ['r-key-of-a-test-0123456789', 'i-key-of-a-test-0123456789'];
    const app = await open({ apiKeys: `read:${reader},ingest:${sender}` });
    const path = '/transactions/aggregate';
    const { etag } = await read(app, path, { 'x-api-key': reader });
    const known = { 'if-none-match': `${etag}` };
    expect((await read(app, path, { ...known, 'x-api-key': reader })).status).toBe(304);
    expect(await read(app, path, known)).toMatchObject({ status: 401, etag: null });
    expect(await read(app, path, { ...known, 'x-api-key': sender })).toMatchObject({ status: 403, etag: null });
    const wrong = await read(app, `${path}?sequence=7`, { ...known, 'x-api-key': reader });
    expect(wrong).toMatchObject({ status: 400, etag: null, cache: ['no-store', 'accept'] });
  });

  it('an answer that a write ran into has no tag, or that of the state before', async () => {
    const app = await open();
    await app.importFile('transactions', purchases(purchase(1)));
    const reading = read(app, '/transactions/aggregate');
    const writing = app.importFile('transactions', purchases(purchase(2)));
    const { etag, text } = await reading;
    await writing;
    const later = await read(app, '/transactions/aggregate', etag ? { 'if-none-match': etag } : {});
    expect(later.status).toBe(200);
    expect(later.text).not.toBe(etag ? text : undefined);
  });

  it('ages change with the day', () => {
    const ledger = { snapshot: () => ({ sequence: 1, atUs: 1 }) };
    const basisAt = (day: string) =>
      stats.basis?.({ ledger, nowUs: () => Date.parse(day) * 1000 } as Services, noRequest);
    expect(basisAt('2025-06-01T00:00:00Z')).toEqual(basisAt('2025-06-01T23:59:59Z'));
    expect(basisAt('2025-06-01T23:59:59Z')).not.toEqual(basisAt('2025-06-02T00:00:00Z'));
  });

  it('of the running experiment change with the clock when another one begins, and only then', async () => {
    const app = await open();
    const { experiments } = app.app.domains;
    const rest = { allocation: [], allocationByMarket: [], markets: [] };
    for (const [key, from, to] of [
      ['spring', '2025-03-01', '2025-06-01'],
      ['summer', '2025-06-01', '2025-09-01'],
    ] as const)
      await experiments.save({ key, name: key, startedAtUs: usOf(from), endedAtUs: usOf(to), ...rest });
    const basisAt = (day: string) =>
      monitorOfCountry.basis?.(
        { ledger: app.app.ledger, experiments, nowUs: () => usOf(day) } as unknown as Services,
        noRequest,
      );
    expect(basisAt('2025-05-01')).toEqual(basisAt('2025-05-31'));
    expect(basisAt('2025-06-01')).not.toEqual(basisAt('2025-05-31'));
    // The one that ended last is still the current one.
    expect(basisAt('2026-01-01')).toEqual(basisAt('2025-06-01'));
  });

  it('are not those of before a person was erased, although the ledger has the same sequence number', async () => {
    const data = dataFolder();
    const opened = await openApp({ data });
    await opened.importFile('transactions', purchases(purchase(1), purchase(2, 'u-2')));
    const path = '/transactions/aggregate';
    const before = await read(opened, path);
    const sequence = opened.app.ledger.snapshot();
    await opened.close();
    const again = await openApp({ data });
    expect((await read(again, path, { 'if-none-match': `${before.etag}` })).status).toBe(304);
    await again.close();

    const offline = await openApp({ data, start: false });
    await (await offline.app.domains.eraser.find({ userId: 'u-2', rows: [] })).erase();
    await offline.app.domains.eraser.finish();
    await offline.close();
    const erased = await openApp({ data });
    onTestFinished(erased.close);
    expect(erased.app.ledger.snapshot()).toEqual(sequence);
    const after = await read(erased, path, { 'if-none-match': `${before.etag}` });
    expect(after.status).toBe(200);
    expect(after.text).not.toBe(before.text);
  });

  it('are never those of an older answer, whatever is recorded', async () => {
    const write = fc.oneof(
      fc.record({ kind: fc.constant('purchase' as const), user: fc.constantFrom('u-1', 'u-2'), price: fc.nat(99) }),
      fc.record({
        kind: fc.constant('status' as const),
        status: fc.constantFrom('paying', 'cancelled'),
        month: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ kind: fc.constant('table' as const), city: fc.constantFrom('Ulm', 'Bonn') }),
      fc.record({ kind: fc.constant('conversation' as const), symbol: fc.constantFrom('a', 'e') }),
      fc.record({
        kind: fc.constant('event' as const),
        user_id: fc.constantFrom('u-1', 'u-2'),
        version: fc.constantFrom('A', 'B'),
        account_type: fc.constantFrom('free', 'paid'),
      }),
      fc.record({ kind: fc.constant('country' as const), country: fc.constantFrom('SE', 'NO') }),
      fc.record({ kind: fc.constant('nothing' as const) }),
    );
    type Write = typeof write extends fc.Arbitrary<infer T> ? T : never;
    const apply = async (app: OpenApp, each: Write, id: number): Promise<void> => {
      if (each.kind === 'purchase')
        await app.importFile('transactions', purchases(purchase(id, each.user, String(each.price))));
      if (each.kind === 'status')
        await app.importFile('user-status', {
          name: `s${id}.csv`,
          text: `user_id,created_at,status\nu-1,2025-0${each.month}-01T00:00:0${id}Z,${each.status}\n`,
        });
      if (each.kind === 'table')
        await app.importFile('ip-ranges', { name: `t${id}.csv`, text: `cidr,city\n10.0.0.0/24,${each.city}\n` });
      if (each.kind === 'country')
        await app.importFile('users', { name: `u${id}.csv`, text: `user_id,country\nu-1,${each.country}\n` });
      if (each.kind === 'event') {
        const { kind: _kind, ...event } = each;
        const body = JSON.stringify({ ...event, date: '2025-06-01', event_type: null, order_value: null });
        const headers = { 'content-type': 'application/json' };
        expect((await app.get('/receive_event', { method: 'POST', headers, body })).status).toBe(200);
      }
      if (each.kind !== 'conversation') return;
      const uuid = `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`;
      const sent = await app.get(`/initial?uuid=${uuid}&symbol=${each.symbol}`, { method: 'POST' });
      expect(sent.status).toBe(200);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 6 }), async (writes) => {
        const app = await open();
        const known = new Map<string, { etag: string; text: string }>();
        for (const [id, each] of writes.entries()) {
          await apply(app, each, id);
          for (const path of paths) {
            const { text: now } = await read(app, path);
            const before = known.get(path);
            const answer = await read(app, path, before ? { 'if-none-match': before.etag } : {});
            expect(answer.status === 304 ? before?.text : answer.text).toBe(now);
            if (answer.status === 200) known.set(path, { etag: `${answer.etag}`, text: answer.text });
            if (each.kind === 'nothing' && before) expect(answer.status).toBe(304);
          }
        }
      }),
      { numRuns: 8 },
    );
  }, 60_000);
});
