import Database from 'better-sqlite3';
import type { Damage } from '../store.ts';
import { openClient } from './client.ts';

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** Checks that the file has the tables, indices and migrations that this version makes, and no others. */
export function* damagedSchema(client: Database.Database): Generator<Damage> {
  const expected = openClient(':memory:');
  try {
    const expectedObjects = objectsOf(expected);
    const found = objectsOf(client);
    for (const [name, object] of expectedObjects) {
      const other = found.get(name);
      if (!other) yield { table: object.tbl_name, message: `schema: the ${object.type} ${name} is missing` };
      else if (other.sql !== object.sql || other.type !== object.type || other.tbl_name !== object.tbl_name)
        yield { table: object.tbl_name, message: `schema: the ${object.type} ${name} is not as asof made it` };
    }
    for (const [name, { type }] of found)
      if (!expectedObjects.has(name)) yield { table: null, message: `schema: the ${type} ${name} is not one of asof` };
    if (migrationsOf(client) !== migrationsOf(expected))
      yield { table: null, message: 'schema: the list of migrations is not that of this version of asof' };
  } finally {
    expected.close();
  }
}

const objectsOf = (client: Database.Database): Map<string, SchemaObject> =>
  new Map(
    client
      .prepare<[], SchemaObject>('select type, name, tbl_name, sql from sqlite_master order by rowid')
      .all()
      .map((object) => [object.name, object]),
  );

const migrationsOf = (client: Database.Database): string =>
  JSON.stringify(client.prepare('select hash, created_at from __drizzle_migrations order by created_at').raw().all());

/** What SQLite finds wrong with pages and indices; with `isQuick` without comparing indices with their tables. */
export function* damagedPages(client: Database.Database, isQuick: boolean): Generator<Damage> {
  const tableOf = tableFinder(client);
  let lines: readonly string[];
  try {
    lines = client
      .prepare<[], string>(`pragma ${isQuick ? 'quick_check' : 'integrity_check'}(1000)`)
      .pluck()
      .all();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    lines = [error.message];
  }
  for (const line of lines) if (line !== 'ok') yield { table: tableOf(line), message: `file: ${line.trim()}` };
}

/** Finds the table that a line of SQLite's check is about. */
const tableFinder = (client: Database.Database): ((line: string) => string | null) => {
  const objects = client
    .prepare<[], { name: string; tbl_name: string; rootpage: number }>(
      'select name, tbl_name, rootpage from sqlite_master',
    )
    .all();
  return (line) => {
    const root = Number(/\bTree (\d+)/.exec(line)?.[1]);
    const name = / (?:in|from) (?:index )?(\w+)/.exec(line)?.[1];
    return objects.find((each) => each.rootpage === root || each.name === name)?.tbl_name ?? null;
  };
};
