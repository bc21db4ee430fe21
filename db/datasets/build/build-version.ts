import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DomainError } from '../../../src/errors.ts';
import type { DatasetColumn } from '../../../src/lib/dataset-column.ts';
import type { BuildObserver } from '../build-observer.ts';
import { checksumOf } from '../checksum.ts';
import type { Duckdb, DuckdbSession } from '../duckdb.ts';
import type { BuildRequest, BuildResult, FileChecksum, RewrittenVersion, StoredTable, TableRow } from '../engine.ts';
import { appendTables, checkKeys, countedColumns, upsertTable } from './merge.ts';
import { writeStaged } from './parquet.ts';
import type { StageResult } from './staged-rows.ts';
import type { Stager } from './stager.ts';

export interface BuildServices {
  readonly duckdb: Duckdb;
  readonly stager: Stager;
  /** The first rows of a file, as queries return them. */
  firstRows(session: DuckdbSession, table: StoredTable, count: number): Promise<readonly TableRow[]>;
}

/** What a build knows before its file is complete. */
type BuiltRows = Omit<BuildResult, keyof FileChecksum>;

/** A build, and the files that it writes. */
interface Build {
  readonly request: BuildRequest;
  readonly staged: StageResult;
  readonly files: { readonly target: string; readonly staged: string; readonly added: string };
}

/**
 * Builds the file of a version; the paths of the request are absolute. A failed or cancelled build leaves no file. Throws
 * what `stageRows` throws, and NOT_A_TABLE when the file has no row that can be accepted.
 */
export const buildVersion = async (
  services: BuildServices,
  request: BuildRequest,
  observer: BuildObserver,
): Promise<BuildResult> => {
  const { target } = request;
  const files = { target, staged: `${target}.rows`, added: `${target}.added` };
  try {
    // Loading the library takes part of a second, meanwhile the rows are read in a thread.
    services.duckdb.prepare();
    const staged = await services.stager.stage({ ...request, staged: files.staged }, observer);
    checkAccepted(request, staged);
    const build = { request, staged, files };
    const write = isMerge(request) ? writeMerged : writeNew;
    return await writeSynced(target, () =>
      services.duckdb.session((session) => write(services, session, build), { signal: observer.signal }),
    );
  } finally {
    await Promise.all([files.staged, files.added].map((file) => rm(file, { force: true, recursive: true })));
  }
};

const isMerge = ({ mode, earlier }: BuildRequest): boolean => mode !== 'REPLACE' && earlier !== null;

/** A file without a single good row must not replace a version that has some. */
const checkAccepted = (request: BuildRequest, { rowCount, rejected }: StageResult): void => {
  if (rowCount > 0) return;
  if (rejected > 0)
    throw new DomainError('NOT_A_TABLE', `none of the ${rejected} rows of the file can be accepted; see the rejects`);
  if (request.earlier && request.mode === 'REPLACE')
    throw new DomainError(
      'NOT_A_TABLE',
      'the file has no rows, so it does not replace the version that the dataset has',
    );
};

const writeNew = async (services: BuildServices, session: DuckdbSession, build: Build): Promise<BuiltRows> => {
  const { request, staged, files } = build;
  await writeStaged(session, staged, files.target);
  const { columns: stagedColumns, rowCount, read, rejected, dialect } = staged;
  const columns = stagedColumns.map(({ hasEscapes: _, ...column }) => column);
  const table = { file: files.target, columns, rowCount };
  await checkKeys(session, table, keyIndexes(request, columns), 'the file');
  const firstRows = await services.firstRows(session, table, request.previewRows);
  return { columns, rowCount, read, rejected, dialect, firstRows, accepted: rowCount, unchanged: 0 };
};

const writeMerged = async (services: BuildServices, session: DuckdbSession, build: Build): Promise<BuiltRows> => {
  const { request, staged, files } = build;
  const earlier = request.earlier as NonNullable<BuildRequest['earlier']>;
  await writeStaged(session, staged, files.added);
  await rm(files.staged, { recursive: true });
  const added = { file: files.added, columns: staged.columns, rowCount: staged.rowCount };
  const keys = request.mode === 'UPSERT' ? keyIndexes(request, staged.columns) : [];
  await checkKeys(session, added, keys, 'the file');
  await checkKeys(session, earlier, keys, 'the dataset; import it anew without the repeated rows');
  const columns = staged.columns.map(({ hasEscapes: _, ...column }, index) =>
    mergedColumn(column, earlier.columns[index] as DatasetColumn),
  );
  const merge = { earlier, added, columns };
  let unchanged = 0;
  if (keys.length > 0) ({ unchanged } = await upsertTable(session, merge, keys, files.target));
  else await appendTables(session, merge, files.target);
  const counted = await countedColumns(session, files.target, columns);
  const firstRows = await services.firstRows(session, added, request.previewRows);
  const { read, rejected, dialect, rowCount } = staged;
  return { ...counted, read, rejected, dialect, firstRows, accepted: rowCount - unchanged, unchanged };
};

/** The plan of the added cells fits those of the earlier version, too: see `planForEarlier`. */
const mergedColumn = (added: DatasetColumn, earlier: DatasetColumn): DatasetColumn => ({
  ...added,
  field: earlier.field,
  isAscii: added.isAscii && earlier.isAscii,
  misfits: added.misfits + earlier.misfits,
});

const keyIndexes = ({ keyColumns }: BuildRequest, columns: readonly DatasetColumn[]): number[] =>
  keyColumns.map((key) => columns.findIndex(({ name }) => name === key));

/** Writes the rows of a file of the kind that held versions before Parquet to a new Parquet file; the paths are absolute. */
export const convertVersion = async (
  { duckdb, stager }: BuildServices,
  columnFile: string,
  target: string,
): Promise<Omit<RewrittenVersion, 'file'>> => {
  const staged = `${target}.rows`;
  try {
    const rows = await stager.convert({ columnFile, staged });
    return await writeSynced(target, async () => {
      await duckdb.session((session) => writeStaged(session, rows, target));
      return { columns: rows.columns.map(({ hasEscapes: _, ...column }) => column), rowCount: rows.rowCount };
    });
  } finally {
    await rm(staged, { force: true });
  }
};

/** Runs `write`, which writes a Parquet file, and syncs what it has written. A failed write leaves no file. */
export const writeSynced = async <R>(target: string, write: () => Promise<R>): Promise<R & FileChecksum> => {
  try {
    const written = await write();
    await Promise.all([sync(target), sync(dirname(target))]);
    return { ...written, ...(await checksumOf(target)) };
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
};

const sync = async (path: string): Promise<void> => {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};
