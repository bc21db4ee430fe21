import type { Row, Store, Tx } from '../../../db/store.ts';
import { imports, rejectedRecords, rejectGroups } from '../../../db/tables/imports.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Importer, RecordOutcome } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { senderOf } from '../../lib/api-source.ts';
import type { TimeCounts } from '../../lib/time-counts.ts';
import type { Import } from './job.ts';
import {
  type RejectGroup,
  type RejectGroupFilter,
  type SettleGroupRequest,
  settleRejectedRecord,
} from './reject-groups.ts';
import { type RereadOptions, reread } from './reread.ts';

export type RejectedRecord = Row<typeof rejectedRecords>;

/** Undefined fields match every reject. */
export interface RejectFilter {
  readonly importId?: number | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly state?: RejectedRecord['state'] | undefined;
  readonly groupId?: number | undefined;
}

/** What became of the open records of a group, of those that one call tried. */
export interface SettledGroup {
  readonly group: RejectGroup;
  readonly stored: number;
  readonly discarded: number;
  /** Still open. */
  readonly refused: number;
  readonly firstRefusals: readonly { readonly reject: RejectedRecord; readonly error: DomainError }[];
  /** The last record tried: the next call goes on after it. Null when no open record was left. */
  readonly lastId: number | null;
}

/** An open reject after a retry: resolved, or still open with the reason. */
export type RetryResult =
  | { readonly reject: RejectedRecord; readonly error?: never }
  | { readonly reject: RejectedRecord; readonly error: DomainError };

type RetryOptions = Pick<RereadOptions, 'synonyms'>;

export interface RejectServices {
  readonly store: Store;
  readonly ledger: Ledger;
  /** The targets whose rejects can be resolved. */
  readonly importers: readonly Importer[];
  readonly recordBytesMax: number;
}

const reasonLengthMax = 1000;

/** Retries that run at the same time share their transactions. */
const retriesPerPage = 100;

/** Refusals that a call on a group returns. */
const refusalsMax = 10;

/** Rejected records with their original text: to correct and resolve, or to discard. */
export class Rejects {
  readonly importers: readonly Importer[];
  readonly #services: RejectServices;

  constructor(services: RejectServices) {
    this.importers = services.importers;
    this.#services = services;
  }

  /** The newest first, conflicts included, and their total count. */
  page(filter: RejectFilter, page: TablePageRequest): TablePage<RejectedRecord> & { totalCount(): number } {
    const { store } = this.#services;
    const match = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    const found = pageOfTable(store, rejectedRecords, { key: 'id', direction: 'desc', match }, page);
    return { ...found, totalCount: () => store.count(rejectedRecords, match) };
  }

  /** Groups of rejected records, the one with the newest first: one statement, which reads no records. */
  groups(filter: RejectGroupFilter, page: TablePageRequest): TablePage<RejectGroup> {
    const match = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    return pageOfTable(this.#services.store, rejectGroups, { key: 'newestId', direction: 'desc', match }, page);
  }

  readonly groupsByIds = (ids: readonly number[]): (RejectGroup | null)[] =>
    rowsByKey(this.#services.store, rejectGroups, 'id', ids);

  /**
   * Retries the next open records of a group with their original texts, or discards them for a reason, the oldest first; at
   * most `limit` after a record. Throws NOT_FOUND for an unknown group, VALIDATION_FAILED for an empty or malformed reason.
   */
  async settleGroup(groupId: number, { reason, after, limit }: SettleGroupRequest): Promise<SettledGroup> {
    const match = { groupId, state: 'OPEN' } as const;
    if (!this.groupsByIds([groupId])[0])
      throw new DomainError('NOT_FOUND', `no group of rejected records has the id ${groupId}`);
    if (reason !== undefined) checkReason(groupId, reason);
    const list = { key: 'id', direction: 'asc', match } as const;
    const { rows } = pageOfTable(this.#services.store, rejectedRecords, list, { limit, fromEnd: false, after });
    const results: RetryResult[] = [];
    for (let start = 0; start < rows.length; start += retriesPerPage) {
      const slice = rows.slice(start, start + retriesPerPage);
      const settle = (reject: RejectedRecord): Promise<RetryResult> =>
        attempt(reject, reason === undefined ? this.resolve(reject.id, reject.raw) : this.discard(reject.id, reason));
      results.push(...(await Promise.all(slice.map(settle))));
    }
    const refusals = results.flatMap(({ reject, error }) => (error ? [{ reject, error }] : []));
    const settled = results.length - refusals.length;
    return {
      group: this.groupsByIds([groupId])[0] as RejectGroup,
      stored: reason === undefined ? settled : 0,
      discarded: reason === undefined ? 0 : settled,
      refused: refusals.length,
      firstRefusals: refusals.slice(0, refusalsMax),
      lastId: rows.at(-1)?.id ?? null,
    };
  }

  readonly byIds = (ids: readonly number[]): (RejectedRecord | null)[] =>
    rowsByKey(this.#services.store, rejectedRecords, 'id', ids);

  /** How many records of a target are not stored, as of an instant, microseconds, or now: the open and the discarded ones. */
  unresolvedCount(target: string, atUs = Number.MAX_SAFE_INTEGER): number {
    const { store } = this.#services;
    const upTo = (key: 'receivedAtUs' | 'settledAtUs') => ({ key, after: -1, upTo: atUs });
    const resolved = store.count(rejectedRecords, { target, state: 'RESOLVED' }, upTo('settledAtUs'));
    return store.count(rejectedRecords, { target }, upTo('receivedAtUs')) - resolved;
  }

  /** When records of a target were rejected, those included that were stored or discarded since. */
  rejectionTimes(target: string): TimeCounts {
    const { store } = this.#services;
    return {
      nextAfter(atUs) {
        const page = { match: { target }, key: 'receivedAtUs', direction: 'asc', after: atUs, limit: 1 } as const;
        return store.page(rejectedRecords, page)[0]?.receivedAtUs ?? null;
      },
      between: (after, upTo) => store.count(rejectedRecords, { target }, { key: 'receivedAtUs', after, upTo }),
    };
  }

  /**
   * Stores the corrected record, a JSON object with the field names of its wire format or a row as its file writes them, read
   * as its import reads records, and in the same transaction marks the reject as resolved and moves the counts. Repeating it with the same record returns the same result and
   * stores nothing. Throws NOT_FOUND, BAD_REQUEST for a discarded reject, LIMIT_EXCEEDED for a long text,
   * VALIDATION_FAILED or CONFLICT with the problems; then nothing has changed.
   */
  async resolve(id: number, text: string, options: RetryOptions = {}): Promise<RejectedRecord> {
    const { ledger, recordBytesMax } = this.#services;
    if (Buffer.byteLength(text) > recordBytesMax)
      throw new DomainError(
        'LIMIT_EXCEEDED',
        `the record must have at most ${recordBytesMax} bytes (setting recordBytesMax)`,
      );
    return ledger.write((tx) => this.#resolveIn(tx, this.#find(id), text, options));
  }

  #resolveIn(tx: Tx, reject: RejectedRecord, text: string, options: RetryOptions): RejectedRecord {
    const { id, state } = reject;
    if (state === 'DISCARDED')
      throw new DomainError('BAD_REQUEST', `rejected record ${id} is discarded: it can no longer be resolved`);
    const importer = this.#importerOf(reject);
    const reading = importOf(tx, reject)?.reading ?? null;
    const { recordBytesMax } = this.#services;
    const { value, problems } = reread(importer, text, { ...options, reading, recordBytesMax });
    const settlement = problems ? null : JSON.stringify(importer.wire(value));
    if (state === 'RESOLVED') {
      if (reject.settlement === settlement) return reject;
      throw new DomainError('CONFLICT', `rejected record ${id} is resolved already, as ${reject.settlement}`);
    }
    if (problems) throw refusal(id, 'VALIDATION_FAILED', problems);
    const outcome = storeResolved(tx, importer, value, reject);
    const settledSeq = outcome.kind === 'CREATED' ? outcome.seq : null;
    return settleRejectedRecord(tx, reject, { state: 'RESOLVED', settlement, settledSeq });
  }

  /** Retries every open reject with its original text, the oldest first. */
  async retryOpen(
    { target }: Pick<RejectFilter, 'target'>,
    options: RetryOptions,
    onRetried: (result: RetryResult) => void,
  ): Promise<void> {
    const match = { state: 'OPEN', ...(target === undefined ? {} : { target }) } as const;
    const list = { key: 'id', direction: 'asc', match } as const;
    let after: number | undefined;
    for (;;) {
      const page = { limit: retriesPerPage, fromEnd: false, after };
      const { rows } = pageOfTable(this.#services.store, rejectedRecords, list, page);
      if (rows.length === 0) return;
      for (const result of await Promise.all(
        rows.map((reject) => attempt(reject, this.resolve(reject.id, reject.raw, options))),
      ))
        onRetried(result);
      after = rows.at(-1)?.id;
    }
  }

  /**
   * Discards a reject for good; it still counts as rejected. A repeat changes nothing, the first reason stays. Throws
   * NOT_FOUND, BAD_REQUEST for a resolved reject, VALIDATION_FAILED for an empty or malformed reason.
   */
  async discard(id: number, reason: string): Promise<RejectedRecord> {
    checkReason(id, reason);
    return this.#services.ledger.write((tx) => {
      const reject = this.#find(id);
      if (reject.state === 'RESOLVED')
        throw new DomainError('BAD_REQUEST', `rejected record ${id} is resolved: it can no longer be discarded`);
      if (reject.state === 'DISCARDED') return reject;
      return settleRejectedRecord(tx, reject, { state: 'DISCARDED', settlement: reason, settledSeq: null });
    });
  }

  /** Inside a transaction it sees the changes made before. */
  #find(id: number): RejectedRecord {
    const [reject] = this.byIds([id]);
    if (!reject) throw new DomainError('NOT_FOUND', `no rejected record has the id ${id}`);
    return reject;
  }

  #importerOf({ target }: RejectedRecord): Importer {
    const found = this.importers.find((importer) => importer.target.name === target);
    if (found) return found;
    const message = `a rejected record of ${target} cannot be resolved alone: correct its file and import the file again`;
    throw new DomainError('BAD_REQUEST', message);
  }
}

/** The result of resolving or discarding a reject; throws what is no refusal. */
const attempt = async (reject: RejectedRecord, work: Promise<RejectedRecord>): Promise<RetryResult> => {
  try {
    return { reject: await work };
  } catch (error) {
    if (error instanceof DomainError && isRefusal(error)) return { reject, error };
    throw error;
  }
};

const checkReason = (id: number, reason: string): void => {
  const isText = reason.trim() !== '' && reason.isWellFormed() && !reason.includes('\0');
  if (isText && reason.length <= reasonLengthMax) return;
  const message = `the reason must be 1 to ${reasonLengthMax} characters of well-formed text without NUL`;
  throw refusal(id, 'VALIDATION_FAILED', [{ path: 'reason', code: 'MALFORMED', message }]);
};

const importOf = (tx: Tx, { importId }: RejectedRecord): Import | undefined =>
  importId === null ? undefined : tx.findLatest(imports, { id: importId });

/** Stores the record as one of its import; throws the reason for which it is refused. */
const storeResolved = (
  tx: Tx,
  importer: Importer,
  value: unknown,
  reject: RejectedRecord,
): Extract<RecordOutcome, { kind: 'CREATED' | 'DUPLICATE' }> => {
  const { id, importId, line, source, problems } = reject;
  const ofImport = importOf(tx, reject);
  const start = { id: ofImport?.id ?? 0, digest: ofImport?.digest ?? '', isRepeat: false };
  const session = importer.resume?.(tx, start) ?? importer.begin(start);
  const outcome = session.record(tx, value, { importId, line, sentBy: importId === null ? senderOf(source) : null });
  if (outcome.kind === 'CONFLICT') throw refusal(id, 'CONFLICT', outcome.problems);
  if (outcome.kind === 'REJECTED') throw refusal(id, 'VALIDATION_FAILED', outcome.problems);
  if (ofImport) moveCount(tx, ofImport, wasConflict(problems) ? 'conflicts' : 'rejected', outcome.kind);
  return outcome;
};

const moveCount = (
  tx: Tx,
  ofImport: Import,
  from: 'conflicts' | 'rejected',
  outcome: 'CREATED' | 'DUPLICATE',
): void => {
  const to = outcome === 'CREATED' ? 'accepted' : 'unchanged';
  const isLast = ofImport.conflicts + ofImport.rejected === 1;
  const state = isLast && ofImport.state === 'SUCCEEDED_WITH_REJECTS' ? 'SUCCEEDED' : ofImport.state;
  tx.update(imports, { id: ofImport.id }, { [from]: ofImport[from] - 1, [to]: ofImport[to] + 1, state });
};

/** Only a conflict has a problem with this code, and its import counts it so. */
const wasConflict = (problems: RejectedRecord['problems']): boolean => problems.some(({ code }) => code === 'CONFLICT');

const isRefusal = ({ code }: DomainError): boolean =>
  ['VALIDATION_FAILED', 'LIMIT_EXCEEDED', 'CONFLICT', 'BAD_REQUEST'].includes(code);

const refusal = (id: number, code: 'VALIDATION_FAILED' | 'CONFLICT', problems: FieldProblem[]): DomainError =>
  new DomainError(code, `rejected record ${id}: ${problems.map(({ message }) => message).join('; ')}`, { problems });
