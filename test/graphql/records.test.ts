import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../support/app.ts';

const statements: string[] = [];

const fresh = async (): Promise<OpenApp> => {
  const app = await openApp({ onStatement: (sql) => statements.push(sql) });
  onTestFinished(app.close);
  return app;
};

interface Item {
  readonly outcome: string;
  readonly problems: { readonly path: string; readonly code: string; readonly message: string }[];
  readonly stored: Record<string, unknown> | null;
}

interface Payload {
  readonly results: Item[];
  readonly rejected: { readonly raw: string; readonly problems: { readonly path: string }[] }[];
}

const kinds = {
  transactions: {
    mutation: 'recordTransactions',
    list: 'transactions',
    stored: 'transaction { id transactionId occurredAt amount user { userId } }',
    good: {
      transactionId: 't',
      userId: 'a',
      occurredAt: '2025-01-01',
      productId: 'p',
      amount: '20.50',
      ip: '10.0.0.1',
    },
  },
  events: {
    mutation: 'recordEvents',
    list: 'events',
    stored: 'event { id eventId occurredAt amount variant user { userId } }',
    good: { eventId: 'e', userId: 'a', accountType: 'free', occurredAt: '2025-01-01', variant: 'A', amount: 20.5 },
  },
  changes: {
    mutation: 'recordStatusChanges',
    list: 'changes',
    stored: 'statusChange { id status effectiveAt user { userId } }',
    good: { userId: 'a', status: 'PAYING', effectiveAt: '2025-01-01' },
  },
} as const;

type Kind = keyof typeof kinds;

const documentOf = (kind: Kind): string => {
  const { mutation, stored } = kinds[kind];
  const Name = mutation[0]?.toUpperCase() + mutation.slice(1);
  return `mutation ($input: ${Name}Input!) { ${mutation}(input: $input) { ... on ${Name}Payload {
    results { outcome problems { path code message } stored: ${stored} } rejected { raw problems { path } } } } }`;
};

const record = async (app: OpenApp, kind: Kind, records: readonly unknown[], shared: object = {}): Promise<Payload> => {
  const { mutation, list } = kinds[kind];
  const { data, errors } = await app.query(documentOf(kind), { input: { [list]: records, ...shared } });
  expect(errors).toBeUndefined();
  return data?.[mutation] as Payload;
};

const faults: readonly (readonly [kind: Kind, field: string, value: unknown, code: string])[] = [
  ['transactions', 'occurredAt', '2025-02-30', 'MALFORMED'],
  ['transactions', 'occurredAt', 20250101, 'WRONG_TYPE'],
  ['transactions', 'occurredAt', '1600-01-01', 'MALFORMED'],
  ['transactions', 'occurredAt', null, 'MISSING'],
  ['transactions', 'amount', 'NaN', 'MALFORMED'],
  ['transactions', 'amount', '1234567890123456', 'OUT_OF_RANGE'],
  ['transactions', 'amount', undefined, 'MISSING'],
  ['transactions', 'ip', '300.1.1.1', 'MALFORMED'],
  ['transactions', 'ip', 12345, 'WRONG_TYPE'],
  ['transactions', 'productId', ['p'], 'WRONG_TYPE'],
  ['transactions', 'productId', 'x'.repeat(257), 'MALFORMED'],
  ['transactions', 'transactionId', true, 'WRONG_TYPE'],
  ['transactions', 'userId', { id: 'a' }, 'WRONG_TYPE'],
  ['events', 'occurredAt', 'yesterday', 'MALFORMED'],
  ['events', 'amount', false, 'WRONG_TYPE'],
  ['events', 'variant', '', 'MISSING'],
  ['events', 'accountType', undefined, 'MISSING'],
  ['events', 'eventId', ['e'], 'WRONG_TYPE'],
  ['events', 'eventType', {}, 'WRONG_TYPE'],
  ['events', 'experiment', 'x'.repeat(257), 'MALFORMED'],
  ['changes', 'status', 'GOLD', 'NOT_ALLOWED'],
  ['changes', 'status', 1, 'WRONG_TYPE'],
  ['changes', 'status', null, 'MISSING'],
  ['changes', 'effectiveAt', '', 'MISSING'],
  ['changes', 'effectiveAt', '2025-13-01', 'MALFORMED'],
  ['changes', 'userId', '\u0000', 'MALFORMED'],
];

describe('the records of a mutation', () => {
  it.each(faults)(
    'are judged alone: in %s a faulty %s is refused by its name (%j, %s)',
    async (kind, field, value, code) => {
      const app = await fresh();
      const { good } = kinds[kind];
      const { results, rejected } = await record(
        app,
        kind,
        [good, { ...good, [field]: value }, { ...good, userId: 'b' }].map((each, index) =>
          index === 2
            ? { ...each, ...(kind === 'transactions' ? { transactionId: 'u' } : { eventId: undefined }) }
            : each,
        ),
      );
      expect(results.map(({ outcome }) => outcome)).toEqual(['CREATED', 'REJECTED', 'CREATED']);
      const [problem] = results[1]?.problems ?? [];
      expect(problem).toMatchObject({ path: field, code });
      expect(problem?.message.startsWith(`${field} `)).toBe(true);
      expect(results.map(({ stored }) => (stored as { user: { userId: string } } | null)?.user.userId)).toEqual([
        'a',
        undefined,
        'b',
      ]);
      expect(rejected).toMatchObject([{ problems: [{ path: field }] }]);
    },
  );

  it('that are null or lack every field are rejected alone', async () => {
    const app = await fresh();
    for (const kind of Object.keys(kinds) as Kind[]) {
      const { results, rejected } = await record(app, kind, [null, {}, kinds[kind].good]);
      expect(results.map(({ outcome }) => outcome)).toEqual(['REJECTED', 'REJECTED', 'CREATED']);
      expect(results[0]?.problems).toMatchObject([{ path: '', message: 'a record must be an object, not null' }]);
      expect(results[1]?.problems.map(({ code }) => code)).toContain('MISSING');
      expect(rejected.map(({ raw }) => raw)).toEqual(['null', '{}']);
    }
  });

  it('are read from literals as from variables, without a loss of digits', async () => {
    const app = await fresh();
    const { data, errors } = await app.query(`mutation {
      recordTransactions(input: { transactions: [
        { transactionId: 9007199254740993, userId: 1, occurredAt: "2025-01-01", productId: "p", amount: 0.1 }
        { transactionId: 9007199254740992, userId: 1, occurredAt: "2025-01-01", productId: "p", amount: 123456789012.123456 }
        { transactionId: "x", userId: 1, occurredAt: "2025-01-01", productId: "p", amount: 1e999 }
        { transactionId: "y", userId: [1, { a: B }], occurredAt: null, productId: "p", amount: 1 }
      ] }) { ... on RecordTransactionsPayload { results { outcome problems { path } transaction { transactionId userId amount } } } }
      recordStatusChanges(input: { changes: [
        { userId: 7, status: NON_PAYING, effectiveAt: "2025-01-01" }
        { userId: 7, status: paying, effectiveAt: "2025-01-02" }
        { userId: 7, status: "CANCELLED", effectiveAt: "2025-01-03" }
        { userId: 7, status: GOLD, effectiveAt: "2025-01-03" }
      ] }) { ... on RecordStatusChangesPayload { results { problems { message } statusChange { status } } } } }`);
    expect(errors).toBeUndefined();
    const created = (transactionId: string, amount: string) => ({
      outcome: 'CREATED',
      problems: [],
      transaction: { transactionId, userId: '1', amount },
    });
    expect(data?.recordTransactions).toEqual({
      results: [
        created('9007199254740993', '0.1'),
        { outcome: 'REJECTED', problems: [{ path: 'amount' }], transaction: null },
        { outcome: 'REJECTED', problems: [{ path: 'amount' }], transaction: null },
        { outcome: 'REJECTED', problems: [{ path: 'userId' }, { path: 'occurredAt' }], transaction: null },
      ],
    });
    const message = 'status must be one of NON_PAYING, PAYING, CANCELLED, not "GOLD"';
    expect(data?.recordStatusChanges).toEqual({
      results: [
        ...['NON_PAYING', 'PAYING', 'CANCELLED'].map((status) => ({ problems: [], statusChange: { status } })),
        { problems: [{ message }], statusChange: null },
      ],
    });
  });

  it('that are no values of a record are refused with the whole request, and nothing is stored', async () => {
    const app = await fresh();
    const change = '{ userId: "a", status: PAYING, effectiveAt: "2025-01-01" }';
    for (const text of [
      `{ changes: [${change}, { userId: a, status: PAYING, effectiveAt: "2025-01-01" }] }`,
      `{ changes: [${change}, { user: "a" }] }`,
      `{ changes: [${change}, 5] }`,
    ])
      expect((await app.query(`mutation { recordStatusChanges(input: ${text}) { __typename } }`)).errors).toHaveLength(
        1,
      );
    expect((await app.query('{ server { snapshot { sequence } } }')).data).toEqual({
      server: { snapshot: { sequence: 0 } },
    });
  });

  it('answer the stored objects, also those stored before, with one statement', async () => {
    const app = await fresh();
    const first = await record(app, 'transactions', [kinds.transactions.good]);
    const many = Array.from({ length: 50 }, (_, index) => ({ ...kinds.transactions.good, transactionId: `n${index}` }));
    statements.length = 0;
    const { results } = await record(app, 'transactions', [
      kinds.transactions.good,
      { ...kinds.transactions.good, amount: '3' },
      ...many,
    ]);
    expect(results.slice(0, 3)).toMatchObject([
      { outcome: 'DUPLICATE', stored: first.results[0]?.stored },
      {
        outcome: 'CONFLICT',
        stored: { amount: '20.5', transactionId: 't' },
        problems: [{ path: 'transactionId', message: 'transaction t is recorded with another amount' }],
      },
      { outcome: 'CREATED', stored: { transactionId: 'n0', occurredAt: '2025-01-01T00:00:00Z' } },
    ]);
    expect(
      statements.filter((sql) => /^select .*"?transactions"?.* in /i.test(sql.replaceAll('\n', ' '))),
    ).toHaveLength(1);
    const event = await record(app, 'events', [
      kinds.events.good,
      kinds.events.good,
      { ...kinds.events.good, variant: 'B' },
    ]);
    expect(new Set(event.results.map(({ stored }) => stored?.id))).toEqual(new Set([event.results[0]?.stored?.id]));
    expect(event.results[2]?.problems).toMatchObject([
      { path: 'eventId', message: 'event e is recorded with another variant' },
    ]);
    const change = await record(app, 'changes', [kinds.changes.good, kinds.changes.good]);
    expect(change.results[1]).toEqual({ ...change.results[0], outcome: 'DUPLICATE' });
  });

  it('answer the same objects for a repeat with the same idempotency key', async () => {
    const app = await fresh();
    const { good } = kinds.events;
    const events = [{ ...good, eventId: undefined }, good, good, { ...good, variant: 'B' }, { ...good, userId: '' }];
    const send = () => record(app, 'events', events, { idempotencyKey: 'k' });
    const first = await send();
    expect(first.results.map(({ outcome }) => outcome)).toEqual([
      'CREATED',
      'CREATED',
      'DUPLICATE',
      'CONFLICT',
      'REJECTED',
    ]);
    expect(await send()).toEqual(first);
  });

  it('that are rejected can be corrected with the field names of files', async () => {
    const app = await fresh();
    await record(app, 'transactions', [{ ...kinds.transactions.good, amount: '20,5' }]);
    const { data } = await app.query<{ rejectedRecords: { nodes: { id: string; raw: string }[] } }>(
      '{ rejectedRecords { nodes { id raw } } }',
    );
    const [reject] = data?.rejectedRecords.nodes ?? [];
    expect(JSON.parse(reject?.raw ?? '')).toMatchObject({ click_id: 't', product_price: '20,5', user_id: 'a' });
    const retry = async (amount: string) =>
      (
        await app.query(
          'mutation ($input: ResolveRejectedRecordInput!) { resolveRejectedRecord(input: $input) { __typename ... on ValidationError { problems { path } } } }',
          {
            input: { rejectedRecordId: reject?.id, action: { retryWith: (reject?.raw ?? '').replace('20,5', amount) } },
          },
        )
      ).data?.resolveRejectedRecord;
    expect(await retry('x')).toEqual({ __typename: 'ValidationError', problems: [{ path: 'product_price' }] });
    expect(await retry('20.5')).toEqual({ __typename: 'ResolveRejectedRecordPayload' });
  });

  it('have problems with the names of the face that was used', async () => {
    const app = await fresh();
    const wire = { user_id: 'a', account_type: 'free', date: 'never', version: '', order_value: 'x' };
    const { results } = await record(app, 'events', [
      { userId: 'a', accountType: 'free', occurredAt: 'never', variant: '', amount: 'x' },
    ]);
    expect(results[0]?.problems.map(({ path }) => path)).toEqual(['variant', 'occurredAt', 'amount']);
    const response = await app.get('/receive_event', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wire),
    });
    const { error } = (await response.json()) as { error: { problems: { path: string }[] } };
    expect(error.problems.map(({ path }) => path)).toEqual(['version', 'date', 'order_value']);
    const names = ['user_id', 'account_type', 'date', 'event_type', 'order_value', 'version'];
    await app.importFile('events', { name: 'e.csv', text: `${names.join()}\na,free,never,,x,\n` });
    const { data } = await app.query<{ rejectedRecords: { nodes: { problems: { path: string }[] }[] } }>(
      '{ rejectedRecords(source: "e.csv") { nodes { problems { path } } } }',
    );
    expect(data?.rejectedRecords.nodes[0]?.problems.map(({ path }) => path)).toEqual([
      'version',
      'date',
      'order_value',
    ]);
  });
});

describe('excludeUsers and includeUsers', () => {
  it('judge each id alone and answer the stored records', async () => {
    const app = await fresh();
    const exclude = async (userIds: readonly unknown[]) =>
      (
        await app.query(
          `mutation ($input: ExcludeUsersInput!) { excludeUsers(input: $input) { ... on ExcludeUsersPayload {
            results { outcome problems { path } exclusion { id userId reason } } } } }`,
          { input: { userIds, reason: 'bot' } },
        )
      ).data?.excludeUsers as { results: Record<string, unknown>[] };
    const { results } = await exclude(['b1', true, null, 9007199254740993n.toString(), ['b1'], 'b1']);
    expect(results.map(({ outcome }) => outcome)).toEqual([
      'CREATED',
      'REJECTED',
      'REJECTED',
      'CREATED',
      'REJECTED',
      'DUPLICATE',
    ]);
    expect(results[5]?.exclusion).toEqual(results[0]?.exclusion);
    expect(results[2]).toEqual({ outcome: 'REJECTED', problems: [{ path: 'userId' }], exclusion: null });
    const { data } =
      await app.query(`mutation { includeUsers(input: { userIds: ["b1", "b1", "other", 5.5] reason: "wrong" }) {
      ... on IncludeUsersPayload { results { outcome inclusion { kind reason provenance { sequence } } } } } }`);
    const inclusion = { kind: 'INCLUDED', reason: 'wrong', provenance: { sequence: 3 } };
    expect(data?.includeUsers).toEqual({
      results: [
        { outcome: 'CREATED', inclusion },
        { outcome: 'DUPLICATE', inclusion },
        { outcome: 'DUPLICATE', inclusion: null },
        { outcome: 'DUPLICATE', inclusion: null },
      ],
    });
  });
});
