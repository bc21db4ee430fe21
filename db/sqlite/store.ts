import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { DomainError, serverIsClosing } from '../../src/errors.ts';
import type { Records } from '../../src/lib/record-columns.ts';
import type {
  BulkOptions,
  ColumnName,
  Commit,
  Damage,
  ErasingTx,
  LedgerTable,
  RecordQuery,
  Row,
  SliceRequest,
  StepReader,
  StepsAhead,
  Store,
  StoreOptions,
  Tx,
} from '../store.ts';
import { LedgerArchive } from './archive/ledger-archive.ts';
import { ArchivedRecords } from './archive/records.ts';
import { ArchivedRows } from './archive/rows.ts';
import { checkStart } from './checks/start-check.ts';
import { verifyStore } from './checks/verify.ts';
import { stateDigestOf } from './digests/state-digest.ts';
import { createSchemaCheck, keepOthersOut, openClient, openReadOnly } from './file/client.ts';
import { type MarkedFile, openMarkedFile } from './file/marked-file.ts';
import { stateOf } from './file/preflight.ts';
import { type WriteFaultListener, WriteHealth } from './file/write-health.ts';
import { LedgerReader } from './reading/ledger-reader.ts';
import { aheadRecordsMin, readAhead } from './reading/read-ahead.ts';
import { commitsAfter, RecordReader } from './reading/record-reader.ts';
import { SqliteStepReader } from './reading/step-reader.ts';
import { originOf } from './rows/origin.ts';
import { RecentCommits } from './rows/recent-commits.ts';
import { SqliteTransaction } from './transaction/transaction.ts';
import { BulkThreads } from './writing/bulk-threads.ts';
import { SqliteBulkWriter } from './writing/bulk-writer.ts';
import { createDryRun } from './writing/dry-run.ts';
import { LongTransactions } from './writing/long-transactions.ts';
import { WriteQueue } from './writing/write-queue.ts';

export type SqliteOptions = Omit<StoreOptions, 'data'>;

/** The store on one SQLite file; `path` may be `:memory:`. */
export const openSqlite = (path: string, options: SqliteOptions): Store => {
  if (path === ':memory:') return new SqliteStore(openClient(path, options.onStatement), null, options);
  // Before the store is opened: opening it for writing would write over what is left of a damaged one.
  const file = openMarkedFile(path, options);
  try {
    const client = options.isReadOnly ? openReadOnly(path, file.mark()) : openClient(path, options.onStatement);
    if (options.isExclusive) keepOthersOut(client);
    if (!options.isReadOnly) file.opened(client);
    return new SqliteStore(client, file, options);
  } catch (error) {
    file.close();
    throw file.explained(error);
  }
};

class SqliteStore implements Store {
  readonly #client: Database.Database;
  /** Null in memory. */
  readonly #file: MarkedFile | null;
  readonly #recordsMax: number;
  readonly #writeWaitMs: number;
  readonly #threads: BulkThreads;
  readonly #db: BetterSQLite3Database;
  readonly #nowUs: () => number;
  readonly #reader: RecordReader;
  readonly #archived: ArchivedRecords | null;
  readonly #ledger: LedgerReader;
  readonly #recent = new RecentCommits();
  readonly #tx: SqliteTransaction;
  readonly #long: LongTransactions | null;
  readonly #queue: WriteQueue;
  readonly #listeners = new Set<(tables: ReadonlySet<SQLiteTable>) => void>();
  readonly #health: WriteHealth;
  readonly #checkSchema: () => void;
  /** Whether no other connection can open the file. */
  readonly #isAlone: boolean;
  #dataVersion: number;

  constructor(client: Database.Database, file: MarkedFile | null, options: SqliteOptions) {
    this.#client = client;
    this.#file = file;
    this.#recordsMax = options.startCheckRecordsMax;
    this.#writeWaitMs = options.writeWaitMs;
    this.#threads = new BulkThreads(options);
    this.#health = new WriteHealth(file && dirname(file.path));
    this.#checkSchema = createSchemaCheck(client);
    this.#isAlone = options.isExclusive === true;
    this.#dataVersion = this.#readDataVersion();
    this.#db = drizzle({ client });
    this.#nowUs = options.nowUs;
    this.#reader = new RecordReader(client);
    this.#archived = file && new ArchivedRecords(file.path, options.isExclusive ? client : undefined);
    const archived = this.#archived && new ArchivedRows(this.#archived);
    this.#ledger = new LedgerReader({ reader: this.#reader, db: () => this.#openDb, archived });
    this.#tx = new SqliteTransaction(client, options, archived);
    // A reader writes nothing, and one that keeps others out would keep itself out.
    const isAlone = file === null || options.isReadOnly === true || options.isExclusive === true;
    this.#long = isAlone ? null : new LongTransactions({ path: file.path, options, archived, reader: client });
    this.#queue = new WriteQueue({
      client,
      tx: this.#tx,
      long: this.#long,
      limits: options,
      health: this.#health,
      checkSchema: this.#checkSchema,
      onCommit: (committed, seconds) => {
        const last = committed.at(-1);
        if (!last) return;
        file?.committed(last.state);
        options.onCommitted?.(seconds);
        for (const { firstSeq, records } of committed) this.#recent.add(firstSeq, records);
        const tables = new Set(committed.flatMap((each) => [...each.tables]));
        if (tables.size > 0) for (const listener of this.#listeners) listener(tables);
      },
    });
  }

  write<R>(work: (tx: Tx) => R): Promise<R> {
    return this.#queue.write(work);
  }

  writeInSteps<R>(work: (tx: Tx) => Generator<void, R>): Promise<R> {
    return this.#queue.writeInSteps(work);
  }

  writeShared<R>(work: (tx: Tx) => R, undo: () => void): Promise<R> {
    return this.#queue.writeShared(work, undo);
  }

  bulk({ hasThread, onCommit, ...limits }: BulkOptions): SqliteBulkWriter {
    const own = { client: this.#client, tx: this.#tx, checkSchema: this.#checkSchema };
    return new SqliteBulkWriter({
      // In memory there is one connection only.
      ...(hasThread && this.#file ? this.#threads.open(this.#file.path, this.#archived) : own),
      writeWaitMs: this.#writeWaitMs,
      onCommit: (state) => {
        this.#file?.committed(state);
        onCommit();
      },
      limits,
    });
  }

  get waiting(): Int32Array {
    return this.#queue.waiting;
  }

  dryRun(): ReturnType<Store['dryRun']> {
    return createDryRun(this.#client, this.#nowUs, this.#archived && new ArchivedRows(this.#archived));
  }

  commitsAfter(seq: number, limit: number): Commit[] {
    this.#recent.discardUpTo(seq);
    return commitsAfter(this.#reader, seq, limit);
  }

  stepReader(queries: readonly RecordQuery[]): StepReader {
    const source = {
      commitsAfter: (seq: number, limit: number) => this.commitsAfter(seq, limit),
      records: ({ table, columns }: RecordQuery, after: number, upTo: number) =>
        this.records(table, columns as never, after, upTo) as unknown as Records<never>,
    };
    return new SqliteStepReader(source, queries);
  }

  stepsAhead(queries: readonly RecordQuery[], seq: number): StepsAhead | null {
    if (!this.#file || this.#isAlone || stateOf(this.#client).lastSeq - seq < aheadRecordsMin) return null;
    return readAhead(this.#file.path, queries, seq);
  }

  stateDigest(sequence: number): string | null {
    return stateDigestOf(this.#client, sequence);
  }

  records<T extends LedgerTable, C extends ColumnName<T>>(
    table: T,
    columns: readonly C[],
    after: number,
    upTo: number,
  ): Records<Pick<Row<T>, C>> {
    const records =
      this.#recent.records(table, columns, after, upTo) ?? this.#ledger.columns(table, columns, { after, upTo });
    return records as unknown as Records<Pick<Row<T>, C>>;
  }

  recordPage: Store['recordPage'] = (table, columns, range) => this.#ledger.records(table, columns, range) as never;

  rowsIn: Store['rowsIn'] = (table, column, values) => this.#ledger.rowsIn(table, column, values);

  page: Store['page'] = (table, request) => this.#ledger.page(table, request);

  count: Store['count'] = (table, match = {}, range) => this.#ledger.count(table, match, range);

  countsIn: Store['countsIn'] = (table, column, values, range) => this.#ledger.countsIn(table, column, values, range);

  slices<T extends LedgerTable, C extends ColumnName<T>>(
    table: T,
    request: SliceRequest<T, C>,
  ): Iterable<Records<Pick<Row<T>, C>>> {
    return this.#ledger.slices(table, request) as Iterable<unknown> as Iterable<Records<Pick<Row<T>, C>>>;
  }

  bytes(): number {
    const [pages, bytes] = ['page_count', 'page_size'].map((name) => this.#client.pragma(name, { simple: true }));
    return Number(pages) * Number(bytes);
  }

  erase<R>(work: (tx: ErasingTx) => R): Promise<R> {
    return this.#queue.write(() => work(this.#tx));
  }

  archive(): LedgerArchive {
    const archived = this.#archived;
    if (!archived) throw new DomainError('BAD_REQUEST', 'a ledger in memory has no archive');
    return new LedgerArchive({ client: this.#client, archived, write: (work) => this.write(work) });
  }

  compact(): void {
    this.#client.exec('vacuum');
    this.#client.pragma('wal_checkpoint(TRUNCATE)');
  }

  onCommit(listener: (tables: ReadonlySet<SQLiteTable>) => void): void {
    this.#listeners.add(listener);
  }

  foreignVersion(): number {
    const version = this.#readDataVersion();
    if (version !== this.#dataVersion) this.#noteSchema();
    this.#dataVersion = version;
    return version;
  }

  /** Throws NOT_READY once the store is closed. */
  get #openDb(): BetterSQLite3Database {
    if (!this.#client.open) throw serverIsClosing();
    return this.#db;
  }

  #readDataVersion(): number {
    return this.#client.pragma('data_version', { simple: true }) as number;
  }

  #noteSchema(): void {
    try {
      this.#checkSchema();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#health.note(error);
    }
  }

  writeFault(): DomainError | null {
    return this.#health.fault;
  }

  onWriteFault(listener: WriteFaultListener): void {
    this.#health.onChange(listener);
  }

  verify(share = 1, { withSegments } = { withSegments: true }): ReturnType<Store['verify']> {
    const marked = this.#file?.mark() ?? null;
    const archived = withSegments ? this.#archived : null;
    const damages = [...verifyStore(this.#client, { share, marked, archived })];
    return {
      damages,
      problems: damages.map(({ message }) => message),
      records: stateOf(this.#client).lastSeq - originOf(this.#client),
      hasMark: marked !== null,
    };
  }

  async checkAtStart(onLater: (damages: readonly Damage[]) => void): Promise<readonly Damage[]> {
    if (!this.#file) return [];
    return checkStart({ client: this.#client, file: this.#file, recordsMax: this.#recordsMax, onLater });
  }

  close(): void {
    this.#queue.close();
    this.#long?.close();
    this.#threads.close();
    // Before the connection that writes: the last one to close empties the log of writes.
    this.#archived?.close();
    this.#client.close();
    this.#file?.close();
  }
}
