import type { Row } from '../../../db/store.ts';
import { conversations, followups } from '../../../db/tables/conversations.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { letters } from '../../lib/letter.ts';
import type { Records } from '../../lib/record-columns.ts';
import { createYielder, inSlices } from '../../lib/yielding.ts';
import { ConversationIndex, type ConversationStart } from './conversation-index.ts';
import { isWrongGuess } from './guess.ts';

type Start = Pick<Row<typeof conversations>, 'seq' | 'uuid' | 'symbol' | 'isVowelGuess'>;
type Followup = Pick<Row<typeof followups>, 'seq' | 'uuid'>;

/** The records of a step. */
interface Step {
  readonly starts?: Records<Start>;
  readonly followups?: Records<Followup>;
}

/** The index of all conversations, kept up to date with the ledger. */
export const projectConversations = (ledger: Ledger): ConversationIndex => {
  const index = new ConversationIndex();
  let step: Step = {};
  const apply = (): void => {
    const { starts, followups } = step;
    step = {};
    addInOrder(index, starts ? startsOf(index, starts) : [], followups ? followupsOf(index, followups) : []);
  };

  ledger.subscribe(conversations, ['seq', 'uuid', 'symbol', 'isVowelGuess'], {
    name: 'conversations',
    async prepare(starts) {
      step = { ...step, starts };
    },
    apply,
    async rebuilt() {
      await inSlices(index.trimInSteps(), createYielder(undefined));
    },
    size: () => ({ entries: index.entries, bytes: index.byteLength }),
    exchange: (columns) => index.exchange(columns),
  });
  ledger.subscribe(followups, ['seq', 'uuid'], {
    name: 'followups',
    async prepare(followups) {
      step = { ...step, followups };
    },
    apply,
    exchange: () => undefined,
  });
  return index;
};

const startsOf = (index: ConversationIndex, starts: Records<Start>): ConversationStart[] => {
  const codes = index.codesOf(starts.texts('uuid'));
  const symbols = starts.texts('symbol');
  const guesses = starts.numbers('isVowelGuess');
  return Array.from(starts.numbers('seq'), (seq, row) => {
    const symbol = symbols.text.charAt(symbols.starts[row] as number);
    const isWrong = isWrongGuess(symbol, guesses[row] === 1);
    return { seq, uuidCode: codes[row] as number, symbolCode: letters.indexOf(symbol), isWrong };
  });
};

const followupsOf = (index: ConversationIndex, followups: Records<Followup>) => {
  const codes = index.codesOf(followups.texts('uuid'));
  return Array.from(followups.numbers('seq'), (seq, row) => ({ seq, uuidCode: codes[row] as number }));
};

/** Adds the records that are new. Whether a follow-up is an orphan depends on the order of both kinds. */
const addInOrder = (
  index: ConversationIndex,
  starts: readonly ConversationStart[],
  followups: readonly { readonly seq: number; readonly uuidCode: number }[],
): void => {
  const known = index.lastSeq;
  let next = 0;
  const addFollowupsBefore = (seq: number): void => {
    for (; next < followups.length; next++) {
      const followup = followups[next] as { seq: number; uuidCode: number };
      if (followup.seq > seq) return;
      if (followup.seq > known) index.addFollowup(followup.seq, followup.uuidCode);
    }
  };
  for (const start of starts) {
    addFollowupsBefore(start.seq);
    if (start.seq > known) index.addStart(start);
  }
  addFollowupsBefore(Number.POSITIVE_INFINITY);
};
