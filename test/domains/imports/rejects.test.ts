import { writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { statusChanges, transactions, userProfiles } from '../../../db/tables/index.ts';
import { parseIp } from '../../../src/lib/ip.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { event, kinds, outcome, rejectsOf, retry, settle, stored } from '../../support/rejects.ts';
import { dataFolder } from '../../support/store.ts';

const fresh = async (options: Parameters<typeof openApp>[0] = {}): Promise<OpenApp> => {
  const opened = await openApp(options);
  onTestFinished(opened.close);
  return opened;
};

describe.each(Object.entries(kinds))('a reject of %s', (target, { table, text, corrected, settlement, row }) => {
  it('is stored once as a record of its import when it is corrected, however often and through whatever interface it is retried', async () => {
    const data = dataFolder();
    const opened = await fresh({ data });
    const imported = await opened.importFile(target, { name: 'file', text });
    expect(imported).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS', read: 2, accepted: 1, rejected: 1 });
    const [open] = await rejectsOf(opened);
    const id = open?.id ?? '';
    expect(open).toMatchObject({ state: 'OPEN', settledAt: null, settlement: null, settledSequence: null });

    const answers = await Promise.all(Array.from({ length: 50 }, () => retry(opened, id, corrected)));
    const [first] = answers;
    expect(first).toMatchObject({
      __typename: 'ResolveRejectedRecordPayload',
      rejectedRecord: {
        state: 'RESOLVED',
        settledAt: expect.any(String),
        settledSequence: expect.any(Number),
        import: { state: 'SUCCEEDED', read: 2, accepted: 2, unchanged: 0, conflicts: 0, rejected: 0 },
      },
    });
    expect(JSON.parse(first?.rejectedRecord?.settlement ?? '')).toEqual(settlement);
    expect(answers.every((answer) => JSON.stringify(answer) === JSON.stringify(first))).toBe(true);
    expect(opened.app.store.count(table)).toBe(2);
    expect(opened.app.store.rowsIn(table, 'seq', [first?.rejectedRecord?.settledSequence ?? 0])).toMatchObject([
      { ...row, importId: imported.id, line: opened.app.domains.rejects.byIds([1])[0]?.line },
    ]);
    expect(opened.app.store.verify().problems).toEqual([]);
    await opened.close();

    const next = await fresh({ data });
    expect(await retry(next, id, corrected)).toEqual(first);
    expect(await retry(next, id, { ...settlement })).toEqual(first);
    expect(next.app.store.count(table)).toBe(2);
    const again = await next.importFile(target, { name: 'file', text });
    expect(again).toMatchObject({ accepted: 0, unchanged: 1, rejected: 1 });
    expect(next.app.store.verify().problems).toEqual([]);
  });

  it('stays open and changes nothing when its correction is still invalid', async () => {
    const opened = await fresh();
    await opened.importFile(target, { name: 'file', text });
    const [open] = await rejectsOf(opened);
    const before = stored(opened);
    for (const bad of ['{}', '[]', '', 'no JSON', '{"a"', '7'])
      expect(await retry(opened, open?.id ?? '', bad)).toMatchObject({
        __typename: 'ValidationError',
        code: 'VALIDATION_FAILED',
        problems: expect.arrayContaining([expect.objectContaining({ path: expect.any(String) })]),
      });
    expect(stored(opened)).toEqual(before);
  });
});

describe('a reject of a CSV file', () => {
  const options = { delimiter: ';', nullMarkers: ['?'], synonyms: { left: 'cancelled' } } as const;
  const prices = [
    'Umsatz',
    'click_id;created_at;product_id;product_price;user_id;ip',
    '1;31.12.2024;"p;1";1.234,50;a;',
    '2;30.11.2024;p;2.000,75;;',
    '3;29.11.2024;p;3,5;b',
  ].join('\n');

  it('is retried as it is and as a corrected row, with the amounts and dates of its file', async () => {
    const opened = await fresh();
    await opened.importFile('transactions', { name: 'umsatz.csv', text: prices });
    const [short, nobody] = await rejectsOf(opened);
    expect(await retry(opened, nobody?.id ?? '', '2;30.11.2024;p;2.000,75;;')).toMatchObject({
      problems: [{ path: 'user_id' }],
    });
    expect(await retry(opened, short?.id ?? '', '3;29.11.2024;p;3,5;b')).toMatchObject({
      message: expect.stringContaining('the row has 5 cells, the header 6'),
    });
    for (const malformed of ['', '2;p\n3;p', '{"click_id": 2'])
      expect(await retry(opened, nobody?.id ?? '', malformed)).toMatchObject({ code: 'VALIDATION_FAILED' });
    await retry(opened, nobody?.id ?? '', '2;30.11.2024;"p;""2";2.000,75;u;');
    await retry(opened, short?.id ?? '', {
      ...{ click_id: 3, created_at: '29.11.2024', product_id: 'p', product_price: '3,5', user_id: 'b' },
    });
    expect(opened.app.store.page(transactions, { key: 'seq', direction: 'asc', limit: 9 })).toMatchObject([
      { transactionId: '1', amount: '1234.5', productId: 'p;1' },
      { transactionId: '2', amount: '2000.75', productId: 'p;"2', occurredAtUs: Date.UTC(2024, 10, 30) * 1000 },
      { transactionId: '3', amount: '3.5', occurredAtUs: Date.UTC(2024, 10, 29) * 1000, line: 5 },
    ]);
    expect(await rejectsOf(opened)).toMatchObject([{ import: { state: 'SUCCEEDED', accepted: 3, rejected: 0 } }, {}]);
  });

  it('is read with the options of its import, from each interface', async () => {
    const data = dataFolder();
    const opened = await fresh({ data });
    const text = ['user_id;created_at;status', 'a;2024-01-01;left', '?;2024-01-02;left', '?;2024-01-03;lost'].join(
      '\n',
    );
    expect(await opened.importFile('user-status', { name: 'status.csv', text }, options)).toMatchObject({
      accepted: 1,
    });
    const [lost, left] = await rejectsOf(opened);
    await opened.close();
    const next = await fresh({ data });
    expect(await retry(next, left?.id ?? '', 'b;2024-01-02;left')).toMatchObject({
      rejectedRecord: { state: 'RESOLVED', settlement: expect.stringContaining('"cancelled"') },
    });
    const id = Number(next.app.domains.rejects.byIds([2])[0]?.id);
    expect(await retry(next, lost?.id ?? '', 'c;2024-01-03;lost')).toMatchObject({ problems: [{ path: 'status' }] });
    await next.app.domains.rejects.resolve(id, '{"user_id": "c", "created_at": "2024-01-03", "status": "lost"}', {
      synonyms: { lost: 'non-paying' },
    });
    expect(next.app.store.page(statusChanges, { key: 'seq', direction: 'asc', limit: 9 })).toMatchObject([
      { userId: 'a', status: 'cancelled' },
      { userId: 'b', status: 'cancelled' },
      { userId: 'c', status: 'non-paying' },
    ]);
  });

  it('is one that lacks its user in a file with one attribute', async () => {
    const opened = await fresh();
    const text = 'user_id,country\na,DE\n,FR';
    expect(await opened.importFile('users', { name: 'users.csv', text })).toMatchObject({ accepted: 1, rejected: 1 });
    expect(opened.app.domains.rejects.byIds([1])).toMatchObject([{ raw: ',FR', problems: [{ path: 'user_id' }] }]);
    const [reject] = await rejectsOf(opened);
    await retry(opened, reject?.id ?? '', 'b,FR');
    expect(opened.app.store.page(userProfiles, { key: 'seq', direction: 'asc', limit: 9 })).toMatchObject([
      { userId: 'a', country: 'DE', gender: null },
      { userId: 'b', country: 'FR', gender: null },
    ]);
  });
});

describe('a corrected IP range', () => {
  it('counts at once, and not in queries as of an earlier sequence', async () => {
    const opened = await fresh();
    await opened.importFile('ip-ranges', { name: 'file', text: kinds['ip-ranges'].text });
    const { sequence } = opened.app.ledger.snapshot();
    const [open] = await rejectsOf(opened);
    await retry(opened, open?.id ?? '', kinds['ip-ranges'].corrected);
    const { ipCity } = opened.app.domains;
    const ip = parseIp('10.0.1.5') as never;
    expect(ipCity.cityOf(ip).city).toBe('Bergen');
    expect((await ipCity.cityAsOf(ip, { sequence })).city).toBe('unknown');
  });

  const { text, corrected } = kinds['ip-ranges'];

  it('is refused when another table has replaced the table of its import', async () => {
    const opened = await fresh();
    await opened.importFile('ip-ranges', { name: 'old', text });
    await opened.importFile('ip-ranges', { name: 'new', text: 'cidr,city\n10.0.0.0/8,Rome' });
    const before = stored(opened);
    const [open] = await rejectsOf(opened);
    expect(await retry(opened, open?.id ?? '', corrected)).toMatchObject({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      message: expect.stringContaining('no longer current'),
    });
    expect(stored(opened)).toEqual(before);
    expect(opened.app.domains.ipCity.cityOf(parseIp('10.0.1.5') as never).city).toBe('Rome');
  });

  it('joins the table of several files, whichever file it belongs to', async () => {
    const opened = await fresh();
    const { imports } = opened.app.domains;
    const folder = dataFolder();
    const files = ['a', 'b'].map((name) => ({ name, path: `${folder}/${name}` }));
    for (const [index, { path }] of files.entries()) await writeFile(path, text.replaceAll('10.0', `10.${index}`));
    await (await imports.start('ip-ranges', files)).done;
    const [ofB, ofA] = await rejectsOf(opened);
    expect(await retry(opened, ofB?.id ?? '', { cidr: '10.1.1.0/24', city: 'B' })).toMatchObject({
      rejectedRecord: { state: 'RESOLVED', import: { accepted: 2 } },
    });
    expect(await retry(opened, ofA?.id ?? '', { cidr: '10.0.1.0/24', city: 'A' })).toMatchObject({
      rejectedRecord: { state: 'RESOLVED', import: { accepted: 2 } },
    });
    const cities = ['10.0.0.1', '10.0.1.1', '10.1.0.1', '10.1.1.1'].map(
      (ip) => opened.app.domains.ipCity.cityOf(parseIp(ip) as never).city,
    );
    expect(cities).toEqual(['Oslo', 'A', 'Oslo', 'B']);
    expect(opened.app.store.verify().problems).toEqual([]);
  });

  it('is a duplicate when the table holds it already', async () => {
    const opened = await fresh();
    await opened.importFile('ip-ranges', { name: 'file', text });
    const [open] = await rejectsOf(opened);
    expect(await retry(opened, open?.id ?? '', { start: '10.0.0.0', end: '10.0.0.9', city: 'Oslo' })).toMatchObject({
      rejectedRecord: { state: 'RESOLVED', settledSequence: null, import: { accepted: 1, unchanged: 1, rejected: 0 } },
    });
    expect(opened.app.store.verify().problems).toEqual([]);
  });
});

describe('a conflicting record', () => {
  const text = 'click_id,created_at,product_id,product_price,user_id\n1,2020-01-01,p,1,u\n1,2020-01-01,p,2,u';
  const record = (id: string, price: number) => ({
    click_id: id,
    created_at: '2020-01-01',
    product_id: 'p',
    product_price: price,
    user_id: 'u',
  });

  it('stays a conflict while its content conflicts, and otherwise becomes a duplicate or a new record', async () => {
    const opened = await fresh();
    const imported = await opened.importFile('transactions', { name: 'file', text: `${text}\n1,2020-01-01,p,3,u` });
    expect(imported).toMatchObject({ accepted: 1, conflicts: 2 });
    const before = stored(opened);
    const [last, first] = await rejectsOf(opened);
    expect(await retry(opened, first?.id ?? '', record('1', 4))).toMatchObject({
      __typename: 'ConflictError',
      problems: [{ path: 'click_id', code: 'CONFLICT' }],
    });
    expect(stored(opened)).toEqual(before);
    expect(await retry(opened, first?.id ?? '', record('1', 1))).toMatchObject({
      rejectedRecord: {
        settledSequence: null,
        import: { state: 'SUCCEEDED_WITH_REJECTS', accepted: 1, unchanged: 1, conflicts: 1, rejected: 0 },
      },
    });
    expect(await retry(opened, last?.id ?? '', record('2', 3))).toMatchObject({
      rejectedRecord: {
        settledSequence: 2,
        import: { state: 'SUCCEEDED', accepted: 2, unchanged: 1, conflicts: 0, rejected: 0 },
      },
    });
    expect(opened.app.store.verify().problems).toEqual([]);
  });
});

describe('a discarded record', () => {
  const { text, corrected } = kinds['user-status'];

  it('still counts as rejected, keeps its first reason, and can no longer be resolved', async () => {
    const opened = await fresh();
    await opened.importFile('user-status', { name: 'file', text });
    const [open] = await rejectsOf(opened);
    const id = open?.id ?? '';
    const first = await settle(opened, id, { discardBecause: 'a test record' });
    expect(first).toMatchObject({
      rejectedRecord: {
        state: 'DISCARDED',
        settlement: 'a test record',
        settledSequence: null,
        import: { state: 'SUCCEEDED_WITH_REJECTS', accepted: 1, rejected: 1 },
      },
    });
    expect(await settle(opened, id, { discardBecause: 'another reason' })).toEqual(first);
    const plain = `mutation { discardRejectedRecord(input: { rejectedRecordId: "${id}", reason: "x" }) { ${outcome} } }`;
    expect((await opened.query(plain)).data).toEqual({ discardRejectedRecord: first });
    expect(await retry(opened, id, corrected)).toMatchObject({
      __typename: 'ValidationError',
      code: 'BAD_REQUEST',
      message: expect.stringContaining('discarded'),
    });
    expect(opened.app.store.verify().problems).toEqual([]);
    expect(await rejectsOf(opened, 'state: DISCARDED, target: STATUS_CHANGES')).toHaveLength(1);
    expect(await rejectsOf(opened, 'state: DISCARDED, target: USERS')).toEqual([]);
    expect(await rejectsOf(opened, 'state: OPEN')).toEqual([]);
  });

  it('cannot be discarded without a reason', async () => {
    const opened = await fresh();
    await opened.importFile('user-status', { name: 'file', text });
    const [open] = await rejectsOf(opened);
    const before = stored(opened);
    for (const discardBecause of ['', ' \n', 'a\0b', '\ud800', 'x'.repeat(1001)])
      expect(await settle(opened, open?.id ?? '', { discardBecause })).toMatchObject({
        code: 'VALIDATION_FAILED',
        problems: [{ path: 'reason' }],
      });
    expect(stored(opened)).toEqual(before);
  });
});

describe('a resolved record', () => {
  it('cannot be discarded or resolved with another record', async () => {
    const { text, corrected } = kinds['user-status'];
    const opened = await fresh();
    await opened.importFile('user-status', { name: 'file', text });
    const [open] = await rejectsOf(opened);
    await retry(opened, open?.id ?? '', corrected);
    const before = stored(opened);
    expect(await settle(opened, open?.id ?? '', { discardBecause: 'why not' })).toMatchObject({ code: 'BAD_REQUEST' });
    for (const other of [{ ...corrected, status: 'cancelled' }, {}, 'no JSON'])
      expect(await retry(opened, open?.id ?? '', other)).toMatchObject({ __typename: 'ConflictError' });
    expect(stored(opened)).toEqual(before);
  });
});

it('one of several concurrent corrections of a record wins and the others get a conflict', async () => {
  const opened = await fresh();
  await opened.importFile('user-status', { name: 'file', text: kinds['user-status'].text });
  const [open] = await rejectsOf(opened);
  const answers = await Promise.all([
    ...['paying', 'cancelled', 'non-paying'].map((status) =>
      retry(opened, open?.id ?? '', { user_id: 'b', created_at: '2020-01-01', status }),
    ),
    settle(opened, open?.id ?? '', { discardBecause: 'nobody knows' }),
  ]);
  expect(answers.filter(({ __typename }) => __typename === 'ResolveRejectedRecordPayload')).toHaveLength(1);
  expect(opened.app.store.count(statusChanges)).toBe(2);
  expect(opened.app.store.verify().problems).toEqual([]);
});

it('errors name an invalid ID, the ID of another type, and a text that is too long', async () => {
  const opened = await fresh({ settings: { recordBytesMax: '100' } });
  const idOf = (text: string) => Buffer.from(text).toString('base64url');
  for (const id of ['RejectedRecord:7', 'RejectedRecord:x', 'RejectedRecord:1e400'])
    expect(await retry(opened, idOf(id), '{}')).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
  expect(await retry(opened, idOf('RejectedRecord:7'), `"${'ü'.repeat(50)}"`)).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: expect.stringMatching(/\(setting recordBytesMax\)$/),
  });
  const wrong = await opened.query(
    `mutation { discardRejectedRecord(input: { rejectedRecordId: "${idOf('Import:1')}", reason: "x" }) { __typename } }`,
  );
  expect(wrong.errors?.[0]?.message).toContain('is not of type: RejectedRecord');
});

it('resolves a record that was sent without an import', async () => {
  const opened = await fresh();
  const { imports, importers } = opened.app.domains;
  await opened.query(
    'mutation { recordStatusChanges(input: { changes: [{ userId: "", status: PAYING, effectiveAt: "2020-01-01" }] }) { __typename } }',
  );
  await imports.ingest(importers.experimentEvents, null, [{ raw: '{}', value: {} }]);
  const [ofEvents, ofStatus] = await rejectsOf(opened);
  expect(await retry(opened, ofEvents?.id ?? '', event)).toMatchObject({
    rejectedRecord: { state: 'RESOLVED', settledSequence: 1, import: null },
  });
  expect(await retry(opened, ofStatus?.id ?? '', kinds['user-status'].corrected)).toMatchObject({
    rejectedRecord: { state: 'RESOLVED', settledSequence: 2, import: null },
  });
  expect(opened.app.store.verify().problems).toEqual([]);
});
