import { blockRows, CumulativeSums, type GroupSums, type RowSource } from '../../../indices/cumulative-sums.ts';
import { createDecimalSums } from '../../../indices/decimal-sums.ts';
import { type Grouper, GroupNumbers } from '../../../indices/group-numbers.ts';
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

/** The bytes of a sum at a checkpoint. */
const sumBytes = 24;

/** Fewer checkpoints save little. */
const checkpointsMin = 4;

/** Times that the distances of checkpoints are found from. */
const sampledTimes = 65_536;

const rowsPerYield = 1024;

/** When a larger part of the facts is new or has changed, summing all of them takes less time. */
const changedShareMax = 1 / 32;

/** The sums of facts by some dimensions up to checkpoints, of the state that was requested last. */
export class GroupingSums {
  readonly #facts: MemoryFacts;
  readonly #limits: GroupingSumsLimits;
  #known: Known | undefined;
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

  /** How many sums are kept. */
  get cells(): number {
    if (!this.#known) return 0;
    const { sums, groups } = this.#known;
    // The number of the group of each row takes memory like some sums.
    return sums.cells + Math.ceil(groups.byteLength / sumBytes);
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
    if (!sums.isExact) return this.#giveUp();
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
    const next = (known && (await this.#follow(known, question))) ?? (await this.#sumAll(question, work));
    if (next && !next.sums.isExact) return this.#giveUp();
    this.#known = next;
    return next;
  }

  #giveUp(): undefined {
    this.#isUnfit = true;
    this.#known = undefined;
    return undefined;
  }

  /** Sums all rows. Rejects when the work has ended. */
  async #sumAll({ enriched, dimensions }: SpanQuestion, work: Work): Promise<Known | undefined> {
    const { rows } = enriched;
    const { checkpointRows, sumsMax } = this.#limits;
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
      boundsUs: this.#boundsOf(rows, checkpoints),
      groups: numbers.groups,
      rowsMax: 2 * Math.ceil(rows / checkpoints),
    });
    for (let row = 0; row < rows; row++) {
      sums.fill(row, groups.at(row));
      if (row % rowsPerYield === 0) await maybeYield();
    }
    sums.accumulate();
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
    return sums.cells > this.#limits.sumsMax ? undefined : known;
  }

  get #summed() {
    const { occurredAtUsOf: atUsOf, hasAmount, unitsOf, microsOf } = this.#facts.columns;
    return { atUsOf, unitsOf: (row: number) => (hasAmount(row) ? unitsOf(row) : Number.NaN), microsOf };
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
            // Rows of later records are in the order, too.
            yield block.every((row) => row < rows) ? block : block.filter((row) => row < rows);
          }
      },
    };
  }
}

const countsAndSums = ({ counts, amounts, units, micros }: GroupSums, groups: number): CountsAndSums => {
  const sumOf = (group: number): bigint => microsOf({ units: units[group] as number, micros: micros[group] as number });
  const total = createDecimalSums();
  for (let group = 0; group < groups; group++) total.add(0, units[group] as number, micros[group] as number);
  return {
    counts: Array.from(counts.subarray(0, groups)),
    amounts: Array.from(amounts.subarray(0, groups)),
    sumOf,
    totalSum: total.microsOf(0),
  };
};
