import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import { standardErrorsAt } from '../../../src/lib/statistics/confidence-sequence.ts';

describe('standardErrorsAt', () => {
  it('standardErrorsAt is the boundary of theorem 2.2, calculated by hand', () => {
    // ρ² = (2 ln 20 + ln(1 + 2 ln 20)) / 10,000 = 0.00079361…, so √(2 × 1.79361… × ln(20 √1.79361…) / 0.79361…)
    expect(standardErrorsAt(1_000, 0.95)).toBeCloseTo(3.85506, 4);
    expect(standardErrorsAt(10_000, 0.95) / 1.959964).toBeCloseTo(1.55, 2);
  });

  it('standardErrorsAt makes intervals narrower with more values and wider with a higher level', () => {
    const widthOf = (count: number, level: number): number => standardErrorsAt(count, level) / Math.sqrt(count);
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 1e8 }),
        fc.integer({ min: 1, max: 1e8 }),
        fc.double({ min: 0.5, max: 0.999, noNaN: true }),
        (count, more, level) => {
          expect(widthOf(count + more, level)).toBeLessThan(widthOf(count, level));
          expect(widthOf(count, (1 + level) / 2)).toBeGreaterThan(widthOf(count, level));
        },
      ),
    );
  });

  it('standardErrorsAt rejects an invalid level', () => {
    for (const level of [0, 1, 95, Number.NaN]) expect(() => standardErrorsAt(10, level)).toThrow(RangeError);
  });

  it('standardErrorsAt contains the mean at all times together, where 1.96 standard errors do not', () => {
    const missed = { always: 0, once: 0 };
    for (let seed = 0; seed < 300; seed++) {
      const random = createRandom(seed * 7919 + 3);
      const outside = { always: false, once: false };
      let ones = 0;
      for (let user = 1; user <= 10_000; user++) {
        if (random.chance(20)) ones++;
        if (user < 30) continue;
        const mean = ones / user;
        const errors = Math.abs(mean - 0.2) / Math.sqrt((mean * (1 - mean)) / (user - 1));
        outside.always ||= errors > standardErrorsAt(user, 0.95);
        outside.once ||= errors > 1.96;
      }
      if (outside.always) missed.always++;
      if (outside.once) missed.once++;
    }
    expect(missed.always / 300).toBeLessThanOrEqual(0.05);
    expect(missed.once / 300).toBeGreaterThan(0.3);
  });
});
