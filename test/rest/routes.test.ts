import { z } from '@hono/zod-openapi';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Services } from '../../src/context.ts';
import { parseExactJson } from '../../src/lib/exact-json.ts';
import { date, userId } from '../../src/rest/parameters.ts';
import { defineRoute, type Route } from '../../src/rest/route.ts';
import { createRouter } from '../../src/rest/router.ts';
import { openApp, origin } from '../support/app.ts';

const described = { subject: 'server', summary: 'For tests', answer: { schema: z.unknown() } } as const;

const echo = defineRoute({
  ...described,
  method: 'POST',
  path: '/note',
  fields: { user_id: userId, date: date.optional() },
  handle: (input) => input,
});

const sum = {
  ...described,
  method: 'POST',
  path: '/sum',
  body: { types: ['application/json'], lenientContentTypes: [''], schema: z.array(z.number()), example: [1, 2] },
} as const;

const routes: readonly Route[] = [
  echo,
  defineRoute({ ...described, path: '/thing', handle: () => 'read' }),
  defineRoute({ ...described, method: 'POST', path: '/thing', handle: () => 'written' }),
  defineRoute({
    ...described,
    path: '/word',
    answer: { schema: z.string(), type: 'text/plain' },
    handle: () => 'True',
  }),
  defineRoute({
    ...sum,
    async handle(_input, _shared, { body }) {
      return parseExactJson(await body.text());
    },
  }),
  defineRoute({
    ...sum,
    path: '/bytes',
    body: { ...sum.body, isStream: true },
    async handle(_input, _shared, { body }) {
      let count = 0;
      for await (const chunk of body.chunks()) count += chunk.byteLength;
      return count;
    },
  }),
];

const opened = async () => {
  const { app, close } = await openApp();
  onTestFinished(close);
  const shared = { ...app.domains, ledger: app.ledger, config: { bodyBytesMax: 1000 }, server: { version: '1' } };
  const rest = createRouter(shared as unknown as Services, pino({ level: 'silent' }), routes);
  return (method: string, path: string, body?: BodyInit, type?: string) =>
    rest.fetch(
      new Request(`${origin}${path}`, {
        method,
        ...(body === undefined ? {} : { body, duplex: 'half' }),
        ...(type === undefined ? {} : { headers: { 'content-type': type } }),
      } as RequestInit),
      'request-1',
    );
};

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';

/** Each problem of a refusal as `path code`. */
const problemsOf = async (response: Response): Promise<string[]> => {
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { problems?: { path: string; code: string }[] } };
  return (error.problems ?? []).map(({ path, code }) => `${path} ${code}`);
};

const messageOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { message: string } }).error.message;

describe('parameters that may come in the query or the body', () => {
  it('are read from the query, a form and a JSON object alike', async () => {
    const ask = await opened();
    const expected = { user_id: 'a b', date: Date.UTC(2021, 0, 1) * 1000 };
    const read = async (response: Response) => [response.status, await response.json()];
    expect(await read(await ask('POST', '/note?user_id=a%20b&date=2021-01-01'))).toEqual([200, expected]);
    expect(await read(await ask('POST', '/note?user_id=a+b&date=2021-01-01', '', form))).toEqual([200, expected]);
    expect(await read(await ask('POST', '/note', 'user_id=a+b&date=2021-01-01', form))).toEqual([200, expected]);
    const object = '{"user_id":"a b","date":"2021-01-01"}';
    expect(await read(await ask('POST', '/note', object, `${json}; charset=utf-8`))).toEqual([200, expected]);
    expect(await read(await ask('POST', '/note?user_id=a%20b', 'date=2021-01-01', form))).toEqual([200, expected]);
  });

  it('stand for their text when they are JSON numbers or truth values; null is absent', async () => {
    const ask = await opened();
    const idIn = async (object: string) => ((await (await ask('POST', '/note', object, json)).json()) as Idd).user_id;
    type Idd = { user_id: string };
    expect(await idIn('{"user_id":1e2}')).toBe('100');
    expect(await idIn('{"user_id":12345678901234567890}')).toBe('12345678901234567890');
    expect(await idIn('{"user_id":true,"date":null}')).toBe('true');
    expect(await problemsOf(await ask('POST', '/note', '{"user_id":null}', json))).toEqual(['user_id MISSING']);
    expect(await problemsOf(await ask('POST', '/note', '{"user_id":[1]}', json))).toEqual(['user_id WRONG_TYPE']);
    expect(await problemsOf(await ask('POST', '/note', '{"user_id":{"a":1}}', json))).toEqual(['user_id WRONG_TYPE']);
  });

  it('may come in both places when they say the same', async () => {
    const ask = await opened();
    expect((await ask('POST', '/note?user_id=a', 'user_id=a', form)).status).toBe(200);
    expect(await problemsOf(await ask('POST', '/note?user_id=a', 'user_id=b', form))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await ask('POST', '/note?user_id=a', '{"user_id":"b"}', json))).toEqual([
      'user_id MALFORMED',
    ]);
  });

  it('are refused when they are unknown, given twice or malformed', async () => {
    const ask = await opened();
    expect(await problemsOf(await ask('POST', '/note', 'user_id=a&day=1', form))).toEqual(['day NOT_ALLOWED']);
    expect(await problemsOf(await ask('POST', '/note', '{"user_id":"a","__proto__":1}', json))).toEqual([
      '__proto__ NOT_ALLOWED',
    ]);
    expect(await problemsOf(await ask('POST', '/note', 'user_id=a&user_id=a', form))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await ask('POST', '/note', 'user_id=%zz', form))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await ask('POST', '/note', '{"user_id":"a\\ud800"}', json))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await ask('POST', '/note?user_id=a&user_id=b'))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await ask('POST', '/note?user_id=a&day=2'))).toEqual(['day NOT_ALLOWED']);
    expect(await problemsOf(await ask('POST', '/note'))).toEqual(['user_id MISSING']);
  });

  it('are refused in a body of another type, or one that is none', async () => {
    const ask = await opened();
    expect(await messageOf(await ask('POST', '/note', 'user_id=a', 'text/plain'))).toContain('content-type');
    expect(await messageOf(await ask('POST', '/note', new Uint8Array([97])))).toContain('content-type');
    for (const body of ['{"user_id":', '[1]', '1'])
      expect(await messageOf(await ask('POST', '/note', body, json)), body).toContain('JSON');
    expect(await messageOf(await ask('POST', '/note', new Uint8Array([0xff]), form))).toContain('UTF-8');
  });
});

describe('a body', () => {
  it('is read only when it is of a type that the route takes', async () => {
    const ask = await opened();
    expect(await (await ask('POST', '/sum', '[0.1000,1]', json)).text()).toBe('[0.1,1]');
    expect((await ask('POST', '/sum', new TextEncoder().encode('[1]'))).status).toBe(200);
    expect(await messageOf(await ask('POST', '/sum', '[1]', 'text/csv'))).toContain('application/json');
  });

  it('has a limit, unless it is a stream', async () => {
    const ask = await opened();
    const large = `[${'1,'.repeat(600)}1]`;
    const chunked = () => new Blob([large]).stream();
    for (const body of [large, chunked()]) {
      const response = await ask('POST', '/sum', body, json);
      expect([response.status, await messageOf(response)]).toEqual([413, expect.stringContaining('bodyBytesMax')]);
    }
    expect(await (await ask('POST', '/bytes', chunked(), json)).json()).toBe(large.length);
  });
});

describe('a path', () => {
  it('answers each of its methods, and names them to others', async () => {
    const ask = await opened();
    expect(await (await ask('GET', '/thing')).json()).toBe('read');
    expect(await (await ask('POST', '/thing')).json()).toBe('written');
    const allowed = async (method: string, path: string) => {
      const response = await ask(method, path);
      return [response.status, response.headers.get('allow')];
    };
    expect(await allowed('PUT', '/thing')).toEqual([405, 'GET, HEAD, POST']);
    expect(await allowed('GET', '/note')).toEqual([405, 'POST']);
    expect(await allowed('HEAD', '/note')).toEqual([405, 'POST']);
    expect(await allowed('POST', '/word')).toEqual([405, 'GET, HEAD']);
  });

  it('may answer plain text', async () => {
    const ask = await opened();
    const response = await ask('GET', '/word');
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'text/plain; charset=utf-8',
      'True',
    ]);
  });
});
