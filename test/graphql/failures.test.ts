import { isInterfaceType, isNonNullType, isObjectType } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { type OpenApp, openApp } from '../support/app.ts';

const fresh = async (): Promise<OpenApp> => {
  const app = await openApp();
  onTestFinished(app.close);
  return app;
};

const idOf = (text: string): string => Buffer.from(text).toString('base64url');

const purchase = '{ transactionId: "t", userId: "a", occurredAt: "2025-01-01", productId: "p", amount: "1" }';
const event = '{ eventId: "e", userId: "a", accountType: "free", occurredAt: "2025-01-01", variant: "A" }';

const sendRecords = async (app: OpenApp): Promise<void> => {
  const { errors } = await app.query(`mutation {
    recordTransactions(input: { transactions: [${purchase}, { userId: "a" }] }) { __typename }
    named: recordEvents(input: { experiment: "x", events: [${event}] }) { __typename }
    unnamed: recordEvents(input: { events: [${event}] }) { __typename } }`);
  expect(errors).toBeUndefined();
};

describe('a failed field', () => {
  it('leaves the results of its siblings: mutations', async () => {
    const app = await fresh();
    const start = 'startConversation(input: { uuid: "6f1f1e4e-7d1c-4c5b-9f0a-0d5a4f1b2c3d", symbol: "a" })';
    const conversation = '{ ... on StartConversationPayload { conversation { symbol } } }';
    for (const id of ['nonsense', idOf('RejectedRecord'), idOf('Foo:1'), idOf('Monitor:1'), idOf('Import:1'), '']) {
      const { data, errors } = await app.query(`mutation {
        a: ${start} ${conversation}
        b: discardRejectedRecord(input: { rejectedRecordId: "${id}", reason: "r" }) { __typename }
        c: removeAlert(input: { alertId: "${id}" }) { __typename }
        d: ${start} ${conversation} }`);
      const started = { conversation: { symbol: 'a' } };
      expect(data).toEqual({ a: started, b: null, c: null, d: started });
      const code = expect.stringMatching(/^BAD_(?:REQUEST|USER_INPUT)$/);
      expect(errors).toMatchObject([
        { path: ['b'], extensions: { code } },
        { path: ['c'], extensions: { code } },
      ]);
    }
  });

  it('leaves the results of its siblings: queries, and the fields of the objects of a list', async () => {
    const app = await fresh();
    await sendRecords(app);
    const { data, errors } = await app.query(`{
      server { version }
      transactions { nodes { amount user { transactions(first: -1) { totalCount } status(at: "2025-01-01") { status } } } }
      enrichedAggregate(groupBy: [CITY, CITY]) { totalCount }
      users(first: 5000) { totalCount }
      userStatus(userId: "", date: "2025-01-01") { status }
      user(userId: "a") { userId }
      monitor(experiment: "x", range: { between: { from: "2025-02-01", to: "2025-01-01" } }) { verdict } }`);
    expect(data).toMatchObject({
      server: { version: expect.any(String) },
      transactions: { nodes: [{ amount: '1', user: { transactions: null, status: { status: 'NON_PAYING' } } }] },
      enrichedAggregate: null,
      users: null,
      userStatus: null,
      user: { userId: 'a' },
      monitor: null,
    });
    expect(errors).toHaveLength(5);
    for (const { extensions } of errors ?? []) expect(['BAD_REQUEST', 'LIMIT_EXCEEDED']).toContain(extensions?.code);
  });

  it('can be null: every field of a root type, and every field with arguments', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const strict = Object.values(schema.getTypeMap()).flatMap((type) =>
      type.name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type))
        ? []
        : Object.values(type.getFields())
            .filter((field) => field.args.length > 0 || roots.some((root) => root === type))
            .filter((field) => isNonNullType(field.type))
            .map((field) => `${type.name}.${field.name}`),
    );
    expect(strict).toEqual([]);
  });
});

describe('nodes', () => {
  it('gives null with an error of its own for an id that no object can have, and null for an unknown one', async () => {
    const app = await fresh();
    await sendRecords(app);
    const { data: found } = await app.query<{ transaction: { id: string } }>(
      '{ transaction(transactionId: "t") { id } }',
    );
    const { id } = (found as { transaction: { id: string } }).transaction;
    const ids = [id, 'nonsense', idOf('Transaction:999'), idOf('Foo:1'), idOf('Transaction:x'), id, idOf('User:a'), ''];
    const { data, errors } = await app.query(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } server { __typename } }',
      { ids },
    );
    const purchaseNode = { __typename: 'Transaction', id };
    const user = { __typename: 'User', id: idOf('User:a') };
    expect(data).toEqual({
      nodes: [purchaseNode, null, null, null, null, purchaseNode, user, null],
      server: { __typename: 'Server' },
    });
    expect(errors?.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
      [['nodes', 1], 'BAD_REQUEST'],
      [['nodes', 3], 'BAD_REQUEST'],
      [['nodes', 7], 'BAD_REQUEST'],
    ]);
  });

  it('and node refuse what is not an id by a code, whatever it is', async () => {
    const app = await fresh();
    const types = Object.values(schema.getTypeMap()).filter(isObjectType);
    const isNode = (type: (typeof types)[number]) => type.getInterfaces().some(({ name }) => name === 'Node');
    for (const type of types.filter(isNode))
      for (const local of [
        '1',
        '0',
        '-1',
        'x',
        '1.5',
        '1e3',
        '9007199254740993',
        '\0',
        `\u00009\u00001`,
        'x'.repeat(3000),
      ]) {
        const { data, errors } = await app.query('query ($id: ID!) { node(id: $id) { id } }', {
          id: idOf(`${type.name}:${local}`),
        });
        expect([type.name, local, data, errors?.[0]?.extensions?.code ?? null]).toEqual([
          type.name,
          local,
          { node: null },
          null,
        ]);
      }
    for (const id of ['', '%', idOf(':'), idOf('Query:1'), idOf('constructor:1'), idOf('__proto__:1'), idOf('Error:1')])
      expect(await app.query('query ($id: ID!) { node(id: $id) { id } }', { id })).toMatchObject({
        data: { node: null },
        errors: [{ path: ['node'], extensions: { code: 'BAD_REQUEST' } }],
      });
  });
});

describe('objects by their own keys', () => {
  it('are found, and null when they are unknown', async () => {
    const app = await fresh();
    await sendRecords(app);
    await app.importFile('users', { name: 'u.json', text: '[{"user_id":"a","country":"DE","gender":"f"}]' });
    const { data: lists } = await app.query<Record<string, { nodes: { id: string }[] }>>(
      '{ imports { nodes { id } } rejectedRecords { nodes { id } } }',
    );
    const [importId, rejectId] = [lists?.imports?.nodes[0]?.id, lists?.rejectedRecords?.nodes[0]?.id];
    const { data, errors } = await app.query(`{
      transaction(transactionId: "t") { amount } noTransaction: transaction(transactionId: "T") { amount }
      named: experimentEvent(eventId: "e", experiment: "x") { experiment { key } }
      unnamed: experimentEvent(eventId: "e") { experiment { key } }
      noEvent: experimentEvent(eventId: "e", experiment: "y") { variant }
      experiment(key: "x") { name } noExperiment: experiment(key: "y") { name }
      import(id: "${importId}") { source } noImport: import(id: "${idOf('Import:99')}") { source }
      rejectedRecord(id: "${rejectId}") { state } noReject: rejectedRecord(id: "${idOf('RejectedRecord:99')}") { state }
      alert(number: 1) { event } odd: alert(number: -5) { event }
      long: transaction(transactionId: "${'x'.repeat(300)}") { amount } }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      ...{ transaction: { amount: '1' }, noTransaction: null },
      ...{ named: { experiment: { key: 'x' } }, unnamed: { experiment: { key: 'default' } }, noEvent: null },
      ...{ experiment: { name: 'x' }, noExperiment: null, import: { source: 'u.json' }, noImport: null },
      ...{ rejectedRecord: { state: 'OPEN' }, noReject: null, alert: null, odd: null, long: null },
    });
  });

  it('are versions of a dataset by their numbers', async () => {
    const app = await fresh();
    for (const body of ['n\n1\n', 'n\n1\n2\n']) {
      const options = { method: 'PUT', headers: { 'content-type': 'text/csv' }, body };
      expect((await app.get('/datasets/games?wait=1', options)).status).toBe(200);
    }
    const version = (number: number) => `version(number: ${number}) { number rowCount }`;
    const { data } = await app.query(
      `{ dataset(name: "games") { one: ${version(1)} two: ${version(2)} none: ${version(3)} } }`,
    );
    expect(data).toEqual({
      dataset: { one: { number: 1, rowCount: 1 }, two: { number: 2, rowCount: 2 }, none: null },
    });
  });
});
