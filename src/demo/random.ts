/** A reproducible random source: the same seed returns the same numbers on every machine. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  /** True in `percent` of 100 draws. */
  chance(percent: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** An index, drawn in proportion to whole weights. */
  weighted(weights: readonly number[]): number;
}

/** Mulberry32 by Tommy Ettinger: integer operations only, so that no engine's rounding shows. */
export const createRandom = (seed: number): Random => {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => next() % bound;
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    weighted(weights) {
      let left = below(weights.reduce((sum, weight) => sum + weight, 0));
      return weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
    },
  };
};
