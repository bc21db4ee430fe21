import type { Store } from '../../../db/store.ts';
import { conversations, followups } from '../../../db/tables/conversations.ts';

/** A start or a follow-up as it was received. A follow-up has neither symbol nor guess of its own. */
export interface ConversationEvent {
  readonly seq: number;
  readonly recordedAtUs: number;
  readonly event: 'initial' | 'followup';
  readonly uuid: string;
  readonly symbol: string | null;
  readonly isVowelGuess: boolean | null;
}

/** How much of the ledger is read at a time, so that neither the thread nor the log is held for long. */
const batchRecords = 5000;

/** Every event recorded by now and up to a sequence number, in the order of `seq`, batch by batch. */
export function* conversationEvents(store: Store, sequence: number): Iterable<ConversationEvent[]> {
  const seqs = (direction: 'asc' | 'desc'): number[] =>
    [conversations, followups].flatMap((table) => store.page(table, { key: 'seq', direction, limit: 1 })[0]?.seq ?? []);
  // Sequence numbers have no gap, so whatever is recorded from now on has a greater one.
  const last = Math.min(sequence, Math.max(...seqs('desc')));
  for (let after = Math.min(...seqs('asc')) - 1; after < last; after += batchRecords) {
    const upTo = Math.min(after + batchRecords, last);
    const events = [...startsBetween(store, after, upTo), ...followupsBetween(store, after, upTo)];
    if (events.length > 0) yield events.sort((a, b) => a.seq - b.seq);
  }
}

const startsBetween = (store: Store, after: number, upTo: number): ConversationEvent[] =>
  store
    .records(conversations, ['seq', 'recordedAtUs', 'uuid', 'symbol', 'isVowelGuess'], after, upTo)
    .rows()
    .map((row) => ({ ...row, event: 'initial' }));

const followupsBetween = (store: Store, after: number, upTo: number): ConversationEvent[] =>
  store
    .records(followups, ['seq', 'recordedAtUs', 'uuid'], after, upTo)
    .rows()
    .map((row) => ({ ...row, event: 'followup', symbol: null, isVowelGuess: null }));
