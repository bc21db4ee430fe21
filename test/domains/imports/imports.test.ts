import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rejectedRecords } from '../../../db/tables/index.ts';
import type { Import } from '../../../src/domains/imports/job.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { fault, faultyFiles } from '../../support/faulty-files.ts';

const rowsInMemory = ({ app }: OpenApp): number | undefined =>
  app.ledger.indexStates().find(({ name }) => name === 'transactions')?.entries;

const fresh = async (options: Parameters<typeof openApp>[0] = {}): Promise<OpenApp> => {
  const opened = await openApp(options);
  onTestFinished(opened.close);
  return opened;
};

const rejectsOf = ({ app }: OpenApp, { id }: Import) =>
  app.store.page(rejectedRecords, { match: { importId: id }, key: 'id', direction: 'asc', limit: 1000 });

const countsOf = ({ state, read, accepted, unchanged, conflicts, rejected }: Import) => ({
  state,
  read,
  accepted,
  unchanged,
  conflicts,
  rejected,
});

describe.each(Object.entries(faultyFiles))('a file of %s', (target, { csv, csvFaults, json, jsonFaults }) => {
  const [good1 = '', bad1 = '', good2 = '', bad2 = ''] = json;
  const lines = [
    fault(2, bad1, ...(jsonFaults[0] ?? [])),
    fault(4, 'no JSON'),
    fault(5, '[1]'),
    fault(6, bad2, ...(jsonFaults[1] ?? [])),
  ];
  const array = [
    fault(2, bad1, ...(jsonFaults[0] ?? [])),
    fault(3, '"text"'),
    fault(4, bad2, ...(jsonFaults[1] ?? [])),
  ];
  it.each([
    ['CSV', csv.join('\r\n'), 5, csvFaults],
    ['JSON Lines', [good1, bad1, good2, 'no JSON', '[1]', bad2, ''].join('\n'), 6, lines],
    ['a JSON array', `[${good1},\n${bad1},\n${good2}, "text",\n${bad2}]`, 5, array],
  ])(
    'as %s stores invalid records as rejects with text, line and reasons, and imports the others once',
    async (_format, text, read, faults) => {
      const opened = await fresh();
      const imported = await opened.importFile(target, { name: 'any.txt', text });
      expect(countsOf(imported)).toEqual({
        state: 'SUCCEEDED_WITH_REJECTS',
        read,
        accepted: 2,
        unchanged: 0,
        conflicts: 0,
        rejected: read - 2,
      });
      expect(imported.bytesRead).toBe(Buffer.byteLength(text));
      const rejects = rejectsOf(opened, imported);
      expect(rejects.map(({ line, raw }) => ({ line, raw }))).toEqual(faults.map(({ line, raw }) => ({ line, raw })));
      for (const [index, { paths }] of faults.entries())
        expect(new Set(rejects[index]?.problems.map(({ path }) => path))).toEqual(
          new Set(paths.length > 0 ? paths : ['']),
        );
      expect(
        rejects.every(({ problems }) => problems.every(({ code, message }) => code !== '' && message !== '')),
      ).toBe(true);
      const { sequence } = opened.app.ledger.snapshot();
      const again = await opened.importFile(target, { name: 'any.txt', text });
      expect(countsOf(again)).toEqual({ ...countsOf(imported), accepted: 0, unchanged: 2 });
      expect(opened.app.ledger.snapshot().sequence).toBe(sequence);
      expect(opened.app.store.verify().problems).toEqual([]);
    },
  );
});

const row = fc.record({
  id: fc.constantFrom('1', '2', '3', '4', ' 4', 'ü'),
  price: fc.constantFrom('1', '1.0', '2.5', '0.000001', 'x', '', '1234567890123456', '-1'),
  at: fc.constantFrom('2020-01-01', '2020-01-01T00:00:00Z', '2020-02-30', ''),
});

it('counts add up for any messy file, equal those of a reference model, and stay so when the file is imported again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 7 }),
      async (rows, asCsv, batchRecords) => {
        const stored = new Map<string, number>();
        const expected = { read: rows.length, accepted: 0, unchanged: 0, conflicts: 0, rejected: 0 };
        for (const { id: written, price, at } of rows) {
          // Cells of CSV are read without blanks around them.
          const id = asCsv ? written.trim() : written;
          const isGood = /^-?\d{1,9}(\.\d{1,6})?$/.test(price) && /^2020-01/.test(at);
          const known = stored.get(id);
          if (!isGood) expected.rejected++;
          else if (known === undefined) {
            stored.set(id, Number(price));
            expected.accepted++;
          } else expected[known === Number(price) ? 'unchanged' : 'conflicts']++;
        }
        const csv = rows.map(({ id, price, at }) => `"${id}",${at},p,${price},u`);
        const json = rows.map(({ id, price, at }) =>
          JSON.stringify({ click_id: id, created_at: at, product_id: 'p', product_price: price, user_id: 'u' }),
        );
        const text = asCsv
          ? ['click_id,created_at,product_id,product_price,user_id', ...csv].join('\n')
          : `[${json.join()}]`;
        const opened = await openApp({ settings: { batchRecords: String(batchRecords) } });
        const first = await opened.importFile('transactions', { name: 'messy', text });
        expect(first).toMatchObject(expected);
        const rejects = rejectsOf(opened, first);
        expect(rejects).toHaveLength(expected.rejected + expected.conflicts);
        if (!asCsv) expect(rejects.every(({ raw }) => json.includes(raw))).toBe(true);
        const again = await opened.importFile('transactions', { name: 'messy', text });
        expect(again).toMatchObject({ ...expected, accepted: 0, unchanged: expected.accepted + expected.unchanged });
        expect(rowsInMemory(opened)).toBe(stored.size);
        expect(opened.app.store.verify().problems).toEqual([]);
        await opened.close();
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);

it('retains every digit of JSON numbers in rejects', async () => {
  const opened = await fresh();
  const record = (id: string, price: string, user = '1') =>
    `{"click_id": ${id}, "created_at": "2020-01-01", "product_id": 1.50, "product_price": ${price}, "user_id": ${user}}`;
  const prices = [
    '0.1',
    '1e2',
    '220.50',
    '-0.0',
    '999999999999999',
    '1.5E-3',
    '123456789.123456',
    '434.99999999999994',
  ];
  const beyond = ['1e400', '1234567890.1234567', '12345678901234567', '1e-7', '0.1234567890123456', '1e15'];
  const lines = [...prices, ...beyond].map((price, index) => record(String(index), price));
  lines.push(record('12345678901234567890', '1', '12345678901234567891'), record('12345678901234567891', '1', '0.1'));
  const imported = await opened.importFile('transactions', { name: 'exact.jsonl', text: lines.join('\n') });
  expect(imported).toMatchObject({ accepted: prices.length + 2, conflicts: 0, rejected: beyond.length });
  expect(rejectsOf(opened, imported).map(({ raw, problems }) => [raw, problems[0]?.path, problems[0]?.code])).toEqual(
    beyond.map((_, index) => [lines[prices.length + index], 'product_price', 'OUT_OF_RANGE']),
  );
  const { data } = await opened.query<{ enrichedAggregate: { nodes: { facts: { nodes: object[] } }[] } }>(
    '{ enrichedAggregate(groupBy: [USER_STATUS]) { nodes { facts { nodes { ... on Transaction { transactionId amount userId productId } } } } } }',
  );
  const amounts = ['0.1', '100', '220.5', '0', '999999999999999', '0.0015', '123456789.123456', '435'];
  expect(data?.enrichedAggregate.nodes[0]?.facts.nodes).toEqual([
    ...amounts.map((amount, index) => ({ transactionId: String(index), amount, userId: '1', productId: '1.5' })),
    { transactionId: '12345678901234567890', amount: '1', userId: '12345678901234567891', productId: '1.5' },
    { transactionId: '12345678901234567891', amount: '1', userId: '0.1', productId: '1.5' },
  ]);
});

it('stores a conflict among the rejects with the fields that differ, and leaves the stored record unchanged', async () => {
  const opened = await fresh();
  const text = (price: string, user: string) =>
    `click_id,created_at,product_id,product_price,user_id\n9,2020-01-01,p,${price},${user}`;
  await opened.importFile('transactions', { name: 'a.csv', text: text('1.50', 'u') });
  expect(await opened.importFile('transactions', { name: 'b.csv', text: text('1.5', 'u') })).toMatchObject({
    state: 'SUCCEEDED',
    unchanged: 1,
  });
  const other = await opened.importFile('transactions', { name: 'c.csv', text: text('1.51', 'v') });
  expect(other).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS', conflicts: 1, rejected: 0 });
  expect(rejectsOf(opened, other)).toMatchObject([
    {
      line: 2,
      raw: '9,2020-01-01,p,1.51,v',
      problems: [{ path: 'click_id', code: 'CONFLICT', message: expect.stringContaining('user_id, product_price') }],
    },
  ]);
  expect(opened.app.domains.transactions.bySeqs([1])).toMatchObject([
    { userId: 'u', amount: { units: 1, micros: 500_000 } },
  ]);
});

it('stores nothing in a dry run and reports the same counts', async () => {
  const opened = await fresh();
  const text = [
    'user_id,created_at,status',
    'a,2020-01-01,paying',
    'a,2020-01-01,paying',
    'a,2020-01-01,cancelled',
    'b,,',
  ].join('\n');
  const source = { name: 'a.csv', text };
  const dryRun = await opened.importFile('user-status', source, { dryRun: true });
  expect(opened.app.store.page(rejectedRecords, { key: 'id', direction: 'asc', limit: 1 })).toEqual([]);
  expect(opened.app.ledger.snapshot().sequence).toBe(0);
  expect(opened.app.domains.imports.importsByIds([dryRun.id])).toEqual([null]);
  expect(countsOf(await opened.importFile('user-status', source))).toEqual(countsOf(dryRun));
});

it('returns an error member for a list that is too long and stores nothing', async () => {
  const opened = await fresh({ settings: { recordsPerMutationMax: '2' } });
  const document = `mutation ($input: RecordStatusChangesInput!) { recordStatusChanges(input: $input) {
    __typename ... on Error { code message } ... on ValidationError { problems { path } } } }`;
  const changes = ['a', 'b', 'c'].map((userId) => ({ userId, status: 'PAYING', effectiveAt: '2020-01-01' }));
  expect(await opened.query(document, { input: { changes } })).toEqual({
    data: {
      recordStatusChanges: {
        __typename: 'ValidationError',
        code: 'LIMIT_EXCEEDED',
        message: '3 records are more than 2 (setting recordsPerMutationMax)',
        problems: [],
      },
    },
  });
  expect(opened.app.ledger.snapshot().sequence).toBe(0);
});
