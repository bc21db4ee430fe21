import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createDocumentCache } from '../../src/graphql/document-cache.ts';
import { type GraphqlResult, type OpenApp, openApp, origin } from '../support/app.ts';

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp({ settings: { queryRowsMax: '1000', bodyBytesMax: '100kB' } });
});

afterAll(() => opened.close());

interface Answer {
  readonly status: number;
  readonly body: GraphqlResult<Record<string, unknown>>;
}

const post = async (body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  opened.app.fetch(new Request(`${origin}/graphql`, { method: 'POST', body, headers }));

const ask = async (query: string, variables: object = {}): Promise<Answer> => {
  const response = await post(JSON.stringify({ query, variables }), {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
};

const refused = (setting: string) => ({
  status: 400,
  body: {
    errors: [{ message: expect.stringContaining(`setting ${setting})`), extensions: { code: 'LIMIT_EXCEEDED' } }],
  },
});

/** `levels` users inside each other, three fields deep each. */
const nested = (levels: number): string =>
  levels === 0 ? 'userId' : `statusChanges(first: 1) { nodes { user { ${nested(levels - 1)} } } }`;

/** Fragments that each hold the one before twice: 2^levels fields in a document of 70 bytes a level. */
const doubling = (levels: number): string =>
  Array.from({ length: levels }, (_, level) => `fragment F${level + 1} on Server { ...F${level} ...F${level} }`).join(
    '\n',
  );

describe('an operation that asks for too much', () => {
  it('is refused when it is too deep', async () => {
    const query = (levels: number) => `{ user(userId: "1") { ${nested(levels)} } }`;
    expect(await ask(query(4))).toMatchObject({ status: 200, body: { data: { user: null } } });
    expect(await ask(query(5))).toMatchObject(refused('queryDepthMax'));
  });

  it('is refused when its fragments double, within a second', async () => {
    const query = `{ server { ...F20 } }\nfragment F0 on Server { version }\n${doubling(20)}`;
    expect(query.length).toBeLessThan(1400);
    const startedMs = performance.now();
    expect(await ask(query)).toMatchObject(refused('queryFieldsMax'));
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('is refused when it has a thousand aliases', async () => {
    const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}: version`).join(' ');
    expect(await ask(`{ server { ${aliases(900)} } }`)).toMatchObject({ status: 200 });
    expect(await ask(`{ server { ${aliases(1000)} } }`)).toMatchObject(refused('queryFieldsMax'));
  });

  it('is refused when its pages multiply, also by a variable of a document that passed before', async () => {
    const query = `query ($first: Int) {
      imports(first: $first) { nodes { rejectedRecords(first: $first) { nodes { id } } } }
    }`;
    expect(await ask(query, { first: 10 })).toMatchObject({ status: 200 });
    expect(await ask(query, { first: 100 })).toMatchObject(refused('queryRowsMax'));
    expect(await ask(query)).toMatchObject(refused('queryRowsMax'));
    expect(await ask(query, { first: 10 })).toMatchObject({ status: 200 });
  });

  it('is refused by the default of a variable, too', async () => {
    const query =
      'query ($n: Int = 900) { imports(first: 2) { nodes { rejectedRecords(first: $n) { nodes { id } } } } }';
    expect(await ask(query)).toMatchObject(refused('queryRowsMax'));
    expect(await ask(query, { n: 5 })).toMatchObject({ status: 200 });
  });

  it('is refused when its document has too many tokens, the second time too', async () => {
    const query = `{ server { ${'version '.repeat(5000)} } }`;
    expect(await ask(query)).toMatchObject(refused('queryTokensMax'));
    expect(await ask(query)).toMatchObject(refused('queryTokensMax'));
  });

  it('is refused when there are several in a request', async () => {
    const batch = Array.from({ length: 2 }, () => ({ query: '{ server { version } }' }));
    const response = await post(JSON.stringify(batch), { 'content-type': 'application/json' });
    expect(response.status).toBe(400);
  });

  it('is not what GraphiQL asks to know the schema', async () => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(await ask(query)).toMatchObject({
      status: 200,
      body: { data: { __schema: { queryType: { name: 'Query' } } } },
    });
  });
});

describe('the cache of documents', () => {
  it('forgets what was used longest ago when the rest is too long', () => {
    const cache = createDocumentCache<number>(10);
    cache.set('aaaa', 1);
    cache.set('bbbb', 2);
    expect(cache.get('aaaa')).toBe(1);
    cache.set('cccc', 3);
    expect([cache.get('aaaa'), cache.get('bbbb'), cache.get('cccc')]).toEqual([1, undefined, 3]);
    cache.set('cccc', 4);
    expect([cache.get('aaaa'), cache.get('cccc')]).toEqual([1, 4]);
  });

  it('keeps nothing that is too long by itself', () => {
    const cache = createDocumentCache<number>(10);
    cache.set('x'.repeat(11), 1);
    expect(cache.get('x'.repeat(11))).toBeUndefined();
    cache.set('y'.repeat(10), 2);
    expect(cache.get('y'.repeat(10))).toBe(2);
  });
});

describe('a request that does not come as it should', () => {
  const query = JSON.stringify({ query: '{ server { version } }' });
  const large = JSON.stringify({ query: '{ server { version } }', extensions: { filler: 'x'.repeat(100_000) } });

  it('is refused when its body is too large, announced beforehand or not', async () => {
    const json = { 'content-type': 'application/json' };
    const tooLarge = { error: { code: 'TOO_LARGE', message: expect.stringContaining('bodyBytesMax') } };
    const announced = await post(large, { ...json, 'content-length': String(large.length) });
    expect([announced.status, await announced.json()]).toEqual([413, tooLarge]);
    const stream = new Blob([large]).stream();
    const init = { method: 'POST', body: stream, headers: json, duplex: 'half' } as RequestInit;
    const unannounced = await opened.app.fetch(new Request(`${origin}/graphql`, init));
    expect([unannounced.status, await unannounced.json()]).toEqual([413, tooLarge]);
  });

  const form = (): FormData => {
    const data = new FormData();
    data.set('operations', query);
    data.set('map', '{}');
    return data;
  };

  it.each([
    ['JSON', query, { 'content-type': 'application/json' }],
    ['text', query, { 'content-type': 'text/plain' }],
    ['a form', new URLSearchParams({ query: '{ server { version } }' }), {}],
    ['a multipart form', form(), {}],
  ] as const)('is refused as %s from a page of another site', async (_as, body, headers) => {
    for (const from of ['https://evil.example', 'null', `${origin}:81`]) {
      const response = await post(body, { ...headers, origin: from });
      expect([response.status, await response.json()]).toEqual([
        403,
        { error: { code: 'NOT_ALLOWED', message: expect.stringContaining(from) } },
      ]);
    }
  });

  it('is refused as plain text from anywhere', async () => {
    expect((await post(query, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('is answered as a multipart form from a page of its own and from a program', async () => {
    for (const headers of [{ origin }, {}] as Record<string, string>[])
      expect(await (await post(form(), headers)).json()).toMatchObject({ data: { server: {} } });
  });

  it('is refused as a mutation by GET', async () => {
    const mutation = 'mutation { recordStatusChanges(input: { changes: [] }) { __typename } }';
    const response = await opened.get(`/graphql?query=${encodeURIComponent(mutation)}`);
    expect(response.status).toBe(405);
  });
});

describe('a bug', () => {
  it('says nothing of itself', async () => {
    const broken = await openApp();
    onTestFinished(broken.close);
    broken.app.store.close();
    const { data, errors } = await broken.query('{ imports { nodes { id } } }');
    expect(data ?? null).toBeNull();
    expect(errors).toEqual([
      {
        message: expect.stringMatching(/^internal error; look for request \S+ in the log of the server$/),
        extensions: { code: 'INTERNAL', requestId: expect.any(String) },
        path: ['imports'],
        locations: expect.anything(),
      },
    ]);
  });
});
