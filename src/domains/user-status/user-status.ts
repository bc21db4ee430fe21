import type { Store, Tx } from '../../../db/store.ts';
import { statusChanges } from '../../../db/tables/user-status.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import { createTimelineIndex } from '../../indices/as-of.ts';
import { createDictionary } from '../../indices/dictionary.ts';
import { absentUint32 } from '../../indices/growable.ts';
import type { TimelineIndex } from '../../indices/timeline-index.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import { idProblems, type RecordOrigin, type RecordOutcome, type StoredOrigin } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { isTextId } from '../../lib/text-id.ts';
import type { TimeSpan } from '../../lib/time-range.ts';
import { createYielder, inSlices } from '../../lib/yielding.ts';
import type { Users } from '../users/users.ts';
import { explainStatus, type StatusExplanation } from './explanation.ts';
import { type Status, statusCodes } from './status.ts';
import { StatusBatch } from './status-batch.ts';
import { createStatusTimelines, type StatusAsOf, type StatusPeriod } from './timeline.ts';

export interface StatusChange {
  readonly userId: string;
  readonly effectiveAtUs: number;
  readonly status: Status;
}

export type StoredStatusChange = StatusChange & StoredOrigin;

/** The statuses of users: changes that are never edited; a later record for the same instant corrects an earlier one. */
export interface UserStatus {
  /**
   * The change with the greatest `(effectiveAt, seq)` at or before the instant; without one `non-paying`. Costs no SQL.
   */
  statusAt(userId: string, atUs: number, knowledge?: KnownAsOf): StatusAsOf;
  /** The same for many users at one instant, in their order. Throws BAD_REQUEST when one of them is no id. */
  statusesAt(userIds: readonly string[], atUs: number, knowledge?: KnownAsOf): StatusBatch;
  /** The status code of a user code. */
  codeAt(user: number, atUs: number, sequence: number): number;
  /** The same for users by their codes, each at a time of its own: the hot path of enrichment. */
  codesAt: TimelineIndex['valuesAt'];
  /** The status over time, gaps included, oldest first, cut to the span. */
  timeline(userId: string, span: TimeSpan, knowledge?: KnownAsOf): StatusPeriod[];
  explain(asOf: StatusAsOf): StatusExplanation;
  /** A user's stored changes in the order they were recorded, up to a sequence number. */
  changesOf(userId: string, page: TablePageRequest, sequence?: number): TablePage<StoredStatusChange>;
  /** Stored changes by `seq`, in the order of the keys. */
  bySeqs(seqs: readonly number[]): (StoredStatusChange | null)[];
  /** Records one change. A change that repeats the recorded status of that user and instant is a duplicate. */
  record(tx: Tx, change: StatusChange, origin: RecordOrigin): RecordOutcome;
  /** Calls `listener` with the code of each user whose history has grown. */
  onChange(listener: (user: number) => void): void;
}

export const createUserStatus = (store: Store, ledger: Ledger, users: Users): UserStatus => {
  const index = createTimelineIndex();
  const timelines = createStatusTimelines(index);
  const statuses = createDictionary();
  for (const status of statusCodes) statuses.intern(status);
  const listeners: ((user: number) => void)[] = [];

  ledger.subscribe(statusChanges, ['seq', 'userId', 'effectiveAtUs', 'status'], {
    name: 'user-status',
    after: ['users'],
    apply(records) {
      const seqs = records.numbers('seq');
      const codes = users.addAllNamed(records.texts('userId'), seqs);
      const times = records.numbers('effectiveAtUs');
      const values = statuses.internAll(records.texts('status'));
      for (let row = 0; row < seqs.length; row++) {
        const user = codes[row] as number;
        index.add(user, times[row] as number, values[row] as number, seqs[row] as number);
        for (const listener of listeners) listener(user);
      }
    },
    async rebuilt() {
      await inSlices(index.compact(), createYielder(undefined));
    },
    size: () => ({ entries: index.entries, bytes: index.byteLength }),
    exchange: (columns) => index.exchange(columns),
  });

  const codeOf = (userId: string): number => users.codes.codeOf(userId) ?? -1;
  const statusOf = (userId: string, user: number, atUs: number, sequence: number): StatusAsOf => {
    const { status, decidedBySeq, validFromUs, validToUs } = timelines.periodAt(user, atUs, sequence);
    return { userId, atUs, sequence, status, decidedBySeq, validFromUs, validToUs };
  };

  return {
    statusAt(userId, atUs, knowledge = {}) {
      refuse(idProblems({ userId }));
      return statusOf(userId, codeOf(userId), atUs, ledger.resolveSequence(knowledge));
    },
    statusesAt(userIds, atUs, knowledge = {}) {
      const found = new Uint32Array(userIds.length);
      users.codes.readCodes(userIds, found);
      refuseMalformed(userIds, found);
      const sequence = ledger.resolveSequence(knowledge);
      const deciders = timelines.decidersAt(found, atUs, sequence);
      return new StatusBatch({
        ...{ userIds, atUs, sequence },
        codes: timelines.codesOf(deciders),
        findSpans: () => timelines.spansOf(deciders),
        decidedBySeqAt: (each) => timelines.decidedBySeqAt(deciders, each),
      });
    },
    codeAt(user, atUs, sequence) {
      const position = index.positionAt(user, atUs, sequence);
      return position < 0 ? 0 : index.valueOf(position);
    },
    codesAt: (questions, sequence) => index.valuesAt(questions, sequence),
    timeline(userId, span, knowledge = {}) {
      return timelines.periods(codeOf(userId), span, ledger.resolveSequence(knowledge));
    },
    explain: (asOf) => explainStatus(index, users, asOf),
    changesOf: (userId, page, upTo) =>
      pageOfTable(store, statusChanges, { key: 'seq', direction: 'asc', match: { userId }, upTo }, page),
    bySeqs: (seqs) => rowsByKey(store, statusChanges, 'seq', seqs),
    record: recordStatusChange,
    onChange: (listener) => void listeners.push(listener),
  };
};

/** Of ids with their codes: one that has a code is well-formed, because it is from a record. */
const refuseMalformed = (userIds: readonly string[], codes: Uint32Array): void => {
  for (let index = 0; index < codes.length; index++)
    if (codes[index] === absentUint32 && !isTextId(userIds[index] as string))
      refuse(userIds.flatMap((userId, each) => idProblems({ [`userIds.${each}`]: userId })));
};

const refuse = (problems: readonly FieldProblem[]): void => {
  if (problems[0]) throw new DomainError('BAD_REQUEST', problems[0].message, { problems });
};

export const recordStatusChange: UserStatus['record'] = (tx, change, origin) => {
  const { userId, effectiveAtUs, status } = change;
  const known = tx.findLatest(statusChanges, { userId, effectiveAtUs });
  if (known?.status === status) return { kind: 'DUPLICATE', storedSeq: known.seq };
  // Each field by its name: to spread two objects takes as long as to insert the record.
  const { importId, line, sentBy } = origin;
  return { kind: 'CREATED', seq: tx.append(statusChanges, { importId, line, sentBy, userId, effectiveAtUs, status }) };
};
