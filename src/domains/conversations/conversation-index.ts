import { type CountedKeys, createCountedKeys } from '../../indices/counted-keys.ts';
import { growableUint8, growableUint32 } from '../../indices/growable.ts';
import { createUuidTable } from '../../indices/uuid-table.ts';
import { letters } from '../../lib/letter.ts';

/** Conversations in memory: which begun with which symbol, in the order of the ledger, and how often each was followed up. */
export interface ConversationIndex {
  /**
   * One for each letter of `letters`. Keys are the `seq` of the starts, counts their follow-ups, whenever those came, and
   * marked are the wrong guesses. The ledger knows which `seq` it had reached at which time.
   */
  readonly series: readonly CountedKeys[];
  /** Takes a start in; later ones have a greater `seq`. Follow-ups that came before it are joined to it. */
  begin(seq: number, uuid: string, symbol: string, isWrong: boolean): void;
  followUp(uuid: string): void;
  /** The symbol of a conversation, undefined when it was never seen to begin. */
  symbolOf(uuid: string): string | undefined;
  followupsOf(uuid: string): number;
  /** How many there are of all conversations, orphans included. */
  readonly followups: number;
  /** Follow-ups of conversations never seen to begin. */
  readonly orphans: number;
  readonly entries: number;
  readonly byteLength: number;
  /** Gives spare capacity back. */
  trim(): void;
}

const notBegun = 255;

export const createConversationIndex = (): ConversationIndex => {
  const uuids = createUuidTable();
  const series = Array.from(letters, createCountedKeys);
  // By place of the UUID: the code of the symbol, and the place in its series. While a conversation has not begun, the
  // second is the number of follow-ups that wait for it.
  const symbols = growableUint8();
  const places = growableUint32();
  let followups = 0;
  let orphans = 0;

  const seriesAt = (code: number): CountedKeys => series[code] as CountedKeys;

  const placeOf = (uuid: string): number => {
    const place = uuids.intern(uuid);
    if (place === symbols.length) {
      symbols.push(notBegun);
      places.push(0);
    }
    return place;
  };

  return {
    series,
    begin(seq, uuid, symbol, isWrong) {
      const place = placeOf(uuid);
      const waiting = places.values[place] as number;
      const code = letters.indexOf(symbol);
      const started = seriesAt(code).push(seq, isWrong);
      if (waiting > 0) seriesAt(code).add(started, waiting);
      orphans -= waiting;
      symbols.set(place, code);
      places.set(place, started);
    },
    followUp(uuid) {
      followups += 1;
      const place = placeOf(uuid);
      const code = symbols.values[place] as number;
      const started = places.values[place] as number;
      if (code !== notBegun) return seriesAt(code).add(started, 1);
      places.set(place, started + 1);
      orphans += 1;
    },
    symbolOf(uuid) {
      const place = uuids.codeOf(uuid);
      return place < 0 ? undefined : letters[symbols.values[place] as number];
    },
    followupsOf(uuid) {
      const place = uuids.codeOf(uuid);
      if (place < 0) return 0;
      const code = symbols.values[place] as number;
      const started = places.values[place] as number;
      return code === notBegun ? started : seriesAt(code).countBetween(started, started + 1);
    },
    get followups() {
      return followups;
    },
    get orphans() {
      return orphans;
    },
    get entries() {
      return uuids.size;
    },
    get byteLength() {
      const inSeries = series.reduce((bytes, each) => bytes + each.byteLength, 0);
      return uuids.byteLength + inSeries + symbols.byteLength + places.byteLength;
    },
    trim() {
      for (const each of [...series, symbols, places]) each.trim();
    },
  };
};
