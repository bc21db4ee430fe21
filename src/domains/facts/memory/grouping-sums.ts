import { LRUCache } from 'lru-cache';
import { CumulativeSums, type RowSource } from '../../../indices/cumulative-sums.ts';
import { blockRows, type GroupSums, type SummedRows, type SumsLayout, sumBytes } from '../../../indices/group-sums.ts';
import { rowNumbers } from '../../../indices/row-numbers.ts';
import type { RowOrder } from '../../../indices/row-order.ts';
import type { Work } from '../../../lib/work.ts';
import { createYielder } from '../../../lib/yielding.ts';
import type { DimensionName } from '../dimensions.ts';
import { changedRows } from './changed-rows.ts';
import { CoarseGroups } from './coarse-groups.ts';
import { acceptedGroups, type KnownGroups } from './filter-rows.ts';
import { GroupColumn } from './group-column.ts';
import type { CumulativeAnswer, GroupingQuestion, SpanInOrder, SummedQuestion } from './grouping-question.ts';
import type { MemoryFacts } from './memory-facts.ts';

export interface GroupingSumsLimits {
  readonly checkpointRows: number;
  readonly sumsMax: number;
}

/** The state of the facts that the sums are of. */
interface Known extends Pick<GroupingQuestion, 'enriched'> {
  readonly groups: GroupColumn;
  /** What the codes of each dimension are of. */
  readonly codings: readonly unknown[];
  /** Undefined until a question needs them. */
  readonly sums: CumulativeSums | undefined;
  /** Whether there are sums up to checkpoints, which a span needs, beside those of all times. */
  readonly hasCheckpoints: boolean;
  /** The groups of questions, by their dimensions. */
  readonly coarse: LRUCache<string, CoarseGroups>;
}

/** Dimensions of questions about one grouping whose groups are remembered. */
const coarseMax = 16;

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
  /** Wide from when the compact one did not hold the facts. */
  #layout: SumsLayout = 'COMPACT';
  /** There are more groups than these. */
  #groupsAbove = 0;
  /** There are too many groups for all questions, or too large amounts. */
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
    return Math.ceil(((sums?.byteLength ?? 0) + groups.byteLength) / sumBytes.WIDE);
  }

  /** The sums of the groups; undefined when a scan has to answer. */
  find(question: SummedQuestion, work: Work): Promise<CumulativeAnswer | undefined> {
    return this.#inTurn(() => this.#find(question, work));
  }

  /** The groups without their sums; undefined when they are not known. */
  findGroups(question: GroupingQuestion, work: Work): Promise<CumulativeAnswer | undefined> {
    return this.#inTurn(async () => {
      const known = await this.#knownOf(question, work);
      return known && answerOf(question, known);
    });
  }

  #inTurn<R>(find: () => Promise<R>): Promise<R> {
    const found = this.#turn.then(find);
    this.#turn = found.catch(() => undefined);
    return found;
  }

  async #find(question: SummedQuestion, work: Work): Promise<CumulativeAnswer | undefined> {
    const known = await this.#knownOf(question, work);
    if (!known) return undefined;
    const { span, filter, query } = question;
    // The last checkpoint is of all times.
    const kept = span && !known.hasCheckpoints ? undefined : known.sums;
    const sums = kept ?? (await this.#sumAll(question, known.groups, work));
    if (!sums) return undefined;
    this.#known = { ...known, sums, hasCheckpoints: kept ? known.hasCheckpoints : span !== undefined };
    const found = span ? await this.#sumsBetween(span, sums, question, known.groups) : sums.all();
    if (!sums.isExact) return this.#outgrow();
    if (sums.byteLength > this.#limits.sumsMax * sumBytes.WIDE) this.#known = { ...known, sums: undefined };
    const answer = answerOf(question, known);
    const reading = { enriched: question.enriched, timeZone: query.timeZone, known: answer.known };
    const accepted = filter && acceptedGroups(filter, this.#facts, reading);
    return { ...answer, sums: answer.numbering.sumsOf(found, accepted) };
  }

  async #sumsBetween(
    { ordered, fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY }: SpanInOrder,
    sums: CumulativeSums,
    { enriched }: GroupingQuestion,
    groups: GroupColumn,
  ): Promise<GroupSums> {
    const source = this.#sourceOf(ordered, enriched.rows, groups);
    await sums.divide(source, createYielder(undefined));
    return sums.between(fromUs, toUs, source);
  }

  /** The groups of the state of the question; undefined when those of a later one are known, or there are too many. */
  async #knownOf(question: GroupingQuestion, work: Work): Promise<Known | undefined> {
    if (this.#isUnfit || question.groupsMax < 2 * this.#groupsAbove) return undefined;
    const known = this.#known;
    const { sequence } = question.enriched;
    if (known && known.enriched.sequence > sequence) return undefined;
    const hasCodings = known?.codings.every((coding, index) => coding === question.dimensions[index]?.coding);
    if (known?.enriched.sequence !== sequence || !hasCodings) {
      // Until it is complete it is of no state.
      this.#known = undefined;
      const followed = known && hasCodings ? await this.#follow(known, question) : undefined;
      this.#known = followed ?? (await this.#numberAll(question, work));
    }
    return this.#known && this.#known.groups.numbers.groups <= question.groupsMax ? this.#known : undefined;
  }

  /** The layout does not hold the facts. */
  #outgrow(): undefined {
    if (this.#layout === 'WIDE') return this.#giveUp();
    this.#layout = 'WIDE';
    if (this.#known) this.#known = { ...this.#known, sums: undefined };
    return undefined;
  }

  #giveUp(): undefined {
    this.#isUnfit = true;
    this.#known = undefined;
    return undefined;
  }

  /** Sums that `sumsMax` allows in the layout. */
  get #sumsMax(): number {
    return (this.#limits.sumsMax * sumBytes.WIDE) / sumBytes[this.#layout];
  }

  /** Rejects when the work has ended. */
  async #numberAll(question: GroupingQuestion, work: Work): Promise<Known | undefined> {
    const { enriched, dimensions, groupsMax } = question;
    const allMax = this.#sumsMax / checkpointsMin;
    const groups = await GroupColumn.of(dimensions, enriched.rows, Math.min(groupsMax, allMax), createYielder(work));
    if (groups) {
      const codings = dimensions.map(({ coding }) => coding);
      const coarse = new LRUCache<string, CoarseGroups>({ max: coarseMax });
      return { enriched, groups, codings, sums: undefined, hasCheckpoints: false, coarse };
    }
    if (groupsMax >= allMax) return this.#giveUp();
    this.#groupsAbove = groupsMax;
    return undefined;
  }

  /** Sums all rows. Rejects when the work has ended. */
  async #sumAll(question: SummedQuestion, groups: GroupColumn, work: Work): Promise<CumulativeSums | undefined> {
    const { rows } = question.enriched;
    const numberOfGroups = groups.numbers.groups;
    const maybeYield = createYielder(work);
    const checkpoints = Math.min(
      Math.floor(rows / this.#limits.checkpointRows),
      Math.floor(this.#sumsMax / numberOfGroups),
    );
    if (checkpoints < checkpointsMin) return this.#giveUp();
    const isOfSpan = question.span !== undefined;
    const sums = new CumulativeSums({
      rows: this.#summed,
      layout: this.#layout,
      boundsUs: isOfSpan ? this.#boundsOf(rows, checkpoints) : [],
      groups: numberOfGroups,
      rowsMax: 2 * Math.ceil(rows / checkpoints),
    });
    const groupsOfBlock = new Uint32Array(blockRows);
    for (let row = 0; row < rows && sums.isExact; row += blockRows) {
      const block = rowNumbers(row, Math.min(row + blockRows, rows));
      groups.readGroups(block, groupsOfBlock);
      sums.fill(block, groupsOfBlock);
      await maybeYield();
    }
    await sums.accumulate(maybeYield);
    if (sums.isExact) return sums;
    this.#outgrow();
    return this.#isUnfit ? undefined : this.#sumAll(question, groups, work);
  }

  /** Adds new rows and moves those whose groups have changed; undefined when summing all takes less time. */
  async #follow(known: Known, { enriched, dimensions, joins }: GroupingQuestion): Promise<Known | undefined> {
    const { enriched: before, groups, sums } = known;
    const { groupOf: groupNow } = groups.numbers.in(dimensions);
    let rest = Math.max(rowsPerYield, enriched.rows * changedShareMax) - (enriched.rows - before.rows);
    if (rest < 0) return undefined;
    const change = groups.change(before.rows);
    const maybeYield = createYielder(undefined);
    for (const rows of changedRows(before, enriched, joins)) {
      rest -= rows.length;
      if (rest < 0) return undefined;
      for (const row of rows) {
        const [from, to] = [groups.groupOf(row), groupNow(row)];
        if (from === to) continue;
        change.set(row, to);
        sums?.remove(row, from);
        sums?.add(row, to);
      }
      await maybeYield();
    }
    for (let row = before.rows; row < enriched.rows; row++) {
      const group = groupNow(row);
      change.push(group);
      sums?.add(row, group);
      if (row % rowsPerYield === 0) await maybeYield();
    }
    return { ...known, enriched, groups: change.column };
  }

  get #summed(): SummedRows {
    const { occurredAtUsOf: atUsOf, readTimes, readAmounts } = this.#facts.columns;
    return { atUsOf, readTimes, readAmounts };
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

  /** Only the first rows, by time. */
  #sourceOf(ordered: RowOrder, rows: number, { groupOf, readGroups }: GroupColumn): RowSource {
    const { occurredAtUsOf } = this.#facts.columns;
    const isBefore =
      (atUs: number) =>
      (row: number): boolean =>
        occurredAtUsOf(row) < atUs;
    return {
      ...{ groupOf, readGroups },
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

/** The groups of a question; those of the grouping may have further dimensions. */
const answerOf = ({ query, names }: GroupingQuestion, { groups, coarse }: Known) => {
  const key = query.groupBy.join();
  const numbering = coarse.get(key) ?? new CoarseGroups(groups.numbers, positionsOf(query.groupBy, names));
  coarse.set(key, numbering);
  const known: KnownGroups = {
    rows: { codeOf: groups.groupOf, readCodes: groups.readGroups },
    ...{ names, groups: groups.numbers.groups },
    rowsBy: (name) => groups.numbers.rowsBy(names.indexOf(name)),
  };
  return { sums: undefined, grouper: numbering.grouperOf(groups), numbering, known };
};

const positionsOf = (groupBy: readonly DimensionName[], names: readonly DimensionName[]): number[] =>
  groupBy.map((name) => names.indexOf(name));
