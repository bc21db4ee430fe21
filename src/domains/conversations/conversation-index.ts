import { type CountedKeys, createCountedKeys } from '../../indices/counted-keys.ts';
import { growableUint8, growableUint32 } from '../../indices/growable.ts';
import { createUuidTable } from '../../indices/uuid-table.ts';
import { letters } from '../../lib/letter.ts';

const notStarted = 255;

/** Conversations in memory: which started with which symbol, in the order of the ledger, and how many follow-ups each has. */
export class ConversationIndex {
  /**
   * One for each letter of `letters`. Keys are the `seq` of the starts, counts their follow-ups, of any time, and
   * marked are the wrong guesses. The ledger knows which `seq` it had reached at which time.
   */
  readonly series: readonly CountedKeys[] = Array.from(letters, createCountedKeys);
  readonly #uuids = createUuidTable();
  /** By UUID code: the code of the symbol, `notStarted` while the conversation has not started. */
  readonly #symbols = growableUint8();
  /** By UUID code: the position in the symbol's series; while not started the number of follow-ups so far. */
  readonly #positions = growableUint32();
  #followups = 0;
  #orphans = 0;

  /** Adds a start, of a greater `seq` than all before it. Follow-ups that were recorded earlier are attached to it. */
  addStart(seq: number, uuid: string, symbol: string, isWrong: boolean): void {
    const uuidCode = this.#intern(uuid);
    const earlier = this.#positions.values[uuidCode] as number;
    const symbolCode = letters.indexOf(symbol);
    const series = this.#seriesOf(symbolCode);
    const position = series.push(seq, isWrong);
    if (earlier > 0) series.add(position, earlier);
    this.#orphans -= earlier;
    this.#symbols.set(uuidCode, symbolCode);
    this.#positions.set(uuidCode, position);
  }

  addFollowup(uuid: string): void {
    this.#followups += 1;
    const uuidCode = this.#intern(uuid);
    const symbolCode = this.#symbols.values[uuidCode] as number;
    const position = this.#positions.values[uuidCode] as number;
    if (symbolCode !== notStarted) {
      this.#seriesOf(symbolCode).add(position, 1);
      return;
    }
    this.#positions.set(uuidCode, position + 1);
    this.#orphans += 1;
  }

  /** The symbol of a conversation, undefined when its start is not recorded. */
  symbolOf(uuid: string): string | undefined {
    const uuidCode = this.#uuids.codeOf(uuid);
    return uuidCode < 0 ? undefined : letters[this.#symbols.values[uuidCode] as number];
  }

  followupsOf(uuid: string): number {
    const uuidCode = this.#uuids.codeOf(uuid);
    if (uuidCode < 0) return 0;
    const symbolCode = this.#symbols.values[uuidCode] as number;
    const position = this.#positions.values[uuidCode] as number;
    return symbolCode === notStarted ? position : this.#seriesOf(symbolCode).countBetween(position, position + 1);
  }

  /** How many follow-ups there are of all conversations, orphans included. */
  get followups(): number {
    return this.#followups;
  }

  /** How many follow-ups there are of conversations whose start is not recorded. */
  get orphans(): number {
    return this.#orphans;
  }

  get entries(): number {
    return this.#uuids.size;
  }

  get byteLength(): number {
    const columns = [this.#uuids, ...this.series, this.#symbols, this.#positions];
    return columns.reduce((bytes, each) => bytes + each.byteLength, 0);
  }

  /** Gives spare capacity back. */
  trim(): void {
    for (const each of [...this.series, this.#symbols, this.#positions]) each.trim();
  }

  #seriesOf(symbolCode: number): CountedKeys {
    return this.series[symbolCode] as CountedKeys;
  }

  #intern(uuid: string): number {
    const code = this.#uuids.intern(uuid);
    if (code === this.#symbols.length) {
      this.#symbols.push(notStarted);
      this.#positions.push(0);
    }
    return code;
  }
}
