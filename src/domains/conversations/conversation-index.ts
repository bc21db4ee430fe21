import { type CountedKeys, createCountedKeys } from '../../indices/counted-keys.ts';
import { growableUint8, growableUint32 } from '../../indices/growable.ts';
import type { StateColumns } from '../../indices/state-columns.ts';
import { createUuidTable } from '../../indices/uuid-table.ts';
import { letters } from '../../lib/letter.ts';
import { SharedComputations } from '../../lib/shared-computations.ts';
import type { TextColumn } from '../../lib/text-column.ts';
import type { Work } from '../../lib/work.ts';
import { CountHistory, FollowupLog, type SymbolSeries } from './followup-log.ts';

const notStarted = 255;
/** Series as of earlier sequence numbers that are kept: those of a walk through history are of the same one. */
const cachedSeriesBytes = 64 * 2 ** 20;

export interface ConversationStart {
  readonly seq: number;
  readonly uuidCode: number;
  /** The position of its symbol in `letters`. */
  readonly symbolCode: number;
  readonly isWrong: boolean;
}

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
  /** By letter. */
  readonly #logs: readonly FollowupLog[] = Array.from(letters, () => new FollowupLog());
  readonly #orphans = new CountHistory();
  /** By the code of the letter and the sequence number. */
  readonly #past = new SharedComputations<SymbolSeries>({
    maxSize: cachedSeriesBytes,
    sizeOf: (key) => this.#pastSeriesBytes(key),
  });
  #followups = 0;
  #lastSeq = 0;

  /** The newest record; records come in the order of `seq`. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The codes of UUIDs, under which records of them are added. */
  codesOf(uuids: TextColumn): Uint32Array {
    const codes = this.#uuids.internAll(uuids);
    while (this.#symbols.length < this.#uuids.size) {
      this.#symbols.push(notStarted);
      this.#positions.push(0);
    }
    return codes;
  }

  /** Adds a start. Follow-ups that were recorded earlier are attached to it. */
  addStart({ seq, uuidCode, symbolCode, isWrong }: ConversationStart): void {
    const earlier = this.#positions.values[uuidCode] as number;
    const series = this.#seriesOf(symbolCode);
    const position = series.push(seq, isWrong);
    if (earlier > 0) {
      series.add(position, earlier);
      for (let count = 0; count < earlier; count++) this.#logOf(symbolCode).add(seq, position);
      this.#orphans.set(seq, this.#orphans.count - earlier);
    }
    this.#lastSeq = seq;
    this.#symbols.set(uuidCode, symbolCode);
    this.#positions.set(uuidCode, position);
  }

  addFollowup(seq: number, uuidCode: number): void {
    this.#followups += 1;
    this.#lastSeq = seq;
    const symbolCode = this.#symbols.values[uuidCode] as number;
    const position = this.#positions.values[uuidCode] as number;
    if (symbolCode !== notStarted) {
      this.#seriesOf(symbolCode).add(position, 1);
      this.#logOf(symbolCode).add(seq, position);
      return;
    }
    this.#positions.set(uuidCode, position + 1);
    this.#orphans.set(seq, this.#orphans.count + 1);
  }

  followupsOf(uuid: string): number {
    const uuidCode = this.#uuids.codeOf(uuid);
    if (uuidCode < 0) return 0;
    const symbolCode = this.#symbols.values[uuidCode] as number;
    const position = this.#positions.values[uuidCode] as number;
    return symbolCode === notStarted ? position : this.#seriesOf(symbolCode).countBetween(position, position + 1);
  }

  /** How many follow-ups of all conversations are recorded up to a sequence number, orphans included. */
  followupsUpTo(sequence: number): number {
    if (sequence >= this.#lastSeq) return this.#followups;
    return this.#logs.reduce((sum, log) => sum + log.countUpTo(sequence), this.#orphans.upTo(sequence));
  }

  /** How many follow-ups there are of conversations whose start is not recorded, both up to a sequence number. */
  orphansUpTo(sequence: number): number {
    return this.#orphans.upTo(sequence);
  }

  /** The `seq` of the last start up to a sequence number; 0 without one. */
  lastStartUpTo(sequence: number): number {
    return this.series.reduce((last, each) => {
      const count = each.upperBound(sequence);
      return count === 0 ? last : Math.max(last, each.keyAt(count - 1));
    }, 0);
  }

  /** The conversations of letters, by their codes, as of a sequence number: at once for the newest, which goes on to grow. */
  seriesUpTo(
    codes: readonly number[],
    sequence: number,
    work: Work,
  ): readonly SymbolSeries[] | Promise<readonly SymbolSeries[]> {
    if (sequence >= this.#lastSeq) return codes.map((code) => this.#seriesOf(code));
    return Promise.all(codes.map((code) => this.#pastSeries(code, sequence, work)));
  }

  get entries(): number {
    return this.#uuids.size;
  }

  get byteLength(): number {
    const columns = [this.#uuids, ...this.series, ...this.#logs, this.#orphans, this.#symbols, this.#positions];
    return columns.reduce((bytes, each) => bytes + each.byteLength, 0);
  }

  /** Gives spare capacity back. */
  *trimInSteps(): Generator<void, void> {
    for (const each of [...this.series, ...this.#logs, this.#orphans, this.#symbols, this.#positions])
      yield* each.trimInSteps();
  }

  exchange(columns: StateColumns): void {
    this.#uuids.exchange(columns.within('uuids'));
    this.#symbols.exchange(columns, 'symbols', true);
    this.#positions.exchange(columns, 'positions', true);
    for (const [code, letter] of Array.from(letters).entries()) {
      this.#seriesOf(code).exchange(columns.within(`series ${letter}`));
      this.#logOf(code).exchange(columns.within(`log ${letter}`));
    }
    this.#orphans.exchange(columns.within('orphans'));
    const counts = columns.value('counts', { followups: this.#followups, lastSeq: this.#lastSeq });
    this.#followups = counts?.followups ?? this.#followups;
    this.#lastSeq = counts?.lastSeq ?? this.#lastSeq;
  }

  #seriesOf(symbolCode: number): CountedKeys {
    return this.series[symbolCode] as CountedKeys;
  }

  #logOf(symbolCode: number): FollowupLog {
    return this.#logs[symbolCode] as FollowupLog;
  }

  #pastSeries(symbolCode: number, sequence: number, work: Work): Promise<SymbolSeries> {
    return this.#past.find(`${symbolCode} ${sequence}`, work, (shared) =>
      this.#logOf(symbolCode).seriesUpTo(this.#seriesOf(symbolCode), sequence, shared),
    );
  }

  #pastSeriesBytes(key: string): number {
    const [symbolCode = 0, sequence = 0] = key.split(' ').map(Number);
    return 4 * (this.#seriesOf(symbolCode).upperBound(sequence) + 1);
  }
}
