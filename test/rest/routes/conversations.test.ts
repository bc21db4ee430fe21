import { expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';

const uuid = '0b1f3c52-8d9e-4c11-9f4e-2f3f7f0a6d11';
const other = '0b1f3c52-8d9e-4c11-9f4e-2f3f7f0a6d12';

const opened = async (settings = {}): Promise<OpenApp> => {
  const app = await openApp({ settings });
  onTestFinished(app.close);
  return app;
};

const post = async (app: OpenApp, path: string, body?: string, type?: string) => {
  const headers = { ...(type ? { 'content-type': type } : {}) };
  const response = await app.get(path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
  return {
    status: response.status,
    type: response.headers.get('content-type')?.split(';')[0],
    text: await response.text(),
  };
};

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';

it.each([
  ['the query, with an empty body', `/initial?uuid=${uuid}&symbol=e`, `/followup?uuid=${uuid}`, undefined, undefined],
  ['the query, with the type of a form', `/initial?uuid=${uuid}&symbol=e`, `/followup?uuid=${uuid}`, '', form],
  ['a form', '/initial', '/followup', `uuid=${uuid}&symbol=e`, form],
  ['JSON', '/initial', '/followup', JSON.stringify({ uuid, symbol: 'e' }), json],
  ['both', `/initial?symbol=e`, '/followup', `{"uuid":"${uuid}"}`, json],
  [
    'the query, with doubled slashes',
    `//initial?uuid=${uuid}&symbol=e`,
    `//followup?uuid=${uuid}`,
    undefined,
    undefined,
  ],
])('POST /initial and /followup accept parameters in %s', async (_where, initial, followup, body, type) => {
  const app = await opened({ now: '2024-01-02T03:04:05.000006Z' });
  expect(await post(app, initial, body, type)).toEqual({ status: 200, type: 'text/plain', text: 'True' });
  const rest = body?.includes('symbol') ? body.replace(/[&,]"?symbol"?[=:]"?e"?/, '') : body;
  expect(await post(app, followup, rest, type)).toEqual({ status: 200, type: 'text/plain', text: 'hooray' });
  const at = '2024-01-02 03:04:05.000006';
  const line = { count: 1, symbol: 'e', earliest: at, latest: at, followups: 1 };
  expect(await (await app.get('/dashboard/symbol/E')).text()).toBe(JSON.stringify(line));
  expect(await (await app.get('/dashboard/range/2024-01-02/2024-01-03')).text()).toBe(JSON.stringify([line]));
});

it('POST /initial returns the guess, the same guess for a repeat, and a conflict for another symbol, which stores nothing', async () => {
  const app = await opened();
  expect(await post(app, `/initial?uuid=${uuid}&symbol=t`)).toMatchObject({ status: 200, text: 'False' });
  expect(await post(app, `/initial?uuid=${uuid.toUpperCase()}&symbol=T`)).toMatchObject({ status: 200, text: 'False' });
  const conflict = await post(app, `/initial?uuid=${uuid}&symbol=a`);
  expect(conflict).toMatchObject({ status: 409, type: json });
  expect(JSON.parse(conflict.text)).toMatchObject({ error: { code: 'CONFLICT', problems: [{ path: 'symbol' }] } });
  expect(await post(app, `/initial?uuid=${other}&symbol=a`)).toMatchObject({ status: 200, text: 'True' });
  expect(app.app.ledger.snapshot().sequence).toBe(2);
});

it.each([
  ['/initial?uuid=x&symbol=%C3%A9', ['uuid', 'symbol']],
  [`/initial?uuid=${uuid}&symbol=ab`, ['symbol']],
  [`/initial?uuid=${uuid}&symbol=%C3%89`, ['symbol']],
  [`/initial?uuid=${uuid}`, ['symbol']],
  [`/initial?uuid=${uuid}&symbol=e&verbose=1`, ['verbose']],
  ['/followup', ['uuid']],
  [`/followup?uuid=${uuid}0`, ['uuid']],
])('POST %s is refused and the error names the invalid parameters', async (path, named) => {
  const app = await opened();
  const { status, text } = await post(app, path);
  expect(status).toBe(400);
  const { error } = JSON.parse(text) as { error: { code: string; problems: { path: string }[] } };
  expect(error.code).toBe('BAD_REQUEST');
  expect(error.problems.map((problem) => problem.path)).toEqual(named);
  expect(app.app.ledger.snapshot().sequence).toBe(0);
});

it('the dashboard returns 0 and null for a symbol without conversations, and an empty list for a range without any', async () => {
  const app = await opened();
  expect(await (await app.get('/dashboard/symbol/q')).json()).toEqual({
    count: 0,
    symbol: 'q',
    earliest: null,
    latest: null,
    followups: 0,
  });
  expect(await (await app.get('/dashboard/range/2024-01-02/2024-01-03')).json()).toEqual([]);
});

it('the bounds of a range are dates or instants, the lower inclusive and the upper exclusive', async () => {
  const app = await opened({ now: '2024-01-02T03:04:05.000006Z' });
  await post(app, `/initial?uuid=${uuid}&symbol=e`);
  const inside = async (lower: string, upper: string): Promise<number> => {
    const response = await app.get(`/dashboard/range/${encodeURIComponent(lower)}/${encodeURIComponent(upper)}`);
    expect(response.status).toBe(200);
    return ((await response.json()) as unknown[]).length;
  };
  expect(await inside('2024-01-02', '2024-01-03')).toBe(1);
  expect(await inside('2024-01-01', '2024-01-02')).toBe(0);
  expect(await inside('2024-01-03', '2024-01-04')).toBe(0);
  expect(await inside('2024-01-02T03:04:05.000006', '2024-01-02 03:04:05.000007')).toBe(1);
  expect(await inside('2024-01-02 03:04:05.000005', '2024-01-02T03:04:05.000006Z')).toBe(0);
  expect(await inside('2024-01-02T03:04:05.000007', '2024-01-03')).toBe(0);
  expect(await inside('2024-01-02T05:04:05.000006+02:00', '2024-01-03')).toBe(1);
  const reversed = await app.get('/dashboard/range/2024-01-03/2024-01-02');
  expect(await reversed.json()).toMatchObject({ error: { problems: [{ path: 'upper', code: 'OUT_OF_RANGE' }] } });
  for (const path of ['2024-01-02/x', '2024-02-30/2024-03-01', '2024-01-03/2024-01-02'])
    expect((await app.get(`/dashboard/range/${path}`)).status).toBe(400);
  expect((await app.get('/dashboard/symbol/ee')).status).toBe(400);
});
