import { z } from '@hono/zod-openapi';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Services } from '../../src/context.ts';
import { parseExactJson } from '../../src/lib/exact-json.ts';
import type { Work } from '../../src/lib/work.ts';
import { date, userId } from '../../src/rest/parameters.ts';
import { defineRoute, type Route } from '../../src/rest/route.ts';
import { createRouter } from '../../src/rest/router.ts';
import { openApp, origin } from '../support/app.ts';

const described = {
  operationId: 'test',
  tag: 'Server',
  subject: 'server',
  summary: 'For tests',
  response: { schema: z.unknown() },
} as const;

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
    response: { schema: z.string(), type: 'text/plain' },
    handle: () => 'True',
  }),
  defineRoute({
    ...sum,
    async handle(_input, _services, { body }) {
      return parseExactJson(await body.text());
    },
  }),
  defineRoute({
    ...sum,
    path: '/bytes',
    body: { ...sum.body, isStream: true },
    async handle(_input, _services, { body }) {
      let count = 0;
      for await (const chunk of body.chunks()) count += chunk.byteLength;
      return count;
    },
  }),
];

const opened = async () => {
  const { app, close } = await openApp();
  onTestFinished(close);
  const services = {
    ...app.domains,
    ledger: app.ledger,
    config: { bodyBytesMax: 1000, queryMsMax: 20 },
    server: { version: '1' },
  };
  const rest = createRouter(services as unknown as Services, pino({ level: 'silent' }), routes);
  return (method: string, path: string, body?: BodyInit, type?: string) =>
    rest.face.respond(
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
  it('parameters are read from the query, a form and a JSON object alike', async () => {
    const send = await opened();
    const expected = { user_id: 'a b', date: Date.UTC(2021, 0, 1) * 1000 };
    const read = async (response: Response) => [response.status, await response.json()];
    expect(await read(await send('POST', '/note?user_id=a%20b&date=2021-01-01'))).toEqual([200, expected]);
    expect(await read(await send('POST', '/note?user_id=a+b&date=2021-01-01', '', form))).toEqual([200, expected]);
    expect(await read(await send('POST', '/note', 'user_id=a+b&date=2021-01-01', form))).toEqual([200, expected]);
    const object = '{"user_id":"a b","date":"2021-01-01"}';
    expect(await read(await send('POST', '/note', object, `${json}; charset=utf-8`))).toEqual([200, expected]);
    expect(await read(await send('POST', '/note?user_id=a%20b', 'date=2021-01-01', form))).toEqual([200, expected]);
  });

  it('JSON numbers and booleans are read as their text, and null as an absent parameter', async () => {
    const send = await opened();
    const idIn = async (object: string) =>
      ((await (await send('POST', '/note', object, json)).json()) as UserIdBody).user_id;
    type UserIdBody = { user_id: string };
    expect(await idIn('{"user_id":1e2}')).toBe('100');
    expect(await idIn('{"user_id":12345678901234567890}')).toBe('12345678901234567890');
    expect(await idIn('{"user_id":true,"date":null}')).toBe('true');
    expect(await problemsOf(await send('POST', '/note', '{"user_id":null}', json))).toEqual(['user_id MISSING']);
    expect(await problemsOf(await send('POST', '/note', '{"user_id":[1]}', json))).toEqual(['user_id WRONG_TYPE']);
    expect(await problemsOf(await send('POST', '/note', '{"user_id":{"a":1}}', json))).toEqual(['user_id WRONG_TYPE']);
  });

  it('a parameter may be in the query and in the body when both values are equal', async () => {
    const send = await opened();
    expect((await send('POST', '/note?user_id=a', 'user_id=a', form)).status).toBe(200);
    expect(await problemsOf(await send('POST', '/note?user_id=a', 'user_id=b', form))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await send('POST', '/note?user_id=a', '{"user_id":"b"}', json))).toEqual([
      'user_id MALFORMED',
    ]);
  });

  it('unknown, repeated and malformed parameters in a body are refused', async () => {
    const send = await opened();
    expect(await problemsOf(await send('POST', '/note', 'user_id=a&day=1', form))).toEqual(['day NOT_ALLOWED']);
    expect(await problemsOf(await send('POST', '/note', '{"user_id":"a","__proto__":1}', json))).toEqual([
      '__proto__ NOT_ALLOWED',
    ]);
    expect(await problemsOf(await send('POST', '/note', 'user_id=a&user_id=a', form))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await send('POST', '/note', 'user_id=%zz', form))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await send('POST', '/note', '{"user_id":"a\\ud800"}', json))).toEqual([
      'user_id MALFORMED',
    ]);
    expect(await problemsOf(await send('POST', '/note?user_id=a&user_id=b'))).toEqual(['user_id MALFORMED']);
    expect(await problemsOf(await send('POST', '/note?user_id=a&day=2'))).toEqual(['day NOT_ALLOWED']);
    expect(await problemsOf(await send('POST', '/note'))).toEqual(['user_id MISSING']);
  });

  it('a body of another media type and a malformed body are refused', async () => {
    const send = await opened();
    expect(await messageOf(await send('POST', '/note', 'user_id=a', 'text/plain'))).toContain('content-type');
    expect(await messageOf(await send('POST', '/note', new Uint8Array([97])))).toContain('content-type');
    for (const body of ['{"user_id":', '[1]', '1'])
      expect(await messageOf(await send('POST', '/note', body, json)), body).toContain('JSON');
    expect(await messageOf(await send('POST', '/note', new Uint8Array([0xff]), form))).toContain('UTF-8');
  });
});

describe('a body', () => {
  it('a body is read only when the route accepts its media type', async () => {
    const send = await opened();
    expect(await (await send('POST', '/sum', '[0.1000,1]', json)).text()).toBe('[0.1,1]');
    expect((await send('POST', '/sum', new TextEncoder().encode('[1]'))).status).toBe(200);
    expect(await messageOf(await send('POST', '/sum', '[1]', 'text/csv'))).toContain('application/json');
  });

  it('a body has a size limit unless it is a stream', async () => {
    const send = await opened();
    const large = `[${'1,'.repeat(600)}1]`;
    const chunked = () => new Blob([large]).stream();
    for (const body of [large, chunked()]) {
      const response = await send('POST', '/sum', body, json);
      expect([response.status, await messageOf(response)]).toEqual([413, expect.stringContaining('bodyBytesMax')]);
    }
    expect(await (await send('POST', '/bytes', chunked(), json)).json()).toBe(large.length);
  });
});

describe('a path', () => {
  it('a path responds to each of its methods and lists them when another method is used', async () => {
    const send = await opened();
    expect(await (await send('GET', '/thing')).json()).toBe('read');
    expect(await (await send('POST', '/thing')).json()).toBe('written');
    const allowed = async (method: string, path: string) => {
      const response = await send(method, path);
      return [response.status, response.headers.get('allow')];
    };
    expect(await allowed('PUT', '/thing')).toEqual([405, 'GET, HEAD, POST']);
    expect(await allowed('GET', '/note')).toEqual([405, 'POST']);
    expect(await allowed('HEAD', '/note')).toEqual([405, 'POST']);
    expect(await allowed('POST', '/word')).toEqual([405, 'GET, HEAD']);
  });

  it('a route may respond with plain text', async () => {
    const send = await opened();
    const response = await send('GET', '/word');
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'text/plain; charset=utf-8',
      'True',
    ]);
  });
});

describe('routes that read', () => {
  /** Routes that answer only when their work ends, and that work. */
  const endless = () => {
    const started: Work[] = [];
    const untilEnded = (_input: object, _services: Services, { work }: { readonly work: Work }): Promise<never> => {
      started.push(work);
      return new Promise((_resolve, reject) => work.onEnd(reject));
    };
    const slow = [
      defineRoute({ ...described, path: '/slow', handle: untilEnded }),
      defineRoute({ ...described, method: 'POST', scopes: ['read'], path: '/slow', handle: untilEnded }),
    ];
    return { started, slow };
  };

  const routerOf = async (slow: readonly Route[], queryMsMax: number) => {
    const { app, close } = await openApp();
    onTestFinished(close);
    const services = { ...app.domains, ledger: app.ledger, config: { bodyBytesMax: 1000, queryMsMax } };
    return createRouter(services as unknown as Services, pino({ level: 'silent' }), slow).face;
  };

  it('end with TIMEOUT after queryMsMax, and their work with them', async () => {
    const { started, slow } = endless();
    const face = await routerOf(slow, 20);
    for (const method of ['GET', 'POST']) {
      const response = await face.respond(new Request(`${origin}/slow`, { method }), 'request-1');
      const message = 'the answer took longer than 20 ms (setting queryMsMax)';
      expect([response.status, await response.json()]).toEqual([503, { error: { code: 'TIMEOUT', message } }]);
    }
    expect(started.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
  });

  it('end when the client leaves', async () => {
    const { started, slow } = endless();
    const face = await routerOf(slow, 1_000_000);
    const controller = new AbortController();
    const answered = face.respond(new Request(`${origin}/slow`, { signal: controller.signal }), 'request-1');
    controller.abort();
    await answered;
    expect(started[0]?.hasEnded).toBe(true);
  });

  it('that change something are finished', async () => {
    const face = await routerOf(
      [
        defineRoute({
          ...described,
          method: 'POST',
          path: '/slow',
          handle: () => new Promise((resolve) => setTimeout(resolve, 50, 'done')),
        }),
      ],
      1,
    );
    const response = await face.respond(new Request(`${origin}/slow`, { method: 'POST' }), 'request-1');
    expect([response.status, await response.json()]).toEqual([200, 'done']);
  });
});
