import { DomainError } from '../../../src/errors.ts';
import { type Duckdb, type DuckdbSession, identifier } from '../duckdb.ts';
import type { StoredTable } from '../engine.ts';
import { fileColumns, rowBytesOf, rowField } from '../parquet-layout.ts';
import { copiedRowNumber, copiedTable, copySource } from './copied-table.ts';
import { rowBytesSql } from './row-bytes.ts';
import type { CopiedVersion } from './source.ts';

interface Copy {
  /** The name of the table. */
  readonly name: string;
  /** The database that has the table; null before it is created. */
  database: DuckdbSession['database'] | null;
  /** The rows copied so far. */
  rows: number;
  bytes: number;
  /** The bytes of its largest row; known once it is complete. */
  rowBytesMax: number;
  /** The queries that read it. */
  uses: number;
  /** Whether a query has read it, unless a newer version has replaced the one that it holds. */
  isInUse: boolean;
}

/**
 * Which other copies a new one may replace: any, for a page that was requested; those that no query has read, for a version
 * that is new; none.
 */
export type Replaceable = 'any' | 'unread' | 'none';

export interface CopyLimits {
  /** About how large all copies together may be. */
  readonly bytesMax: number;
  /** Versions with fewer rows are not copied: their pages are fast without. */
  readonly rowsMin: number;
  /** The rows that are copied at a time. */
  readonly stepRows: number;
}

/** Bytes of a value of a table, at least, about. */
const valueBytes = 4;

/**
 * Copies of versions as tables in the memory of the database, for pages of rows. A Parquet file gives a row only with its row
 * group, which is decompressed and decoded column by column, so a page of 50 rows from all over a file costs half of what all
 * its rows cost; a table gives single rows. Copies are made while nothing else runs. When they become too large together, the
 * least recently used ones are dropped. They count as memory of the database, which moves them to temporary files when
 * queries need it.
 */
export class VersionCopies {
  readonly #duckdb: Pick<Duckdb, 'whileIdle'>;
  readonly #limits: CopyLimits;
  /** Complete copies by file, the least recently used first. */
  readonly #copies = new Map<string, Copy>();
  /** Files that are being copied, or are too large for it. */
  readonly #excluded = new Set<string>();
  /** Tables that nothing uses any more. */
  readonly #unused = new Set<string>();
  #names = 0;

  constructor(duckdb: Pick<Duckdb, 'whileIdle'>, limits: CopyLimits) {
    this.#duckdb = duckdb;
    this.#limits = limits;
  }

  /** Runs a task with the version's copy, null without one. */
  async during<R>(
    { database }: Pick<DuckdbSession, 'database'>,
    { file }: StoredTable,
    task: (copy: CopiedVersion | null) => Promise<R>,
  ): Promise<R> {
    const copy = this.#copies.get(file);
    if (copy === undefined) return task(null);
    this.#copies.delete(file);
    if (copy.database !== database) return task(null);
    this.#copies.set(file, copy);
    copy.isInUse = true;
    copy.uses += 1;
    try {
      return await task(copy);
    } finally {
      copy.uses -= 1;
    }
  }

  /**
   * Copies a version while nothing else runs, unless that is done, or not worth its memory, or there is no room. `file` is a
   * path. Returns whether it has copied it.
   */
  async make(table: StoredTable, replaceable: Replaceable = 'any'): Promise<boolean> {
    const { file, rowCount } = table;
    if (rowCount < this.#limits.rowsMin || this.#copies.has(file) || this.#excluded.has(file)) return false;
    this.#excluded.add(file);
    this.#names += 1;
    const name = `copy_${this.#names}`;
    const copy: Copy = { name, database: null, rows: 0, bytes: 0, rowBytesMax: 0, uses: 0, isInUse: false };
    try {
      await this.#duckdb.whileIdle((session) => this.#step(session, { table, copy, replaceable }));
      this.#excluded.delete(file);
      return true;
    } catch (error) {
      this.#dropLater(copy);
      if (!(error instanceof TooLarge)) this.#excluded.delete(file);
      return false;
    }
  }

  /** A newer version has replaced one: its copy makes room for others. `file` is a path. */
  supersede(file: string): void {
    const copy = this.#copies.get(file);
    if (copy) copy.isInUse = false;
  }

  /** Drops the copy of a version that no query reads. */
  forget(file: string): void {
    const copy = this.#copies.get(file);
    this.#copies.delete(file);
    this.#excluded.delete(file);
    if (copy) this.#dropLater(copy);
  }

  async #step(session: DuckdbSession, work: CopyWork): Promise<boolean> {
    const { table, copy } = work;
    const { file, rowCount } = table;
    if (copy.database !== session.database) await this.#begin(session, table, copy);
    if (copy.rows < rowCount) {
      const end = copy.rows + this.#limits.stepRows;
      const rows = `${identifier(rowField)} >= ${copy.rows} and ${identifier(rowField)} < ${end}`;
      await session.run(`insert into ${copy.name} ${copySource(table)} where ${rows}`);
      // At once: an interrupted step is repeated, and would copy these rows again.
      copy.rows = Math.min(end, rowCount);
    }
    await this.#makeRoom(session, work);
    if (copy.rows < rowCount) return false;
    // Rows are read by their position in the table.
    const check = `select count(*), count(*) filter (rowid = ${copiedRowNumber}) from ${copy.name}`;
    const [counts = []] = await session.rows(check);
    if (counts.some((count) => Number(count) !== rowCount)) throw new Error(`the copy of ${file} is not in order`);
    const all = copiedTable(copy.name, table.columns);
    const [largest] = await session.rows(`select max(${rowBytesSql(table.columns)}) from ${all}`);
    copy.rowBytesMax = Number(largest?.[0] ?? 0);
    if (!this.#excluded.has(file)) throw new DomainError('NOT_FOUND', 'the version was removed meanwhile');
    this.#copies.set(file, copy);
    return true;
  }

  async #begin(session: DuckdbSession, table: StoredTable, copy: Copy): Promise<void> {
    const { file, columns, rowCount } = table;
    const rowBytes = Math.max(await rowBytesOf(session, file), fileColumns(columns).length * valueBytes);
    if (rowBytes * rowCount > this.#limits.bytesMax) throw new TooLarge();
    await session.run(`create or replace table ${copy.name} as ${copySource(table)} limit 0`);
    copy.rows = 0;
    copy.database = session.database;
  }

  /** Drops other copies until this one, once it is complete, has room. */
  async #makeRoom(session: DuckdbSession, { table: { rowCount }, copy, replaceable }: CopyWork): Promise<void> {
    await this.#dropUnused(session);
    const [[all] = []] = await session.rows(
      `select coalesce(sum(memory_usage_bytes + temporary_storage_bytes), 0) from duckdb_memory() where tag = 'IN_MEMORY_TABLE'`,
    );
    let others = [...this.#copies.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    copy.bytes = Math.max(0, Number(all) - others);
    const expected = (copy.bytes / Math.max(1, copy.rows)) * rowCount;
    if (expected > this.#limits.bytesMax) throw new TooLarge();
    for (const [file, other] of this.#copies) {
      if (expected + others <= this.#limits.bytesMax) break;
      if (other.uses > 0 || replaceable === 'none' || (replaceable === 'unread' && other.isInUse)) continue;
      others -= other.bytes;
      this.#copies.delete(file);
      this.#unused.add(other.name);
    }
    await this.#dropUnused(session);
    if (replaceable !== 'any' && expected + others > this.#limits.bytesMax) throw new NoRoom();
  }

  #dropLater({ name }: Copy): void {
    this.#unused.add(name);
    const drop = async (session: DuckdbSession): Promise<boolean> => {
      await this.#dropUnused(session);
      return true;
    };
    this.#duckdb.whileIdle(drop).catch(() => undefined);
  }

  async #dropUnused(session: DuckdbSession): Promise<void> {
    for (const name of this.#unused) {
      await session.run(`drop table if exists ${name}`);
      this.#unused.delete(name);
    }
  }
}

interface CopyWork {
  readonly table: StoredTable;
  readonly copy: Copy;
  readonly replaceable: Replaceable;
}

class NoRoom extends DomainError {
  constructor() {
    super('LIMIT_EXCEEDED', 'the copies of other versions leave no room in datasetCopiesBytesMax');
  }
}

class TooLarge extends DomainError {
  constructor() {
    super('LIMIT_EXCEEDED', 'the copy of the version would be larger than datasetCopiesBytesMax');
  }
}
