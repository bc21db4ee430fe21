import type { Row, Store, Tx } from '../../db/store.ts';
import { imports, rejectedRecords } from '../../db/tables/intake.ts';
import { DomainError } from '../errors.ts';
import type { Ledger } from '../indices/follow.ts';
import { datasetTarget, importTargets } from '../lib/import-targets.ts';
import type { FieldProblem } from '../lib/problems.ts';
import type { SourceLimits } from '../sources/source.ts';
import { followImport } from './import-progress.ts';
import { createImportRun, type ImportFile, type ImportOptions, type ImportRun } from './import-run.ts';
import { type Importer, type ImportSession, type Outcome, sentByApi } from './recording.ts';
import { rowsInOrder } from './rows-in-order.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from './table-page.ts';

export type Import = Row<typeof imports>;

export interface Received {
  /** What became of each record, in the order they were sent in. */
  readonly outcomes: readonly Outcome[];
  /** The records kept among the rejects, conflicts included. */
  readonly rejectedIds: readonly number[];
}

/** A record in the words of its wire format: read into a value, or refused with problems. */
export type WrittenRecord = { readonly raw: string } & (
  | { readonly value: unknown; readonly problems?: never }
  | { readonly value?: never; readonly problems: FieldProblem[] }
);

/** What came in: imports, records of the API, and what was not taken in. */
export interface Intake {
  readonly importers: readonly Importer[];
  /** Starts taking files in; several files of one table are put in force together. */
  start(target: string, files: readonly ImportFile[], options?: ImportOptions): Promise<ImportRun>;
  /** Takes in records sent through the API, each judged alone, all in one transaction. */
  receive<R>(importer: Importer<R>, source: string, records: readonly R[]): Promise<Received>;
  /** The same for records as a client wrote them; those that cannot be read are kept among the rejects, too. */
  receiveWritten(importer: Importer, source: string, records: readonly WrittenRecord[]): Promise<Received>;
  /** Imports, the newest first. */
  importsPage(where: { state?: Import['state'] | undefined }, page: TablePageRequest): TablePage<Import>;
  importsByIds(ids: readonly number[]): (Import | null)[];
  /** An import as it stands and whenever its counts have moved, until it has ended. Throws NOT_FOUND. */
  progressOf(importId: number): AsyncIterableIterator<Import>;
  /** Ends imports whose process died in the middle; what they had stored stays. Call it when a server starts. */
  endInterrupted(): Promise<void>;
}

export const createIntake = (
  store: Store,
  ledger: Ledger,
  importers: readonly Importer[],
  limits: SourceLimits & { readonly recordsPerMutationMax: number },
): Intake => {
  const importerOf = (named: string): Importer => {
    const entry = importTargets.find(({ target, command }) => target === named || command === named);
    const found = importers.find(({ target }) => target === entry?.target);
    if (found) return found;
    const known = importTargets.map(({ command }) => command).join(', ');
    throw new DomainError('BAD_REQUEST', `there is no import target ${named}; there are ${known}`);
  };
  const runs = new Set<number>();
  const importsByIds = (ids: readonly number[]) => rowsInOrder(store, imports, 'id', ids);

  /** One transaction for all; what is not taken in is kept with its text. */
  const judgeEach = <R, T>(
    importer: Importer<R>,
    source: string,
    records: readonly T[],
    rawOf: (record: T, place: number) => string,
    judge: (session: ImportSession<R>, tx: Tx, record: T) => Outcome,
  ): Promise<Received> =>
    ledger.write((tx) => {
      const session = importer.begin({ id: 0, digest: '', isRepeat: false });
      const rejectedIds: number[] = [];
      const outcomes = records.map((record, place) => {
        const outcome = judge(session, tx, record);
        if (outcome.kind === 'REJECTED' || outcome.kind === 'CONFLICT') {
          const { problems } = outcome;
          const raw = rawOf(record, place);
          const kept = { target: importer.target, source, raw, problems, receivedAtUs: tx.nowUs };
          rejectedIds.push(tx.insert(rejectedRecords, kept));
        }
        return outcome;
      });
      return { outcomes, rejectedIds };
    });

  return {
    importers,
    async start(target, files, options = {}) {
      const run = await createImportRun({ store, ledger, limits, importer: importerOf(target) }, files, options);
      for (const { id } of run.imports) runs.add(id);
      void run.done.finally(() => run.imports.forEach(({ id }) => void runs.delete(id)));
      return run;
    },
    async receive(importer, source, records) {
      if (records.length > limits.recordsPerMutationMax)
        throw new DomainError(
          'LIMIT_EXCEEDED',
          `${records.length} records are more than ${limits.recordsPerMutationMax} (setting recordsPerMutationMax)`,
        );
      const rawOf = (record: (typeof records)[number]) => JSON.stringify(importer.wire(record));
      return judgeEach(importer, source, records, rawOf, (session, tx, record) =>
        session.record(tx, record, sentByApi),
      );
    },
    receiveWritten: (importer, source, records) => {
      const read = records.map(({ value, problems }) => (problems ? { problems } : importer.read(value, {})));
      return judgeEach(
        importer,
        source,
        read,
        (_record, place) => records[place]?.raw ?? '',
        (session, tx, { value, problems }) =>
          problems ? { kind: 'REJECTED', problems } : session.record(tx, value, sentByApi),
      );
    },
    importsPage: ({ state }, page) =>
      pageOfTable(store, imports, { key: 'id', direction: 'desc', match: state ? { state } : {} }, page),
    importsByIds,
    progressOf: (importId) => followImport(importsByIds, importId),
    async endInterrupted() {
      const running = store.page(imports, { key: 'id', direction: 'desc', match: { state: 'RUNNING' }, limit: 1000 });
      const dead = running.filter(({ id, processId }) => !runs.has(id) && !isAlive(processId));
      if (dead.length === 0) return;
      await store.write((tx) => {
        for (const { id, target } of dead)
          tx.update(
            imports,
            { id },
            {
              state: 'FAILED',
              finishedAtUs: tx.nowUs,
              failureCode: 'INTERNAL',
              failureMessage: `the importing process ended in the middle; ${target === datasetTarget.target ? 'nothing of it is stored' : 'what it had stored is kept'}, import the file again`,
            },
          );
      });
    },
  };
};

/** A process of our own number that does not run the import is a container's former life. */
const isAlive = (processId: number): boolean => {
  if (processId === process.pid) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
