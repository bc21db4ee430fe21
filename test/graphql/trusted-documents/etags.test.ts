import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { isObjectType } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../../schema/schema.ts';
import { ledgerFields } from '../../../src/graphql/trusted-documents/ledger-fields.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { addressOf, folderOf, postTo } from '../../support/documents.ts';

const documents = `
query Status($userId: ID!, $date: DateTime!) { userStatus(userId: $userId, date: $date) { status validFrom validTo } }
query City($ip: IP!) { ipCity(ip: $ip) { city range { first last } } }
query Revenue { enrichedAggregate { nodes { key { userStatus city } measures { count sum } } } }
query Purchases($first: Int) { transactions(first: $first) { ...Page } }
fragment Page on TransactionConnection { totalCount nodes { transactionId amount userId enrichment { userStatus { status } } } }
query Dashboard { dashboard(symbols: ["a"]) { total { count followups } trend { periodStart count } } }
query Conversations { conversations { nodes { symbol } } }
query Named { __typename userStatus(userId: "u", date: "2025-01-01") { __typename } }
query Monitor { monitor(experiment: "x") { verdict } }
query Ages { users { nodes { userId age } } }
query Owners { transactions { nodes { user { status { status } } } } }
query Statistics { userStatistics { count } }
query Imports { transactions { nodes { provenance { import { state } } } } }
query Server { server { snapshot { sequence } } }
query Events { enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: []) { totalCount } }
query Source($source: FactSource!) { enrichedAggregate(source: $source, groupBy: []) { totalCount } }
query Node($id: ID!) { node(id: $id) { id } }
query Sql { sql(query: "select 1 as a") { rows } }
query Failing { transactions(first: -1) { totalCount } }
subscription Live { dashboard(symbols: ["a"]) { total { count } } }
`;

const cacheable = ['Status', 'City', 'Revenue', 'Purchases', 'Dashboard', 'Conversations', 'Named'];
const variablesOf: Readonly<Record<string, object>> = {
  Status: { userId: 'u-1', date: '2025-06-01T00:00:00Z' },
  City: { ip: '10.0.0.1' },
  Source: { source: 'TRANSACTIONS' },
  Node: { id: 'VXNlcjpy' },
};

const open = async (settings: Record<string, string> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings: { documents: await folderOf({ 'd.graphql': documents }), ...settings } });
  onTestFinished(app.close);
  return app;
};

const read = async ({ get }: OpenApp, documentId: string, headers: Record<string, string> = {}, path = '/graphql') => {
  const response = await get(addressOf({ documentId, variables: variablesOf[documentId] ?? {} }, path), {
    headers: { accept: 'application/json', ...headers },
  });
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    headers: response.headers,
    text: await response.text(),
  };
};

const purchase = (id: string, userId = 'u-1', amount = '1.50') => ({
  transactionId: id,
  userId,
  occurredAt: '2025-06-01T00:00:00Z',
  amount,
  productId: 'p',
  ip: '10.0.0.1',
});

/** Every payload has its name, every refusal another. */
const mutate = async (app: OpenApp, document: string, variables: object): Promise<void> => {
  const result = await app.query(document, { ...variables });
  expect(JSON.stringify(result)).toMatch(/^\{"data":\{"\w+":\{"__typename":"\w+Payload"\}\}\}$/);
};

const record = (app: OpenApp, ...transactions: object[]): Promise<void> =>
  mutate(
    app,
    'mutation ($t: [TransactionInput!]!) { recordTransactions(input: { transactions: $t }) { __typename } }',
    { t: transactions },
  );

describe('ETags of documents', () => {
  it('names only fields that exist', () => {
    for (const [name, fields] of Object.entries(ledgerFields)) {
      const type = schema.getType(name);
      for (const field of fields.split(' '))
        expect(isObjectType(type) && field in type.getFields(), `${name}.${field}`).toBe(true);
    }
  });

  it('lists no field with an argument that the clock stands in for', () => {
    for (const [name, fields] of Object.entries(ledgerFields)) {
      const type = schema.getType(name);
      for (const field of fields.split(' '))
        for (const argument of isObjectType(type) ? (type.getFields()[field]?.args ?? []) : [])
          expect(`${name}.${field}(${argument.name}): ${argument.description}`).not.toMatch(
            /default[^.;]*\b(now|today)\b/i,
          );
    }
    const [user] = (schema.getQueryType()?.getFields().userStatus?.args ?? []).filter(({ name }) => name === 'date');
    expect(String(user?.type)).toBe('DateTime!');
  });

  it('an answer of the ledger has a tag, and a client that has it gets 304 without a statement', async () => {
    const statements: string[] = [];
    const app = await openApp({
      settings: { documents: await folderOf({ 'd.graphql': documents }) },
      onStatement: (sql) => void statements.push(sql),
    });
    onTestFinished(app.close);
    await record(app, purchase('1'));
    for (const name of cacheable) {
      const first = await read(app, name);
      expect([name, first.status, first.etag]).toEqual([name, 200, expect.stringMatching(/^W\/"\d+-[\w-]{22}"$/)]);
      expect(first.headers.get('cache-control')).toBe('private, no-cache');
      expect(first.headers.get('vary')).toBe('authorization, x-api-key, accept, accept-encoding');
      statements.length = 0;
      const second = await read(app, name, { 'if-none-match': `"other", ${first.etag}` });
      expect(second).toMatchObject({ status: 304, etag: first.etag, text: '' });
      expect(second.headers.get('vary')).toBe(first.headers.get('vary'));
      expect(statements).toEqual([]);
    }
  });

  it.each([
    'Monitor',
    'Ages',
    'Owners',
    'Statistics',
    'Imports',
    'Server',
    'Events',
    'Source',
    'Node',
    'Sql',
    'Failing',
  ])('%s depends on more than the ledger, or fails, and has no tag', async (name) => {
    const app = await open();
    await record(app, purchase('1'));
    const { etag, headers } = await read(app, name, { 'if-none-match': '*' });
    expect(etag).toBeNull();
    expect(headers.get('cache-control')).toBe('private, no-cache');
  });

  it('the tag changes with the variables, the form, the settings and the text of the document', async () => {
    const app = await open();
    await record(app, purchase('1'));
    const tags = [
      (await read(app, 'Purchases')).etag,
      (await read(app, 'Purchases', { accept: 'application/graphql-response+json' })).etag,
      (await read(app, 'Purchases', {}, '/graphql.csv')).etag,
      (await read(app, 'Purchases', {}, '/graphql.ndjson')).etag,
      (await app.get(addressOf({ documentId: 'Purchases', variables: { first: 1 } }))).headers.get('etag'),
    ];
    expect(new Set(tags).size).toBe(tags.length);
    expect(tags).not.toContain(null);
  });

  it('another document under the same id has another tag', async () => {
    const folder = await folderOf({ 'd.graphql': 'query A { transactions { totalCount } }' });
    const app = await openApp({ settings: { documents: folder, documentsWatchMs: '10' } });
    onTestFinished(app.close);
    const { etag } = await read(app, 'A');
    await writeFile(join(folder, 'd.graphql'), 'query A { conversations { totalCount } }');
    await expect.poll(() => read(app, 'A', { 'if-none-match': `${etag}` })).toMatchObject({ status: 200 });
  });

  it('neither a missing key nor one of another scope learns that an answer is unchanged', async () => {
    const app = await open({ apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789' });
    const { etag } = await read(app, 'Revenue', { 'x-api-key': 'r-key-of-a-test-0123456789' });
    const headers = { 'if-none-match': `${etag}` };
    expect(await read(app, 'Revenue', { ...headers, 'x-api-key': 'r-key-of-a-test-0123456789' })).toMatchObject({
      status: 304,
    });
    expect(await read(app, 'Revenue', headers)).toMatchObject({ status: 401, etag: null });
    expect(await read(app, 'Revenue', { ...headers, 'x-api-key': 'i-key-of-a-test-0123456789' })).toMatchObject({
      status: 403,
      etag: null,
    });
  });

  it('an answer that a write ran into has no tag', async () => {
    const app = await open();
    await record(app, purchase('1'));
    const reading = read(app, 'Revenue');
    const writing = record(app, purchase('2'));
    const { etag, text } = await reading;
    await writing;
    const later = await read(app, 'Revenue', etag ? { 'if-none-match': etag } : {});
    expect(later.status).toBe(200);
    expect(later.text).not.toBe(etag ? text : undefined);
  });

  it('is never the tag of an older answer, whatever is recorded', async () => {
    const write = fc.oneof(
      fc.record({
        kind: fc.constant('purchase' as const),
        user: fc.constantFrom('u-1', 'u-2'),
        amount: fc.integer({ min: 1, max: 99 }),
      }),
      fc.record({
        kind: fc.constant('status' as const),
        user: fc.constantFrom('u-1', 'u-2'),
        month: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ kind: fc.constant('table' as const), city: fc.constantFrom('Ulm', 'Bonn') }),
      fc.record({ kind: fc.constant('conversation' as const), symbol: fc.constantFrom('a', 'e') }),
      fc.record({ kind: fc.constant('nothing' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 6 }), async (writes) => {
        const app = await open();
        const known = new Map<string, { etag: string; text: string }>();
        let id = 0;
        for (const each of writes) {
          id++;
          if (each.kind === 'purchase') await record(app, purchase(`t${id}`, each.user, String(each.amount)));
          if (each.kind === 'status')
            await mutate(
              app,
              'mutation ($input: RecordStatusChangesInput!) { recordStatusChanges(input: $input) { __typename } }',
              {
                input: {
                  changes: [{ userId: each.user, status: 'PAYING', effectiveAt: `2025-0${each.month}-01T00:00:00Z` }],
                },
              },
            );
          if (each.kind === 'table')
            expect(
              await app.importFile('IP_RANGES', {
                name: `t${id}.csv`,
                text: `cidr,city\n10.0.0.0/24,${each.city}\n`,
              }),
            ).toMatchObject({ state: 'SUCCEEDED' });
          if (each.kind === 'conversation')
            await mutate(
              app,
              `mutation ($uuid: UUID!, $s: Letter!) { startConversation(input: { uuid: $uuid, symbol: $s }) { __typename } }`,
              { uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`, s: each.symbol },
            );
          for (const name of cacheable) {
            const now = await postTo(app, { documentId: name, variables: variablesOf[name] ?? {} });
            const before = known.get(name);
            const answer = await read(app, name, before ? { 'if-none-match': before.etag } : {});
            const text = answer.status === 304 ? before?.text : answer.text;
            expect(JSON.parse(`${text}`)).toEqual({ data: now.data });
            if (answer.status === 200) known.set(name, { etag: `${answer.etag}`, text: answer.text });
            if (each.kind === 'nothing' && before) expect(answer.status).toBe(304);
          }
        }
      }),
      { numRuns: 8 },
    );
  }, 60_000);
});
