import type { Records } from '../../../lib/record-columns.ts';
import type { TextColumn } from '../../../lib/text-column.ts';
import type { Users } from '../../users/users.ts';
import { type FactBlock, type FactColumns, type FutureLimit, readAmountTexts } from './columns.ts';

/** What records of all kinds of facts have. */
interface FactRecord {
  readonly seq: number;
  readonly recordedAtUs: number;
  readonly userId: string;
  readonly occurredAtUs: number;
}

/** The facts of records, which name their users. */
export const factsOf = (
  records: Pick<Records<FactRecord>, 'numbers' | 'texts'>,
  amounts: TextColumn,
  users: Pick<Users, 'addAllNamed'>,
): FactBlock => {
  const seqs = records.numbers('seq');
  return {
    seqs,
    users: users.addAllNamed(records.texts('userId'), seqs),
    occurredAtUs: records.numbers('occurredAtUs'),
    recordedAtUs: records.numbers('recordedAtUs'),
    amounts: readAmountTexts(amounts, seqs),
  };
};

/** Appends the facts that are new, and returns the index of the first of them. */
export const appendNew = (columns: FactColumns, facts: FactBlock, limit: FutureLimit): number => {
  const { seqs, users, occurredAtUs, recordedAtUs, amounts } = facts;
  let from = 0;
  while (from < seqs.length && (seqs[from] as number) <= columns.lastSeq) from++;
  const newFacts =
    from === 0
      ? facts
      : {
          seqs: seqs.subarray(from),
          users: users.subarray(from),
          occurredAtUs: occurredAtUs.subarray(from),
          recordedAtUs: recordedAtUs.subarray(from),
          amounts: amounts.subarray(from),
        };
  columns.append(newFacts, limit);
  return from;
};
