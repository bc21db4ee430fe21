import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../support/app.ts';

const users = 200;
const day = (index: number) => new Date(Date.UTC(2020, 0, 1) + index * 3_600_000).toISOString();

/** A world of 1500 transactions from three files, so that a page of 1000 meets several imports. */
const counted = async () => {
  const statements: string[] = [];
  const app = await openApp({ onStatement: (sql) => statements.push(sql) });
  onTestFinished(app.close);
  const changes = Array.from({ length: 2 * users }, (_, index) => ({
    user_id: `u${index % users}`,
    created_at: day(index),
    status: index % 3 === 0 ? 'cancelled' : 'paying',
  }));
  await app.importFile('user-status', { name: 'changes.json', text: JSON.stringify(changes) });
  await app.importFile('ip-ranges', { name: 'ranges.csv', text: 'cidr,city\n10.0.0.0/8,outer\n10.0.1.0/24,inner\n' });
  for (const file of [0, 1, 2]) {
    const lines = Array.from({ length: 500 }, (_, index) => {
      const row = {
        click_id: `${file}-${index}`,
        created_at: day(index),
        product_id: index % 9,
        user_id: `u${index % users}`,
      };
      return JSON.stringify({ ...row, product_price: index, ip: `10.0.${index % 3}.7` });
    });
    await app.importFile('transactions', { name: `t${file}.jsonl`, text: lines.join('\n') });
  }
  const run = async (document: string) => {
    statements.length = 0;
    const { data, errors } = await app.query(document);
    expect(errors).toBeUndefined();
    return {
      data: data as Record<string, unknown>,
      statements: statements.filter((sql) => !/data_version/i.test(sql)),
    };
  };
  return run;
};

// The most statements each may cost. Memory answers what it can; the rest is one statement a field, however long the page.
const documents: [statements: number, document: string][] = [
  [0, '{ userStatus(userId: "u1", date: "2021-01-01") { status validFrom validTo user { userId } } }'],
  [0, '{ ipCity(ip: "10.0.1.9") { city kind range { first last city } candidates { cidrs } } }'],
  [
    0,
    '{ enrichedAggregate { nodes { key { userStatus city } measures { count sum average min max median distinctUsers shareOfSum } } total { sum } snapshot { sequence at } } }',
  ],
  [
    0,
    '{ enrichedAggregate(groupBy: [PERIOD], grain: WEEK, timeZone: "Europe/Berlin", having: { countAtLeast: 2 }) { nodes { key { periodStart } measures { sum } } } }',
  ],
  [
    1,
    '{ enrichedAggregate(groupBy: [PRODUCT]) { nodes { key { productId } facts(first: 100) { totalCount nodes { amount occurredAt } } } } }',
  ],
  [1, '{ transactions(first: 1000) { totalCount nodes { transactionId amount user { userId status { status } } } } }'],
  [
    1,
    '{ transactions(first: 1000, orderBy: { by: AMOUNT, direction: DESC }) { nodes { enrichment { userStatus { status validFrom } ipCity { city range { cidrs } } } } } }',
  ],
  [
    2,
    '{ transactions(first: 1000) { nodes { user { userId } provenance { source line recordedAt import { id source state } } } } }',
  ],
  [
    5,
    '{ transactions(first: 1000) { nodes { user { userId } provenance { import { source } } enrichment { userStatus { explanation { rule decidedBy { effectiveAt } ignored { reason change { status } } } } ipCity { range { provenance { line import { target } } } } } } } }',
  ],
  [
    1,
    '{ user(userId: "u3") { status { status } statusTimeline { status validFrom validTo } statusChanges { nodes { status effectiveAt } } } }',
  ],
  [
    1,
    '{ user(userId: "u3") { transactions(first: 5, orderBy: { by: OCCURRED_AT, direction: DESC }) { totalCount nodes { amount } } } }',
  ],
  [1, '{ imports { nodes { id source state read accepted unchanged conflicts rejected } } }'],
  [2, '{ rejectedRecords { totalCount nodes { raw problems { path message } import { source } } } }'],
  [0, '{ server { version engine snapshot { sequence } indices { name entries bytes } } }'],
];

it('an operation runs a fixed number of statements for any page size', async () => {
  const run = await counted();
  await run('{ enrichedAggregate { totalCount } }');
  const over: unknown[] = [];
  for (const [most, document] of documents) {
    const { statements } = await run(document);
    if (statements.length > most) over.push({ document, most, statements: statements.map((sql) => sql.slice(0, 160)) });
  }
  expect(over).toEqual([]);
}, 60_000);

it('nested fields of a thousand rows are loaded with one statement per field', async () => {
  const run = await counted();
  const { data, statements } = await run(
    '{ transactions(first: 1000) { nodes { user { userId } provenance { import { source } } } } }',
  );
  const { nodes } = data.transactions as { nodes: { provenance: { import: { source: string } } }[] };
  expect(nodes).toHaveLength(1000);
  expect(new Set(nodes.map((node) => node.provenance.import.source))).toEqual(
    new Set(['t0.jsonl', 't1.jsonl', 't2.jsonl']),
  );
  expect(statements).toHaveLength(2);
}, 60_000);

it('global ids of many types are found with one statement per type', async () => {
  const run = await counted();
  const { data } = await run('{ transactions(first: 20) { nodes { id } } imports { nodes { id } } }');
  const ids = data as Record<string, { nodes: { id: string }[] }>;
  const all = [...(ids.transactions?.nodes ?? []), ...(ids.imports?.nodes ?? [])].map(({ id }) => id);
  const found = await run(
    `{ nodes(ids: ${JSON.stringify(all)}) { __typename id ... on Transaction { amount } ... on Import { source } } }`,
  );
  expect((found.data.nodes as { id: string }[]).map(({ id }) => id)).toEqual(all);
  // The transactions were read by the first operation.
  expect(found.statements).toHaveLength(1);
}, 60_000);
