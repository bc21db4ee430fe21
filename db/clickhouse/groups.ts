import type { DimensionName } from '../../src/domains/facts/dimensions.ts';
import type {
  Extremes,
  FactGroups,
  GroupBudget,
  GroupFactsRequest,
  GroupQuery,
  MeasureFilter,
} from '../../src/domains/facts/engine.ts';
import { divideMicros, microsOf } from '../../src/lib/decimal.ts';
import type { Work } from '../../src/lib/work.ts';
import type { Connection, ResultRow } from './connection.ts';
import { columnOf } from './enriched.ts';
import type { LastingQuestion } from './lasting-question.ts';
import { amountLiteral, integerLiteral, textLiteral } from './literals.ts';

/** The facts that are grouped. */
interface GroupSource {
  readonly connection: Connection;
  readonly question: LastingQuestion;
}

type KeyValue = string | number;

/** Groups the matching facts. Each further measure is another statement about the same facts. */
export const groupFacts = async (
  { connection, question }: GroupSource,
  { groupBy, having }: GroupQuery,
  { work, onGroup }: GroupBudget,
): Promise<FactGroups> => {
  const keys = groupBy.map(columnOf);
  const passes = `count() > 0 AND ${passing(having)}`;
  const measures = 'count(), count(amount), toString(ifNull(sum(amount), 0))';
  const groups = await question.run(async ({ matching }) => {
    const found = new Groups(keys.length);
    const sql = `SELECT ${list(keys, measures)} ${matching}${grouping(keys)} HAVING ${passes}`;
    await connection.each(
      sql,
      (row) => {
        onGroup();
        found.add(row);
      },
      work,
    );
    return found;
  });
  // A statement about the facts of the groups that pass; only `having` leaves some out.
  const passed = (matching: string): string =>
    having && keys.length > 0
      ? ` AND (${keys.join(', ')}) ${connection.isCluster ? 'GLOBAL IN' : 'IN'} (SELECT ${keys.join(', ')} ${matching}${grouping(keys)} HAVING ${passes})`
      : '';
  const isEmpty = groups.counts.length === 0;
  return groups.answer({
    sequence: question.sequence,
    measured: async (columns, isTotal) => {
      const measure = (matching: string): string =>
        `SELECT ${list(isTotal ? [] : keys, columns)} ${matching}${passed(matching)}${isTotal ? '' : grouping(keys)}`;
      return isEmpty ? [] : question.run(({ matching }) => connection.rows(measure(matching), work));
    },
    seqsOf: (requests, keyOf) =>
      question.run(({ matching }) => seqsOf(connection, matching, { groupBy, keyOf, requests, work })),
  });
};

const list = (keys: readonly string[], measures: string): string => [...keys, measures].join(', ');

const grouping = (keys: readonly string[]): string => (keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`);

const passing = ({ countAtLeast, sumAtLeast, sumAtMost }: MeasureFilter = {}): string => {
  const sum = 'ifNull(sum(amount), toDecimal128(0, 0))';
  return [
    `count() >= ${countAtLeast ?? 0}`,
    ...(sumAtLeast ? [`${sum} >= ${amountLiteral(microsOf(sumAtLeast))}`] : []),
    ...(sumAtMost ? [`${sum} <= ${amountLiteral(microsOf(sumAtMost))}`] : []),
  ].join(' AND ');
};

interface Measuring {
  readonly sequence: number;
  /** Columns for each group, or for all of them together. */
  measured(columns: string, isTotal: boolean): Promise<ResultRow[]>;
  seqsOf(requests: readonly GroupFactsRequest[], keyOf: (group: number) => readonly KeyValue[]): Promise<number[][]>;
}

/** The groups of an answer, numbered in the order in which they arrive. */
class Groups {
  readonly counts: number[] = [];
  readonly #amounts: number[] = [];
  readonly #sums: bigint[] = [];
  readonly #keys: (readonly KeyValue[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #keyLength: number;

  constructor(keyLength: number) {
    this.#keyLength = keyLength;
  }

  add(row: ResultRow): void {
    const key = row.slice(0, this.#keyLength) as KeyValue[];
    this.#numbers.set(JSON.stringify(key), this.#keys.length);
    this.#keys.push(key);
    const [count, amounts, sum] = row.slice(this.#keyLength);
    this.counts.push(Number(count));
    this.#amounts.push(Number(amounts));
    this.#sums.push(BigInt(sum ?? 0));
  }

  answer({ sequence, measured, seqsOf }: Measuring): FactGroups {
    const add = (a: number, b: number): number => a + b;
    const keyOf = (group: number): readonly KeyValue[] => this.#keys[group] as readonly KeyValue[];
    const each = async <V>(columns: string, read: (cells: ResultRow) => V): Promise<V[]> => {
      const values: V[] = [];
      for (const row of await measured(columns, false)) values[this.#numberOf(row)] = read(row.slice(this.#keyLength));
      const [total] = await measured(columns, true);
      values[this.#keys.length] = read(total ?? []);
      return values;
    };
    return {
      sequence,
      counts: this.counts,
      amounts: this.#amounts,
      sumOf: (group) => this.#sums[group] as bigint,
      total: {
        count: this.counts.reduce(add, 0),
        amounts: this.#amounts.reduce(add, 0),
        sum: this.#sums.reduce((sum, each) => sum + each, 0n),
      },
      valueOf: (group, index) => keyOf(group)[index] as KeyValue,
      extremes: async () => extremesOf(await each('toString(min(amount)), toString(max(amount))', (cells) => cells)),
      medians: () => each(middles, ([lower, upper]) => mean(lower ?? null, upper ?? null)),
      distinctUsers: () => each('uniqExact(user_id)', ([users]) => Number(users ?? 0)),
      seqsOf: (requests) => seqsOf(requests, keyOf),
    };
  }

  #numberOf(row: ResultRow): number {
    return this.#numbers.get(JSON.stringify(row.slice(0, this.#keyLength))) ?? 0;
  }
}

const extremesOf = (values: readonly ResultRow[]): Extremes => ({
  minOf: (group) => BigInt(values[group]?.[0] ?? 0),
  maxOf: (group) => BigInt(values[group]?.[1] ?? 0),
});

const middles = 'toString(quantileExactLow(0.5)(amount)), toString(quantileExactHigh(0.5)(amount))';

const mean = (lower: string | number | null, upper: string | number | null): bigint =>
  lower === null || upper === null ? 0n : divideMicros(BigInt(lower) + BigInt(upper), 2n);

interface GroupFacts {
  readonly groupBy: readonly DimensionName[];
  readonly keyOf: (group: number) => readonly KeyValue[];
  readonly requests: readonly GroupFactsRequest[];
  readonly work: Work;
}

/** One statement for all requests with the same bounds, as those of a page of groups are. */
const seqsOf = async (
  connection: Connection,
  matching: string,
  { groupBy, keyOf, requests, work }: GroupFacts,
): Promise<number[][]> => {
  const keys = groupBy.map(columnOf);
  const results = requests.map((request) => ({
    request,
    key: JSON.stringify(keyOf(request.group)),
    seqs: [] as number[],
  }));
  const byBounds = new Map<string, typeof results>();
  for (const result of results) {
    const { afterSeq, beforeSeq, limit, fromEnd } = result.request;
    const bounds = JSON.stringify([afterSeq, beforeSeq, limit, fromEnd]);
    byBounds.set(bounds, [...(byBounds.get(bounds) ?? []), result]);
  }
  for (const equal of byBounds.values()) {
    const { afterSeq, beforeSeq, limit, fromEnd } = (equal[0] as (typeof results)[number]).request;
    if (limit === 0) continue;
    const bounds = [
      ...(afterSeq > 0 ? [`seq > ${afterSeq}`] : []),
      ...(Number.isFinite(beforeSeq) ? [`seq < ${beforeSeq}`] : []),
      ...(keys.length === 0
        ? []
        : [`(${keys.join(', ')}) IN (${equal.map(({ request }) => keyLiteral(keyOf(request.group))).join(', ')})`]),
    ].map((bound) => ` AND ${bound}`);
    const limited = keys.length === 0 ? `LIMIT ${limit}` : `LIMIT ${limit} BY ${keys.join(', ')}`;
    const sql = `SELECT ${[...keys, 'seq'].join(', ')} ${matching}${bounds.join('')} ORDER BY seq ${fromEnd ? 'DESC' : 'ASC'} ${limited}`;
    await connection.each(
      sql,
      (row) => {
        const key = JSON.stringify(row.slice(0, keys.length));
        for (const result of equal) if (result.key === key) result.seqs.push(Number(row[keys.length]));
      },
      work,
    );
    if (fromEnd) for (const { seqs } of equal) seqs.reverse();
  }
  return results.map(({ seqs }) => seqs);
};

const keyLiteral = (key: readonly KeyValue[]): string => {
  const values = key.map((value) => (typeof value === 'string' ? textLiteral(value) : integerLiteral(value)));
  return values.length === 1 ? (values[0] as string) : `(${values.join(', ')})`;
};
