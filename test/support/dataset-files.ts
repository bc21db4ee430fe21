import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildVersion } from '../../db/datasets/build/build-version.ts';
import { Stager } from '../../db/datasets/build/stager.ts';
import type { RejectedRow } from '../../db/datasets/build-observer.ts';
import { Duckdb, type DuckdbRow, identifier } from '../../db/datasets/duckdb.ts';
import type { BuildRequest, BuildResult, StoredTable } from '../../db/datasets/engine.ts';
import type { DatasetLimits } from '../../db/datasets/limits.ts';
import { importField, lineField, misfitField, rowField, tableOf } from '../../db/datasets/parquet-layout.ts';
import type { DatasetColumn } from '../../src/lib/dataset-column.ts';
import { silentLog } from '../../src/lib/debug-log.ts';

/** A row of a version's file: its cells as DuckDB prints them, lists as JSON. */
export interface FileRow {
  readonly cells: readonly (string | null)[];
  readonly misfits: readonly (string | null)[];
  readonly line: number;
  readonly importId: number;
}

export interface BuiltFile extends BuildResult {
  readonly importId: number;
  readonly table: StoredTable;
  readonly rejects: readonly RejectedRow[];
}

/** Builds files of versions in a folder of their own, without a store. */
export class DatasetFiles {
  readonly folder: string;
  readonly #duckdb: Duckdb;
  readonly #stager: Stager;
  #files = 0;

  static async open(limits: DatasetLimits): Promise<DatasetFiles> {
    return new DatasetFiles(await mkdtemp(join(tmpdir(), 'asof-files-')), limits);
  }

  private constructor(folder: string, limits: DatasetLimits) {
    this.folder = folder;
    this.#stager = new Stager(limits, 1, silentLog);
    this.#duckdb = new Duckdb({
      memoryBytesMax: 256e6,
      threads: 2,
      tempFolder: join(folder, 'temp.0'),
      tempBytesMax: 1e9,
      folder,
      sessionsMax: 2,
      waitingMax: 10,
    });
  }

  async build(csv: string | Uint8Array, options: Partial<BuildRequest> = {}, signal?: AbortSignal): Promise<BuiltFile> {
    this.#files += 1;
    const path = join(this.folder, `${this.#files}.csv`);
    const target = join(this.folder, `${this.#files}.0.parquet`);
    await writeFile(path, csv);
    const rejects: RejectedRow[] = [];
    const request: BuildRequest = {
      ...{ path, target, importId: this.#files, types: [], mode: 'REPLACE', earlier: null, keyColumns: [] },
      previewRows: 0,
      ...options,
    };
    const services = {
      duckdb: this.#duckdb,
      stager: this.#stager,
      firstRows: () => Promise.resolve([]),
    };
    const built = await buildVersion(services, request, {
      signal: signal ?? new AbortController().signal,
      onProgress: () => undefined,
      async onRejects(rows) {
        rejects.push(...rows);
      },
    }).finally(() => rm(path));
    return {
      ...built,
      importId: request.importId,
      rejects,
      table: { file: target, columns: built.columns, rowCount: built.rowCount },
    };
  }

  rows({ file, columns }: StoredTable): Promise<FileRow[]> {
    // The driver drops a byte order mark that begins a text, so each text gets one that it may drop.
    const exact = (text: string): string => `chr(65279) || ${text}`;
    const cells = columns.map(({ field, type }: DatasetColumn) =>
      exact(type === 'STRING_LIST' ? `to_json(${identifier(field)})::varchar` : `${identifier(field)}::varchar`),
    );
    const misfits = columns.map(({ misfits: count }, index) =>
      count > 0 ? exact(misfitField(index)) : 'null::varchar',
    );
    const select = [lineField, importField, ...cells, ...misfits].join(', ');
    return this.#duckdb.session(async (session) =>
      (await session.rows(`select ${select} from ${tableOf(file)} order by ${rowField}`)).map((row: DuckdbRow) => ({
        line: Number(row[0]),
        importId: Number(row[1]),
        cells: row.slice(2, 2 + columns.length) as (string | null)[],
        misfits: row.slice(2 + columns.length) as (string | null)[],
      })),
    );
  }

  /** The names of all files. */
  names(): Promise<string[]> {
    return readdir(this.folder);
  }

  async close(): Promise<void> {
    this.#stager.close();
    this.#duckdb.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
