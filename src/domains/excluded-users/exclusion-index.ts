import { absentUint32, growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';
import { exchangeColumns, type StateColumns } from '../../indices/state-columns.ts';
import { upperBound } from '../../lib/upper-bound.ts';
import type { ExclusionRecord } from './exclusion-record.ts';

/** An exclusion or inclusion of a user by their code. */
export type IndexedExclusion = Pick<ExclusionRecord, 'kind' | 'fromUs' | 'toUs'> & {
  readonly user: number;
  readonly seq: number;
};

/** Which exclusions a list has; undefined fields match all. */
export interface ExclusionMatch {
  readonly user?: number | undefined;
  /** Only exclusions whose time contains this instant. */
  readonly atUs?: number | undefined;
  /** True: also exclusions that have ended. */
  readonly includesEnded?: boolean | undefined;
}

/**
 * Exclusions as of every sequence number. A row is current from its own seq up to the seq that ends it: that of the next
 * inclusion of its user, or of the next exclusion of the same user and time. The rows of a user are linked, newest first:
 * 41 bytes a row, 8 a user, and a text key for each current exclusion.
 */
export class ExclusionIndex {
  readonly #newest = growableUint32();
  readonly #currentCounts = growableUint32();
  readonly #users = growableUint32();
  readonly #seqs = growableFloat64();
  readonly #endSeqs = growableFloat64();
  readonly #fromUs = growableFloat64();
  readonly #toUs = growableFloat64();
  readonly #isExclusion = growableUint8();
  readonly #previous = growableUint32();
  /** The current exclusion of each user and time. */
  readonly #current = new Map<string, number>();
  #userCount = 0;

  /** Rows of both kinds, in the order of `seq`. */
  get rows(): number {
    return this.#users.length;
  }

  /** How many users have a current exclusion, of whatever time. */
  get userCount(): number {
    return this.#userCount;
  }

  get byteLength(): number {
    const columns = [this.#newest, this.#currentCounts, this.#users, this.#seqs, this.#endSeqs, this.#fromUs];
    return [...columns, this.#toUs, this.#isExclusion, this.#previous].reduce((sum, each) => sum + each.byteLength, 0);
  }

  /** Adds a row; seqs ascend. False for a replay. */
  add({ user, seq, kind, fromUs, toUs }: IndexedExclusion): boolean {
    if (this.rows > 0 && seq <= this.#seqOf(this.rows - 1)) return false;
    while (this.#newest.length <= user) {
      this.#newest.push(absentUint32);
      this.#currentCounts.push(0);
    }
    const row = this.rows;
    const isExclusion = kind === 'EXCLUDED';
    if (!isExclusion) this.#endAll(user, seq);
    this.#users.push(user);
    this.#seqs.push(seq);
    // An inclusion is never current.
    this.#endSeqs.push(isExclusion ? Number.POSITIVE_INFINITY : seq);
    this.#fromUs.push(fromUs ?? Number.NEGATIVE_INFINITY);
    this.#toUs.push(toUs ?? Number.POSITIVE_INFINITY);
    this.#isExclusion.push(Number(isExclusion));
    this.#previous.push(this.#newest.values[user] as number);
    this.#newest.set(user, row);
    if (isExclusion) this.#begin(user, row, seq);
    return true;
  }

  /** The seq that ended the exclusion stored as `seq`; null for a current one. */
  endSeqOf(seq: number): number | null {
    const endSeq = this.#endSeqs.values[this.rowsUpTo(seq) - 1] as number;
    return endSeq === Number.POSITIVE_INFINITY ? null : endSeq;
  }

  /** How many rows have a seq up to this one. */
  rowsUpTo(sequence: number): number {
    return upperBound(this.#seqs.values, sequence, 0, this.rows);
  }

  /** Whether a row is an exclusion that had not ended as of a sequence number. */
  isCurrentAt(row: number, sequence: number): boolean {
    return this.#seqOf(row) <= sequence && (this.#endSeqs.values[row] as number) > sequence;
  }

  /** The users that rows name. */
  *users(): Generator<number> {
    for (let user = 0; user < this.#newest.length; user++) if (this.hasRows(user)) yield user;
  }

  hasRows(user: number): boolean {
    return user >= 0 && user < this.#newest.length && this.#newest.values[user] !== absentUint32;
  }

  /**
   * The time in which a user is excluded as of a sequence number: the bounds of disjoint half-open times, ascending, so that
   * an instant is inside when an odd number of bounds is at or before it.
   */
  boundsOf(user: number, sequence: number): Float64Array {
    const times: [from: number, to: number][] = [];
    for (const row of this.#rowsOf(user))
      if (this.isCurrentAt(row, sequence))
        times.push([this.#fromUs.values[row] as number, this.#toUs.values[row] as number]);
    // Not a difference: that of two infinities is NaN.
    times.sort(([a], [b]) => Number(a > b) - Number(a < b));
    const bounds: number[] = [];
    for (const [from, to] of times) {
      const end = bounds.at(-1);
      if (end === undefined || from > end) bounds.push(from, to);
      else if (to > end) bounds[bounds.length - 1] = to;
    }
    return Float64Array.from(bounds);
  }

  /** How many users have a current exclusion as of a sequence number. Costs one step for each row. */
  userCountAt(sequence: number): number {
    const users = new Set<number>();
    for (let row = this.rowsUpTo(sequence) - 1; row >= 0; row--)
      if (this.isCurrentAt(row, sequence)) users.add(this.#users.values[row] as number);
    return users.size;
  }

  /**
   * The seqs of the exclusions that match as of a sequence number, ascending or descending, strictly beyond `after` in that
   * direction.
   */
  *matches(
    { user, atUs, includesEnded }: ExclusionMatch,
    { sequence, descending, after }: { sequence: number; descending: boolean; after?: number | undefined },
  ): Iterable<number> {
    for (const row of user === undefined ? this.#allRows(descending, after) : this.#rowsOfUser(user, descending)) {
      const seq = this.#seqOf(row);
      if (this.#isExclusion.values[row] === 0 || seq > sequence) continue;
      if (after !== undefined && (descending ? seq >= after : seq <= after)) continue;
      if (!includesEnded && !this.isCurrentAt(row, sequence)) continue;
      if (atUs === undefined || this.#contains(row, atUs)) yield seq;
    }
  }

  exchange(columns: StateColumns): void {
    const [newest, currentCounts, users, previous] = [this.#newest, this.#currentCounts, this.#users, this.#previous];
    const [seqs, endSeqs, fromUs, toUs] = [this.#seqs, this.#endSeqs, this.#fromUs, this.#toUs];
    exchangeColumns(columns, { newest, currentCounts, users, previous, seqs, endSeqs, fromUs, toUs });
    this.#isExclusion.exchange(columns, 'isExclusion');
    const userCount = columns.value('userCount', this.#userCount);
    if (userCount === undefined) return;
    this.#userCount = userCount;
    for (let row = 0; row < this.rows; row++)
      if (this.isCurrentAt(row, Number.MAX_SAFE_INTEGER)) this.#current.set(this.#keyOf(row), row);
  }

  #seqOf(row: number): number {
    return this.#seqs.values[row] as number;
  }

  #contains(row: number, atUs: number): boolean {
    return (this.#fromUs.values[row] as number) <= atUs && atUs < (this.#toUs.values[row] as number);
  }

  *#allRows(descending: boolean, after: number | undefined): Iterable<number> {
    if (descending) for (let row = this.rowsUpTo(after ?? Number.MAX_SAFE_INTEGER) - 1; row >= 0; row--) yield row;
    else for (let row = this.rowsUpTo(after ?? 0); row < this.rows; row++) yield row;
  }

  #rowsOfUser(user: number, descending: boolean): readonly number[] {
    const newestFirst = [...this.#rowsOf(user)];
    return descending ? newestFirst : newestFirst.reverse();
  }

  /** The rows of a user, newest first. */
  *#rowsOf(user: number): Iterable<number> {
    if (!this.hasRows(user)) return;
    let row = this.#newest.values[user] as number;
    for (; row !== absentUint32; row = this.#previous.values[row] as number) yield row;
  }

  #begin(user: number, row: number, seq: number): void {
    const key = this.#keyOf(row);
    const replaced = this.#current.get(key);
    if (replaced !== undefined) this.#end(replaced, seq);
    this.#current.set(key, row);
    const count = (this.#currentCounts.values[user] as number) + 1;
    this.#currentCounts.set(user, count);
    if (count === 1) this.#userCount += 1;
  }

  #endAll(user: number, seq: number): void {
    for (const row of this.#rowsOf(user)) {
      // Whatever is older than an inclusion has ended by it.
      if (this.#isExclusion.values[row] === 0) return;
      if (this.isCurrentAt(row, seq)) this.#end(row, seq);
    }
  }

  #end(row: number, seq: number): void {
    const user = this.#users.values[row] as number;
    this.#endSeqs.set(row, seq);
    this.#current.delete(this.#keyOf(row));
    const count = (this.#currentCounts.values[user] as number) - 1;
    this.#currentCounts.set(user, count);
    if (count === 0) this.#userCount -= 1;
  }

  #keyOf(row: number): string {
    return `${this.#users.values[row]} ${this.#fromUs.values[row]} ${this.#toUs.values[row]}`;
  }
}
