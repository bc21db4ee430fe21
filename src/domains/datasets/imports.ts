import type { BuildResult, DatasetEngine, RejectedRow } from '../../../db/datasets/engine.ts';
import type { Row, Store, Tx } from '../../../db/store.ts';
import { datasets, datasetVersions } from '../../../db/tables/datasets.ts';
import { imports, rejectedRecords } from '../../../db/tables/imports.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { ColumnType } from '../../lib/cells.ts';
import { datasetTarget } from '../../lib/import-targets.ts';
import type { DatasetVersion } from './columns.ts';
import type { Datasets } from './datasets.ts';

type Import = Row<typeof imports>;

/** A CSV file that is on its way. */
export interface DatasetSource {
  /** What the import is called after. */
  readonly name: string;
  /** 0 while it is not known. */
  readonly bytes: number;
  /** Brings it to disk. Rejects with a DomainError when it cannot be had. */
  fetch(signal: AbortSignal): Promise<{ readonly path: string; readonly bytes: number }>;
  /** Called when the file is needed no longer. */
  discard(): Promise<void>;
}

export interface DatasetOptions {
  readonly name: string;
  /** REPLACE unless it says otherwise. */
  readonly mode?: 'REPLACE' | 'APPEND' | 'UPSERT' | null | undefined;
  /** The columns that name a row; UPSERT needs them, unless the dataset has some. */
  readonly keyColumns?: readonly string[] | null | undefined;
  readonly columns?: readonly { readonly column: string; readonly type: ColumnType }[] | null | undefined;
  /** Read and judge every row, store nothing. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: ((standing: Import) => void) | undefined;
  readonly onReject?: ((row: RejectedRow) => void) | undefined;
}

/** What a dry run found out, beside its account. */
export interface DryRunResult {
  readonly columns: BuildResult['columns'];
  /** The first rows that would not be taken in. */
  readonly rejects: readonly RejectedRow[];
}

/** How an import of a dataset stands; a dry run has the id 0. */
export type DatasetImport = Import & { readonly rehearsed?: DryRunResult };

export interface DatasetRun {
  readonly begun: DatasetImport;
  /** Never rejects, a failed import says why. */
  readonly done: Promise<DatasetImport>;
}

/** Takes in files as datasets: a version counts when it is whole, and one that fails leaves everything as it was. */
export interface DatasetImports {
  /** Throws BAD_REQUEST for a name or options that will not do. */
  start(source: DatasetSource, options: DatasetOptions): Promise<DatasetRun>;
  /** Ends an import of a dataset that runs here; one that has ended stays as it is. Throws NOT_FOUND, BAD_REQUEST. */
  cancel(importId: number): Promise<Import>;
  /** Resolves when none runs any more. */
  abortAll(): Promise<void>;
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u;

const rejectsShownMax = 20;

/** How often an import's counts are stored while it runs, milliseconds. */
const tellEveryMs = 500;

export const createDatasetImports = (
  store: Store,
  ledger: Ledger,
  datasetsThere: Datasets,
  tables: DatasetEngine,
  nowUs: () => number,
): DatasetImports => {
  const running = new Map<number, { readonly abort: AbortController; readonly done: Promise<unknown> }>();
  /** Imports of one name follow each other: what is added to must be there. */
  const lastOfName = new Map<string, Promise<unknown>>();

  const earlierOf = (name: string): DatasetVersion | undefined => {
    const dataset = datasetsThere.findByName(name);
    return dataset && datasetsThere.current(dataset);
  };

  const take = async (
    standing: Import,
    source: DatasetSource,
    options: DatasetOptions,
    signal: AbortSignal,
  ): Promise<DatasetImport> => {
    const { name, dryRun = false } = options;
    const mode = options.mode ?? 'REPLACE';
    const rejects: RejectedRow[] = [];
    const advance = async (work: (tx: Tx) => Partial<Import>): Promise<void> => {
      if (dryRun) return;
      const found = await ledger.write((tx) => {
        const changes = work(tx);
        tx.update(imports, { id: standing.id }, changes);
        return changes;
      });
      Object.assign(standing, found);
    };
    let told = performance.now();
    const file = tables.newFile();
    try {
      const { path, bytes } = await source.fetch(signal);
      Object.assign(standing, { bytesTotal: bytes });
      const earlier = earlierOf(name);
      const keyColumns = options.keyColumns ?? (mode === 'REPLACE' ? [] : (earlier?.keyColumns ?? []));
      if (mode === 'UPSERT' && keyColumns.length === 0)
        throw new DomainError('BAD_REQUEST', 'UPSERT needs keyColumns, the columns that name a row');
      const wanted = {
        path,
        target: file,
        importId: standing.id,
        columns: options.columns ?? [],
        mode,
        earlier: earlier?.file ?? null,
        keyColumns,
      };
      const built = await tables.build(wanted, {
        signal,
        onProgress({ bytesRead, read, rejected }) {
          // What is read and not rejected will be accepted or unchanged when the version is whole.
          const counts = { bytesRead, read, rejected, accepted: read - rejected };
          const isDue = performance.now() - told > tellEveryMs;
          if (isDue) {
            told = performance.now();
            advance(() => ({ ...counts, bytesTotal: bytes })).catch(() => undefined);
          }
          options.onProgress?.({ ...standing, ...counts });
        },
        async onRejects(rows) {
          for (const row of rows) {
            if (rejects.length < rejectsShownMax) rejects.push(row);
            options.onReject?.(row);
          }
          await advance((tx) => keepRejects(tx, standing, rows));
        },
      });
      if (signal.aborted) throw new DomainError('CONFLICT', 'it was cancelled');
      const { read, accepted, unchanged, rejected } = built;
      const state = rejected > 0 ? ('SUCCEEDED_WITH_REJECTS' as const) : ('SUCCEEDED' as const);
      const account = { read, accepted, unchanged, rejected, bytesRead: bytes, bytesTotal: bytes, state };
      if (dryRun) {
        await tables.remove(file);
        return { ...standing, ...account, finishedAtUs: nowUs(), rehearsed: { columns: built.columns, rejects } };
      }
      await advance((tx) => {
        putInForce(tx, { name, mode, earlier, file, built, importId: standing.id, keyColumns });
        return { ...account, finishedAtUs: tx.nowUs };
      });
    } catch (error) {
      await tables.remove(file);
      const failure = failureOf(error, signal);
      // Nothing of it is stored: what is left of its account are the rows that were kept as rejected.
      const counts = { accepted: 0, unchanged: 0, read: standing.rejected };
      await advance((tx) => ({ ...failure, ...counts, finishedAtUs: tx.nowUs })).catch(() => undefined);
      Object.assign(standing, failure, counts);
    }
    return dryRun ? { ...standing, rehearsed: { columns: [], rejects } } : standing;
  };

  return {
    async start(source, options) {
      const { name, dryRun = false } = options;
      checkName(name);
      const standing = dryRun
        ? { id: 0, ...beginning(source, nowUs()) }
        : await ledger.write((tx) => {
            const begun = beginning(source, tx.nowUs);
            return { id: tx.insert(imports, begun), ...begun };
          });
      const abort = new AbortController();
      const before = lastOfName.get(name) ?? Promise.resolve();
      const begun = { ...standing };
      const done = before
        .then(() => take(standing, source, options, abort.signal))
        .finally(() => source.discard())
        .finally(() => {
          running.delete(standing.id);
          if (lastOfName.get(name) === done) lastOfName.delete(name);
        });
      lastOfName.set(name, done);
      if (!dryRun) running.set(standing.id, { abort, done });
      return { begun, done };
    },
    async cancel(importId) {
      const [found] = store.rowsIn(imports, 'id', [importId]);
      if (!found) throw new DomainError('NOT_FOUND', `there is no import ${importId}`);
      const run = running.get(importId);
      if (!run && found.state === 'RUNNING')
        throw new DomainError('BAD_REQUEST', 'only imports of datasets that this server runs can be cancelled');
      run?.abort.abort();
      await run?.done;
      return store.rowsIn(imports, 'id', [importId])[0] ?? found;
    },
    async abortAll() {
      for (const { abort } of running.values()) abort.abort();
      await Promise.all(lastOfName.values());
    },
  };
};

const checkName = (name: string): void => {
  if (namePattern.test(name)) return;
  const message =
    'name must be 1 to 100 letters, digits, spaces, points, dashes and underscores, and begin with a letter or digit';
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path: 'name', code: 'MALFORMED', message }] });
};

const beginning = ({ name, bytes }: DatasetSource, startedAtUs: number): Omit<Import, 'id'> => ({
  target: datasetTarget.target,
  source: name,
  state: 'RUNNING',
  startedAtUs,
  finishedAtUs: null,
  bytesTotal: bytes,
  bytesRead: 0,
  read: 0,
  accepted: 0,
  unchanged: 0,
  conflicts: 0,
  rejected: 0,
  failureCode: null,
  failureMessage: null,
  processId: process.pid,
  digest: '',
});

/** Keeps rows as they came; they count in the same transaction. */
const keepRejects = (tx: Tx, { id, source }: Import, rows: readonly RejectedRow[]): Partial<Import> => {
  for (const { line, raw, problems } of rows)
    tx.insert(rejectedRecords, {
      importId: id,
      target: datasetTarget.target,
      source,
      line,
      raw,
      problems,
      receivedAtUs: tx.nowUs,
    });
  const account = tx.findLatest(imports, { id });
  const rejected = (account?.rejected ?? 0) + rows.length;
  return { rejected, read: (account?.accepted ?? 0) + rejected };
};

interface Whole {
  readonly name: string;
  readonly mode: 'REPLACE' | 'APPEND' | 'UPSERT';
  readonly earlier: DatasetVersion | undefined;
  readonly file: string;
  readonly built: BuildResult;
  readonly importId: number;
  readonly keyColumns: readonly string[];
}

/** From this transaction on the version is the one that answers. */
const putInForce = (tx: Tx, { name, mode, earlier, file, built, importId, keyColumns }: Whole): void => {
  const dataset = tx.findLatest(datasets, { name, deletedAtUs: null });
  if (mode !== 'REPLACE' && dataset?.versionId !== earlier?.id)
    throw new DomainError('CONFLICT', `the dataset was changed while the file was added to it; import it again`);
  const datasetId = dataset?.id ?? tx.insert(datasets, { name, createdAtUs: tx.nowUs, versionId: 0 });
  const number = (tx.findLatest(datasetVersions, { datasetId })?.number ?? 0) + 1;
  const versionId = tx.insert(datasetVersions, {
    datasetId,
    number,
    importId,
    createdAtUs: tx.nowUs,
    file,
    rowCount: built.rowCount,
    columns: [...built.columns],
    keyColumns: [...keyColumns],
  });
  tx.update(datasets, { id: datasetId }, { versionId });
};

const failureOf = (error: unknown, signal: AbortSignal): Pick<Import, 'state' | 'failureCode' | 'failureMessage'> => {
  if (signal.aborted) return { state: 'CANCELLED', failureCode: null, failureMessage: null };
  const isKnown = error instanceof DomainError;
  const failureMessage = isKnown ? error.message : `the import broke off: ${String(error)}`;
  return { state: 'FAILED', failureCode: isKnown ? error.code : 'INTERNAL', failureMessage };
};
