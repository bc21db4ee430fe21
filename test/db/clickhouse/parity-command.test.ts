import { afterAll, beforeAll, expect, it } from 'vitest';
import { asof, folder } from '../../cli/asof-process.ts';
import { type AnyWrite, perform } from '../../support/any-writes.ts';
import { openApp } from '../../support/app.ts';
import { type ClickHouseServer, startClickHouse } from '../../support/clickhouse.ts';

let clickhouse: ClickHouseServer;
beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse.close());

const uuid = '00000000-0000-4000-8000-000000000001';
const user = { userId: 'a', day: '2020-06-02' } as const;
const writes: readonly AnyWrite[] = [
  { kind: 'table', ranges: ['10.0.0.0,10.0.0.4,oslo'] },
  { kind: 'status', ...user, status: 'paying' },
  { kind: 'profile', userId: 'a', country: 'SE' },
  { kind: 'file', userId: 'a', name: 'Ada', year: 1980, image: true, removed: false },
  { kind: 'purchase', ...user, host: 1, price: 3 },
  { kind: 'purchase', ...user, host: 9, price: 5 },
  { kind: 'followup', uuid },
  { kind: 'start', uuid, symbol: 'e' },
  { kind: 'followup', uuid },
];

it('asof migrate copies a data folder, and asof check parity names what differs', async () => {
  const data = await folder();
  // Without ClickHouse, so that the command makes the copy.
  const opened = await openApp({ data, settings: { clickhouse: '' } });
  for (const [number, write] of writes.entries()) await perform(opened, write, number);
  await opened.close();
  const ofCluster = clickhouse.cluster === '' ? [] : ['--clickhouse-cluster', clickhouse.cluster];
  const options = ['--data', data, '--clickhouse', clickhouse.url, ...ofCluster];

  const migrated = await asof(['migrate', '--to', 'clickhouse', ...options]);
  expect(migrated).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^equal: 11 rows up to \d+, and 13 aggregates/),
  });
  expect(migrated.stderr).toContain(`asof serve ${options.join(' ')}`);
  expect(await asof(['check', 'parity', ...options, '--sample', '0.5'])).toMatchObject({ code: 0 });

  // A row that is stored as joined is lost, and one of the copy is doubled.
  const [[stored] = []] = await clickhouse.rows(
    `SELECT name FROM system.tables WHERE database = 'asof' AND name LIKE 'enriched_transactions%'`,
  );
  await clickhouse.rows(`ALTER TABLE asof.${stored} DELETE WHERE amount = 5000000 SETTINGS mutations_sync = 2`);
  await clickhouse.rows(`INSERT INTO asof.status_changes SELECT * FROM asof.status_changes`);
  await clickhouse.rows(`ALTER TABLE asof.followup_counts DELETE WHERE followups < 0 SETTINGS mutations_sync = 2`);
  const { code, stdout } = await asof(['check', 'parity', ...options, '--json']);
  const { equal, differences } = JSON.parse(stdout) as { equal: boolean; differences: string[] };
  expect([code, equal]).toEqual([1, false]);
  expect(differences).toContain('status_changes of 2020-06-02: 2 rows in ClickHouse, 1 in the ledger');
  expect(differences).toContain('orphan follow-ups: 1 in ClickHouse, 0 in the ledger');
  expect(differences).toContain(
    'TRANSACTIONS of 2020-06-02 with CITY unknown: no facts in ClickHouse, 1 facts with amounts of 5000000 millionths in the ledger',
  );
});

it('asof check parity says what is missing from its command', async () => {
  const data = await folder();
  expect(await asof(['check', 'parity', '--data', data])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--clickhouse URL'),
  });
});
