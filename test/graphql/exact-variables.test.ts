import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenApp, openApp, origin } from '../support/app.ts';

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp();
});

afterAll(() => opened.close());

const post = async (body: BodyInit, headers: Record<string, string> = { 'content-type': 'application/json' }) => {
  const response = await opened.app.fetch(new Request(`${origin}/graphql`, { method: 'POST', headers, body }));
  return { status: response.status, text: await response.text() };
};

const query =
  'query ($id: ID!) { user(userId: $id) { userId } userStatus(userId: $id, date: "2020-01-01") { user { userId } } }';
const record = `mutation ($id: WrittenID) { recordStatusChanges(input: { changes: [{ userId: $id, status: PAYING, effectiveAt: "2019-01-01" }] }) { __typename } }`;

it('ids beyond 2^53 are kept, whatever carries them', async () => {
  const ids = ['9007199254740993', '9007199254740992', '12345678901234567890'];
  for (const id of ids)
    expect((await post(`{"query": ${JSON.stringify(record)}, "variables": {"id": ${id}}}`)).text).toContain('Payload');
  for (const id of ids) {
    const found = expect.stringContaining(`{"userId":"${id}"}`);
    const variables = `{"id": ${id}}`;
    expect((await post(`{"query": ${JSON.stringify(query)}, "variables": ${variables}}`)).text).toEqual(found);
    const form = new URLSearchParams({ query, variables });
    expect(await (await opened.get(`/graphql?${form}`)).text()).toEqual(found);
    expect((await post(form, {})).text).toEqual(found);
    const parts = new FormData();
    parts.set('operations', `{"query": ${JSON.stringify(query)}, "variables": ${variables}}`);
    parts.set('map', '{}');
    expect((await post(parts, {})).text).toEqual(found);
  }
});

it.each([
  ['query ($v: Int!) { sql(query: "select 1", first: $v) { rowCount } }', '9007199254740993'],
  ['query ($v: ID!) { user(userId: $v) { userId } }', '1.00000000000000000001'],
  ['query ($v: String!) { sql(query: $v) { rowCount } }', '9007199254740993'],
  ['subscription ($v: BigInt) { eventRecorded(afterSequence: $v) { userId } }', '9007199254740993'],
])('a number that its type cannot hold is refused by name: %s with %s', async (text, number) => {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
  const answer = await post(`{"query": ${JSON.stringify(text)}, "variables": {"v": ${number}}}`, headers);
  expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(/\$v.*BAD_USER_INPUT/s) });
});

it('parameters of an address that are malformed are refused with a code', async () => {
  for (const search of [
    'query={__typename}&variables={bad',
    'query={__typename}&variables=[]',
    'query={__typename}&extensions=1',
    'query={__typename}&query={__typename}',
    'query=%ff',
    'variables={}',
  ]) {
    const response = await opened.get(`/graphql?${search}`);
    expect([search, response.status]).toEqual([search, 400]);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  }
});

it('HEAD is answered like GET, without a body', async () => {
  const path = `/graphql?query=${encodeURIComponent('{ server { version } }')}`;
  const head = await opened.get(path, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
    200,
    'application/json; charset=utf-8',
    '',
  ]);
});

it('a multipart request that is malformed is refused with a code', async () => {
  const send = async (fields: Record<string, string | Blob>) => {
    const parts = new FormData();
    for (const [name, value] of Object.entries(fields)) parts.set(name, value);
    return post(parts, {});
  };
  const operations = JSON.stringify({ query: '{ __typename }', variables: { file: null } });
  const file = new File(['x'], 'x.csv');
  for (const fields of [
    {},
    { operations: file },
    { operations: '{' },
    { operations: `[${operations}]` },
    { operations, map: '[]' },
    { operations, map: '{"0": ["variables.file"]}' },
    { operations, map: '{"0": "variables.file"}', 0: file },
    { operations, map: '{"0": ["query"]}', 0: file },
    { operations, map: '{"0": ["variables.a.b"]}', 0: file },
    { operations, map: '{"0": ["__proto__.polluted"]}', 0: file },
    { operations: operations.replace('__typename', '\ufffd'), map: '{}' },
  ]) {
    const answer = await send(fields as Record<string, string | Blob>);
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('"code":"BAD_REQUEST"') });
  }
  expect(await send({ operations, map: '{"0": ["variables.file"]}', 0: file })).toMatchObject({ status: 200 });
});
