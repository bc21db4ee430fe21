import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as tables from '../../db/tables/index.ts';
import { fixture, openApp } from '../support/app.ts';
import { root } from '../support/modules.ts';
import { dataFolder, rawConnection, testStore } from '../support/store.ts';

const migrations = join(root, 'db/migrations');
const tableList = Object.values(tables).filter((table) => is(table, SQLiteTable));

/** A folder with the store as the first release left it; never generate `oldest.sql` again. */
const oldestData = (): string => {
  const data = dataFolder();
  mkdirSync(data, { recursive: true });
  const client = rawConnection(data);
  client.pragma('journal_mode = WAL');
  client.exec(readFileSync(fixture('oldest.sql'), 'utf8'));
  client.close();
  return data;
};

const question = `{
  user(userId: "0007") { statusChanges { nodes { status provenance { source line sequence } } } }
  before: userStatus(userId: "ada", date: "2025-06-01T10:00:00Z") { status validTo }
  at: userStatus(userId: "ada", date: "2025-06-01T10:00:00.000001Z") { status validFrom }
  inner: ipCity(ip: "10.0.7.127") { city range { provenance { source } } candidates { city } }
  six: ipCity(ip: "2001:db8::2") { city }
  enrichedAggregate(groupBy: [USER_STATUS, CITY]) {
    nodes { key { userStatus city } measures { count sum } }
    total { count sum }
    snapshot { sequence at }
  }
  rejectedRecords { totalCount nodes { raw line problems { path code } import { source } } }
}`;

describe('the store of the oldest release', () => {
  it('is migrated to the newest schema and gives the same answers', async () => {
    const opened = await openApp({ data: oldestData() });
    onTestFinished(opened.close);
    expect(opened.app.store.verify().problems).toEqual([]);
    const { data, errors } = await opened.query(question);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      user: {
        statusChanges: {
          nodes: [
            { status: 'PAYING', provenance: { source: 'changes.csv', line: 4, sequence: 3 } },
            { status: 'CANCELLED', provenance: { source: 'api', line: null, sequence: 12 } },
          ],
        },
      },
      before: { status: 'PAYING', validTo: '2025-06-01T10:00:00.000001Z' },
      at: { status: 'CANCELLED', validFrom: '2025-06-01T10:00:00.000001Z' },
      inner: {
        city: 'Malmö',
        range: { provenance: { source: 'ranges.json' } },
        candidates: [{ city: 'Malmö' }, { city: 'lund' }],
      },
      six: { city: 'lund' },
      enrichedAggregate: {
        nodes: expect.arrayContaining([
          { key: { userStatus: 'NON_PAYING', city: 'Malmö' }, measures: { count: 1, sum: '19.99' } },
          { key: { userStatus: 'PAYING', city: 'lund' }, measures: { count: 1, sum: '0.1' } },
          { key: { userStatus: 'CANCELLED', city: 'lund' }, measures: { count: 1, sum: '100.000001' } },
          { key: { userStatus: 'CANCELLED', city: 'unknown' }, measures: { count: 1, sum: '5' } },
        ]),
        total: { count: 4, sum: '125.090001' },
        snapshot: { sequence: 12, at: '2026-01-05T12:00:00Z' },
      },
      rejectedRecords: {
        totalCount: 2,
        nodes: [{ line: 5, problems: [{ path: 'click_id', code: 'CONFLICT' }] }, { line: 5 }],
      },
    });
  });

  it('recognizes its old records and gives new ones the next sequence numbers', async () => {
    const opened = await openApp({ data: oldestData() });
    onTestFinished(opened.close);
    const text = ['user_id,created_at,status', 'ada,2025-01-01T10:00:00,paying', 'ada,2025-09-01,paying'].join('\n');
    const imported = await opened.importFile('user-status', { name: 'more.csv', text });
    expect(imported).toMatchObject({ id: 4, accepted: 1, unchanged: 1 });
    expect(opened.app.ledger.snapshot().sequence).toBe(13);
    expect(opened.app.store.verify().problems).toEqual([]);
  });
});

describe('migrations', () => {
  it('change nothing in a store that is opened again', () => {
    const data = oldestData();
    const schema = () => rawConnection(data).prepare('select name, sql from sqlite_master order by name').all();
    testStore({ data }).close();
    const once = schema();
    testStore({ data }).close();
    expect(schema()).toEqual(once);
  });

  it('leave nothing to generate: the newest snapshot matches the tables', async () => {
    const journal = JSON.parse(readFileSync(join(migrations, 'meta/_journal.json'), 'utf8')) as {
      entries: { tag: string }[];
    };
    const snapshots = readdirSync(join(migrations, 'meta')).filter((name) => name.endsWith('_snapshot.json'));
    expect(snapshots).toHaveLength(journal.entries.length);
    const newest = snapshots.sort().at(-1) as string;
    const snapshot = JSON.parse(readFileSync(join(migrations, 'meta', newest), 'utf8')) as never;
    expect(await generateSQLiteMigration(snapshot, await generateSQLiteDrizzleJson(tables))).toEqual([]);
    expect(readdirSync(migrations).filter((name) => name.endsWith('.sql'))).toEqual(
      journal.entries.map(({ tag }) => `${tag}.sql`),
    );
  });

  it('leave the same store as the newest schema that a new file begins with', () => {
    const everything = (data: string) => {
      const client = rawConnection(data);
      const objects = client.prepare('select type, name, tbl_name, sql from sqlite_master order by rowid').all() as {
        type: string;
        name: string;
      }[];
      const rows = objects
        .filter(({ type }) => type === 'table')
        .map(({ name }) => [name, client.prepare(`select * from "${name}"`).all()]);
      const settings = ['user_version', 'application_id', 'encoding', 'page_size', 'auto_vacuum', 'journal_mode'];
      return { objects, rows, settings: settings.map((name) => [name, client.pragma(name, { simple: true })]) };
    };
    const [byMigrations, bySchema] = [dataFolder(), dataFolder()];
    // A file that is not empty gets every migration.
    const client = rawConnection(byMigrations);
    client.exec('create table __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)');
    client.close();
    for (const data of [byMigrations, bySchema]) testStore({ data }).close();
    const made = everything(bySchema);
    expect(made).toEqual(everything(byMigrations));
    expect(made.objects.length).toBeGreaterThan(2 * tableList.length);
  });

  it('create exactly the columns that the tables declare', () => {
    const data = dataFolder();
    testStore({ data });
    const client = rawConnection(data);
    for (const table of tableList) {
      // By name: a column that was added later is at the end of the table.
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      const columns = Object.values(getTableColumns(table)).map(({ name, notNull }) => ({ name, notNull }));
      const made = client.pragma(`table_info(${getTableName(table)})`) as { name: string; notnull: number }[];
      const stored = made.map(({ name, notnull }) => ({ name, notNull: notnull === 1 }));
      expect(stored.sort(byName)).toEqual(columns.sort(byName));
    }
    const named = client.prepare(
      "select name from sqlite_master where type = 'table' and name not glob 'sqlite_*' and name not glob '__*'",
    );
    expect(named.pluck().all().sort()).toEqual(tableList.map(getTableName).sort());
  });

  it('run once when two programs open a new data folder at the same moment', () => {
    const statements: string[] = [];
    testStore({ onStatement: (sql) => void statements.push(sql) });
    const locked = statements.findIndex((sql) => /immediate/i.test(sql));
    expect(locked).toBeGreaterThan(0);
    for (let moment = 0; moment <= locked; moment++) {
      const data = dataFolder();
      let statement = 0;
      const store = testStore({
        data,
        // The other program opens it before this statement.
        onStatement: () => {
          if (statement++ === moment) testStore({ data });
        },
      });
      expect(store.verify().problems).toEqual([]);
    }
  });
});
