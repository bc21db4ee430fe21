import { CumulativeSums, type RowSource } from '../../../indices/cumulative-sums.ts';
import { wholeSum } from '../../../indices/decimal-sums.ts';
import { type Grouper, GroupNumbers } from '../../../indices/group-numbers.ts';
import { blockRows, type GroupSums, type SummedRows, type SumsLayout, sumBytes } from '../../../indices/group-sums.ts';
import { type Growable, growableUint32 } from '../../../indices/growable.ts';
import { rowNumbers } from '../../../indices/row-numbers.ts';
import type { RowOrder } from '../../../indices/row-order.ts';
import { microsOf } from '../../../lib/decimal.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder } from '../../../lib/yielding.ts';
import type { JoinName } from '../dimensions.ts';
import type { GroupQuery } from '../engine.ts';
import { changedRows } from './changed-rows.ts';
import type { CodedValues } from './coded-dimensions.ts';
import { noAmount } from './columns.ts';
import type { EnrichedFacts, NewestFacts } from './enrichment.ts';
import type { CountsAndSums } from './measures.ts';
import type { MemoryFacts } from './memory-facts.ts';

export interface GroupingSumsLimits {
  readonly checkpointRows: number;
  readonly sumsMax: number;
}

/** A question, and the state that it is about. */
export interface GroupingState {
  readonly query: GroupQuery;
  readonly enriched: EnrichedFacts;
  /** What the dimensions are joined by. */
  readonly joins: ReadonlySet<JoinName>;
  /** One for each of `groupBy`. */
  readonly dimensions: readonly CodedValues[];
}

/** Groups of a question that was answered from sums; they may have no facts. */
export interface CumulativeAnswer {
  readonly sums: CountsAndSums;
  readonly grouper: Grouper;
  /** By which its groups are numbered. */
  readonly numbering: GroupNumbers;
}

export interface SpanQuestion extends GroupingState {
  readonly enriched: NewestFacts;
  /** All rows of the state by time, and perhaps later ones. */
  readonly ordered: RowOrder;
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
}

/** The state of the facts that the sums are of. */
interface Known extends Pick<SpanQuestion, 'enriched'> {
  readonly numbers: GroupNumbers;
  /** By row: to find it from the codes of the dimensions takes several times as long. */
  readonly groups: Growable<Uint32Array>;
  readonly sums: CumulativeSums;
}

/** Fewer checkpoints save little. */
const checkpointsMin = 4;

/** Times that the distances of checkpoints are found from. */
const sampledTimes = 65_536;

const rowsPerYield = 1024;

const microsPerUnit = 1_000_000n;

/** When a larger part of the facts is new or has changed, summing all of them takes less time. */
const changedShareMax = 1 / 32;

/** The sums of facts by some dimensions up to checkpoints, of the state that was requested last. */
export class GroupingSums {
  readonly #facts: MemoryFacts;
  readonly #limits: GroupingSumsLimits;
  #known: Known | undefined;
  /** Wide from when the compact one did not hold the facts. */
  #layout: SumsLayout = 'COMPACT';
  /** There are too many groups, or too large amounts. */
  #isUnfit = false;
  /** One question at a time changes the state. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(facts: MemoryFacts, limits: GroupingSumsLimits) {
    this.#facts = facts;
    this.#limits = limits;
  }

  /** Whether facts of this grouping are never summed. */
  get isUnfit(): boolean {
    return this.#isUnfit;
  }

  /** How many wide sums would take the memory that is taken: the group of each row takes some, too. */
  get cells(): number {
    if (!this.#known) return 0;
    const { sums, groups } = this.#known;
    return Math.ceil((sums.byteLength + groups.byteLength) / sumBytes.WIDE);
  }

  /** Undefined when a scan has to answer. */
  find(question: SpanQuestion, work: Work): Promise<CumulativeAnswer | undefined> {
    const found = this.#turn.then(() => this.#find(question, work));
    this.#turn = found.catch(() => undefined);
    return found;
  }

  async #find(question: SpanQuestion, work: Work): Promise<CumulativeAnswer | undefined> {
    const known = await this.#knownOf(question, work);
    if (!known) return undefined;
    const { numbers, sums } = known;
    const { fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY } = question;
    const found = sums.between(fromUs, toUs, this.#sourceOf(question, known));
    if (!sums.isExact) return this.#outgrow();
    const grouper = numbers.in(question.dimensions);
    return { sums: countsAndSums(found, numbers.groups), grouper, numbering: numbers };
  }

  /** The sums of the state of the question; undefined when they are of a later one, or not to be had. */
  async #knownOf(question: SpanQuestion, work: Work): Promise<Known | undefined> {
    if (this.#isUnfit) return undefined;
    const known = this.#known;
    const { sequence } = question.enriched;
    if (known && known.enriched.sequence > sequence) return undefined;
    if (known?.enriched.sequence === sequence) return known;
    // Until it is complete it is of no state.
    this.#known = undefined;
    let next = (known && (await this.#follow(known, question))) ?? (await this.#sumAll(question, work));
    if (next && !next.sums.isExact) {
      this.#outgrow();
      next = await this.#sumAll(question, work);
    }
    if (next && !next.sums.isExact) return this.#outgrow();
    this.#known = next;
    return next;
  }

  /** The layout does not hold the facts. */
  #outgrow(): undefined {
    this.#known = undefined;
    if (this.#layout === 'WIDE') return this.#giveUp();
    this.#layout = 'WIDE';
    return undefined;
  }

  #giveUp(): undefined {
    this.#isUnfit = true;
    this.#known = undefined;
    return undefined;
  }

  /** Sums all rows. Rejects when the work has ended. */
  async #sumAll({ enriched, dimensions }: SpanQuestion, work: Work): Promise<Known | undefined> {
    if (this.#isUnfit) return undefined;
    const { rows } = enriched;
    const { checkpointRows } = this.#limits;
    const sumsMax = (this.#limits.sumsMax * sumBytes.WIDE) / sumBytes[this.#layout];
    const maybeYield = createYielder(work);
    const numbers = new GroupNumbers(dimensions.length);
    const grouper = numbers.in(dimensions);
    const groups = growableUint32();
    const block = new Uint32Array(rowsPerYield);
    for (let row = 0; row < rows; row += rowsPerYield) {
      const end = Math.min(row + rowsPerYield, rows);
      grouper.readGroups(rowNumbers(row, end), block);
      for (let index = 0; index < end - row; index++) groups.push(block[index] as number);
      if (numbers.groups * checkpointsMin > sumsMax) return this.#giveUp();
      await maybeYield();
    }
    const checkpoints = Math.min(Math.floor(rows / checkpointRows), Math.floor(sumsMax / numbers.groups));
    if (checkpoints < checkpointsMin) return this.#giveUp();
    const sums = new CumulativeSums({
      rows: this.#summed,
      layout: this.#layout,
      boundsUs: this.#boundsOf(rows, checkpoints),
      groups: numbers.groups,
      rowsMax: 2 * Math.ceil(rows / checkpoints),
    });
    for (let row = 0; row < rows && sums.isExact; row += blockRows) {
      const end = Math.min(row + blockRows, rows);
      sums.fill(rowNumbers(row, end), groups.values.subarray(row, end));
      await maybeYield();
    }
    await sums.accumulate(maybeYield);
    return { enriched, numbers, groups, sums };
  }

  /** Adds new rows and moves those whose groups have changed; undefined when summing all takes less time. */
  async #follow(before: Known, question: SpanQuestion): Promise<Known | undefined> {
    const { numbers, groups, sums } = before;
    const { enriched, dimensions, joins } = question;
    const { groupOf: groupNow } = numbers.in(dimensions);
    const { rows: rowsBefore } = before.enriched;
    let rest = Math.max(rowsPerYield, enriched.rows * changedShareMax) - (enriched.rows - rowsBefore);
    if (rest < 0) return undefined;
    const maybeYield = createYielder(undefined);
    for (const rows of changedRows(before.enriched, enriched, joins)) {
      rest -= rows.length;
      if (rest < 0) return undefined;
      for (const row of rows) {
        const [from, to] = [groups.at(row), groupNow(row)];
        if (from === to) continue;
        groups.set(row, to);
        sums.remove(row, from);
        sums.add(row, to);
      }
      await maybeYield();
    }
    for (let row = rowsBefore; row < enriched.rows; row++) {
      const group = groupNow(row);
      groups.push(group);
      sums.add(row, group);
      if (row % rowsPerYield === 0) await maybeYield();
    }
    const known = { enriched, numbers, groups, sums };
    await sums.divide(this.#sourceOf(question, known), maybeYield);
    return sums.byteLength > this.#limits.sumsMax * sumBytes.WIDE ? undefined : known;
  }

  get #summed(): SummedRows {
    const { occurredAtUsOf: atUsOf, readTimes, readAmounts } = this.#facts.columns;
    return { atUsOf, readTimes, readAmounts, noAmount };
  }

  /** Times between which there are about as many rows. */
  #boundsOf(rows: number, checkpoints: number): number[] {
    const step = Math.max(1, Math.floor(rows / sampledTimes));
    const times = Float64Array.from({ length: Math.ceil(rows / step) }, (_time, index) =>
      this.#facts.columns.occurredAtUsOf(index * step),
    ).sort();
    const bounds = Array.from(
      { length: checkpoints - 1 },
      (_bound, index) => times[Math.floor(((index + 1) * times.length) / checkpoints)] as number,
    );
    return [...new Set(bounds)];
  }

  /** Only the rows of the state, by time. */
  #sourceOf({ ordered, enriched: { rows } }: SpanQuestion, { groups }: Pick<Known, 'groups'>): RowSource {
    const { occurredAtUsOf } = this.#facts.columns;
    const isBefore =
      (atUs: number) =>
      (row: number): boolean =>
        occurredAtUsOf(row) < atUs;
    return {
      ...{ groupOf: groups.at, readGroups: groups.readAt },
      *rowsFrom(fromUs) {
        for (const row of ordered.walk({ descending: false, isBefore: isBefore(fromUs) })) if (row < rows) yield row;
      },
      *blocksBetween(fromUs, toUs) {
        for (const part of ordered.between(isBefore(fromUs), isBefore(toUs)))
          for (let from = 0; from < part.length; from += blockRows) {
            const block = part.subarray(from, from + blockRows);
            // Rows of later records may be in the order, too.
            yield ordered.rows <= rows ? block : block.filter((row) => row < rows);
          }
      },
    };
  }
}

const countsAndSums = ({ counts, amounts, units, micros }: GroupSums, groups: number): CountsAndSums => ({
  counts: counts.subarray(0, groups),
  amounts: amounts.subarray(0, groups),
  sumOf: units
    ? (group) => microsOf({ units: units[group] as number, micros: micros[group] as number })
    : (group) => BigInt(micros[group] as number),
  totalSum: microsPerUnit * (units ? wholeSum(units, groups) : 0n) + wholeSum(micros, groups),
});
