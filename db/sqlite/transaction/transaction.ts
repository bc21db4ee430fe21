import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { DomainError } from '../../../src/errors.ts';
import type {
  AppendResult,
  ColumnName,
  ErasingTx,
  LedgerTable,
  Match,
  NewRecord,
  NewRow,
  Row,
  StoreOptions,
} from '../../store.ts';
import { erasedRecords } from '../../tables/integrity.ts';
import { removeKeys } from '../archive/removal.ts';
import type { ArchivedRows } from '../archive/rows.ts';
import { archivedTableOf } from '../archive/tables.ts';
import { noDigest } from '../digests/digests.ts';
import { readRange } from '../digests/seal.ts';
import { SideRows } from '../digests/side-rows.ts';
import type { CommittedRecords, StoreState } from '../digests/store-state.ts';
import { columnOf, encodeValues, equalities } from '../rows/columns.ts';
import type { RecentRecord } from '../rows/recent-commits.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { CommitChain } from './commit-chain.ts';
import { type Inserter, Inserters } from './inserter.ts';
import { LatestRowFinder } from './lookup.ts';
import { RecordBatches } from './record-batches.ts';
import { RecordDigests } from './record-digests.ts';

/** The greatest sequence number that a JavaScript number states exactly. */
const seqMax = Number.MAX_SAFE_INTEGER;

/**
 * The operations of a transaction on one connection, which also assigns sequence numbers. Statements are prepared once per table and
 * shape: a Drizzle insert built per row is 4–5 times slower.
 */
export class SqliteTransaction implements ErasingTx {
  readonly #client: SqlConnection;
  readonly #clockUs: () => number;
  readonly #firstOfAll: number;
  readonly #archived: ArchivedRows | null;
  readonly #finder: LatestRowFinder;
  readonly #inserters: Inserters;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #digests = new RecordDigests();
  readonly #sideRows: SideRows;
  readonly #batches: RecordBatches;
  readonly #chain: CommitChain;
  #lastSeq = 0;
  #firstSeq = 1;
  #state: StoreState | undefined;
  #lastDigest = noDigest;
  #appended: RecentRecord[] = [];
  #tables = new Set<SQLiteTable>();
  #nowUs = 0;

  constructor(
    client: SqlConnection,
    { nowUs, firstSequence }: Pick<StoreOptions, 'nowUs' | 'firstSequence'>,
    archived: ArchivedRows | null,
    reader: SqlConnection | null = null,
  ) {
    this.#client = client;
    this.#archived = archived;
    this.#clockUs = nowUs;
    this.#firstOfAll = firstSequence;
    this.#finder = new LatestRowFinder(client);
    this.#inserters = new Inserters(client);
    this.#sideRows = new SideRows(client);
    this.#batches = new RecordBatches(client, archived, reader);
    this.#chain = new CommitChain(client);
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Call it right after BEGIN of a transaction of many works, and `begin` and `end` for each of them. */
  beginShared(): void {
    this.#chain.last.setAlone(true);
    this.#sideRows.state.setAlone(true);
    this.#batches.beginShared(this.#chain.last.get()?.lastSeq ?? 0);
  }

  /** Call it right after COMMIT or ROLLBACK of such a transaction. */
  endShared(isCommitted: boolean): void {
    this.#chain.last.setAlone(false);
    this.#sideRows.state.setAlone(false);
    this.#batches.endShared(isCommitted ? this.committed().state.lastSeq : null);
  }

  /** Reads the last sequence number of the ledger; call it right after BEGIN. */
  begin(): void {
    const last = this.#chain.last.get();
    this.#lastSeq = last?.lastSeq ?? 0;
    this.#firstSeq = last ? last.lastSeq + 1 : this.#firstOfAll;
    this.#lastDigest = last?.digest ?? noDigest;
    this.#sideRows.begin();
    this.#digests.begin();
    this.#batches.end(true);
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
    this.#batches.end(true);
    this.#appended.length = savepoint;
  }

  /** Inserts what is left of a work; call it before its savepoint is released. */
  release(): void {
    this.#batches.end(false);
  }

  /** Does a part of what `end` has to do; call it between the steps of a long transaction, which has no savepoints. */
  advance(): void {
    this.#digests.advance(this.#appended);
    this.#sideRows.advance();
  }

  /** Writes the commit row and the digests; call it right before COMMIT. */
  end(): void {
    this.release();
    const side = this.#sideRows.seal();
    this.#state = { lastSeq: this.#lastSeq, digest: this.#lastDigest, side };
    if (this.#appended.length === 0) return;
    const lastSeq = this.#newestSeq;
    if (this.#lastSeq === 0 && this.#firstSeq > 1)
      this.#lastDigest = this.#chain.appendOrigin(this.#lastDigest, this.#firstSeq - 1, this.#nowUs);
    const commit = { lastSeq, recordedAtUs: this.#nowUs, recordDigests: this.#digests.finish(this.#appended) };
    this.#state = { lastSeq, digest: this.#chain.append(this.#lastDigest, commit), side };
  }

  /** What was written since `begin`; call it right after COMMIT. */
  committed(): CommittedRecords {
    if (!this.#state) throw new Error('the transaction has not ended');
    return { firstSeq: this.#firstSeq, records: this.#appended, tables: this.#tables, state: this.#state };
  }

  announce<T extends LedgerTable>(table: T, columns: readonly string[], records: readonly object[]): void {
    this.#batches.announce(table, this.#inserters.of(table), { columns, records, lastSeq: this.#newestSeq });
  }

  append<T extends LedgerTable>(table: T, record: NewRecord<T>): number {
    const inserter = this.#inserters.of(table);
    const values = this.#nextValues(inserter, record);
    const batch = this.#batches.of(table);
    if (batch) batch.add(values);
    else {
      inserter.insert.run(values);
      this.#batches.passed(table);
    }
    return this.#addAppended(table, values);
  }

  appendOrFind<T extends LedgerTable>(table: T, record: NewRecord<T>, match: Match<T>): AppendResult<T> {
    const batch = this.#batches.of(table);
    const newest = batch?.newest(match);
    if (newest) return { known: newest as Row<T> };
    if (newest === null) return { seq: this.append(table, record) };
    batch?.flush();
    const archived = this.#archivedRow(table, match);
    if (archived) return { known: archived };
    this.#batches.passed(table);
    const inserter = this.#inserters.of(table);
    const values = this.#nextValues(inserter, record);
    if (inserter.insertUnlessPresent.run(values).changes === 1) return { seq: this.#addAppended(table, values) };
    const known = this.findLatest(table, match);
    if (known) return { known };
    throw new Error(`no unique index of ${getTableName(table)} covers ${Object.keys(match)}`);
  }

  findLatest<T extends SQLiteTable>(table: T, match: Match<T>): Row<T> | undefined {
    const batch = this.#batches.of(table);
    const newest = batch?.newest(match);
    if (newest !== undefined) return (newest ?? undefined) as Row<T> | undefined;
    batch?.flush();
    const found = this.#finder.find(table, match) as Row<T> | undefined;
    return found ?? this.#archivedRow(table, match);
  }

  /** The newest row that matches among those that are in segments. */
  #archivedRow<T extends SQLiteTable>(table: T, match: Match<T>): Row<T> | undefined {
    const lastSeq = this.#archived?.lastSeqOf(table) ?? 0;
    return lastSeq > 0 ? (this.#archived?.newest(table, match, lastSeq) as Row<T> | undefined) : undefined;
  }

  insert<T extends SQLiteTable>(table: T, row: NewRow<T>): number {
    return this.insertAll(table, [row])[0] as number;
  }

  insertAll<T extends SQLiteTable>(table: T, rows: readonly NewRow<T>[]): number[] {
    if (rows.length === 0) return [];
    this.#tables.add(table);
    const ids = this.#inserters.of(table).insertAll(rows);
    for (const id of ids) this.#sideRows.inserted(table, id);
    return ids;
  }

  update<T extends SQLiteTable>(table: T, match: Match<T>, changes: Match<T>): void {
    const sets = equalities(table, changes, ', ');
    const where = equalities(table, match);
    const matched = encodeValues(table, match);
    this.#changing(table, where, matched);
    const statement = this.#prepare(`update "${getTableName(table)}" set ${sets} where ${where}`);
    statement.run([...encodeValues(table, changes), ...matched]);
  }

  remove<T extends SQLiteTable>(table: T, match: Match<T>): void {
    this.#remove(table, equalities(table, match), encodeValues(table, match));
  }

  removeUpTo<T extends SQLiteTable>(table: T, column: ColumnName<T>, last: number): void {
    this.#remove(table, `"${columnOf(table, column).name}" <= ?`, [last]);
  }

  erase<T extends LedgerTable>(table: T, match: Match<T>): void {
    this.release();
    const where = equalities(table, match);
    const parameters = encodeValues(table, match);
    const found = this.#prepare(`select seq from "${getTableName(table)}" where ${where}`).pluck();
    const archived = archivedTableOf(table);
    for (const seq of found.all(parameters) as number[]) {
      // An archive that was interrupted may have added them.
      if (archived) removeKeys(this.#client, archived, readRange(this.#client, table).get(seq - 1, seq) ?? []);
      this.#noteErased(table, seq, null);
    }
    this.#prepare(`delete from "${getTableName(table)}" where ${where}`).run(parameters);
  }

  eraseContent<T extends LedgerTable>(table: T, seq: number, left: Match<T>): void {
    this.release();
    const sets = equalities(table, left, ', ');
    this.#prepare(`update "${getTableName(table)}" set ${sets} where seq = ?`).run([...encodeValues(table, left), seq]);
    const values = readRange(this.#client, table).get(seq - 1, seq);
    if (values) this.#noteErased(table, seq, this.#digests.of(table).of(values).toString('hex'));
  }

  #noteErased(table: LedgerTable, id: number, leftDigest: string | null): void {
    if (this.findLatest(erasedRecords, { id })) {
      this.update(erasedRecords, { id }, { leftDigest });
      return;
    }
    const tableName = getTableName(table);
    const { recordedAtUs, importId } = this.#prepare(
      `select recorded_at_us as recordedAtUs, import_id as importId from "${tableName}" where seq = ?`,
    ).get(id) as { recordedAtUs: number; importId: number | null };
    this.insert(erasedRecords, { id, tableName, recordedAtUs, importId, leftDigest, erasedAtUs: this.#nowUs });
  }

  #remove(table: SQLiteTable, where: string, parameters: unknown[]): void {
    this.#changing(table, where, parameters);
    this.#prepare(`delete from "${getTableName(table)}" where ${where}`).run(parameters);
  }

  /** Call it before rows of side tables are changed or removed. */
  #changing(table: SQLiteTable, where: string, parameters: unknown[]): void {
    this.#tables.add(table);
    const found = this.#prepare(`select id from "${getTableName(table)}" where ${where}`);
    for (const { id } of found.all(parameters) as { id: number }[]) this.#sideRows.changing(table, id);
  }

  #prepare(text: string): Database.Statement {
    const statement = this.#statements.get(text) ?? this.#client.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  get #newestSeq(): number {
    return this.#firstSeq + this.#appended.length - 1;
  }

  /** The values of a record with the next sequence number of the ledger. */
  #nextValues(inserter: Inserter, record: Readonly<Record<string, unknown>>): unknown[] {
    const seq = this.#newestSeq + 1;
    if (seq > seqMax) throw new DomainError('LIMIT_EXCEEDED', `the ledger is full: it holds ${seqMax} records`);
    const values = inserter.valuesOf(record);
    values[inserter.seqPosition] = seq;
    values[inserter.recordedAtUsPosition] = this.#nowUs;
    return values;
  }

  #addAppended(table: SQLiteTable, values: readonly unknown[]): number {
    this.#appended.push({ table, values });
    return this.#newestSeq;
  }
}
