/** Exact sums of decimals, one for each group. Whole units are carried to a BigInt before a double would round them. */
export interface DecimalSums {
  add(group: number, units: number, micros: number): void;
  /** The sum in millionths. */
  microsOf(group: number): bigint;
}

/** A value is below 1e15 < 2^50, so that an accumulator below this bound can add one more exactly. */
const carryAt = 2 ** 52;

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

  return {
    add(group, addedUnits, addedMicros) {
      if (group >= units.length) widen(group);
      // Fewer than 2^32 rows of less than 10^6 millionths stay below 2^53.
      micros[group] = (micros[group] as number) + addedMicros;
      const sum = (units[group] as number) + addedUnits;
      units[group] = sum;
      if (sum < carryAt && sum > -carryAt) return;
      carried.set(group, (carried.get(group) ?? 0n) + BigInt(sum));
      units[group] = 0;
    },
    microsOf(group) {
      const whole = (carried.get(group) ?? 0n) + BigInt(units[group] ?? 0);
      return whole * 1_000_000n + BigInt(micros[group] ?? 0);
    },
  };
};

/** The sum of the first whole numbers of an array; each is below 2^52 in size, the sum may be greater. */
export const wholeSum = (numbers: Float64Array, length: number): bigint => {
  let carried = 0n;
  let sum = 0;
  for (let index = 0; index < length; index++) {
    sum += numbers[index] as number;
    if (sum < carryAt && sum > -carryAt) continue;
    carried += BigInt(sum);
    sum = 0;
  }
  return carried + BigInt(sum);
};
