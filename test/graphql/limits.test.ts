import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createDocumentCache } from '../../src/graphql/document-cache.ts';
import { type GraphqlResult, type OpenApp, openApp, origin } from '../support/app.ts';

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp({ settings: { queryRowsMax: '1000', bodyBytesMax: '100kB' } });
});

afterAll(() => opened.close());

interface HttpResult {
  readonly status: number;
  readonly body: GraphqlResult<Record<string, unknown>>;
}

const post = async (body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  opened.app.fetch(new Request(`${origin}/graphql`, { method: 'POST', body, headers }));

const execute = async (query: string, variables: object = {}): Promise<HttpResult> => {
  const response = await post(JSON.stringify({ query, variables }), {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
  });
  return { status: response.status, body: (await response.json()) as HttpResult['body'] };
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

describe('limits of operations', () => {
  it('an operation that is too deep is refused', async () => {
    const query = (levels: number) => `{ user(userId: "1") { ${nested(levels)} } }`;
    expect(await execute(query(4))).toMatchObject({ status: 200, body: { data: { user: null } } });
    expect(await execute(query(5))).toMatchObject(refused('queryDepthMax'));
  });

  it('an operation whose fragments double is refused without going through each of its fields', async () => {
    // 2^60 fields: counting them one by one would never end.
    const query = `{ server { ...F60 } }\nfragment F0 on Server { version }\n${doubling(60)}`;
    expect(await execute(query)).toMatchObject(refused('queryFieldsMax'));
  });

  it('an operation with a thousand aliases is refused', async () => {
    const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}: version`).join(' ');
    expect(await execute(`{ server { ${aliases(900)} } }`)).toMatchObject({ status: 200 });
    expect(await execute(`{ server { ${aliases(1000)} } }`)).toMatchObject(refused('queryFieldsMax'));
  });

  it('an operation with too many rows in nested pages is refused, also when a variable of a cached document causes it', async () => {
    const query = `query ($first: Int) {
      imports(first: $first) { nodes { rejectedRecords(first: $first) { nodes { id } } } }
    }`;
    expect(await execute(query, { first: 10 })).toMatchObject({ status: 200 });
    expect(await execute(query, { first: 100 })).toMatchObject(refused('queryRowsMax'));
    expect(await execute(query)).toMatchObject(refused('queryRowsMax'));
    expect(await execute(query, { first: 10 })).toMatchObject({ status: 200 });
  });

  it('the default value of a variable counts towards the limit of rows', async () => {
    const query =
      'query ($n: Int = 900) { imports(first: 2) { nodes { rejectedRecords(first: $n) { nodes { id } } } } }';
    expect(await execute(query)).toMatchObject(refused('queryRowsMax'));
    expect(await execute(query, { n: 5 })).toMatchObject({ status: 200 });
  });

  it('a skipped selection costs nothing', async () => {
    const query = `query ($skip: Boolean = true, $include: Boolean! = false) {
      imports(first: 100) { nodes { id rejectedRecords(first: 100) @skip(if: $skip) { nodes { id } } } }
      ... @include(if: $include) { more: imports(first: 1000) { nodes { rejectedRecords(first: 2) { nodes { id } } } } }
      ...Rest @skip(if: true)
    }
    fragment Rest on Query { rest: imports(first: 1000) { nodes { rejectedRecords(first: 2) { nodes { id } } } } }`;
    expect(await execute(query)).toMatchObject({ status: 200 });
    expect(await execute(query, { skip: false })).toMatchObject(refused('queryRowsMax'));
    expect(await execute(query, { include: true })).toMatchObject(refused('queryRowsMax'));
    expect(await execute(query, { skip: true, include: false })).toMatchObject({ status: 200 });
  });

  it('a list of ids counts as the rows that it returns', async () => {
    const query = (ids: string) =>
      `query ($ids: [ID!]! = []) { __typename nodes(ids: ${ids}) { ... on Import { rejectedRecords(first: 100) { nodes { id } } } } }`;
    const ids = (count: number): string[] =>
      Array.from({ length: count }, (_, index) => Buffer.from(`Import:${index}`).toString('base64url'));
    expect(await execute(query('$ids'), { ids: ids(10) })).toMatchObject({ status: 200 });
    expect(await execute(query('$ids'), { ids: ids(11) })).toMatchObject(refused('queryRowsMax'));
    expect(
      await execute(
        `{ nodes(ids: ${JSON.stringify(ids(11))}) { ... on Import { rejectedRecords(first: 100) { nodes { id } } } } }`,
      ),
    ).toMatchObject(refused('queryRowsMax'));
  });

  it('the answer says on request what an operation costs, also one that costs too much', async () => {
    const costOf = async (first: number, cost: unknown = true) => {
      const query = `{ imports(first: ${first}) { nodes { rejectedRecords(first: 10) { nodes { id } } } } }`;
      const body = JSON.stringify({ query, extensions: { cost } });
      return (await post(body, { 'content-type': 'application/json' })).json();
    };
    const cost = (rows: number, value: number) => ({
      depth: { value: 5, max: 15 },
      fields: { value: 5, max: 1000 },
      rows: { value: rows, max: 1000 },
      scans: { value: 0, max: 20 },
      cost: { value, max: 500_000 },
    });
    expect(await costOf(20)).toEqual({ data: { imports: { nodes: [] } }, extensions: { cost: cost(200, 923) } });
    expect(await costOf(101)).toMatchObject({ errors: [{}], extensions: { cost: cost(1010, 4649) } });
    expect(await costOf(20, false)).toEqual({ data: { imports: { nodes: [] } } });
    expect(await costOf(20, 'yes')).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('a document with too many tokens is refused each time', async () => {
    const query = `{ server { ${'version '.repeat(5000)} } }`;
    expect(await execute(query)).toMatchObject(refused('queryTokensMax'));
    expect(await execute(query)).toMatchObject(refused('queryTokensMax'));
  });

  it('a batch of operations is refused', async () => {
    const batch = Array.from({ length: 2 }, () => ({ query: '{ server { version } }' }));
    const response = await post(JSON.stringify(batch), { 'content-type': 'application/json' });
    expect(response.status).toBe(400);
  });

  it('the introspection query of GraphiQL is within the limits', async () => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(await execute(query)).toMatchObject({
      status: 200,
      body: { data: { __schema: { queryType: { name: 'Query' } } } },
    });
  });
});

describe('the cache of documents', () => {
  it('the document cache evicts the least recently used documents', () => {
    const cache = createDocumentCache<number>(10);
    cache.set('aaaa', 1);
    cache.set('bbbb', 2);
    expect(cache.get('aaaa')).toBe(1);
    cache.set('cccc', 3);
    expect([cache.get('aaaa'), cache.get('bbbb'), cache.get('cccc')]).toEqual([1, undefined, 3]);
    cache.set('cccc', 4);
    expect([cache.get('aaaa'), cache.get('cccc')]).toEqual([1, 4]);
  });

  it('the document cache stores no document that exceeds its limit', () => {
    const cache = createDocumentCache<number>(10);
    cache.set('x'.repeat(11), 1);
    expect(cache.get('x'.repeat(11))).toBeUndefined();
    cache.set('y'.repeat(10), 2);
    expect(cache.get('y'.repeat(10))).toBe(2);
  });
});

describe('malformed GraphQL requests', () => {
  const query = JSON.stringify({ query: '{ server { version } }' });
  const large = JSON.stringify({ query: '{ server { version } }', extensions: { filler: 'x'.repeat(100_000) } });

  it('a body that is too large is refused, with and without content-length', async () => {
    const json = { 'content-type': 'application/json' };
    const tooLarge = {
      errors: [{ message: expect.stringContaining('bodyBytesMax'), extensions: { code: 'TOO_LARGE' } }],
    };
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
  ] as const)('a request as %s from a page of another site is refused', async (_as, body, headers) => {
    for (const from of ['https://evil.example', 'null', `${origin}:81`]) {
      const response = await post(body, { ...headers, origin: from });
      expect([response.status, await response.json()]).toEqual([
        403,
        { errors: [{ message: expect.stringContaining(from), extensions: { code: 'NOT_ALLOWED' } }] },
      ]);
    }
  });

  it('a request of type text/plain is refused for every origin', async () => {
    expect((await post(query, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it("a multipart request is accepted from the server's own pages and from programs", async () => {
    for (const headers of [{ origin }, {}] as Record<string, string>[])
      expect(await (await post(form(), headers)).json()).toMatchObject({ data: { server: {} } });
  });

  it('a mutation by GET is refused', async () => {
    const mutation = 'mutation { recordStatusChanges(input: { changes: [] }) { __typename } }';
    const response = await opened.get(`/graphql?query=${encodeURIComponent(mutation)}`);
    expect(response.status).toBe(405);
  });
});

describe('a bug', () => {
  it('an internal error does not reveal its message', async () => {
    const broken = await openApp();
    onTestFinished(broken.close);
    Object.assign(broken.app.domains.imports, {
      importsPage() {
        throw new TypeError('a secret of the code');
      },
    });
    const { data, errors } = await broken.query('{ imports { nodes { id } } }');
    expect(data).toEqual({ imports: null });
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
