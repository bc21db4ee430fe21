import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duckdb, identifier, literal } from '../../db/datasets/duckdb.ts';
import type { StoredTable, TableQueries, TableQueryName } from '../../db/datasets/engine.ts';
import { copyOptions, fieldNames, fileColumns, type StoredColumn } from '../../db/datasets/parquet-layout.ts';
import { type QueryLimits, VersionQueries } from '../../db/datasets/query/queries.ts';

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
  readonly #queries: VersionQueries;
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
    this.#queries = new VersionQueries(this.#duckdb, {
      ...{ datasetQueryMsMax: 60_000, datasetCacheBytesMax: 1, datasetPageBytesMax: 1e6, datasetGroupsMax: 10_000 },
      ...limits,
    });
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
    return this.#queries.query(table, name, request);
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
