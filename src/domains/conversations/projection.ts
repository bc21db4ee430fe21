import { conversations, followups } from '../../../db/tables/conversations.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { ConversationIndex } from './conversation-index.ts';
import { isWrongGuess } from './guess.ts';

interface Start {
  readonly seq: number;
  readonly uuid: string;
  readonly symbol: string;
  readonly isVowelGuess: boolean;
}

type Followup = Pick<Start, 'seq' | 'uuid'> & { readonly symbol?: never };

/** The index of all conversations, kept up to date with the ledger. */
export const projectConversations = (ledger: Ledger): ConversationIndex => {
  const index = new ConversationIndex();
  /** Records of a step, of both tables: whether a follow-up was an orphan depends on the order of all. */
  let pending: (Start | Followup)[] = [];

  const collect = async (rows: readonly (Start | Followup)[]): Promise<void> => {
    for (const row of rows) pending.push(row);
  };
  const apply = (): void => {
    const records = pending.sort((a, b) => a.seq - b.seq);
    pending = [];
    for (const record of records) {
      const { seq, uuid } = record;
      if (seq <= index.lastSeq) continue;
      if (record.symbol === undefined) index.addFollowup(seq, uuid);
      else index.addStart(seq, uuid, record.symbol, isWrongGuess(record.symbol, record.isVowelGuess));
    }
  };

  ledger.subscribe(conversations, ['seq', 'uuid', 'symbol', 'isVowelGuess'], {
    name: 'conversations',
    prepare: collect,
    apply,
    async rebuilt() {
      index.trim();
    },
    size: () => ({ entries: index.entries, bytes: index.byteLength }),
    exchange: (columns) => index.exchange(columns),
  });
  ledger.subscribe(followups, ['seq', 'uuid'], {
    name: 'followups',
    prepare: collect,
    apply,
    exchange: () => undefined,
  });
  return index;
};
