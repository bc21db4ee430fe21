import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { DomainError } from '../../src/errors.ts';
import type { AppendResult, ColumnName, Commit, LedgerTable, Match, NewRecord, NewRow, Row, Tx } from '../store.ts';
import { columnOf, encodeValues } from './columns.ts';
import { type Inserter, prepareInserter } from './inserter.ts';
import { LatestRowFinder } from './lookup.ts';
import type { RecentRecord } from './recent-commits.ts';

/** The greatest sequence number: the indices store it in 32 bits. */
const seqMax = 2 ** 32 - 2;

export interface CommittedRecords {
  readonly firstSeq: number;
  readonly records: readonly RecentRecord[];
  /** The tables outside of the ledger that work has written, also work that was undone. */
  readonly tables: ReadonlySet<SQLiteTable>;
}

/**
 * The operations of a transaction on one connection, which also assigns sequence numbers. Statements are prepared once per table and
 * shape: a Drizzle insert built per row is 4–5 times slower.
 */
export class SqliteTransaction implements Tx {
  readonly #client: Database.Database;
  readonly #clockUs: () => number;
  readonly #finder: LatestRowFinder;
  readonly #inserters = new Map<SQLiteTable, Inserter>();
  readonly #statements = new Map<string, Database.Statement>();
  #firstSeq = 1;
  #appended: RecentRecord[] = [];
  #tables = new Set<SQLiteTable>();
  #nowUs = 0;

  constructor(client: Database.Database, clockUs: () => number) {
    this.#client = client;
    this.#clockUs = clockUs;
    this.#finder = new LatestRowFinder(client);
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Reads the last sequence number of the ledger; call it right after BEGIN. */
  begin(): void {
    const last = this.#prepare(
      'select last_seq as lastSeq, recorded_at_us as recordedAtUs from commits order by last_seq desc limit 1',
    ).get() as Commit | undefined;
    this.#firstSeq = (last?.lastSeq ?? 0) + 1;
    this.#appended = [];
    this.#tables = new Set();
    this.#nowUs = Math.max(this.#clockUs(), last?.recordedAtUs ?? 0);
  }

  /** The savepoint for `rollbackTo`: the number of records appended since `begin`. */
  savepoint(): number {
    return this.#appended.length;
  }

  /** Discards the appends after a savepoint; call it with SQLite's own rollback. */
  rollbackTo(savepoint: number): void {
    this.#appended.length = savepoint;
  }

  /** Writes the commit row; call it right before COMMIT. */
  end(): void {
    if (this.#appended.length === 0) return;
    const lastSeq = this.#firstSeq + this.#appended.length - 1;
    this.#prepare('insert into commits (last_seq, recorded_at_us) values (?, ?)').run(lastSeq, this.#nowUs);
  }

  /** What was written since `begin`; call it right after COMMIT. */
  committed(): CommittedRecords {
    return { firstSeq: this.#firstSeq, records: this.#appended, tables: this.#tables };
  }

  append<T extends LedgerTable>(table: T, record: NewRecord<T>): number {
    const inserter = this.#inserterOf(table);
    const values = this.#nextValues(inserter, record);
    inserter.insert.run(values);
    return this.#addAppended(table, values);
  }

  appendOrFind<T extends LedgerTable>(table: T, record: NewRecord<T>, match: Match<T>): AppendResult<T> {
    const inserter = this.#inserterOf(table);
    const values = this.#nextValues(inserter, record);
    if (inserter.insertUnlessPresent.run(values).changes === 1) return { seq: this.#addAppended(table, values) };
    const known = this.findLatest(table, match);
    if (known) return { known };
    throw new Error(`no unique index of ${getTableName(table)} covers ${Object.keys(match)}`);
  }

  findLatest<T extends SQLiteTable>(table: T, match: Match<T>): Row<T> | undefined {
    return this.#finder.find(table, match) as Row<T> | undefined;
  }

  insert<T extends SQLiteTable>(table: T, row: NewRow<T>): number {
    const { valuesOf, insert } = this.#inserterOf(table);
    this.#tables.add(table);
    return Number(insert.run(valuesOf(row)).lastInsertRowid);
  }

  update<T extends SQLiteTable>(table: T, match: Match<T>, changes: Match<T>): void {
    const assign = (key: string): string => `"${columnOf(table, key).name}" = ?`;
    const sets = Object.keys(changes).map(assign).join(', ');
    const where = Object.keys(match).map(assign).join(' and ');
    const statement = this.#prepare(`update "${getTableName(table)}" set ${sets} where ${where}`);
    this.#tables.add(table);
    statement.run([...encodeValues(table, changes), ...encodeValues(table, match)]);
  }

  remove<T extends SQLiteTable>(table: T, match: Match<T>): void {
    const where = Object.keys(match).map((key) => `"${columnOf(table, key).name}" = ?`);
    this.#tables.add(table);
    const statement = this.#prepare(`delete from "${getTableName(table)}" where ${where.join(' and ')}`);
    statement.run(encodeValues(table, match));
  }

  removeUpTo<T extends SQLiteTable>(table: T, column: ColumnName<T>, last: number): void {
    const { name } = columnOf(table, column);
    this.#tables.add(table);
    this.#prepare(`delete from "${getTableName(table)}" where "${name}" <= ?`).run(last);
  }

  #prepare(text: string): Database.Statement {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#client.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  #inserterOf(table: SQLiteTable): Inserter {
    let inserter = this.#inserters.get(table);
    if (!inserter) {
      inserter = prepareInserter(this.#client, table);
      this.#inserters.set(table, inserter);
    }
    return inserter;
  }

  /** The values of a record with the next sequence number of the ledger. */
  #nextValues(inserter: Inserter, record: Readonly<Record<string, unknown>>): unknown[] {
    const seq = this.#firstSeq + this.#appended.length;
    if (seq > seqMax) throw new DomainError('LIMIT_EXCEEDED', `the ledger is full: it holds ${seqMax} records`);
    const values = inserter.valuesOf(record);
    values[inserter.seqPosition] = seq;
    values[inserter.recordedAtUsPosition] = this.#nowUs;
    return values;
  }

  #addAppended(table: SQLiteTable, values: readonly unknown[]): number {
    this.#appended.push({ table, values });
    return this.#firstSeq + this.#appended.length - 1;
  }
}
