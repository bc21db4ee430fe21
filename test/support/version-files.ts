import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duckdb, type DuckdbSession, identifier, literal } from '../../db/datasets/duckdb.ts';
import type { StoredTable, TableQueries, TableQueryName } from '../../db/datasets/engine.ts';
import type { IdleStep } from '../../db/datasets/idle-work.ts';
import { copyOptions, fieldNames, fileColumns, type StoredColumn } from '../../db/datasets/parquet-layout.ts';
import { type QueryLimits, VersionQueries } from '../../db/datasets/query/queries.ts';
import { type Replaceable, VersionCopies } from '../../db/datasets/query/version-copies.ts';
import { Work } from '../../src/lib/work.ts';

/** A column with its cells in canonical text: null for a missing value, `misfit` for a text that does not fit the type. */
export interface TestColumn {
  readonly name: string;
  readonly type: StoredColumn['type'];
  readonly scale?: number;
  readonly cells: readonly (string | null | { readonly misfit: string })[];
}

/** Writes files of versions with DuckDB alone, and queries them. */
export class VersionFiles {
  readonly #folder: string;
  readonly #duckdb: Duckdb;
  readonly #copies: VersionCopies;
  readonly #queries: VersionQueries;
  /** Work that waits until a test lets nothing else run. */
  #idleWork: (() => Promise<void>)[] = [];
  #files = 0;

  static async open(limits: Partial<QueryLimits> = {}): Promise<VersionFiles> {
    return new VersionFiles(await mkdtemp(join(tmpdir(), 'asof-versions-')), limits);
  }

  private constructor(folder: string, limits: Partial<QueryLimits>) {
    this.#folder = folder;
    this.#duckdb = new Duckdb({
      ...{ memoryBytesMax: 512e6, threads: 2, tempFolder: join(folder, 'temp'), tempBytesMax: 1e9, folder },
      ...{ sessionsMax: 2, waitingMax: 10 },
    });
    const { datasetCopiesBytesMax = 100e6 } = limits;
    this.#copies = new VersionCopies(
      { whileIdle: (step) => this.#whileIdle(step) },
      { bytesMax: datasetCopiesBytesMax, rowsMin: 0, stepRows: 7 },
    );
    const all = {
      ...{
        datasetQueriesAtOnce: 2,
        datasetQueryMsMax: 60_000,
        datasetCacheBytesMax: 1,
        datasetPageBytesMax: 1e6,
        datasetGroupsMax: 10_000,
      },
      ...{ datasetCopiesBytesMax, ...limits },
    };
    this.#queries = new VersionQueries(this.#duckdb, all, this.#copies);
  }

  /** A version with these columns; the lines of its rows begin at 2, and its import has the id 1. */
  async write(columns: readonly TestColumn[]): Promise<StoredTable> {
    this.#files += 1;
    const file = join(this.#folder, `${this.#files}.parquet`);
    const stored = describeColumns(columns);
    const rowCount = columns[0]?.cells.length ?? 0;
    await this.#duckdb.session(async (session) => {
      const types = fileColumns(stored).map(({ field, type }) => `${identifier(field)} ${type}`);
      await session.run(`create temp table staged (${types.join(', ')})`);
      const rows = Array.from({ length: rowCount }, (_each, row) => rowSql(columns, stored, row));
      if (rowCount > 0) await session.run(`insert into staged values ${rows.join(', ')}`);
      await session.run(`copy (select * from staged) to ${literal(file)} (${copyOptions(100)})`);
    });
    return { file, columns: stored, rowCount };
  }

  query<Q extends TableQueryName>(
    table: StoredTable,
    name: Q,
    request: TableQueries[Q]['request'],
  ): Promise<TableQueries[Q]['result']> {
    return this.#queries.query(table, name, request, new Work());
  }

  /** Copies a version, and does the other work that waits. Whether later pages are read from the copy. */
  async copy(table: StoredTable): Promise<boolean> {
    const made = this.#copies.make(table);
    await this.idle();
    await made;
    return this.hasCopy(table);
  }

  /** Does the work that waits until nothing else runs. */
  async idle(): Promise<void> {
    for (const work of this.#idleWork.splice(0)) await work();
  }

  hasCopy(table: StoredTable): Promise<boolean> {
    return this.#duckdb.session((session) => this.#copies.during(session, table, async (copy) => copy !== null));
  }

  /** The names of the tables in memory. */
  tables(): Promise<unknown[]> {
    return this.#duckdb.session(async (session) =>
      (await session.rows('select table_name from duckdb_tables() order by 1')).map(([name]) => name),
    );
  }

  forget(table: StoredTable): void {
    this.#queries.forget(table.file);
  }

  /** Copies a version before anybody reads it, in the place of others. Returns whether it has. */
  async prepare(table: StoredTable, replaceable: Replaceable, replaces: StoredTable | null = null): Promise<boolean> {
    const prepared = this.#queries.prepare(table, { replaceable, replaces: replaces?.file ?? null });
    await this.idle();
    const isCopied = await prepared;
    // What was dropped meanwhile.
    await this.idle();
    return isCopied;
  }

  #whileIdle(step: IdleStep<DuckdbSession>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#idleWork.push(async () => {
        try {
          while (!(await this.#duckdb.session(step)));
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  async close(): Promise<void> {
    this.#duckdb.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const textOf = (cell: TestColumn['cells'][number]): string | null => (typeof cell === 'string' ? cell : null);

const describeColumns = (columns: readonly TestColumn[]): StoredTable['columns'] => {
  const fields = fieldNames(columns.map(({ name }) => name));
  return columns.map(({ name, type, scale = 0, cells }, index) => {
    const texts = cells.map(textOf);
    const isExact = type === 'INTEGER' || type === 'DECIMAL';
    const whole = Math.max(1, ...texts.map((text) => text?.replace(/^-?0*|\..*/g, '').length ?? 0));
    return {
      ...{ name, header: name, field: fields[index] as string, type, scale },
      ...{ precision: isExact ? Math.min(38, whole + scale) : 0, isExplicit: false, wide: false },
      reading: { decimal: '.', thousands: '', dateOrder: null, nullMarkers: null, notes: [] },
      // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII contains them.
      isAscii: texts.every((text) => text === null || /^[\x00-\x7f]*$/.test(text)),
      nulls: texts.filter((text) => text === null).length,
      misfits: cells.filter((cell) => typeof cell === 'object' && cell !== null).length,
    };
  });
};

/** The values of a row in the order of the columns of its file. */
const rowSql = (columns: readonly TestColumn[], stored: StoredTable['columns'], row: number): string => {
  const sqlOf = (text: string | null): string => (text === null ? 'null' : literal(text));
  const cells = columns.map(({ type, cells: all }) => {
    const sql = sqlOf(textOf(all[row] as TestColumn['cells'][number]));
    return type === 'STRING_LIST' ? `from_json(${sql}, '["VARCHAR"]')` : sql;
  });
  const misfits = stored.flatMap(({ misfits: count }, index) => {
    const cell = columns[index]?.cells[row];
    return count === 0 ? [] : [sqlOf(typeof cell === 'object' && cell !== null ? cell.misfit : null)];
  });
  return `(${[...cells, String(row + 2), '1', ...misfits].join(', ')})`;
};
