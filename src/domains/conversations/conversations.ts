import type { Row, Store, Tx } from '../../../db/store.ts';
import { conversations, followups } from '../../../db/tables/conversations.ts';
import { DomainError } from '../../errors.ts';
import type { KnownAsOf, Ledger } from '../../ledger/ledger.ts';
import { sentByApi } from '../../ledger/record.ts';
import { rowsByKey } from '../../ledger/rows-by-key.ts';
import { pageOfTable, type TablePage, type TablePageRequest } from '../../ledger/table-page.ts';
import { spanOf, type TimeRange } from '../../lib/time-range.ts';
import type { Work } from '../../lib/work.ts';
import type { ConversationEngine } from './engine.ts';
import { type ConversationEvent, conversationEvents } from './events.ts';
import { type Draw, guessVowel } from './guess.ts';
import { conversationsInMemory } from './in-memory.ts';
import { parseStart, requireUuid } from './input.ts';
import type { SeqPage, SeqPageRequest, SeqSpan } from './page.ts';

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
  /** Only those that started with this letter. */
  readonly symbol?: string | null | undefined;
  readonly range?: TimeRange | null | undefined;
  /** Determines when the days of the range begin. */
  readonly timeZone: string;
  readonly asOf?: KnownAsOf | undefined;
}

/** The follow-ups of a conversation, up to a sequence number. */
export interface FollowupsRequest {
  readonly uuid: string;
  readonly sequence?: number | undefined;
}

export interface FollowupPageRequest extends TablePageRequest {
  /** Only those of this conversation, in lower case, whether or not its start is stored. */
  readonly uuid?: string | null | undefined;
  readonly asOf?: KnownAsOf | undefined;
}

export interface ConversationSettings {
  /** The probability of the opposite of the right guess, 0 to 1. */
  readonly guessNoise: number;
  readonly followupsMax: number;
}

/** Clients ask whether a symbol is a vowel, and may follow up. Every start and every follow-up is stored. */
export interface Conversations {
  readonly engine: ConversationEngine;
  /**
   * Starts a conversation and guesses whether its symbol, a letter `a` to `z` in any case, is a vowel. A repeat returns
   * the stored conversation. Throws BAD_REQUEST for anything but a UUID and a letter, and CONFLICT for a UUID that
   * started with another symbol.
   */
  start(uuid: string, symbol: string, sentBy?: string | null): Promise<Conversation>;
  /** Stores a follow-up, whether or not the start of its conversation is stored. Throws BAD_REQUEST for anything but a UUID. */
  followUp(uuid: string, sentBy?: string | null): Promise<Followup>;
  /** Conversations by `seq`, in the order of the keys: one statement. */
  bySeqs(seqs: readonly number[]): (Conversation | null)[];
  /** Conversations by UUID in lower case, in the order of the keys: one statement. */
  byUuids(uuids: readonly string[]): (Conversation | null)[];
  /**
   * The follow-ups of each conversation in the order of recording: one statement. Throws LIMIT_EXCEEDED, before the
   * statement runs, when there are more than `followupsMax`.
   */
  followupsOf(requests: readonly FollowupsRequest[]): Followup[][];
  /** The conversations of a page, in the order they started. */
  page(request: ConversationPageRequest, work?: Work): Promise<SeqPage>;
  /** A page of follow-ups in the order of recording, orphans included: one statement. */
  followupPage(request: FollowupPageRequest): Omit<TablePage<Followup>, 'totalCount'> & {
    totalCount(): number | Promise<number>;
  };
  /**
   * Every event recorded by now, or up to a sequence number, in the order of `seq`, batch by batch; with a symbol only
   * those of conversations that started with it.
   */
  events(filter?: {
    readonly symbol?: string | undefined;
    readonly sequence?: number | undefined;
  }): Iterable<ConversationEvent[]>;
  /** The sequence numbers recorded in a range and up to one; days and calendar durations count in `timeZone`. */
  seqSpanOf(range: TimeRange | null | undefined, timeZone: string, sequence: number): SeqSpan | Promise<SeqSpan>;
}

/** What a test may replace, and what facts elsewhere need. */
export interface ConversationOptions {
  readonly draw?: Draw | undefined;
  /** Counts conversations that it keeps elsewhere; default: in the memory of this process. */
  readonly engine?: ConversationEngine | undefined;
}

export const createConversations = (
  store: Store,
  ledger: Ledger,
  { guessNoise, followupsMax }: ConversationSettings,
  { draw = Math.random, engine = conversationsInMemory(ledger) }: ConversationOptions = {},
): Conversations => {
  const storeStart = (tx: Tx, uuid: string, symbol: string, sentBy: string | null): Conversation => {
    const known = tx.findLatest(conversations, { uuid });
    if (known?.symbol === symbol) return toConversation(known);
    if (known) throw conflict(known);
    const isVowelGuess = guessVowel(symbol, guessNoise, draw);
    const seq = tx.append(conversations, { uuid, symbol, isVowelGuess, ...sentByApi(sentBy) });
    return { seq, uuid, symbol, isVowelGuess, startedAtUs: tx.nowUs };
  };

  const storeFollowup = (tx: Tx, uuid: string, sentBy: string | null): Followup => {
    const seq = tx.append(followups, { uuid, ...sentByApi(sentBy) });
    return { seq, uuid, receivedAtUs: tx.nowUs };
  };

  const seqSpanOf = createSeqSpans(ledger, engine);

  return {
    engine,
    async start(uuidText, symbolText, sentBy = null) {
      const { uuid, symbol } = parseStart(uuidText, symbolText);
      return ledger.write((tx) => storeStart(tx, uuid, symbol, sentBy));
    },
    async followUp(uuidText, sentBy = null) {
      const uuid = requireUuid(uuidText);
      return ledger.write((tx) => storeFollowup(tx, uuid, sentBy));
    },
    bySeqs: (seqs) => rowsByKey(store, conversations, 'seq', seqs).map((row) => row && toConversation(row)),
    byUuids(uuids) {
      const found = new Map(store.rowsIn(conversations, 'uuid', uuids).map((row) => [row.uuid, toConversation(row)]));
      return uuids.map((uuid) => found.get(uuid) ?? null);
    },
    followupsOf(requests) {
      checkFollowups({ store, ledger, engine }, requests, followupsMax);
      return followupsByConversation(store, requests);
    },
    async page({ symbol, range, timeZone, asOf = {}, ...request }, work) {
      const sequence = ledger.resolveSequence(asOf);
      const span = await seqSpanOf(range, timeZone, sequence);
      return engine.page({ ...request, sequence, span, symbol: symbol ?? undefined }, work);
    },
    followupPage({ uuid, asOf = {}, ...request }) {
      const match = uuid == null ? {} : { uuid };
      const sequence = ledger.resolveSequence(asOf);
      const page = pageOfTable(store, followups, { key: 'seq', direction: 'asc', match, upTo: sequence }, request);
      const totalCount = () =>
        uuid == null ? engine.followupsUpTo(sequence) : followupCount({ store, ledger, engine }, [{ uuid, sequence }]);
      return { ...page, rows: page.rows.map(toFollowup), totalCount };
    },
    *events({ symbol, sequence = Number.POSITIVE_INFINITY } = {}) {
      for (const events of conversationEvents(store, sequence))
        yield symbol === undefined ? events : eventsOf(store, symbol, events, sequence);
    },
    seqSpanOf,
  };
};

const createSeqSpans =
  (ledger: Ledger, engine: ConversationEngine): Conversations['seqSpanOf'] =>
  (range, timeZone, sequence) => {
    const endingWith = (lastStart: number): SeqSpan => {
      const newestUs = ledger.snapshotAt(lastStart).atUs ?? 0;
      const { fromUs, toUs } = range ? spanOf(range, timeZone, newestUs) : {};
      // A start is recorded when it happens, so the order of the ledger is the order of time.
      const seqBefore = (atUs: number): number => ledger.resolveSequence({ knownAtUs: atUs - 1 });
      const upTo = toUs === undefined ? sequence : Math.min(seqBefore(toUs), sequence);
      return { after: Math.min(fromUs === undefined ? 0 : seqBefore(fromUs), upTo), upTo };
    };
    // Only the last hours or days end with the last start.
    const lastStart = range?.last == null ? 0 : engine.lastStartUpTo(sequence);
    return typeof lastStart === 'number' ? endingWith(lastStart) : lastStart.then(endingWith);
  };

/** Those of conversations that started with a symbol up to a sequence number: one statement. */
const eventsOf = (
  store: Store,
  symbol: string,
  events: readonly ConversationEvent[],
  sequence: number,
): ConversationEvent[] => {
  const starts = store.rowsIn(conversations, 'uuid', [...new Set(events.map(({ uuid }) => uuid))]);
  const isOfSymbol = (start: Row<typeof conversations>): boolean => start.symbol === symbol && start.seq <= sequence;
  const uuids = new Set(starts.filter(isOfSymbol).map(({ uuid }) => uuid));
  return events.filter(({ uuid }) => uuids.has(uuid));
};

interface CountServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly engine: ConversationEngine;
}

/** Throws LIMIT_EXCEEDED for conversations with more than `followupsMax` follow-ups together. */
const checkFollowups = (services: CountServices, requests: readonly FollowupsRequest[], followupsMax: number): void => {
  // As of an earlier sequence number there are at most as many.
  const newest = followupCount(
    services,
    requests.map(({ uuid }) => ({ uuid })),
  );
  const count = newest > followupsMax ? followupCount(services, requests) : newest;
  if (count <= followupsMax) return;
  const message = `these conversations have ${count} followups, more than ${followupsMax} (setting followupsMax)`;
  throw new DomainError('LIMIT_EXCEEDED', message);
};

/** How many follow-ups these conversations have; a statement for each sequence number of which only the ledger knows. */
const followupCount = ({ store, ledger, engine }: CountServices, requests: readonly FollowupsRequest[]): number => {
  const newest = ledger.snapshot().sequence;
  const inLedger = new Map<number, string[]>();
  let count = 0;
  for (const { uuid, sequence = newest } of requests) {
    const known = sequence >= newest ? engine.followupsOf(uuid) : null;
    count += known ?? 0;
    if (known !== null) continue;
    const uuids = inLedger.get(sequence) ?? [];
    uuids.push(uuid);
    inLedger.set(sequence, uuids);
  }
  for (const [upTo, uuids] of inLedger) {
    const counts = store.countsIn(followups, 'uuid', uuids, { key: 'seq', after: 0, upTo });
    for (const uuid of uuids) count += counts.get(uuid) ?? 0;
  }
  return count;
};

const followupsByConversation = (store: Store, requests: readonly FollowupsRequest[]): Followup[][] => {
  const uuids = [...new Set(requests.map(({ uuid }) => uuid))];
  const byUuid = new Map(uuids.map((uuid): [string, Followup[]] => [uuid, []]));
  const rows = store.rowsIn(followups, 'uuid', uuids).toSorted((a, b) => a.seq - b.seq);
  for (const row of rows) byUuid.get(row.uuid)?.push(toFollowup(row));
  return requests.map(({ uuid, sequence = Number.POSITIVE_INFINITY }) =>
    (byUuid.get(uuid) ?? []).filter(({ seq }) => seq <= sequence),
  );
};

const conflict = ({ seq, uuid, symbol }: Row<typeof conversations>): DomainError => {
  const message = `symbol of conversation ${uuid} is ${symbol} already`;
  const problems = [{ path: 'symbol', code: 'CONFLICT' as const, message }];
  return new DomainError('CONFLICT', message, { problems, details: { existing: { type: 'Conversation', id: seq } } });
};

const toConversation = ({
  seq,
  uuid,
  symbol,
  recordedAtUs,
  isVowelGuess,
}: Row<typeof conversations>): Conversation => ({
  seq,
  uuid,
  symbol,
  startedAtUs: recordedAtUs,
  isVowelGuess,
});

const toFollowup = ({ seq, uuid, recordedAtUs }: Row<typeof followups>): Followup => ({
  seq,
  uuid,
  receivedAtUs: recordedAtUs,
});
