/** Exact sums of decimals, one for each group. Whole units are carried to a BigInt before a double would round them. */
export interface DecimalSums {
  add(group: number, units: number, micros: number): void;
  /** Adds an amount to each of these groups; those with `absent` millionths are none. */
  addAll(groups: Uint32Array, amounts: AddedAmounts, absent: number): void;
  /** The sum in millionths. */
  microsOf(group: number): bigint;
  /** That of all groups. */
  total(): bigint;
}

/** Whole units and millionths, at least as many as there are groups that they are added to. */
export interface AddedAmounts {
  readonly units: Float64Array;
  readonly micros: Int32Array;
}

/** A value is below 1e15 < 2^50, so that an accumulator below this bound can add one more exactly. */
const carryAt = 2 ** 52;

const isBelowCarry = (sum: number): boolean => sum < carryAt && sum > -carryAt;

const microsPerUnit = 1_000_000n;

export const createDecimalSums = (): DecimalSums => {
  let units = new Float64Array(64);
  let micros = new Float64Array(64);
  const carried = new Map<number, bigint>();

  const widen = (group: number): void => {
    const capacity = Math.max(group + 1, units.length * 2);
    const [oldUnits, oldMicros] = [units, micros];
    units = new Float64Array(capacity);
    micros = new Float64Array(capacity);
    units.set(oldUnits);
    micros.set(oldMicros);
  };

  const carry = (group: number): void => {
    carried.set(group, (carried.get(group) ?? 0n) + BigInt(units[group] as number));
    units[group] = 0;
  };

  return {
    add(group, addedUnits, addedMicros) {
      if (group >= units.length) widen(group);
      // Fewer than 2^32 rows of less than 10^6 millionths stay below 2^53.
      micros[group] = (micros[group] as number) + addedMicros;
      const sum = (units[group] as number) + addedUnits;
      units[group] = sum;
      if (!isBelowCarry(sum)) carry(group);
    },
    addAll(groups, added, absent) {
      const { units: addedUnits, micros: addedMicros } = added;
      let most = 0;
      for (let index = 0; index < groups.length; index++) most = Math.max(most, groups[index] as number);
      if (most >= units.length) widen(most);
      const [ofUnits, ofMicros] = [units, micros];
      for (let index = 0; index < groups.length; index++) {
        const each = addedMicros[index] as number;
        if (each === absent) continue;
        const group = groups[index] as number;
        ofMicros[group] = (ofMicros[group] as number) + each;
        const sum = (ofUnits[group] as number) + (addedUnits[index] as number);
        ofUnits[group] = sum;
        if (!isBelowCarry(sum)) carry(group);
      }
    },
    microsOf(group) {
      const whole = (carried.get(group) ?? 0n) + BigInt(units[group] ?? 0);
      return whole * microsPerUnit + BigInt(micros[group] ?? 0);
    },
    total() {
      const whole = [...carried.values()].reduce((sum, each) => sum + each, wholeSum(units, units.length));
      return whole * microsPerUnit + wholeSum(micros, micros.length);
    },
  };
};

/** The sum of the first whole numbers of an array; each is below 2^52 in size, the sum may be greater. */
export const wholeSum = (numbers: Float64Array, length: number): bigint => {
  let carried = 0n;
  let sum = 0;
  for (let index = 0; index < length; index++) {
    sum += numbers[index] as number;
    if (isBelowCarry(sum)) continue;
    carried += BigInt(sum);
    sum = 0;
  }
  return carried + BigInt(sum);
};
