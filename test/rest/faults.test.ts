import type { Logger } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Services } from '../../src/context.ts';
import { createRouter } from '../../src/rest/router.ts';
import { type OpenApp, openApp, origin } from '../support/app.ts';
import { statusAndBody } from '../support/fixture-app.ts';

const emptyApp = async (): Promise<OpenApp> => {
  const opened = await openApp();
  onTestFinished(opened.close);
  return opened;
};

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly problems?: readonly Problem[] };
}
interface Problem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** Each problem as `path code`. */
const problemsOf = async (response: Response): Promise<string[]> => {
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as ErrorBody;
  expect(error.code).toBe('BAD_REQUEST');
  for (const { message } of error.problems ?? []) expect(error.message).toContain(message);
  return (error.problems ?? []).map(({ path, code }) => `${path} ${code}`);
};

describe('REST parameters', () => {
  it('an error names each missing or malformed parameter', async () => {
    const { get } = await emptyApp();
    const problem = { path: 'date', code: 'MISSING', message: 'date is missing' };
    expect(await statusAndBody(await get('/user_status/1'))).toEqual({
      status: 400,
      body: { error: { code: 'BAD_REQUEST', message: 'date is missing', problems: [problem] } },
    });
    expect(await problemsOf(await get('/user_status/1?date='))).toEqual(['date MISSING']);
    expect(await problemsOf(await get('/user_status/1?date'))).toEqual(['date MISSING']);
    expect(await problemsOf(await get('/user_status'))).toEqual(['user_id MISSING', 'date MISSING']);
    expect(await problemsOf(await get('/user_status/?date=2021-01-01'))).toEqual(['user_id MISSING']);
    expect(await problemsOf(await get('/ip_city'))).toEqual(['ip MISSING']);
    for (const date of ['yesterday', '2021-02-30', '2021-01-01T24:00', '1609459200', '2021-01-01T00:00+02:00'])
      expect(await problemsOf(await get(`/user_status/1?date=${date}`)), date).toEqual(['date MALFORMED']);
    for (const ip of ['10.0.0.0%2F8', '10.0.0.01', '10.0.0.256', '1.2.3', 'localhost', '%5B::1%5D', ' 10.0.0.1'])
      expect(await problemsOf(await get(`/ip_city/${ip}`)), ip).toEqual(['ip MALFORMED']);
    for (const id of ['%00', 'x'.repeat(257)])
      expect(await problemsOf(await get(`/user_status/${id}?date=2021-01-01`)), id).toEqual(['user_id MALFORMED']);
  });

  it('unknown and repeated parameters are refused, not ignored', async () => {
    const { get } = await emptyApp();
    const date = 'date=2021-01-01';
    expect(await problemsOf(await get(`/user_status/1?${date}&day=2`))).toEqual(['day NOT_ALLOWED']);
    expect(await problemsOf(await get(`/user_status/1?${date}&user_id=2`))).toEqual(['user_id NOT_ALLOWED']);
    expect(await problemsOf(await get(`/user_status/1?${date}&${date}`))).toEqual(['date MALFORMED']);
    expect(await problemsOf(await get(`/user_status/1?${date}&__proto__=1`))).toEqual(['__proto__ NOT_ALLOWED']);
    expect(await problemsOf(await get(`/user_status/1?Date=2021-01-01`))).toEqual(['Date NOT_ALLOWED', 'date MISSING']);
    expect(await problemsOf(await get('/transactions/aggregate?city=lund'))).toEqual(['city NOT_ALLOWED']);
    expect(await problemsOf(await get('/healthz?verbose'))).toEqual(['verbose NOT_ALLOWED']);
    expect((await get(`/user_status/1?&${date}&`)).status).toBe(200);
  });

  it('a parameter that is not percent-encoded UTF-8 is refused', async () => {
    const { get } = await emptyApp();
    for (const id of ['%zz', '%', 'a%C3', '%ED%A0%80', '%FF']) {
      expect(await problemsOf(await get(`/user_status/${id}?date=2021-01-01`)), id).toEqual(['user_id MALFORMED']);
      expect(await problemsOf(await get(`/user_status?date=2021-01-01&user_id=${id}`)), id).toEqual([
        'user_id MALFORMED',
      ]);
    }
    expect(await problemsOf(await get('/ip_city?%zz=1&ip=10.0.0.1'))).toEqual(['%zz NOT_ALLOWED']);
  });
});

describe('REST paths', () => {
  it('an unknown path gets status 404', async () => {
    const { get } = await emptyApp();
    for (const path of ['/nowhere', '/user_status/a/b?date=2021-01-01', '/transactions', '/transactions/aggregate/x']) {
      const { status, body } = await statusAndBody(await get(path));
      expect(status, path).toBe(404);
      expect(body).toMatchObject({ error: { code: 'NOT_FOUND' } });
    }
  });

  it('a read-only path refuses other methods with status 405', async () => {
    const { get } = await emptyApp();
    for (const path of [
      '/user_status/1?date=2021-01-01',
      '/ip_city',
      '/transactions/aggregate',
      '/healthz',
      '/docs',
      '/',
    ])
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await get(path, { method });
        expect(response.headers.get('allow'), path).toBe('GET, HEAD');
        expect(await statusAndBody(response)).toMatchObject({
          status: 405,
          body: { error: { code: 'METHOD_NOT_ALLOWED' } },
        });
      }
  });

  it('HEAD gets the response of GET without the body', async () => {
    const { get } = await emptyApp();
    for (const [path, status] of [
      ['/healthz', 200],
      ['/user_status/1', 400],
      ['/nowhere', 404],
    ] as const) {
      const response = await get(path, { method: 'HEAD' });
      expect([response.status, await response.text()]).toEqual([status, '']);
    }
  });

  it('a path may contain repeated slashes and a trailing slash', async () => {
    const { get } = await emptyApp();
    expect((await get('//user_status//1/?date=2021-01-01')).status).toBe(200);
  });
});

describe('a client that prefers plain text', () => {
  it('a client that prefers plain text receives the error message with the same status', async () => {
    const { get } = await emptyApp();
    const headers = { accept: 'text/plain' };
    const response = await get('/user_status?user_id=1&day=2', { headers });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(
      'there is no parameter "day"; in the query there are user_id, date, sequence, known_at; date is missing\n',
    );
    expect(await (await get('/nowhere', { headers })).text()).toContain('/nowhere');
    const refused = await get('/healthz', { headers, method: 'POST' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('a client that accepts plain text without preferring it receives JSON', async () => {
    const { get } = await emptyApp();
    const typeFor = async (accept: string) =>
      (await get('/nowhere', { headers: { accept } })).headers.get('content-type');
    expect(await typeFor('*/*')).toBe('application/json');
    expect(await typeFor('application/json, text/plain, */*')).toBe('application/json');
    expect(await typeFor('text/plain;q=0.5, application/json')).toBe('application/json');
    expect(await typeFor('text/html,application/xhtml+xml,*/*;q=0.8')).toBe('application/json');
    expect(await typeFor('text/plain, */*;q=0.1')).toBe('text/plain; charset=utf-8');
  });
});

it('an internal error is logged and its message is not sent to the client', async () => {
  const { app } = await emptyApp();
  const logged: unknown[] = [];
  const log = { error: (...args: unknown[]) => void logged.push(...args) } as unknown as Logger;
  const statusAt = () => {
    throw new TypeError('secret is undefined');
  };
  const config = { bodyBytesMax: 1 };
  const { domains, ledger } = app;
  const fakes = { config, server: { version: '1' }, userStatus: { statusAt } };
  const services = { ...domains, ledger, ...fakes } as unknown as Services;
  const response = await createRouter(services, log).face.respond(
    new Request(`${origin}/user_status/1?date=2021-01-01`),
    'request-1',
  );
  expect(await statusAndBody(response)).toEqual({
    status: 500,
    body: {
      error: {
        code: 'INTERNAL',
        message: 'internal error; look for request request-1 in the log of the server',
        requestId: 'request-1',
      },
    },
  });
  expect(logged[0]).toMatchObject({ err: { message: 'secret is undefined' }, requestId: 'request-1' });
});
