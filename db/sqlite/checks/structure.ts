import Database from 'better-sqlite3';
import type { Damage } from '../../store.ts';
import { newestSchema, type SchemaObject, schemaOf } from '../file/migrations.ts';

/** Checks that the file has the tables, indices and migrations that this version makes, and no others. */
export function* damagedSchema(client: Database.Database): Generator<Damage> {
  const expected = newestSchema();
  const actual = schemaOf(client);
  const expectedObjects = byName(expected.objects);
  const found = byName(actual.objects);
  for (const [name, object] of expectedObjects) {
    const other = found.get(name);
    if (!other) yield { table: object.tbl_name, message: `schema: the ${object.type} ${name} is missing` };
    else if (other.sql !== object.sql || other.type !== object.type || other.tbl_name !== object.tbl_name)
      yield { table: object.tbl_name, message: `schema: the ${object.type} ${name} is not as asof made it` };
  }
  for (const [name, { type }] of found)
    if (!expectedObjects.has(name)) yield { table: null, message: `schema: the ${type} ${name} is not one of asof` };
  if (JSON.stringify(actual.migrations) !== JSON.stringify(expected.migrations))
    yield { table: null, message: 'schema: the list of migrations is not that of this version of asof' };
}

const byName = (objects: readonly SchemaObject[]): ReadonlyMap<string, SchemaObject> =>
  new Map(objects.map((object) => [object.name, object]));

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
