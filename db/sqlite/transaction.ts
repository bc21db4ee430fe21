import type Database from 'better-sqlite3';
import { Column, getTableColumns, getTableName } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { DomainError } from '../../src/errors.ts';
import type { Commit, LedgerTable, NewRecord, Tx } from '../store.ts';
import type { RecentRecord } from './recent-commits.ts';

/** The greatest sequence number: the indices keep it in 32 bits. */
const seqMax = 2 ** 32 - 2;

export interface OpenTransaction extends Tx {
  /** Reads where the ledger stands; call it right after BEGIN. */
  begin(): void;
  /** How many records were appended since `begin`. */
  mark(): number;
  /** Forgets the appends beyond a mark; call it with the savepoint's rollback. */
  backTo(mark: number): void;
  /** Writes the commit row; call it right before COMMIT. */
  end(): void;
  /** What was appended since `begin`; call it right after COMMIT. */
  committed(): { readonly firstSeq: number; readonly records: readonly RecentRecord[] };
}

/**
 * The verbs of a transaction on one connection. Statements are prepared once a table and shape: a Drizzle insert built
 * per row is 4–5 times slower.
 */
export const createTransaction = (client: Database.Database, clockUs: () => number): OpenTransaction => {
  const statements = new Map<string, Database.Statement>();
  const prepared = (text: string): Database.Statement => {
    let statement = statements.get(text);
    if (!statement) {
      statement = client.prepare(text);
      statements.set(text, statement);
    }
    return statement;
  };
  const inserters = new Map<SQLiteTable, Inserter>();
  let firstSeq = 1;
  let appended: RecentRecord[] = [];
  let nowUs = 0;

  const inserterOf = (table: SQLiteTable): Inserter => {
    let inserter = inserters.get(table);
    if (!inserter) {
      inserter = prepareInserter(client, table);
      inserters.set(table, inserter);
    }
    return inserter;
  };

  /** The values of a record that takes the next place in the ledger. */
  const nextValues = <T extends LedgerTable>({ valuesOf, seq, recordedAtUs }: Inserter, record: NewRecord<T>) => {
    const values = valuesOf(record as Record<string, unknown>);
    values[recordedAtUs] = nowUs;
    const next = firstSeq + appended.length;
    if (next > seqMax) throw new DomainError('LIMIT_EXCEEDED', `the ledger is full: it holds ${seqMax} records`);
    values[seq] = next;
    return values;
  };

  const noteAppended = (table: SQLiteTable, values: readonly unknown[]): number => {
    appended.push({ table, values });
    return firstSeq + appended.length - 1;
  };

  const lookups = new Map<SQLiteTable, Map<string, Database.Statement>>();

  /** An import looks every record up: the text of the statement is made once, not a record. */
  const lookup = (table: SQLiteTable, match: Readonly<Record<string, unknown>>): Database.Statement => {
    const ofTable = lookups.get(table) ?? new Map<string, Database.Statement>();
    lookups.set(table, ofTable);
    const keys = Object.keys(match);
    // `=` where it can be: `is` keeps SQLite from an index of the rows that are not null.
    const equals = keys.map((key) => (match[key] === null ? 'is' : '='));
    const shape = keys.map((key, place) => `${key} ${equals[place]}`).join();
    const known = ofTable.get(shape);
    if (known) return known;
    const columns = Object.entries(getTableColumns(table)) as [string, SQLiteColumn][];
    const byKey = new Map(columns);
    const where = keys.map((key, place) => `"${byKey.get(key)?.name}" ${equals[place]} ?`).join(' and ');
    const list = columns.map(([key, column]) => `"${column.name}" as "${key}"`).join(', ');
    const text = `select ${list} from "${getTableName(table)}" where ${where || '1'} order by rowid desc limit 1`;
    const statement = client.prepare(text);
    ofTable.set(shape, statement);
    return statement;
  };

  const newest: Tx['findLatest'] = (table, match) => lookup(table, match).get(Object.values(match)) as never;

  return {
    get nowUs() {
      return nowUs;
    },
    begin() {
      const last = prepared(
        'select last_seq as lastSeq, recorded_at_us as recordedAtUs from commits order by last_seq desc limit 1',
      ).get() as Commit | undefined;
      firstSeq = (last?.lastSeq ?? 0) + 1;
      appended = [];
      nowUs = Math.max(clockUs(), last?.recordedAtUs ?? 0);
    },
    mark: () => appended.length,
    backTo(mark) {
      appended.length = mark;
    },
    end() {
      if (appended.length === 0) return;
      prepared('insert into commits (last_seq, recorded_at_us) values (?, ?)').run(
        firstSeq + appended.length - 1,
        nowUs,
      );
    },
    committed: () => ({ firstSeq, records: appended }),
    append(table, record) {
      const inserter = inserterOf(table);
      const values = nextValues(inserter, record);
      inserter.insert.run(values);
      return noteAppended(table, values);
    },
    appendOrFind(table, record, match) {
      const inserter = inserterOf(table);
      const values = nextValues(inserter, record);
      if (inserter.insertUnless.run(values).changes === 1) return { seq: noteAppended(table, values) };
      const known = newest(table, match);
      if (known) return { known };
      throw new Error(`no unique index of ${getTableName(table)} covers ${Object.keys(match)}`);
    },
    findLatest: newest,
    insert(table, row) {
      const { valuesOf, insert } = inserterOf(table);
      return Number(insert.run(valuesOf(row as Record<string, unknown>)).lastInsertRowid);
    },
    update(table, match, changes) {
      const byKey = new Map(Object.entries(getTableColumns(table)) as [string, SQLiteColumn][]);
      const assign = (key: string) => `"${byKey.get(key)?.name}" = ?`;
      const sets = Object.keys(changes).map(assign).join(', ');
      const where = Object.keys(match).map(assign).join(' and ');
      prepared(`update "${getTableName(table)}" set ${sets} where ${where}`).run([
        ...Object.values(changes),
        ...Object.values(match),
      ]);
    },
  };
};

interface Inserter {
  /** What the driver is given for a row, in the order of the table's columns. */
  valuesOf(row: Readonly<Record<string, unknown>>): unknown[];
  readonly insert: Database.Statement;
  /** Inserts nothing, and says so, when a unique index holds the row's key already. */
  readonly insertUnless: Database.Statement;
  /** Places of these columns; -1 in a table that is not of the ledger. */
  readonly seq: number;
  readonly recordedAtUs: number;
}

const prepareInserter = (client: Database.Database, table: SQLiteTable): Inserter => {
  const columns = Object.entries(getTableColumns(table)) as [string, SQLiteColumn][];
  const names = columns.map(([, column]) => `"${column.name}"`).join(', ');
  const text = `insert into "${getTableName(table)}" (${names}) values (${columns.map(() => '?').join(', ')})`;
  const keys = columns.map(([key]) => key);
  const fallbacks = columns.map(([, column]) => column.default ?? null);
  const toDrivers = columns.map(([, column]) => toDriver(column));
  return {
    valuesOf(row) {
      const values: unknown[] = [];
      for (let place = 0; place < keys.length; place++) {
        const value = row[keys[place] as string] ?? fallbacks[place];
        const convert = toDrivers[place];
        values.push(convert && value !== null ? convert(value) : value);
      }
      return values;
    },
    insert: client.prepare(text),
    insertUnless: client.prepare(`${text} on conflict do nothing`),
    seq: keys.indexOf('seq'),
    recordedAtUs: keys.indexOf('recordedAtUs'),
  };
};

/** Null for columns whose values are stored as they are. */
const toDriver = (column: SQLiteColumn): ((value: unknown) => unknown) | null =>
  column.mapToDriverValue === Column.prototype.mapToDriverValue ? null : (value) => column.mapToDriverValue(value);
