import { conversations, followups } from '../../../db/tables/conversations.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { ConversationIndex } from './conversation-index.ts';
import { isWrongGuess } from './guess.ts';

export interface ConversationProjection {
  readonly index: ConversationIndex;
  /** The `seq` of the newest start; 0 while there is none. */
  lastStartSeq(): number;
}

/** The index of all conversations, kept up to date with the ledger. */
export const projectConversations = (ledger: Ledger): ConversationProjection => {
  const index = new ConversationIndex();
  let lastStart = 0;
  let lastFollowup = 0;

  ledger.subscribe(conversations, ['seq', 'uuid', 'symbol', 'isVowelGuess'], {
    name: 'conversations',
    apply(rows) {
      for (const { seq, uuid, symbol, isVowelGuess } of rows) {
        if (seq <= lastStart) continue;
        index.addStart(seq, uuid, symbol, isWrongGuess(symbol, isVowelGuess));
        lastStart = seq;
      }
    },
    async rebuilt() {
      index.trim();
    },
    size: () => ({ entries: index.entries, bytes: index.byteLength }),
  });
  ledger.subscribe(followups, ['seq', 'uuid'], {
    name: 'followups',
    after: ['conversations'],
    apply(rows) {
      for (const { seq, uuid } of rows) {
        if (seq <= lastFollowup) continue;
        index.addFollowup(uuid);
        lastFollowup = seq;
      }
    },
  });
  return { index, lastStartSeq: () => lastStart };
};
