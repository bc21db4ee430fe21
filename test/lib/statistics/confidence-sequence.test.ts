import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../src/demo/random.ts';
import {
  type Moments,
  meanInterval,
  relativeDifferenceInterval,
} from '../../../src/lib/statistics/confidence-sequence.ts';

/** Welford's running moments. */
const createMoments = () => {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    add(value: number): void {
      count++;
      const difference = value - mean;
      mean += difference / count;
      squares += difference * (value - mean);
    },
    now: (): Moments => ({ count, mean, variance: count > 1 ? squares / (count - 1) : 0 }),
  };
};

const missing = (experiments: number, missed: (random: Random) => boolean): number => {
  let count = 0;
  for (let seed = 0; seed < experiments; seed++) if (missed(createRandom(seed * 7919 + 3))) count++;
  return count / experiments;
};

describe('meanInterval', () => {
  it('meanInterval is the boundary of theorem 2.2, calculated by hand', () => {
    // ρ² = (2 ln 20 + ln(1 + 2 ln 20)) / 10,000 = 0.00079361…, half = 2 √(2 × 1.79361… × ln(20 √1.79361…) / 793.61…)
    const interval = meanInterval({ count: 1_000, mean: 7, variance: 4 });
    expect(interval).toMatchObject({ estimate: 7, level: 0.95 });
    const half = 0.243815;
    expect((interval?.upper ?? 0) - 7).toBeCloseTo(half, 6);
    expect(7 - (interval?.lower ?? 0)).toBeCloseTo(half, 6);
  });

  it('meanInterval becomes narrower with more users and wider with a higher level', () => {
    const widthOf = (count: number, level: number): number => {
      const interval = meanInterval({ count, mean: 0, variance: 1 }, level);
      return (interval?.upper ?? Number.NaN) - (interval?.lower ?? Number.NaN);
    };
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

  it('meanInterval returns null without variance and rejects an invalid level', () => {
    expect(meanInterval({ count: 1, mean: 1, variance: 0 })).toBeNull();
    expect(meanInterval({ count: 100, mean: 1, variance: 0 })).toBeNull();
    expect(meanInterval({ count: 1, mean: 1, variance: Number.NaN })).toBeNull();
    expect(() => meanInterval({ count: 10, mean: 1, variance: 1 }, 1)).toThrow(RangeError);
    expect(() => meanInterval({ count: 10, mean: 1, variance: 1 }, 95)).toThrow(RangeError);
  });

  it('meanInterval contains the mean at all times together, where an interval for a single look does not', () => {
    let missedByFixed = 0;
    const missed = missing(300, (random) => {
      const moments = createMoments();
      let outside = false;
      let outsideFixed = false;
      for (let user = 1; user <= 10_000; user++) {
        moments.add(random.chance(20) ? 1 : 0);
        const { count, mean, variance } = moments.now();
        const interval = meanInterval({ count, mean, variance });
        if (interval === null || user < 30) continue;
        outside ||= interval.lower > 0.2 || interval.upper < 0.2;
        outsideFixed ||= Math.abs(mean - 0.2) > 1.96 * Math.sqrt(variance / count);
      }
      if (outsideFixed) missedByFixed++;
      return outside;
    });
    expect(missed).toBeLessThanOrEqual(0.05);
    expect(missedByFixed / 300).toBeGreaterThan(0.3);
  });
});

describe('relativeDifferenceInterval', () => {
  const treatment: Moments = { count: 50_000, mean: 11, variance: 9 };
  const control: Moments = { count: 40_000, mean: 10, variance: 8 };

  it('relativeDifferenceInterval is the interval of the delta method when there are many users', () => {
    const interval = relativeDifferenceInterval(treatment, control);
    const deviation = Math.sqrt((9 / 50_000 + (1.1 ** 2 * 8) / 40_000) / 100);
    const boundary = (meanInterval({ count: 90_000, mean: 0, variance: 90_000 })?.upper ?? 0) * deviation;
    expect(interval?.estimate).toBeCloseTo(0.1, 12);
    expect(((interval?.upper ?? 0) - (interval?.lower ?? 0)) / 2 / boundary).toBeCloseTo(1, 4);
    expect(((interval?.upper ?? 0) + (interval?.lower ?? 0)) / 2).toBeCloseTo(0.1, 4);
  });

  it('relativeDifferenceInterval contains exactly the ratios that the interval of the difference does not exclude', () => {
    const moments = fc.record({
      count: fc.integer({ min: 30, max: 100_000 }),
      mean: fc.double({ min: -100, max: 100, noNaN: true }),
      variance: fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
    });
    fc.assert(
      fc.property(moments, moments, fc.double({ min: 0.8, max: 0.99, noNaN: true }), (one, other, level) => {
        const interval = relativeDifferenceInterval(one, other, level);
        if (interval === null) return;
        const count = one.count + other.count;
        const excludes = (ratio: number): boolean => {
          const variance = count * (one.variance / one.count + (ratio ** 2 * other.variance) / other.count);
          const difference = meanInterval({ count, mean: one.mean - ratio * other.mean, variance }, level);
          return difference !== null && (difference.lower > 0 || difference.upper < 0);
        };
        const { lower, upper, estimate } = interval;
        const step = (upper - lower) / 1000;
        expect(lower).toBeLessThan(estimate);
        expect(estimate).toBeLessThan(upper);
        expect(excludes(1 + lower + step) || excludes(1 + upper - step)).toBe(false);
        expect(excludes(1 + lower - step) && excludes(1 + upper + step)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('relativeDifferenceInterval returns null while the data does not suffice', () => {
    const unknown: [Moments, Moments][] = [
      [{ ...treatment, count: 29 }, control],
      [treatment, { ...control, count: 29 }],
      [{ ...treatment, variance: 0 }, control],
      [treatment, { ...control, variance: 0 }],
      [treatment, { ...control, mean: 0 }],
      [treatment, { ...control, mean: 0.03 }],
      [{ ...treatment, mean: 0.03 }, control],
    ];
    for (const [one, other] of unknown) expect(relativeDifferenceInterval(one, other)).toBeNull();
    expect(() => relativeDifferenceInterval(treatment, control, 0)).toThrow(RangeError);
  });

  // Equal or not, rare or not, split evenly or not.
  it.each([
    { percent: 5, controlPercent: 5, treated: 50 },
    { percent: 1, controlPercent: 5, treated: 50 },
    { percent: 20, controlPercent: 20, treated: 10 },
  ])('holds the truth at all times ($percent, $controlPercent, $treated)', ({ percent, controlPercent, treated }) => {
    const missed = missing(200, (random) => {
      const [one, other] = [createMoments(), createMoments()];
      const truth = percent / controlPercent - 1;
      for (let user = 1; user <= 10_000; user++) {
        if (random.chance(treated)) one.add(random.chance(percent) ? 1 : 0);
        else other.add(random.chance(controlPercent) ? 1 : 0);
        const interval = relativeDifferenceInterval(one.now(), other.now());
        if (interval && (interval.lower > truth || interval.upper < truth)) return true;
      }
      return false;
    });
    expect(missed).toBeLessThanOrEqual(0.05);
  });
});
