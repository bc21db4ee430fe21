import type { Row, Store, Tx } from '../../../db/store.ts';
import { imports, rejectedRecords } from '../../../db/tables/imports.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Importer, ReadOptions } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { senderOf } from '../../lib/api-source.ts';
import { parseExactJson } from '../../lib/exact-json.ts';
import type { ImportTarget } from '../../lib/import-targets.ts';
import { datasetTarget } from '../../lib/import-targets.ts';
import type { ReadResult } from '../../lib/problems.ts';

export type RejectedRecord = Row<typeof rejectedRecords>;

/** Which rejected records; those that are left out do not matter. */
export interface RejectFilter {
  readonly importId?: number | undefined;
  readonly source?: string | undefined;
  readonly target?: ImportTarget | undefined;
  readonly state?: RejectedRecord['state'] | undefined;
}

/** What became of an open record that was tried again: the record as it is now, or why it stays open. */
export type RetryResult =
  | { readonly reject: RejectedRecord; readonly fault?: never }
  | { readonly reject: RejectedRecord; readonly fault: DomainError };

/** Records that were not taken in, kept as they came: to be mended and tried again, or put aside. */
export interface Rejects {
  /** What can be tried again. */
  readonly importers: readonly Importer[];
  /** The newest first, conflicts included, and how many there are in all. */
  page(wanted: RejectFilter, page: TablePageRequest): TablePage<RejectedRecord> & { totalCount(): number };
  byIds(ids: readonly number[]): (RejectedRecord | null)[];
  /** How many of a target are not taken in: open and discarded ones. */
  keptOf(target: ImportTarget): number;
  /**
   * Takes the mended record in, JSON text in the words of its wire format, and settles the rejected one and the account
   * of its import in the same transaction. The same record again answers the same and stores nothing. Throws NOT_FOUND,
   * BAD_REQUEST for a discarded one, LIMIT_EXCEEDED for a long text, VALIDATION_FAILED or CONFLICT with the problems;
   * then nothing has changed.
   */
  resolve(id: number, text: string, options?: ReadOptions): Promise<RejectedRecord>;
  /** Tries every open one again as it came, the oldest first. */
  retryOpen(
    wanted: Pick<RejectFilter, 'target'>,
    options: ReadOptions,
    onRetried: (retried: RetryResult) => void,
  ): Promise<void>;
  /**
   * Puts one aside for good; it still counts as not taken in. A repeat is harmless, the first reason stays. Throws
   * NOT_FOUND, BAD_REQUEST for a resolved one, VALIDATION_FAILED for a reason that says nothing.
   */
  discard(id: number, reason: string): Promise<RejectedRecord>;
}

const reasonLengthMax = 1000;

/** Records tried again at once share their transactions. */
const retriedAtOnce = 100;

export const createRejects = (
  store: Store,
  ledger: Ledger,
  importers: readonly Importer[],
  { recordBytesMax }: { readonly recordBytesMax: number },
): Rejects => {
  const byIds = (ids: readonly number[]) => rowsByKey(store, rejectedRecords, 'id', ids);

  /** Inside of a transaction it sees what the ones before have settled. */
  const find = (id: number): RejectedRecord => {
    const [reject] = byIds([id]);
    if (!reject) throw new DomainError('NOT_FOUND', `there is no rejected record ${id}`);
    return reject;
  };

  const importerOf = ({ id, target }: RejectedRecord): Importer => {
    if (target === datasetTarget.target)
      throw new DomainError('BAD_REQUEST', 'a row of a dataset is mended in its file, which is then imported again');
    const found = importers.find((importer) => importer.target === target);
    if (!found) throw new Error(`rejected record ${id} is of the target ${target}, which nothing takes in`);
    return found;
  };

  const settle = (
    tx: Tx,
    reject: RejectedRecord,
    settled: Pick<RejectedRecord, 'state' | 'settlement' | 'settledSeq'>,
  ) => {
    const changes = { ...settled, settledAtUs: tx.nowUs };
    tx.update(rejectedRecords, { id: reject.id }, changes);
    return { ...reject, ...changes };
  };

  const resolve: Rejects['resolve'] = async (id, text, options = {}) => {
    if (Buffer.byteLength(text) > recordBytesMax)
      throw new DomainError(
        'LIMIT_EXCEEDED',
        `the record must have at most ${recordBytesMax} bytes (setting recordBytesMax)`,
      );
    return ledger.write((tx) => {
      const reject = find(id);
      if (reject.state === 'DISCARDED')
        throw new DomainError('BAD_REQUEST', `rejected record ${id} is discarded: it cannot be taken in any more`);
      const importer = importerOf(reject);
      const { value, problems } = readText(importer, text, options);
      const settlement = problems ? null : JSON.stringify(importer.wire(value));
      if (reject.state === 'RESOLVED') {
        if (reject.settlement === settlement) return reject;
        throw new DomainError('CONFLICT', `rejected record ${id} is resolved already, as ${reject.settlement}`);
      }
      if (problems) throw refused(id, 'VALIDATION_FAILED', problems);
      const outcome = record(tx, importer, value, reject);
      const settledSeq = outcome.kind === 'CREATED' ? outcome.seq : null;
      return settle(tx, reject, { state: 'RESOLVED', settlement, settledSeq });
    });
  };

  return {
    importers,
    byIds,
    keptOf: (target) =>
      store.count(rejectedRecords, { target, state: 'OPEN' }) +
      store.count(rejectedRecords, { target, state: 'DISCARDED' }),
    page(wanted, page) {
      const match = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
      const found = pageOfTable(store, rejectedRecords, { key: 'id', direction: 'desc', match }, page);
      return { ...found, totalCount: () => store.count(rejectedRecords, match) };
    },
    resolve,
    async retryOpen({ target }, options, onRetried) {
      const match = { state: 'OPEN', ...(target === undefined ? {} : { target }) } as const;
      const list = { key: 'id', direction: 'asc', match } as const;
      const retry = async (reject: RejectedRecord): Promise<RetryResult> => {
        try {
          return { reject: await resolve(reject.id, reject.raw, options) };
        } catch (error) {
          if (error instanceof DomainError && isRefusal(error)) return { reject, fault: error };
          throw error;
        }
      };
      let after: number | undefined;
      for (;;) {
        const { rows } = pageOfTable(store, rejectedRecords, list, { limit: retriedAtOnce, fromEnd: false, after });
        if (rows.length === 0) return;
        for (const retried of await Promise.all(rows.map(retry))) onRetried(retried);
        after = rows.at(-1)?.id;
      }
    },
    async discard(id, reason) {
      const isText = reason.trim() !== '' && reason.isWellFormed() && !reason.includes('\0');
      if (!isText || reason.length > reasonLengthMax) {
        const message = `the reason must be 1 to ${reasonLengthMax} characters of well-formed text without NUL`;
        throw refused(id, 'VALIDATION_FAILED', [{ path: 'reason', code: 'MALFORMED', message }]);
      }
      return ledger.write((tx) => {
        const reject = find(id);
        if (reject.state === 'RESOLVED')
          throw new DomainError('BAD_REQUEST', `rejected record ${id} is resolved: it cannot be discarded any more`);
        if (reject.state === 'DISCARDED') return reject;
        return settle(tx, reject, { state: 'DISCARDED', settlement: reason, settledSeq: null });
      });
    },
  };
};

/** Takes the record in as one of its import's; throws what it is refused for. */
const record = (tx: Tx, importer: Importer, value: unknown, rejected: RejectedRecord) => {
  const { id, importId, line, source, problems } = rejected;
  const account = importId === null ? undefined : tx.findLatest(imports, { id: importId });
  const begun = { id: account?.id ?? 0, digest: account?.digest ?? '', isRepeat: false };
  const session = importer.resume?.(tx, begun) ?? importer.begin(begun);
  const outcome = session.record(tx, value, { importId, line, sentBy: importId === null ? senderOf(source) : null });
  if (outcome.kind === 'CONFLICT') throw refused(id, 'CONFLICT', outcome.problems);
  if (outcome.kind === 'REJECTED') throw refused(id, 'VALIDATION_FAILED', outcome.problems);
  if (account) moveAccount(tx, account, wasConflict(problems) ? 'conflicts' : 'rejected', outcome.kind);
  return outcome;
};

const moveAccount = (
  tx: Tx,
  account: Row<typeof imports>,
  from: 'conflicts' | 'rejected',
  became: 'CREATED' | 'DUPLICATE',
): void => {
  const to = became === 'CREATED' ? 'accepted' : 'unchanged';
  const isLast = account.conflicts + account.rejected === 1;
  const state = isLast && account.state === 'SUCCEEDED_WITH_REJECTS' ? 'SUCCEEDED' : account.state;
  tx.update(imports, { id: account.id }, { [from]: account[from] - 1, [to]: account[to] + 1, state });
};

/** Only a conflict has a problem of that code: it is how its import counts it. */
const wasConflict = (problems: RejectedRecord['problems']): boolean => problems.some(({ code }) => code === 'CONFLICT');

const isRefusal = ({ code }: DomainError): boolean =>
  ['VALIDATION_FAILED', 'LIMIT_EXCEEDED', 'CONFLICT', 'BAD_REQUEST'].includes(code);

const refused = (id: number, code: 'VALIDATION_FAILED' | 'CONFLICT', problems: FieldProblem[]): DomainError =>
  new DomainError(code, `rejected record ${id}: ${problems.map(({ message }) => message).join('; ')}`, { problems });

const readText = (importer: Importer, text: string, options: ReadOptions): ReadResult<unknown> => {
  try {
    return importer.read(parseExactJson(text), options);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `the record must be given as a JSON object, and this is not JSON: ${error.message}`;
    return { problems: [{ path: '', code: 'MALFORMED', message }] };
  }
};
