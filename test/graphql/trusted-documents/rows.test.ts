import { parse } from 'csv-parse/sync';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { addressOf, folderOf, postTo } from '../../support/documents.ts';

const documents = `
query Purchases($first: Int! = 100, $after: String) {
  transactions(first: $first, after: $after) {
    totalCount
    nodes { ...Purchase provenance { sequence } user { userId statusChanges(first: 2) { nodes { status } } } }
  }
}
fragment Purchase on Transaction { transactionId amount productId ip }
query Edges($last: Int!, $before: String) { transactions(last: $last, before: $before) { edges { cursor node { id: transactionId } } } }
query Default { transactions { nodes { transactionId } } }
query TopTwo { transactions(first: 2) { nodes { transactionId } } }
query Revenue { enrichedAggregate { nodes { key { userStatus city } measures { count sum } } total { sum } } }
query One { userStatus(userId: "u-1", date: "2025-01-01") { status validFrom } }
query Several { transactions { nodes { amount } } experiments { key } }
query Aliased { a: transactions { nodes { amount } } b: transactions { edges { cursor } nodes { amount } } }
query Names { monitor(experiment: "x") { checks { verdict ... on SampleRatioTest { adjustedPValue } ... on DeploymentGap { variant } } } }
query Values { __type(name: "Int") { name specifiedByURL } }
query Skipped($with: Boolean!) { transactions(first: 9) { nodes { transactionId amount @include(if: $with) productId @skip(if: $with) } } }
query Faulty { transactions(first: 2000) { nodes { amount } } }
query Limits($first: Int) { transactions(first: $first) { nodes { amount } } }
query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id ... on Transaction { amount } } }
mutation Start { startConversation(input: { uuid: "00000000-0000-4000-8000-000000000001", symbol: "a" }) { __typename } }
subscription Live { dashboard(symbols: ["a"]) { total { count } } }
`;

const open = async (settings: Record<string, string> = {}, count = 3): Promise<OpenApp> => {
  const app = await openApp({ settings: { documents: await folderOf({ 'd.graphql': documents }), ...settings } });
  onTestFinished(app.close);
  const transactions = Array.from({ length: count }, (_, index) => ({
    transactionId: `t-${index}`,
    userId: 'u-1',
    occurredAt: `2025-06-01T00:00:0${index}Z`,
    amount: ['123456789.678901', '-5', '0.10'][index % 3],
    productId: ['=1+1', 'a "quoted", name', '-7'][index % 3],
    ip: index === 1 ? null : '10.0.0.1',
  }));
  const recorded = await app.query(
    'mutation ($t: [TransactionInput!]!) { recordTransactions(input: { transactions: $t }) { __typename } }',
    { t: transactions },
  );
  expect(recorded.data).toEqual({ recordTransactions: { __typename: 'RecordTransactionsPayload' } });
  return app;
};

const read = async (
  { get }: OpenApp,
  documentId: string,
  {
    variables = {},
    format = 'csv',
    headers = {},
  }: { variables?: object; format?: string; headers?: Record<string, string> } = {},
) => {
  const response = await get(addressOf({ documentId, variables }, `/graphql.${format}`), { headers });
  const text = await response.text();
  const code = response.ok
    ? undefined
    : (JSON.parse(text) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code;
  return { status: response.status, text, code, headers: response.headers };
};

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('rows of documents', () => {
  it('the list of a document becomes CSV with a column for each path, exact, and safe for spreadsheets', async () => {
    const { status, text, headers } = await read(await open(), 'Purchases');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toBe('attachment; filename="Purchases.csv"');
    expect(text).toBe(
      [
        'transactionId,amount,productId,ip,provenance.sequence,user.userId,user.statusChanges.nodes',
        "t-0,123456789.678901,'=1+1,10.0.0.1,1,u-1,[]",
        't-1,-5,"a ""quoted"", name",,2,u-1,[]',
        't-2,0.1,-7,10.0.0.1,3,u-1,[]',
        '',
      ].join('\r\n'),
    );
  });

  it('NDJSON has the same rows and columns, with values of JSON', async () => {
    const app = await open();
    const { text, headers } = await read(app, 'Purchases', { format: 'ndjson' });
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(lines(text)[0]).toEqual({
      transactionId: 't-0',
      amount: '123456789.678901',
      productId: '=1+1',
      ip: '10.0.0.1',
      'provenance.sequence': 1,
      'user.userId': 'u-1',
      'user.statusChanges.nodes': [],
    });
    expect(Object.keys(lines(text)[0] ?? {})).toEqual(parse((await read(app, 'Purchases')).text)[0]);
  });

  it('Accept chooses the form as the suffix does', async () => {
    const app = await open();
    const path = addressOf({ documentId: 'Revenue' });
    for (const [accept, type] of [
      ['text/csv', 'text/csv; charset=utf-8; header=present'],
      ['application/x-ndjson', 'application/x-ndjson; charset=utf-8'],
      ['application/json;q=0.5, text/csv', 'text/csv; charset=utf-8; header=present'],
      ['text/csv;q=0.5, application/json', 'application/json; charset=utf-8'],
      ['*/*', 'application/json; charset=utf-8'],
    ] as const)
      expect((await app.get(path, { headers: { accept } })).headers.get('content-type')).toBe(type);
    const browser = await app.get(addressOf({ documentId: 'Revenue' }, '/graphql.csv'), {
      headers: { accept: 'text/html, */*' },
    });
    expect(browser.headers.get('content-type')).toMatch(/^text\/csv/);
    const head = await app.get(addressOf({ documentId: 'Revenue' }, '/graphql.csv'), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      '',
    ]);
  });

  it('has the figures of the JSON answer', async () => {
    const app = await open();
    const json = (await postTo(app, { documentId: 'Revenue' })) as unknown as {
      data: { enrichedAggregate: { nodes: { key: Record<string, unknown>; measures: Record<string, unknown> }[] } };
    };
    const expected = json.data.enrichedAggregate.nodes.map(({ key, measures }) => ({
      'key.userStatus': key.userStatus,
      'key.city': key.city,
      'measures.count': measures.count,
      'measures.sum': measures.sum,
    }));
    expect(expected.length).toBeGreaterThan(0);
    expect(lines((await read(app, 'Revenue', { format: 'ndjson' })).text)).toEqual(expected);
    expect(parse((await read(app, 'Revenue')).text, { columns: true })).toEqual(
      expected.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]))),
    );
  });

  it('a document without a list is one row', async () => {
    const { text } = await read(await open(), 'One');
    expect(text).toBe('userStatus.status,userStatus.validFrom\r\nNON_PAYING,\r\n');
    expect((await read(await open(), 'Values')).text).toMatch(/^__type.name,__type.specifiedByURL\r\nInt,/);
  });

  it('items of several types share the columns, and a list without items has its header', async () => {
    const app = await open();
    const id = (await app.query<{ transactions: { nodes: { id: string }[] } }>('{ transactions { nodes { id } } }'))
      .data?.transactions.nodes[0]?.id;
    expect((await read(app, 'Nodes', { variables: { ids: [id, id] } })).text).toMatch(
      /^id,amount\r\n\w+,123456789.678901\r\n/,
    );
    expect((await read(app, 'Nodes', { variables: { ids: [] } })).text).toBe('id,amount\r\n');
    expect((await read(app, 'Purchases', { variables: { first: 0 } })).text).toMatch(/^transactionId,[^\n]*\r\n$/);
  });

  it('fields that variables leave out are no columns', async () => {
    const app = await open();
    expect((await read(app, 'Skipped', { variables: { with: true } })).text).toMatch(/^transactionId,amount\r\n/);
    expect((await read(app, 'Skipped', { variables: { with: false } })).text).toMatch(/^transactionId,productId\r\n/);
  });

  it('the header Link leads through all pages, forwards and backwards', async () => {
    const app = await open({}, 7);
    for (const [documentId, variables, column] of [
      ['Purchases', { first: 3 }, 'transactionId'],
      ['Edges', { last: 3 }, 'node.id'],
    ] as const) {
      let path: string | undefined = addressOf({ documentId, variables }, '/graphql.ndjson');
      const found: unknown[] = [];
      let pages = 0;
      while (path !== undefined) {
        const response = await app.get(path);
        found.push(...lines(await response.text()).map((row) => row[column]));
        path = /^<(.*)>; rel="(?:next|prev)"$/.exec(response.headers.get('link') ?? '')?.[1];
        pages++;
      }
      expect(pages).toBe(3);
      expect(found.sort()).toEqual(Array.from({ length: 7 }, (_, index) => `t-${index}`));
    }
  });

  it('a list that is longer than the default page is refused, unless the document says how many rows it wants', async () => {
    const app = await open({ pageSizeDefault: '2' });
    const { status, code, text } = await read(app, 'Default');
    expect([status, code]).toEqual([400, 'LIMIT_EXCEEDED']);
    expect(text).toContain('transactions.nodes has more rows than one page');
    expect((await read(app, 'Limits')).code).toBe('LIMIT_EXCEEDED');
    expect((await read(app, 'Limits', { variables: { first: 2 } })).text).toMatch(/^amount\r\n(?:.+\r\n){2}$/);
    expect((await read(app, 'TopTwo')).text).toBe('transactionId\r\nt-0\r\nt-1\r\n');
  });

  it.each([
    ['Several', 400, 'BAD_REQUEST', 'transactions.nodes, experiments'],
    ['Aliased', 400, 'BAD_REQUEST', 'a.nodes, b.edges, b.nodes'],
    ['Faulty', 400, 'LIMIT_EXCEEDED', 'pageSizeMax'],
    ['None', 404, 'NOT_FOUND', 'there is no trusted document'],
    ['Start', 405, 'METHOD_NOT_ALLOWED', 'POST'],
    ['Live', 400, 'BAD_REQUEST', 'server-sent events'],
    ['Skipped', 400, 'BAD_USER_INPUT', '$with'],
  ])('%s is refused before the first byte', async (documentId, status, code, message) => {
    const app = await open();
    for (const format of ['csv', 'ndjson']) {
      const result = await read(app, documentId, { format });
      expect([result.status, result.code]).toEqual([status, code]);
      expect(result.text).toContain(message);
      expect(result.headers.get('content-type')).toMatch(/json/);
    }
  });

  it('only reading is possible, with a key where keys are needed', async () => {
    const app = await open();
    const response = await app.get('/graphql.csv', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const keyed = await openApp({
      settings: { documents: await folderOf({ 'd.graphql': documents }), apiKeys: 'read:r-key-of-a-test-0123456789' },
    });
    onTestFinished(keyed.close);
    expect(await read(keyed, 'Revenue')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await read(keyed, 'Revenue', { headers: { 'x-api-key': 'r-key-of-a-test-0123456789' } })).toMatchObject({
      status: 200,
    });
  });
});
