import fc from 'fast-check';
import { getIntrospectionQuery, Lexer, Source, TokenKind } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nestingOf } from '../../src/graphql/document-shape.ts';
import { type OpenApp, openApp } from '../support/app.ts';

const reader = 'reader-key-of-a-test-0123456789';
const admin = 'admin-key-of-a-test-0123456789';

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp({ settings: { apiKeys: `read:${reader},admin:${admin}` } });
});

afterAll(() => opened.close());

interface Outcome {
  readonly status: number;
  readonly code: unknown;
  readonly message: string;
}

const outcomeOf = async (response: Response): Promise<Outcome> => {
  const { errors: [error] = [] } = (await response.json()) as {
    errors?: { message: string; extensions: { code: string } }[];
  };
  return { status: response.status, code: error?.extensions.code, message: error?.message ?? '' };
};

const accept = { accept: 'application/graphql-response+json' };

const keyed = (key: string | null): Record<string, string> => (key === null ? {} : { 'x-api-key': key });

type Sender = (body: string, key: string | null) => Promise<Outcome>;

const byPost: Sender = async (body, key) =>
  outcomeOf(
    await opened.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...accept, ...keyed(key) },
      body,
    }),
  );

const byParts: Sender = async (body, key) => {
  const form = new FormData();
  form.set('operations', body);
  form.set('map', '{}');
  return outcomeOf(await opened.get('/graphql', { method: 'POST', headers: { ...accept, ...keyed(key) }, body: form }));
};

const byGet: Sender = async (body, key) => {
  const { query, variables } = JSON.parse(body) as { query: string; variables?: unknown };
  const search = new URLSearchParams({ query, ...(variables ? { variables: JSON.stringify(variables) } : {}) });
  return outcomeOf(await opened.get(`/graphql?${search}`, { headers: { ...accept, ...keyed(key) } }));
};

const statusesQuery = 'query ($s: [UserStatus!]) { transactions(where: { userStatus: $s }) { totalCount } }';

const repeated = (count: number, text: string | ((index: number) => string)): string =>
  Array.from({ length: count }, (_, index) => (typeof text === 'string' ? text : text(index))).join(' ');

const requestOf = (query: string, variables: unknown = {}): string => JSON.stringify({ query, variables });

const filterOfDepth = (depth: number): string => `${'{"not":'.repeat(depth)}{}${'}'.repeat(depth)}`;

const filterQuery = 'query ($w: TransactionFilter) { transactions(where: $w) { totalCount } }';

describe('a request without the key that it needs', () => {
  it.each([
    ['a list of bad enum values', requestOf(statusesQuery, { s: Array.from({ length: 5000 }, () => 'PAYIN') })],
    ['a document that does not fit the schema', requestOf(`{ ${repeated(1600, (index) => `unknown${index}`)} }`)],
    ['a document with no such operation', requestOf(`query A { nothing } query B { nothing }`)],
    ['a deep filter', `{"query":${JSON.stringify(filterQuery)},"variables":{"w":${filterOfDepth(90)}}}`],
    ['fields that are compared pair by pair', requestOf(`{ server { version } ${repeated(4000, 'user')} }`)],
    ['only fragments', requestOf('fragment A on Query { nothing }')],
  ])('%s is refused for its key, by POST', async (_name, body) => {
    expect(await byPost(body, null)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await byPost(body, 'unknown')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });

  it('a body larger than any public operation is refused before it is read', async () => {
    const body = requestOf(statusesQuery, { s: Array.from({ length: 50_000 }, () => 'PAYIN') });
    expect(await byPost(body, null)).toMatchObject({
      status: 401,
      message: expect.stringContaining('publicBodyBytesMax'),
    });
    expect(await byParts(body, null)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });

  it('the introspection of tools works, a hundred of them in one operation do not', async () => {
    const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, schemaDescription: true });
    expect(await byPost(requestOf(query), null)).toMatchObject({ status: 200, code: undefined });
    const inner = '{ types { name fields { name args { name type { name ofType { name } } } } } }';
    const many = (count: number) => `{ ${repeated(count, (index) => `a${index}: __schema ${inner}`)} }`;
    expect(await byPost(requestOf(many(1)), null)).toMatchObject({ status: 200, code: undefined });
    expect(await byPost(requestOf(many(90)), null)).toMatchObject({
      status: 400,
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/setting query(?:Cost|Fields)Max/),
    });
  });
});

const limited: readonly (readonly [name: string, setting: string, body: string, senders: readonly Sender[]])[] = [
  [
    'a deep variable',
    'inputDepthMax',
    `{"query":${JSON.stringify(filterQuery)},"variables":{"w":${filterOfDepth(50_000)}}}`,
    [byPost, byParts],
  ],
  [
    'a deep list',
    'inputDepthMax',
    `{"query":"{__typename}","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
    [byPost, byParts],
  ],
  [
    'deep extensions',
    'inputDepthMax',
    `{"query":"{__typename}","extensions":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`,
    [byPost],
  ],
  [
    'a wide list',
    'inputListMax',
    requestOf(statusesQuery, { s: Array.from({ length: 20_001 }, () => 'PAYING') }),
    [byPost, byParts],
  ],
  [
    'many values',
    'inputValuesMax',
    requestOf(
      '{ __typename }',
      Object.fromEntries(
        Array.from({ length: 11 }, (_, list) => [`v${list}`, Array.from({ length: 20_000 }, () => 1)]),
      ),
    ),
    [byPost, byParts],
  ],
  [
    'an object of many values',
    'inputListMax',
    requestOf('{ __typename }', Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`v${index}`, index]))),
    [byPost, byParts],
  ],
  ['large variables', 'inputBytesMax', requestOf('{ __typename }', { a: 'x'.repeat(3_000_000) }), [byPost]],
  [
    'a large document',
    'queryBytesMax',
    requestOf(`{ user(userId: "${'x'.repeat(300_000)}") { userId } }`),
    [byPost, byParts],
  ],
  [
    'a deep literal',
    'inputDepthMax',
    requestOf(`{ transactions(where: ${'['.repeat(2000)}${']'.repeat(2000)}) { totalCount } }`),
    [byPost, byGet],
  ],
  [
    'a deep filter in the document',
    'queryDepthMax',
    requestOf(`{ transactions(where: ${'{not:'.repeat(1000)}{}${'}'.repeat(1000)}) { totalCount } }`),
    [byPost, byGet],
  ],
  [
    'deep fields',
    'queryDepthMax',
    requestOf(`{ ${'user(userId: 1) { '.repeat(700)}userId${'}'.repeat(700)} }`),
    [byPost],
  ],
  [
    'deep inline fragments',
    'queryDepthMax',
    requestOf(`{ ${'... { '.repeat(1500)}__typename${'}'.repeat(1500)} }`),
    [byPost, byGet],
  ],
  ['repeated fields', 'queryPairsMax', requestOf(`{ server { ${repeated(4000, 'version')} } }`), [byPost]],
  [
    'many fragments in one place',
    'queryPairsMax',
    requestOf(
      `{ ${repeated(400, (index) => `...f${index}`)} } ${repeated(400, (index) => `fragment f${index} on Query { __typename }`)}`,
    ),
    [byPost],
  ],
  ['unknown fragments', 'queryPairsMax', requestOf(`{ ${repeated(1600, (index) => `...f${index}`)} }`), [byPost]],
  [
    'many operations',
    'queryOperationsMax',
    JSON.stringify({ query: repeated(500, (index) => `query f${index} { __typename }`), operationName: 'f1' }),
    [byPost],
  ],
  [
    'ten thousand aliases',
    'queryTokensMax',
    requestOf(`{ server { ${repeated(10_000, (index) => `a${index}: version`)} } }`),
    [byPost],
  ],
  [
    'a page of wide rows',
    'queryCostMax',
    requestOf(`{ transactions(first: 1000) { nodes { ${repeated(600, (index) => `a${index}: userId`)} } } }`),
    [byPost, byGet],
  ],
  [
    'sources of rows',
    'queryCostMax',
    requestOf(
      `{ transactions(first: 1000) { nodes { ${repeated(100, (index) => `a${index}: provenance { source }`)} } } }`,
    ),
    [byPost],
  ],
  [
    'joins of rows',
    'queryCostMax',
    requestOf(
      `{ transactions(first: 1000) { nodes { ${repeated(80, (index) => `a${index}: enrichment(asOf: { sequence: 1 }) { country }`)} } } }`,
    ),
    [byPost],
  ],
  [
    'conversations',
    'queryCostMax',
    requestOf(`{ ${repeated(100, (index) => `a${index}: conversations(first: 1000) { nodes { id uuid symbol } }`)} }`),
    [byPost],
  ],
  [
    'nodes',
    'queryCostMax',
    requestOf(`query ($ids: [ID!]!) { ${repeated(300, (index) => `a${index}: nodes(ids: $ids) { id }`)} }`, {
      ids: Array.from({ length: 400 }, () => 'VXNlcjox'),
    }),
    [byPost],
  ],
  [
    'lists of values in many filters',
    'queryCostMax',
    requestOf(
      `query ($in: [ID!]) { ${repeated(20, (index) => `a${index}: enrichedAggregate(where: { userIds: $in }) { totalCount }`)} }`,
      { in: Array.from({ length: 9999 }, (_, index) => `u${index}`) },
    ),
    [byPost],
  ],
];

describe('limits of what a caller with a key sends', () => {
  it.each(
    limited.flatMap(([name, setting, body, senders]) =>
      senders.map(
        (send) => [name, send === byPost ? 'POST' : send === byGet ? 'GET' : 'multipart', setting, body, send] as const,
      ),
    ),
  )('%s by %s is refused, naming %s', async (_name, _carrier, setting, body, send) => {
    const { status, message } = await send(body, admin);
    expect([message, status]).toEqual([
      expect.stringContaining(`setting ${setting})`),
      setting === 'inputBytesMax' ? 413 : 400,
    ]);
  });

  it('what normal clients send is not refused', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => Buffer.from(`User:${index}`).toString('base64url'));
    expect(await byPost(requestOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids }), reader)).toMatchObject({
      status: 200,
      code: undefined,
    });
    const userIds = Array.from({ length: 9999 }, (_, index) => `u${index}`);
    const filtered = 'query ($in: [ID!]) { transactions(where: { userIds: $in }) { totalCount } }';
    expect(await byPost(requestOf(filtered, { in: userIds }), reader)).toMatchObject({
      status: 200,
      code: undefined,
    });
    const wide = `{ transactions(first: 1000) { nodes { ${repeated(50, (index) => `a${index}: userId`)} } } }`;
    expect(await byPost(requestOf(wide), reader)).toMatchObject({ status: 200, code: undefined });
  });

  it('errors of variables are few, and their messages are short', async () => {
    const s = Array.from({ length: 19_000 }, () => 'PAYIN');
    const { status, message } = await byPost(requestOf(statusesQuery, { s }), reader);
    expect([status, message]).toEqual([400, expect.stringContaining('PAYIN')]);
    const text = await byPost(
      requestOf('query ($n: Int) { transactions(first: $n) { totalCount } }', { n: 'x'.repeat(1_000_000) }),
      reader,
    );
    expect(text.message.length).toBeLessThan(3000);
  });
});

it('nestingOf finds the depth that the tokens of a document have', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    'a',
    '"{"',
    '"\\"["',
    '"""{ "" \\""" ["""',
    '#{[\n',
    ',',
    '"\\\\"',
    '""',
    '""""""',
  );
  const modelOf = (text: string) => {
    const lexer = new Lexer(new Source(text));
    let [braces, lists, bracesMax, listsMax] = [0, 0, 0, 0];
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (token.kind === TokenKind.BRACE_L) bracesMax = Math.max(bracesMax, ++braces);
      if (token.kind === TokenKind.BRACE_R) braces--;
      if (token.kind === TokenKind.BRACKET_L) listsMax = Math.max(listsMax, ++lists);
      if (token.kind === TokenKind.BRACKET_R) lists--;
    }
    return { braces: bracesMax, lists: listsMax };
  };
  fc.assert(
    fc.property(fc.array(part, { minLength: 1 }), (parts) => {
      const text = parts.join(' ');
      expect(nestingOf(text)).toEqual(modelOf(text));
    }),
    { numRuns: 1000 },
  );
});
