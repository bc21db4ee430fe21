import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { ArchivedRows } from '../archive/rows.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import type { Inserter } from './inserter.ts';
import { RecordBatch } from './record-batch.ts';

/** Fewer records are looked up and inserted one by one in less time. */
const announcedMin = 4;

/** The batches of the work that runs. */
export class RecordBatches {
  readonly #client: SqlConnection;
  readonly #archived: ArchivedRows | null;
  readonly #reader: SqlConnection | null;
  readonly #known = new Map<SQLiteTable, RecordBatch>();
  readonly #announced = new Map<SQLiteTable, RecordBatch>();
  /**
   * The last record before the transaction that many works share, where it is worth the memory to know the keys of all
   * records; else null.
   */
  #committedSeq: number | null = null;
  #isShared = false;

  /** Tables of which the transaction has inserted records past their batch. */
  readonly #passed = new Set<SQLiteTable>();

  /**
   * With a `reader`, a connection that reads the state before a transaction of many works, keys are looked up there: the client
   * need not insert what it has to before. Batches then hold the keys of all records of the transaction.
   */
  constructor(client: SqlConnection, archived: ArchivedRows | null, reader: SqlConnection | null) {
    this.#client = client;
    this.#archived = archived;
    this.#reader = reader;
  }

  /** Call it when a transaction of many works begins, with the last record before it. */
  beginShared(lastSeq: number): void {
    this.#passed.clear();
    this.#isShared = true;
    if (this.#reader) for (const batch of this.#known.values()) batch.beginShared();
    else {
      this.#committedSeq = lastSeq;
      for (const { storedKeys } of this.#known.values()) storedKeys?.begin(lastSeq);
    }
  }

  /** Call it when such a transaction ends, with its last record, or null when it is undone. */
  endShared(lastSeq: number | null): void {
    this.#isShared = false;
    this.#announced.clear();
    for (const batch of this.#known.values()) batch.endShared(lastSeq);
  }

  /** See `Tx.announce`; `lastSeq` is that of the last record so far. */
  announce(
    table: SQLiteTable,
    inserter: Inserter,
    { columns, records, lastSeq }: { columns: readonly string[]; records: readonly object[]; lastSeq: number },
  ): void {
    if (records.length < announcedMin) return;
    const batch = this.#known.get(table) ?? this.#batchOf(table, inserter);
    this.#announced.set(table, batch);
    batch.use(columns, this.#committedSeq === null ? null : { committedSeq: this.#committedSeq, lastSeq });
    batch.expect(records as readonly Readonly<Record<string, unknown>>[]);
  }

  #batchOf(table: SQLiteTable, inserter: Inserter): RecordBatch {
    const connections = { client: this.#client, reader: this.#reader, archived: this.#archived };
    const batch = new RecordBatch({ ...connections, table, inserter });
    this.#known.set(table, batch);
    if (this.#isShared && !this.#passed.has(table)) batch.beginShared();
    return batch;
  }

  /** Call it when a record is inserted past the batch of its table. */
  passed(table: SQLiteTable): void {
    this.#passed.add(table);
    this.#known.get(table)?.passed();
  }

  /** The batch of a table whose records were announced. */
  of(table: SQLiteTable): RecordBatch | undefined {
    return this.#announced.get(table);
  }

  /** Ends a work: inserts its records, or forgets them when it is undone. */
  end(isUndone: boolean): void {
    if (this.#announced.size === 0) return;
    for (const batch of this.#announced.values()) batch.end(isUndone);
    this.#announced.clear();
  }
}
