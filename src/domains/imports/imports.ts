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
import { importTargets } from '../../lib/import-targets.ts';
import type { SourceLimits } from '../../sources/source.ts';
import { type Import, insertReject } from './job.ts';
import { followImport } from './progress.ts';
import { endInterruptedImports } from './recovery.ts';
import { type ImportFile, type ImportOptions, type ImportRun, startImportRun } from './run.ts';

export interface IngestResult {
  /** What became of each record, in the order they were sent in. */
  readonly outcomes: readonly RecordOutcome[];
  /** The records kept among the rejects, conflicts included. */
  readonly rejectedIds: readonly number[];
}

/** A record in the words of its wire format: read into a value, or refused with problems. */
export type RawRecord = { readonly raw: string } & (
  | { readonly value: unknown; readonly problems?: never }
  | { readonly value?: never; readonly problems: FieldProblem[] }
);

/** What came in: imports, records of the API, and what was not taken in. */
export interface Imports {
  readonly importers: readonly Importer[];
  /** Starts taking files in; several files of one table are put in force together. */
  start(target: string, files: readonly ImportFile[], options?: ImportOptions): Promise<ImportRun>;
  /** Takes in records sent through the API with one key, each judged alone, all in one transaction. */
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
  /** Imports, the newest first. */
  importsPage(where: { state?: Import['state'] | undefined }, page: TablePageRequest): TablePage<Import>;
  importsByIds(ids: readonly number[]): (Import | null)[];
  /** An import as it stands and whenever its counts have moved, until it has ended. Throws NOT_FOUND. */
  progressOf(importId: number): AsyncIterableIterator<Import>;
  /** Ends imports whose process died in the middle; what they had stored stays. Call it when a server starts. */
  endInterrupted(content?: Partial<Pick<Import, 'target' | 'digest'>>): Promise<void>;
}

export const createImports = (
  store: Store,
  ledger: Ledger,
  importers: readonly Importer[],
  limits: SourceLimits & { readonly recordsPerMutationMax: number },
): Imports => {
  const importerOf = (named: string): Importer => {
    const entry = importTargets.find(({ target, command }) => target === named || command === named);
    const found = importers.find(({ target }) => target === entry?.target);
    if (found) return found;
    const known = importTargets.map(({ command }) => command).join(', ');
    throw new DomainError('BAD_REQUEST', `there is no import target ${named}; there are ${known}`);
  };
  const running = new Set<number>();
  const importsByIds = (ids: readonly number[]) => rowsByKey(store, imports, 'id', ids);

  const endInterrupted: Imports['endInterrupted'] = (content = {}) =>
    endInterruptedImports({ store, running }, content);

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
          const origin = { target: importer.target, source: apiSource(sender), importId: null, line: null };
          rejectedIds.push(insertReject(tx, { ...origin, raw: rawOf(record), problems }));
        }
        return outcome;
      });
      return { outcomes, rejectedIds };
    });

  return {
    importers,
    async start(target, files, options = {}) {
      const services = { store, ledger, limits, importer: importerOf(target), running, endInterrupted };
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
