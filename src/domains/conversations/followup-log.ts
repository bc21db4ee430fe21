import type { CountedKeys } from '../../indices/counted-keys.ts';
import { growableUint32 } from '../../indices/growable.ts';
import { SeqColumn } from '../../indices/seq-column.ts';
import type { StateColumns } from '../../indices/state-columns.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';

/** The conversations of a symbol as of a sequence number: keys are the `seq` of the starts, counts their follow-ups. */
export type SymbolSeries = Pick<CountedKeys, 'keyAt' | 'upperBound' | 'countBetween' | 'marksBetween'>;

const stepsPerYield = 65_536;

/**
 * From which record on each follow-up counts to its conversation: its own, or the later start. 8 bytes a follow-up, in
 * ascending order of these records.
 */
export class FollowupLog {
  readonly #seqs = new SeqColumn();
  readonly #positions = growableUint32();

  /** Adds a follow-up of the conversation at a position of the symbol's series. */
  add(seq: number, position: number): void {
    this.#seqs.push(seq);
    this.#positions.push(position);
  }

  countUpTo(sequence: number): number {
    return this.#seqs.upperBound(sequence);
  }

  /** The symbol's series as of a sequence number. Reads every conversation and follow-up up to it once, and yields. */
  async seriesUpTo(series: CountedKeys, sequence: number, work: Work): Promise<SymbolSeries> {
    const length = series.upperBound(sequence);
    // sums[n]: follow-ups of the first n conversations.
    const sums = new Uint32Array(length + 1);
    const maybeYield = createYielder(work);
    const end = this.countUpTo(sequence);
    for (let index = 0; index < end; index++) {
      if (index % stepsPerYield === 0) await maybeYield();
      const next = (this.#positions.values[index] as number) + 1;
      sums[next] = (sums[next] as number) + 1;
    }
    for (let position = 1; position <= length; position++) {
      if (position % stepsPerYield === 0) await maybeYield();
      sums[position] = (sums[position] as number) + (sums[position - 1] as number);
    }
    return {
      keyAt: series.keyAt,
      upperBound: (bound) => Math.min(series.upperBound(bound), length),
      countBetween: (from, to) => (sums[to] as number) - (sums[from] as number),
      marksBetween: series.marksBetween,
    };
  }

  get byteLength(): number {
    return this.#seqs.byteLength + this.#positions.byteLength;
  }

  exchange(columns: StateColumns): void {
    this.#seqs.exchange(columns, 'seqs');
    this.#positions.exchange(columns, 'positions');
  }

  *trimInSteps(): Generator<void, void> {
    yield* this.#seqs.trimInSteps();
    yield* this.#positions.trimInSteps();
  }
}

/** A count and the records at which it changed. 8 bytes a change. */
export class CountHistory {
  readonly #seqs = new SeqColumn();
  readonly #counts = growableUint32();

  /** The newest count; 0 before the first. */
  get count(): number {
    return this.upTo(Number.POSITIVE_INFINITY);
  }

  /** Sets the count as of a record that is later than all before it. */
  set(seq: number, count: number): void {
    this.#seqs.push(seq);
    this.#counts.push(count);
  }

  upTo(sequence: number): number {
    const changes = this.#seqs.upperBound(sequence);
    return changes === 0 ? 0 : (this.#counts.values[changes - 1] as number);
  }

  get byteLength(): number {
    return this.#seqs.byteLength + this.#counts.byteLength;
  }

  exchange(columns: StateColumns): void {
    this.#seqs.exchange(columns, 'seqs');
    this.#counts.exchange(columns, 'counts');
  }

  *trimInSteps(): Generator<void, void> {
    yield* this.#seqs.trimInSteps();
    yield* this.#counts.trimInSteps();
  }
}
