import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { anyWrite, perform } from '../support/any-writes.ts';
import { openApp } from '../support/app.ts';
import { importCsv } from '../support/datasets.ts';
import { root } from '../support/modules.ts';
import { dataFolder } from '../support/store.ts';

const folder = join(root, 'db/migrations');
const migrations = readMigrationFiles({ migrationsFolder: folder });
const tags = readdirSync(folder).filter((name) => name.endsWith('.sql'));

const documents = [
  '{ users { totalCount nodes { userId statusTimeline { status validFrom } } } }',
  '{ enrichedAggregate(groupBy: [USER_STATUS, CITY]) { nodes { key { userStatus city } measures { count sum } } snapshot { sequence at } } }',
  '{ transactions(first: 500) { totalCount nodes { transactionId amount provenance { source line sequence } } } }',
  '{ experimentEvents(first: 500) { totalCount nodes { eventId variant } } }',
  '{ imports(first: 100) { nodes { target state read accepted rejected } } }',
  '{ rejectedRecords(first: 100) { nodes { state raw line problems { path code } } } }',
  '{ datasets { nodes { name versions(first: 9) { nodes { number rowCount } } rows(first: 9) { nodes { values } } } } }',
  '{ apiKeys { name scopes } }',
];

const answersAt = async (data: string): Promise<unknown[]> => {
  const opened = await openApp({ data });
  const answers: unknown[] = [];
  for (const document of documents) answers.push(await opened.query(document));
  expect(opened.app.store.verify().problems).toEqual([]);
  await opened.close();
  return answers;
};

const filled = async (): Promise<string> => {
  const opened = await openApp({ data: dataFolder() });
  onTestFinished(opened.close);
  await fc
    .sample(anyWrite, { numRuns: 25, seed: 11 })
    .reduce((before, each, number) => before.then(() => perform(opened, each, number)), Promise.resolve());
  const text = 'user_id,created_at,status\nx,,\ny,2020-01-01,paying';
  await opened.importFile('user-status', { name: 'bad.csv', text });
  await importCsv(opened, 'songs', 'id,title\n1,Loud\n2,Quiet,x\n');
  await importCsv(opened, 'songs', 'id,title\n1,Loud\n3,Soft\n');
  await opened.app.domains.apiKeys.add('reader', ['read']);
  await opened.close();
  return opened.data;
};

const columnsOf = (client: Database.Database, schema: string, table: string): string[] =>
  (client.pragma(`${schema}.table_info("${table}")`) as { name: string }[]).map(({ name }) => name);

/** A copy of a data folder whose store has the schema of before the migrations from `count` on, with all that it has a place for. */
const asOfMigration = (data: string, count: number): string => {
  const older = dataFolder();
  mkdirSync(older, { recursive: true });
  cpSync(data, older, { recursive: true });
  for (const suffix of ['.sqlite', '.sqlite-wal', '.sqlite-shm', '.mark'])
    rmSync(join(older, `asof${suffix}`), { force: true });
  const client = new Database(join(older, 'asof.sqlite'));
  client.pragma('journal_mode = WAL');
  client.exec('create table __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)');
  for (const { sql, hash, folderMillis } of migrations.slice(0, count)) {
    for (const statement of sql) client.exec(statement);
    client.prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)').run(hash, folderMillis);
  }
  client.prepare('attach ? as newest').run(join(data, 'asof.sqlite'));
  const tables = client
    .prepare<[], string>("select name from main.sqlite_master where type = 'table' and name not glob '__*'")
    .pluck()
    .all();
  for (const table of tables) {
    const known = new Set(columnsOf(client, 'newest', table));
    const names = columnsOf(client, 'main', table)
      .filter((name) => known.has(name))
      .map((name) => `"${name}"`);
    client.exec(`delete from main."${table}"`);
    client.exec(`insert into main."${table}" (${names}) select ${names} from newest."${table}"`);
  }
  // Rows that were removed count, too.
  const ofTables = 'where name in (select name from main.sqlite_master)';
  client.exec(
    `delete from sqlite_sequence; insert into sqlite_sequence select * from newest.sqlite_sequence ${ofTables}`,
  );
  client.close();
  return older;
};

const indexOfTag = (number: string): number => tags.findIndex((name) => name.startsWith(number)) + 1;

it.each(['0015', '0018', '0019', '0020'])(
  'a store as migration %s left it is upgraded, sound, and gives the same answers',
  async (number) => {
    const data = await filled();
    const expected = await answersAt(data);
    const older = asOfMigration(data, indexOfTag(number));
    expect(await answersAt(older)).toEqual(expected);
    const client = new Database(join(older, 'asof.sqlite'), { readonly: true });
    onTestFinished(() => void client.close());
    expect(client.prepare('select max(created_at) from __drizzle_migrations').pluck().get()).toBe(
      migrations.at(-1)?.folderMillis,
    );
    // Damaged versions say which dataset they belong to, as in a store that was made by this version.
    const listOf = (sql: string) => client.prepare(sql).pluck().all();
    expect(listOf('select dataset_id from row_digests where dataset_id is not null order by key')).toEqual(
      listOf('select dataset_id from dataset_versions order by id'),
    );
    expect(readFileSync(join(older, 'asof.mark')).length).toBeGreaterThan(0);
  },
);
