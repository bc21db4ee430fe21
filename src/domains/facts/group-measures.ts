import { divideMicros } from '../../lib/decimal.ts';
import type { Extremes, FactGroups } from './engine.ts';

export const measureNames = ['COUNT', 'DISTINCT_USERS', 'SUM', 'AVERAGE', 'MIN', 'MAX', 'MEDIAN'] as const;
export type MeasureName = (typeof measureNames)[number];
type AmountName = Exclude<MeasureName, 'COUNT' | 'DISTINCT_USERS'>;

/** Measures of a group or of all of them. Amounts in millionths; methods cost another pass over the rows. */
export interface Measures {
  readonly count: number;
  /** Number of facts that have an amount. Without any, average, min, max and median are null and the sum is 0. */
  readonly amounts: number;
  readonly sum: bigint;
  readonly average: bigint | null;
  /** The part of the total sum; null when that is 0. */
  readonly shareOfSum: number | null;
  min(): Promise<bigint | null>;
  max(): Promise<bigint | null>;
  median(): Promise<bigint | null>;
  distinctUsers(): Promise<number>;
}

export interface GroupMeasures {
  of(group: number): Measures;
  /** Reads a number of each group. */
  numbersOf(name: 'COUNT' | 'DISTINCT_USERS'): Promise<(group: number) => number>;
  /** Reads an amount of each group, 0 where there is none. */
  amountsOf(name: AmountName): Promise<(group: number) => bigint>;
  /** Over all groups. */
  readonly total: Measures;
}

/** Measures of every group. Each further pass over the facts runs once, for all groups, when the first group needs it. */
export const createGroupMeasures = (groups: FactGroups): GroupMeasures => {
  const measured: MeasuredFacts = {
    groups,
    extremes: once(() => groups.extremes()),
    medians: once(() => groups.medians()),
    distinctUsers: once(() => groups.distinctUsers()),
  };
  return {
    of: (group) => new MeasuresOf(measured, group),
    total: new MeasuresOf(measured, groups.counts.length),
    async numbersOf(name) {
      const numbers = name === 'COUNT' ? groups.counts : await measured.distinctUsers();
      return (group) => numbers[group] as number;
    },
    amountsOf: (name) => amountsOf(measured, name),
  };
};

const amountsOf = async (measured: MeasuredFacts, name: AmountName): Promise<(group: number) => bigint> => {
  const { groups } = measured;
  switch (name) {
    case 'SUM':
      return (group) => groups.sumOf(group);
    case 'AVERAGE':
      return (group) => new MeasuresOf(measured, group).average ?? 0n;
    case 'MIN':
      return whereAny(groups, (await measured.extremes()).minOf);
    case 'MAX':
      return whereAny(groups, (await measured.extremes()).maxOf);
    case 'MEDIAN': {
      const medians = await measured.medians();
      return whereAny(groups, (group) => medians[group] as bigint);
    }
  }
};

/** Of groups that have an amount; 0 of others. */
const whereAny =
  ({ amounts }: Pick<FactGroups, 'amounts'>, amountOf: (group: number) => bigint) =>
  (group: number): bigint =>
    amounts[group] === 0 ? 0n : amountOf(group);

interface MeasuredFacts {
  readonly groups: FactGroups;
  readonly extremes: () => Promise<Extremes>;
  readonly medians: () => Promise<readonly bigint[]>;
  readonly distinctUsers: () => Promise<readonly number[]>;
}

/** Reads a measure when it is requested: there may be a million groups. */
class MeasuresOf implements Measures {
  readonly #measured: MeasuredFacts;
  /** The index after the last group stands for all groups together. */
  readonly #group: number;

  constructor(measured: MeasuredFacts, group: number) {
    this.#measured = measured;
    this.#group = group;
  }

  get count(): number {
    const { counts, total } = this.#measured.groups;
    return this.#group < counts.length ? (counts[this.#group] as number) : total.count;
  }

  get amounts(): number {
    const { amounts, counts, total } = this.#measured.groups;
    return this.#group < counts.length ? (amounts[this.#group] as number) : total.amounts;
  }

  get sum(): bigint {
    const { groups } = this.#measured;
    return this.#group < groups.counts.length ? groups.sumOf(this.#group) : groups.total.sum;
  }

  get average(): bigint | null {
    return this.amounts === 0 ? null : divideMicros(this.sum, BigInt(this.amounts));
  }

  get shareOfSum(): number | null {
    const { total } = this.#measured.groups;
    return total.sum === 0n ? null : Number((this.sum * 10n ** 15n) / total.sum) / 1e15;
  }

  async min(): Promise<bigint | null> {
    return this.amounts === 0 ? null : (await this.#measured.extremes()).minOf(this.#group);
  }

  async max(): Promise<bigint | null> {
    return this.amounts === 0 ? null : (await this.#measured.extremes()).maxOf(this.#group);
  }

  async median(): Promise<bigint | null> {
    return this.amounts === 0 ? null : ((await this.#measured.medians())[this.#group] as bigint);
  }

  async distinctUsers(): Promise<number> {
    return (await this.#measured.distinctUsers())[this.#group] as number;
  }
}

/** Computes once, unless that fails. */
const once = <T>(compute: () => Promise<T>): (() => Promise<T>) => {
  let result: Promise<T> | undefined;
  return () => {
    result ??= compute().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
};
