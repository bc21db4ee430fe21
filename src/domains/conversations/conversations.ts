import type { Row, Store, Tx } from '../../../db/store.ts';
import { conversations, followups } from '../../../db/tables/conversations.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { sentByApi } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { letters, parseLetter } from '../../lib/letter.ts';
import { preview } from '../../lib/problems.ts';
import { spanOf, type TimeRange } from '../../lib/time-range.ts';
import { parseUuid } from '../../lib/uuid.ts';
import { type ConversationIndex, createConversationIndex } from './conversation-index.ts';
import { type ConversationEvent, conversationEvents } from './events.ts';
import { pageOfSeqs, type SeqPage, type SeqPageRequest, type SeqSpan } from './page.ts';

export interface Conversation {
  readonly seq: number;
  /** In lower case. */
  readonly uuid: string;
  readonly symbol: string;
  readonly startedAtUs: number;
  readonly isVowelGuess: boolean;
}

export interface Followup {
  readonly seq: number;
  readonly uuid: string;
  readonly receivedAtUs: number;
}

export interface ConversationPageRequest extends Omit<SeqPageRequest, keyof SeqSpan> {
  /** Only those that began with this letter. */
  readonly symbol?: string | null | undefined;
  readonly range?: TimeRange | null | undefined;
  /** In which the days of the range begin. */
  readonly timeZone: string;
}

export interface FollowupPageRequest extends TablePageRequest {
  /** Only those of this conversation, in lower case, whether or not it was seen to begin. */
  readonly uuid?: string | null | undefined;
}

export interface ConversationSettings {
  /** How probable it is that a guess is turned into its opposite, 0 to 1. */
  readonly guessNoise: number;
  readonly followupsMax: number;
}

/** A number from 0 to below 1. */
export type Draw = () => number;

/** Clients ask whether a symbol is a vowel, and may follow up. Every start and follow-up is kept. */
export interface Conversations {
  readonly index: ConversationIndex;
  /**
   * Begins a conversation and guesses whether its symbol, a letter `a` to `z` in any case, is a vowel. The same again is
   * answered as it was the first time. Throws BAD_REQUEST for anything but a UUID and a letter, CONFLICT for a UUID that
   * began with another symbol.
   */
  start(uuid: string, symbol: string, sentBy?: string | null): Promise<Conversation>;
  /** Keeps a follow-up, whether or not its conversation was seen to begin. Throws BAD_REQUEST for anything but a UUID. */
  followUp(uuid: string, sentBy?: string | null): Promise<Followup>;
  /** Conversations by `seq`, in the order of the keys: one statement. */
  bySeqs(seqs: readonly number[]): (Conversation | null)[];
  /** Conversations by UUID in lower case, in the order of the keys: one statement. */
  byUuids(uuids: readonly string[]): (Conversation | null)[];
  /**
   * The follow-ups of each UUID in the order they came: one statement. Throws LIMIT_EXCEEDED, before it is run, when they
   * are more than `followupsMax`.
   */
  followupsOf(uuids: readonly string[]): Followup[][];
  /** Which conversations are on a page, in the order they began. Costs no SQL. */
  page(request: ConversationPageRequest): SeqPage;
  /** A page of follow-ups in the order they came, orphans included: one statement. */
  followupPage(request: FollowupPageRequest): TablePage<Followup> & { readonly totalCount: number };
  /**
   * Every event recorded by now in the order of `seq`, step by step; with a symbol only those of conversations that began
   * with it.
   */
  events(symbol?: string): Iterable<ConversationEvent[]>;
  /** The sequence numbers in which a range went by; days and calendar durations count in `timeZone`. */
  seqSpanOf(range: TimeRange | null | undefined, timeZone: string): SeqSpan;
}

export const createConversations = (
  store: Store,
  ledger: Ledger,
  { guessNoise, followupsMax }: ConversationSettings,
  draw: Draw = Math.random,
): Conversations => {
  const index = createConversationIndex();
  let lastStart = 0;
  let lastFollowup = 0;

  ledger.subscribe(conversations, ['seq', 'uuid', 'symbol', 'isVowelGuess'], {
    name: 'conversations',
    apply(rows) {
      for (const { seq, uuid, symbol, isVowelGuess } of rows) {
        if (seq <= lastStart) continue;
        index.begin(seq, uuid, symbol, isWrong(symbol, isVowelGuess));
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
        index.followUp(uuid);
        lastFollowup = seq;
      }
    },
  });

  const guess = (symbol: string): boolean => {
    if (isBoth(symbol)) return draw() < 0.5;
    return draw() < guessNoise ? !isVowel(symbol) : isVowel(symbol);
  };

  const begin = (tx: Tx, uuid: string, symbol: string, sentBy: string | null): Conversation => {
    const known = tx.findLatest(conversations, { uuid });
    if (known?.symbol === symbol) return stored(known);
    if (known) throw conflict(known);
    const isVowelGuess = guess(symbol);
    const seq = tx.append(conversations, { uuid, symbol, isVowelGuess, ...sentByApi(sentBy) });
    return { seq, uuid, symbol, isVowelGuess, startedAtUs: tx.nowUs };
  };

  const seqSpanOf = (range: TimeRange | null | undefined, timeZone: string): SeqSpan => {
    const { sequence } = ledger.snapshot();
    const { fromUs, toUs } = range ? spanOf(range, timeZone, ledger.snapshotAt(lastStart).atUs ?? 0) : {};
    // A start is recorded when it happens, so that the ledger's order is that of time.
    const seqBefore = (atUs: number): number => ledger.resolveSequence({ knownAtUs: atUs - 1 });
    return {
      after: fromUs === undefined ? 0 : seqBefore(fromUs),
      upTo: toUs === undefined ? sequence : seqBefore(toUs),
    };
  };

  return {
    index,
    async start(uuidText, symbolText, sentBy = null) {
      const uuid = parseUuid(uuidText);
      const symbol = parseLetter(symbolText);
      if (uuid !== null && symbol !== null) return ledger.write((tx) => begin(tx, uuid, symbol, sentBy));
      throw refusal([
        ...(uuid === null ? [uuidProblem(uuidText)] : []),
        ...(symbol === null ? [symbolProblem(symbolText)] : []),
      ]);
    },
    async followUp(uuidText, sentBy = null) {
      const uuid = parseUuid(uuidText);
      if (uuid === null) throw refusal([uuidProblem(uuidText)]);
      return ledger.write((tx) => ({
        seq: tx.append(followups, { uuid, ...sentByApi(sentBy) }),
        uuid,
        receivedAtUs: tx.nowUs,
      }));
    },
    bySeqs: (seqs) => rowsByKey(store, conversations, 'seq', seqs).map((row) => row && stored(row)),
    byUuids(uuids) {
      const found = new Map(store.rowsIn(conversations, 'uuid', uuids).map((row) => [row.uuid, stored(row)]));
      return uuids.map((uuid) => found.get(uuid) ?? null);
    },
    followupsOf(uuids) {
      const count = uuids.reduce((sum, uuid) => sum + index.followupsOf(uuid), 0);
      if (count > followupsMax)
        throw new DomainError(
          'LIMIT_EXCEEDED',
          `followups of these conversations are ${count}, more than ${followupsMax} (setting followupsMax)`,
        );
      const byUuid = new Map(uuids.map((uuid): [string, Followup[]] => [uuid, []]));
      const rows = store.rowsIn(followups, 'uuid', uuids).toSorted((a, b) => a.seq - b.seq);
      for (const row of rows) byUuid.get(row.uuid)?.push(received(row));
      return uuids.map((uuid) => byUuid.get(uuid) ?? []);
    },
    page({ symbol, range, timeZone, ...request }) {
      const wanted = symbol == null ? index.series : index.series.filter((_, code) => letters[code] === symbol);
      return pageOfSeqs(wanted, { ...seqSpanOf(range, timeZone), ...request });
    },
    followupPage({ uuid, ...request }) {
      const match = uuid == null ? {} : { uuid };
      const page = pageOfTable(store, followups, { key: 'seq', direction: 'asc', match }, request);
      const totalCount = uuid == null ? index.followups : index.followupsOf(uuid);
      return { ...page, rows: page.rows.map(received), totalCount };
    },
    *events(symbol) {
      const isWanted = ({ uuid }: ConversationEvent): boolean => index.symbolOf(uuid) === symbol;
      for (const events of conversationEvents(store)) yield symbol === undefined ? events : events.filter(isWanted);
    },
    seqSpanOf,
  };
};

const isVowel = (symbol: string): boolean => 'aeiou'.includes(symbol);

/** The letter that is a vowel in some words and a consonant in others: no guess at it is right or wrong. */
export const isBoth = (symbol: string): boolean => symbol === 'y';

const isWrong = (symbol: string, isVowelGuess: boolean): boolean => !isBoth(symbol) && isVowelGuess !== isVowel(symbol);

const uuidProblem = (text: string): FieldProblem => ({
  path: 'uuid',
  code: 'MALFORMED',
  message: `uuid must be a UUID, not ${preview(text)}`,
});

const symbolProblem = (text: string): FieldProblem => ({
  path: 'symbol',
  code: 'NOT_ALLOWED',
  message: `symbol must be a letter a to z, not ${preview(text)}`,
});

/** The letter that text is, in any case. Throws BAD_REQUEST for anything else. */
export const symbolOf = (text: string): string => {
  const symbol = parseLetter(text);
  if (symbol === null) throw refusal([symbolProblem(text)]);
  return symbol;
};

const refusal = (problems: readonly FieldProblem[]): DomainError =>
  new DomainError('BAD_REQUEST', problems.map(({ message }) => message).join('; '), { problems });

const conflict = ({ seq, uuid, symbol }: Row<typeof conversations>): DomainError => {
  const message = `symbol of conversation ${uuid} is ${symbol} already`;
  const problems = [{ path: 'symbol', code: 'CONFLICT' as const, message }];
  return new DomainError('CONFLICT', message, { problems, details: { existing: { type: 'Conversation', id: seq } } });
};

const stored = ({ seq, uuid, symbol, recordedAtUs, isVowelGuess }: Row<typeof conversations>): Conversation => ({
  seq,
  uuid,
  symbol,
  startedAtUs: recordedAtUs,
  isVowelGuess,
});

const received = ({ seq, uuid, recordedAtUs }: Row<typeof followups>): Followup => ({
  seq,
  uuid,
  receivedAtUs: recordedAtUs,
});
