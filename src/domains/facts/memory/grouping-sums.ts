import { CumulativeSums, type GroupSums } from '../../../indices/cumulative-sums.ts';
import { type Grouper, GroupNumbers } from '../../../indices/group-numbers.ts';
import { rowNumbers } from '../../../indices/row-numbers.ts';
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
import type { OrderedRows } from './walked-page.ts';

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
}

export interface SpanQuestion extends GroupingState {
  readonly enriched: NewestFacts;
  /** All rows of the state by time, and perhaps later ones. */
  readonly ordered: OrderedRows;
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
}

/** The state of the facts that the sums are of. */
interface Known extends Pick<SpanQuestion, 'enriched' | 'dimensions'> {
  readonly numbers: GroupNumbers;
  readonly sums: CumulativeSums;
}

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
    return this.#known?.sums.cells ?? 0;
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
    const grouper = numbers.in(question.dimensions);
    const { fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY } = question;
    const found = sums.between(fromUs, toUs, this.#rowsOf(question), grouper.groupOf);
    if (!sums.isExact) return this.#giveUp();
    return { sums: countsAndSums(found, numbers.groups), grouper };
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
    const groups = new Uint32Array(rows);
    for (let row = 0; row < rows; row += rowsPerYield) {
      const end = Math.min(row + rowsPerYield, rows);
      grouper.readGroups(rowNumbers(row, end), groups.subarray(row, end));
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
      sums.fill(row, groups[row] as number);
      if (row % rowsPerYield === 0) await maybeYield();
    }
    sums.accumulate();
    return { enriched, dimensions, numbers, sums };
  }

  /** Adds new rows and moves those whose groups have changed; undefined when summing all takes less time. */
  async #follow({ numbers, sums, ...before }: Known, question: SpanQuestion): Promise<Known | undefined> {
    const { enriched, dimensions, joins } = question;
    const [groupBefore, groupNow] = [numbers.in(before.dimensions).groupOf, numbers.in(dimensions).groupOf];
    const { rows: rowsBefore } = before.enriched;
    let rest = Math.max(rowsPerYield, enriched.rows * changedShareMax) - (enriched.rows - rowsBefore);
    if (rest < 0) return undefined;
    const maybeYield = createYielder(undefined);
    for (const rows of changedRows(before.enriched, enriched, joins)) {
      rest -= rows.length;
      if (rest < 0) return undefined;
      for (const row of rows) {
        const [from, to] = [groupBefore(row), groupNow(row)];
        if (from === to) continue;
        sums.remove(row, from);
        sums.add(row, to);
      }
      await maybeYield();
    }
    for (let row = rowsBefore; row < enriched.rows; row++) {
      sums.add(row, groupNow(row));
      if (row % rowsPerYield === 0) await maybeYield();
    }
    await sums.divide(this.#rowsOf(question), groupNow, maybeYield);
    return sums.cells > this.#limits.sumsMax ? undefined : { enriched, dimensions, numbers, sums };
  }

  get #summed() {
    const { occurredAtUsOf: atUsOf, unitsOf, microsOf } = this.#facts.columns;
    return { atUsOf, unitsOf, microsOf };
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
  #rowsOf({ ordered, enriched }: SpanQuestion): (fromUs: number) => Iterable<number> {
    const { occurredAtUsOf } = this.#facts.columns;
    return function* (fromUs) {
      for (const row of ordered.walk({ descending: false, isBefore: (each) => occurredAtUsOf(each) < fromUs }))
        if (row < enriched.rows) yield row;
    };
  }
}

const countsAndSums = ({ counts, amounts, units, micros }: GroupSums, groups: number): CountsAndSums => {
  const sumOf = (group: number): bigint => microsOf({ units: units[group] as number, micros: micros[group] as number });
  let totalSum = 0n;
  for (let group = 0; group < groups; group++) if (amounts[group] !== 0) totalSum += sumOf(group);
  return {
    counts: Array.from(counts.subarray(0, groups)),
    amounts: Array.from(amounts.subarray(0, groups)),
    sumOf,
    totalSum,
  };
};
