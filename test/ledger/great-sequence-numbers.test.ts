import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadDemo } from '../../src/demo/load.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { importCsv } from '../support/datasets.ts';

/** The first sequence number of the second ledger: the first import of the demo reaches beyond 2^32, where 32 bits end. */
const first = 2 ** 32 - 20;
const offset = first - 1;

const documents = [
  `enrichedAggregate(first: 500, groupBy: [USER_STATUS, CITY, COUNTRY, PERIOD], grain: MONTH, asOf: { sequence: $sequence }) {
     snapshot { sequence } total { count sum median distinctUsers }
     nodes { key { userStatus city country periodStart } measures { count sum median } facts(first: 3) { nodes { userId occurredAt } } } }`,
  `transactions(first: 50, orderBy: { by: AMOUNT, direction: DESC }, asOf: { sequence: $sequence }) {
     totalCount nodes { transactionId amount provenance { sequence line } user { country }
     enrichment { userStatus { status validFrom } ipCity { city } } } }`,
  'transactions(last: 20, orderBy: { by: RECEIVED_AT }, asOf: { sequence: $sequence }) { nodes { transactionId } }',
  `ipCities(addresses: ["10.20.7.9", "10.21.1.9", "2001:db8:1::7", "9.9.9.9"], asOf: { sequence: $sequence }) {
     ipCity { city range { first last provenance { sequence line } } candidates { first last } table { sequence } } }`,
  'dashboard(asOf: { sequence: $sequence }) { symbols { symbol count followups followupRate guessAccuracy } }',
  'conversations(first: 100, asOf: { sequence: $sequence }) { totalCount nodes { uuid symbol followups { receivedAt } } }',
  `monitor(asOf: { sequence: $sequence }) { verdict sentence snapshot { sequence }
     checks { verdict country message } markets { country verdict userCount }
     trend { periodStart eventCount newUserCount } outcomes { variant mean users } }`,
  'experimentEvents(first: 50, asOf: { sequence: $sequence }) { totalCount nodes { userId variant provenance { sequence } } }',
  'sql(query: "select user_status, city, count(*) n, sum(amount) s, min(seq) f from transactions group by 1, 2 order by 1, 2", asOf: { sequence: $sequence }) { rows }',
  `sql(query: "select d.region, t.user_status, count(*) n, sum(t.amount) s, min(t.seq) f, max(t.seq) l from transactions t join regions d on d.city = t.city group by 1, 2 order by 1, 2", asOf: { sequence: $sequence }) { rows }`,
  `sql(query: "select d.region, e.variant, count(*) n, max(e.seq) l from experiment_events e join users u on u.user_id = e.user_id left join regions d on d.country = u.country group by 1, 2 order by 1, 2", asOf: { sequence: $sequence }) { rows }`,
  'sql(query: "select region, count(*) n from regions group by 1 order by 1", asOf: { sequence: $sequence }) { rows }',
  'userStatistics(asOf: { sequence: $sequence }) { count withImage byStatus { count } snapshot { sequence } }',
];

/** All sequence numbers of an answer, less `offset`. */
const shifted = (answer: unknown, offset: number): unknown =>
  JSON.parse(JSON.stringify(answer), (_key, value) =>
    typeof value === 'number' && value >= offset ? value - offset : value,
  );

interface Restarted {
  readonly opened: OpenApp;
  readonly last: number;
}

/** Some of the cities and countries of the demo, the second one in a region that a version of the dataset names. */
const regionsOf = (region: string): string =>
  `city,country,region\nunknown,US,none\n${['Vienna,SE', 'Berlin,FR', 'Prague,DE'].map((line) => `${line},${region}\n`).join('')}`;

const withRestart = async (firstSequence: number, by: 'records' | 'index file'): Promise<Restarted> => {
  const stopRecords = by === 'index file' ? '1' : '0';
  const settings = {
    ...{ firstSequence: String(firstSequence), now: '2026-03-01T00:00:00Z' },
    ...{ indexFileRecords: '0', indexFileStopRecords: stopRecords },
  };
  const opened = await openApp({ settings, onDisk: true });
  await loadDemo(opened.app.domains, tmpdir());
  for (const region of ['south', 'north']) await importCsv(opened, 'regions', regionsOf(region));
  await opened.app.close();
  const restarted = await openApp({ data: opened.data, settings });
  onTestFinished(async () => {
    await restarted.close();
    await opened.close();
  });
  const { data } = await restarted.query<{ server: { snapshot: { sequence: string } } }>(
    '{ server { snapshot { sequence } } }',
  );
  const last = Number(data?.server.snapshot.sequence);
  expect(restarted.app.ledger.rebuild?.fromFile).toBe(by === 'index file' ? last : 0);
  return { opened: restarted, last };
};

describe('a ledger that grows across 2^32', () => {
  it('answers as one that begins with 1, also from an index file', { timeout: 120_000 }, async () => {
    const [small, great] = [await withRestart(1, 'records'), await withRestart(first, 'index file')];
    expect(great.last).toBe(small.last + offset);
    expect(great.last).toBeGreaterThan(2 ** 32 + 2000);
    for (const field of documents)
      for (const sequence of [small.last, 9000, 2500]) {
        const query = `query ($sequence: BigInt) { ${field} }`;
        const expected = await small.opened.query(query, { sequence });
        expect(expected.errors).toBeUndefined();
        const found = await great.opened.query(query, { sequence: sequence + offset });
        expect(shifted(found, offset)).toEqual(expected);
      }
    const joined = await great.opened.query<{ sql: { rows: { n: number; l: number }[] } }>(
      '{ sql(query: "select count(*) n, max(t.seq) l from transactions t join regions d on d.city = t.city") { rows } }',
    );
    const [row] = joined.data?.sql.rows ?? [];
    expect(row?.n).toBeGreaterThan(0);
    expect(row?.l).toBeGreaterThan(2 ** 32);
    expect(great.opened.app.store.verify()).toMatchObject({ problems: [], records: small.last });
  });
});
