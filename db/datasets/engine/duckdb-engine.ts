import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebugLog } from '../../../src/lib/debug-log.ts';
import { isOtherProcessAlive } from '../../../src/lib/process-alive.ts';
import type { Work } from '../../../src/lib/work.ts';
import { buildVersion, convertVersion, writeSynced } from '../build/build-version.ts';
import { Stager } from '../build/stager.ts';
import type { BuildObserver } from '../build-observer.ts';
import { Duckdb, type DuckdbSession } from '../duckdb.ts';
import type {
  BuildRequest,
  BuildResult,
  CellValue,
  DatasetEngine,
  ParquetRequest,
  RewrittenVersion,
  StoredTable,
  TableQueries,
  TableQueryName,
  TemporaryFile,
} from '../engine.ts';
import type { DatasetLimits } from '../limits.ts';
import { VersionQueries } from '../query/queries.ts';
import { countRowsWith, writeRowsWithout } from '../query/rows-with-values.ts';
import { writeParquet } from '../query/write-parquet.ts';

/** Opens the dataset engine of a data folder. It reads no file and starts no thread before the first request. */
export const openDatasetEngine = (limits: DatasetLimits, log: DebugLog): DatasetEngine => new DuckdbEngine(limits, log);

const waitingMax = 200;

class DuckdbEngine implements DatasetEngine {
  readonly #limits: DatasetLimits;
  readonly #log: DebugLog;
  readonly folder: string;
  readonly #duckdb: Duckdb;
  readonly #stager: Stager;
  readonly #queries: VersionQueries;
  readonly #uses = new FileUses();
  /** The first parts of the names that this engine has given out. */
  readonly #ownNames = new Set<string>();

  constructor(limits: DatasetLimits, log: DebugLog) {
    this.#limits = limits;
    this.#log = log;
    this.folder = limits.data === ':memory:' ? join(tmpdir(), `asof-${randomUUID()}`) : join(limits.data, 'datasets');
    this.#duckdb = new Duckdb({
      memoryBytesMax: limits.datasetMemoryBytesMax,
      threads: limits.datasetThreads,
      tempFolder: join(this.folder, this.#newName('temp')),
      tempBytesMax: limits.datasetTempBytesMax,
      folder: this.folder,
      // An import must leave a session to each query that may run.
      sessionsMax: limits.datasetQueriesAtOnce + limits.datasetImportsAtOnce,
      waitingMax,
    });
    this.#stager = new Stager(limits, limits.datasetImportsAtOnce, log);
    const datasetCopiesBytesMax = Math.min(limits.datasetCopiesBytesMax, limits.datasetMemoryBytesMax / 2);
    this.#queries = new VersionQueries(this.#duckdb, { ...limits, datasetCopiesBytesMax });
  }

  newFile(): string {
    return this.#newName('parquet');
  }

  build(request: BuildRequest, observer: BuildObserver): Promise<BuildResult> {
    mkdirSync(this.folder, { recursive: true });
    const { earlier } = request;
    const target = this.#pathOf(request.target);
    const withPaths = { ...request, target, earlier: earlier && this.#withPath(earlier) };
    return this.#uses.during(earlier ? [earlier.file] : [], () =>
      buildVersion(this.#buildServices(), withPaths, observer),
    );
  }

  open(): void {
    mkdirSync(this.folder, { recursive: true });
    this.#duckdb.prepare();
  }

  mayPrepare(version: Parameters<DatasetEngine['mayPrepare']>[0]): boolean {
    return this.#queries.mayPrepare(version);
  }

  async prepare(table: StoredTable, { isNew, replaces }: Parameters<DatasetEngine['prepare']>[1]): Promise<void> {
    const isCopied = await this.#queries.prepare(this.#withPath(table), {
      replaceable: isNew ? 'unread' : 'none',
      replaces: replaces === null ? null : this.#pathOf(replaces),
    });
    if (isCopied) this.#log.debug({ file: table.file, rows: table.rowCount }, 'dataset version copied into memory');
  }

  convert(file: string): Promise<RewrittenVersion> {
    const target = this.newFile();
    return convertVersion(this.#buildServices(), this.#pathOf(file), this.#pathOf(target)).then((converted) => ({
      ...converted,
      file: target,
    }));
  }

  query<Q extends TableQueryName>(
    table: StoredTable,
    name: Q,
    request: TableQueries[Q]['request'],
    work: Work,
  ): Promise<TableQueries[Q]['result']> {
    const earlier = 'earlier' in request ? request.earlier : null;
    const withPaths = earlier ? { ...request, earlier: this.#withPath(earlier) } : request;
    const files = earlier ? [table.file, earlier.file] : [table.file];
    return this.#uses.during(files, () => this.#queries.query(this.#withPath(table), name, withPaths, work));
  }

  async writeParquet(table: StoredTable, request: ParquetRequest, work: Work): Promise<TemporaryFile> {
    const file = this.newFile();
    const timeout = { timeoutMs: this.#limits.datasetExportMsMax, timeoutSetting: 'datasetExportMsMax', work };
    try {
      await this.#uses.during([table.file], () =>
        this.#duckdb.session(
          (session) => writeParquet(session, this.#withPath(table), request, this.#pathOf(file)),
          timeout,
        ),
      );
    } catch (error) {
      await this.#removeFile(file);
      throw error;
    }
    return { path: this.#pathOf(file), remove: () => this.#removeFile(file) };
  }

  countRowsWith(table: StoredTable, values: readonly CellValue[]): Promise<number> {
    return this.#uses.during([table.file], () =>
      this.#duckdb.session((session) => countRowsWith(session, this.#withPath(table), values)),
    );
  }

  async withoutRowsWith(table: StoredTable, values: readonly CellValue[]): Promise<RewrittenVersion> {
    const file = this.newFile();
    const target = this.#pathOf(file);
    const write = () =>
      this.#duckdb.session((session) => writeRowsWithout(session, this.#withPath(table), values, target));
    return { file, ...(await this.#uses.during([table.file], () => writeSynced(target, write))) };
  }

  remove(file: string): Promise<void> {
    return this.#uses.whenUnused(file, () => {
      this.#queries.forget(this.#pathOf(file));
      return this.#removeFile(file);
    });
  }

  async sweep(inUse: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.folder).catch(() => [] as string[]);
    for (const name of names)
      if (!inUse.has(name) && !this.#ownNames.has(firstPart(name)) && !belongsToOtherProcess(name))
        await this.#removeFile(name);
  }

  close(): void {
    this.#stager.close();
    this.#duckdb.close();
    if (this.#limits.data === ':memory:') rmSync(this.folder, { recursive: true, force: true });
  }

  /** The name holds the process id, so that a sweep by another process spares a file that is being built. */
  #newName(kind: 'parquet' | 'temp'): string {
    const id = randomUUID();
    this.#ownNames.add(id);
    return `${id}.${process.pid}.${kind}`;
  }

  #buildServices() {
    const firstRows = async (session: DuckdbSession, table: StoredTable, count: number) =>
      count === 0 ? [] : this.#queries.firstRows(session, table, count);
    return { duckdb: this.#duckdb, stager: this.#stager, firstRows };
  }

  #withPath(table: StoredTable): StoredTable {
    return { ...table, file: this.#pathOf(table.file) };
  }

  #pathOf(file: string): string {
    return join(this.folder, file);
  }

  #removeFile(file: string): Promise<void> {
    return rm(this.#pathOf(file), { force: true, recursive: true });
  }
}

const firstPart = (name: string): string => name.split('.')[0] as string;

const belongsToOtherProcess = (name: string): boolean => {
  const id = Number(name.split('.')[1]);
  return Number.isSafeInteger(id) && id >= 1 && isOtherProcessAlive(id);
};

/** Which files are being read, so that none is removed under a query. */
class FileUses {
  readonly #uses = new Map<string, number>();
  readonly #whenUnused = new Map<string, (() => void)[]>();

  async during<R>(files: readonly string[], task: () => Promise<R>): Promise<R> {
    for (const file of files) this.#uses.set(file, (this.#uses.get(file) ?? 0) + 1);
    try {
      return await task();
    } finally {
      for (const file of files) this.#release(file);
    }
  }

  /** Runs the task once nobody uses the file. */
  async whenUnused<R>(file: string, task: () => Promise<R>): Promise<R> {
    if (this.#uses.has(file))
      await new Promise<void>((resolve) => {
        this.#whenUnused.set(file, [...(this.#whenUnused.get(file) ?? []), resolve]);
      });
    return task();
  }

  #release(file: string): void {
    const uses = (this.#uses.get(file) ?? 0) - 1;
    if (uses > 0) {
      this.#uses.set(file, uses);
      return;
    }
    this.#uses.delete(file);
    for (const resolve of this.#whenUnused.get(file) ?? []) resolve();
    this.#whenUnused.delete(file);
  }
}
