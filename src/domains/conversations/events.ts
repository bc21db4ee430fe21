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

/** How much of the ledger is read at a time: neither thread nor log is held for longer. */
const stepRecords = 5000;

/** Every event recorded by now, in the order of `seq`, step by step. */
export function* conversationEvents(store: Store): Iterable<ConversationEvent[]> {
  const newest = [conversations, followups].map(
    (table) => store.page(table, { key: 'seq', direction: 'desc', limit: 1 })[0]?.seq ?? 0,
  );
  // A record comes with all before it: whatever is recorded from here on has a greater number.
  const last = Math.max(...newest);
  for (let after = 0; after < last; after += stepRecords) {
    const upTo = Math.min(after + stepRecords, last);
    const events = [...startsBetween(store, after, upTo), ...followupsBetween(store, after, upTo)];
    if (events.length > 0) yield events.sort((a, b) => a.seq - b.seq);
  }
}

const startsBetween = (store: Store, after: number, upTo: number): ConversationEvent[] =>
  store
    .records(conversations, ['seq', 'recordedAtUs', 'uuid', 'symbol', 'isVowelGuess'], after, upTo)
    .map((row) => ({ ...row, event: 'initial' }));

const followupsBetween = (store: Store, after: number, upTo: number): ConversationEvent[] =>
  store
    .records(followups, ['seq', 'recordedAtUs', 'uuid'], after, upTo)
    .map((row) => ({ ...row, event: 'followup', symbol: null, isVowelGuess: null }));
