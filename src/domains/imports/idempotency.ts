import { createHash } from 'node:crypto';
import type { Row, Tx } from '../../../db/store.ts';
import { idempotencyKeys } from '../../../db/tables/idempotency-keys.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { RecordOutcome } from '../../ledger/record.ts';
import { preview } from '../../lib/problems.ts';
import { isTextId, textIdLengthMax } from '../../lib/text-id.ts';
import type { IngestResult } from './ingest-result.ts';

/** The key under which a sender may send the same batch again. */
export interface BatchKey {
  /** Name of the sender's API key; null for a sender without one. Each sender has keys of its own. */
  readonly sentBy: string | null;
  readonly key: string;
  /** How the sender passes the key, for messages. */
  readonly field: string;
  /** What the batch consists of. */
  readonly content: string | Uint8Array;
}

/** Throws VALIDATION_FAILED for a key that is no id. */
export const checkBatchKey = ({ key, field }: Pick<BatchKey, 'key' | 'field'>): void => {
  if (isTextId(key)) return;
  const message = `${field} must be 1 to ${textIdLengthMax} characters of well-formed text without NUL`;
  throw new DomainError('VALIDATION_FAILED', message, { problems: [{ path: field, code: 'MALFORMED', message }] });
};

/**
 * Stores a batch once for its key: the first time by the steps of `store`, in the same transaction as the key. The same batch again has
 * the same result, and stores nothing. Keys are kept for `keptMs`. Throws VALIDATION_FAILED when the key is known for another
 * batch, as draft-ietf-httpapi-idempotency-key-header has it (section 2.7: status 422).
 */
export function* storeBatchOnce(
  tx: Tx,
  { sentBy, key, field, content }: BatchKey,
  keptMs: number,
  store: () => Generator<void, IngestResult>,
): Generator<void, IngestResult> {
  tx.removeUpTo(idempotencyKeys, 'storedAtUs', tx.nowUs - keptMs * 1000);
  const digest = createHash('sha256').update(content).digest('hex');
  const sender = sentBy ?? '';
  const known = tx.findLatest(idempotencyKeys, { sentBy: sender, key });
  if (known?.digest === digest) return resultOf(known);
  if (known) {
    const message = `${field} ${preview(key)} was sent with another body before; send a new key with a new body`;
    throw new DomainError('VALIDATION_FAILED', message, { problems: [{ path: field, code: 'CONFLICT', message }] });
  }
  const result = yield* store();
  const { outcomes, rejectedIds } = result;
  const row = { sentBy: sender, key, digest, storedAtUs: tx.nowUs };
  tx.insert(idempotencyKeys, { ...row, outcomes: runsOf(outcomes), rejectedIds: [...rejectedIds] });
  return result;
}

type KeyRow = Row<typeof idempotencyKeys>;
type Runs = KeyRow['outcomes'];

const runsOf = (outcomes: readonly RecordOutcome[]): Runs => {
  const runs: Runs = [];
  for (const outcome of outcomes) {
    const last = runs.at(-1);
    if (outcome.kind === 'CREATED') {
      if (last?.[0] === 'CREATED' && last[2] + last[1] === outcome.seq) last[1] += 1;
      else runs.push(['CREATED', 1, outcome.seq]);
    } else if (outcome.kind === 'DUPLICATE') {
      if (outcome.storedSeq === undefined) runs.push(['DUPLICATE', 1]);
      else if (last?.[0] === 'DUPLICATE' && last[2] !== undefined && last[2] + last[1] === outcome.storedSeq)
        last[1] += 1;
      else runs.push(['DUPLICATE', 1, outcome.storedSeq]);
    } else if (outcome.kind === 'CONFLICT') runs.push([outcome.kind, outcome.problems, outcome.storedSeq]);
    else runs.push([outcome.kind, outcome.problems]);
  }
  return runs;
};

const resultOf = ({ outcomes: runs, rejectedIds }: KeyRow): IngestResult => {
  const outcomes: RecordOutcome[] = [];
  for (const run of runs) {
    if (run[0] === 'CREATED')
      for (let index = 0; index < run[1]; index++) outcomes.push({ kind: 'CREATED', seq: run[2] + index });
    else if (run[0] === 'DUPLICATE') {
      const [kind, count, first] = run;
      for (let index = 0; index < count; index++)
        outcomes.push({ kind, storedSeq: first === undefined ? undefined : first + index });
    } else if (run[0] === 'CONFLICT')
      outcomes.push({ kind: 'CONFLICT', problems: run[1] as FieldProblem[], storedSeq: run[2] });
    else outcomes.push({ kind: 'REJECTED', problems: run[1] as FieldProblem[] });
  }
  return { outcomes, rejectedIds };
};
