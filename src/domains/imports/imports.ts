import type { Store, Tx } from '../../../db/store.ts';
import { imports } from '../../../db/tables/imports.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import {
  type Importer,
  type ImportSession,
  type RecordOrigin,
  type RecordOutcome,
  sentByApi,
} from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { apiSource } from '../../lib/api-source.ts';
import type { ImportTarget } from '../../lib/import-target.ts';
import type { SourceLimits } from '../../sources/source.ts';
import { type Import, insertReject } from './job.ts';
import { followImport } from './progress.ts';
import { endInterruptedImports } from './recovery.ts';
import { type ImportFile, type ImportOptions, type ImportRun, startImportRun } from './run.ts';

export interface IngestResult {
  /** The outcome of each record, in the order of the records. */
  readonly outcomes: readonly RecordOutcome[];
  /** The ids of the rejects, conflicts included. */
  readonly rejectedIds: readonly number[];
}

/** A record with its original text: parsed into a value, or with the problems that prevent it. */
export type RawRecord = { readonly raw: string } & (
  | { readonly value: unknown; readonly problems?: never }
  | { readonly value?: never; readonly problems: FieldProblem[] }
);

/** Imports of files and records sent through the API, with the records that were rejected. */
export interface Imports {
  readonly importers: readonly Importer[];
  /** Starts the import of files; several files of one table are published together. */
  start(target: string, files: readonly ImportFile[], options?: ImportOptions): Promise<ImportRun>;
  /** Stores records sent through the API with one key: each is judged alone, all in one transaction. */
  ingest<R>(importer: Importer<R>, sentBy: string | null, records: readonly R[]): Promise<IngestResult>;
  /**
   * The same for records as clients wrote them, each with a key of its own; those that cannot be read are kept among the
   * rejects, too. They are taken once their transaction has begun: whatever has come by then shares it.
   */
  ingestRaw(
    importer: Importer,
    take: () => readonly RawRecord[],
    sentBy?: (place: number) => string | null,
  ): Promise<IngestResult>;
  /** The newest first. */
  importsPage(where: { state?: Import['state'] | undefined }, page: TablePageRequest): TablePage<Import>;
  importsByIds(ids: readonly number[]): (Import | null)[];
  /** The import now and whenever its counts have changed, until it has ended. Throws NOT_FOUND. */
  progressOf(importId: number): AsyncIterableIterator<Import>;
  /** Ends imports whose process no longer runs; the records they stored stay. Call it when a server starts. */
  endInterrupted(content?: Partial<Pick<Import, 'target' | 'digest'>>): Promise<void>;
}

export interface ImportsServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly importers: readonly Importer[];
  /** Every target, also those that other domains import. */
  readonly targets: readonly ImportTarget[];
  readonly limits: SourceLimits & { readonly recordsPerMutationMax: number };
}

export const createImports = ({ store, ledger, importers, targets, limits }: ImportsServices): Imports => {
  const running = new Set<number>();
  const importsByIds = (ids: readonly number[]) => rowsByKey(store, imports, 'id', ids);

  const endInterrupted: Imports['endInterrupted'] = (content = {}) =>
    endInterruptedImports({ store, targets, running }, content);

  /** One transaction for all; what is not taken in is kept with its text. */
  const judgeEach = <R, T>(
    importer: Importer<R>,
    take: () => readonly T[],
    sentBy: (place: number) => string | null,
    rawOf: (record: T) => string,
    judge: (session: ImportSession<R>, tx: Tx, record: T, origin: RecordOrigin) => RecordOutcome,
  ): Promise<IngestResult> =>
    ledger.write((tx) => {
      const session = importer.begin({ id: 0, digest: '', isRepeat: false });
      const rejectedIds: number[] = [];
      const outcomes = take().map((record, place) => {
        const sender = sentBy(place);
        const outcome = judge(session, tx, record, sentByApi(sender));
        if (outcome.kind === 'REJECTED' || outcome.kind === 'CONFLICT') {
          const { problems } = outcome;
          const origin = { target: importer.target.name, source: apiSource(sender), importId: null, line: null };
          rejectedIds.push(insertReject(tx, { ...origin, raw: rawOf(record), problems }));
        }
        return outcome;
      });
      return { outcomes, rejectedIds };
    });

  return {
    importers,
    async start(target, files, options = {}) {
      const services = { store, ledger, limits, importer: importerOf(importers, target), running, endInterrupted };
      return startImportRun(services, files, options);
    },
    async ingest(importer, sentBy, records) {
      if (records.length > limits.recordsPerMutationMax)
        throw new DomainError(
          'LIMIT_EXCEEDED',
          `${records.length} records are more than ${limits.recordsPerMutationMax} (setting recordsPerMutationMax)`,
        );
      const rawOf = (record: (typeof records)[number]) => JSON.stringify(importer.wire(record));
      return judgeEach(
        importer,
        () => records,
        () => sentBy,
        rawOf,
        (session, tx, record, origin) => session.record(tx, record, origin),
      );
    },
    ingestRaw: (importer, take, sentBy = () => null) =>
      judgeEach(
        importer,
        take,
        sentBy,
        ({ raw }) => raw,
        (session, tx, { value, problems }, origin) => {
          const read = problems ? { problems } : importer.read(value, {});
          return read.problems ? { kind: 'REJECTED', problems: read.problems } : session.record(tx, read.value, origin);
        },
      ),
    importsPage: ({ state }, page) =>
      pageOfTable(store, imports, { key: 'id', direction: 'desc', match: state ? { state } : {} }, page),
    importsByIds,
    progressOf: (importId) => followImport(importsByIds, importId),
    endInterrupted,
  };
};

/** The importer of a target, by its name or its command word. */
const importerOf = (importers: readonly Importer[], named: string): Importer => {
  const found = importers.find(({ target: { name, command } }) => name === named || command === named);
  if (found) return found;
  const known = importers.map(({ target }) => target.command).join(', ');
  throw new DomainError('BAD_REQUEST', `there is no import target ${named}; there are ${known}`);
};
