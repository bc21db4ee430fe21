import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import { exceedsShare } from '../../../src/lib/statistics/exceedance.ts';

it('exceedsShare compares the mean likelihood of all larger shares, calculated by hand', () => {
  // Three of three against at most a half: ∫ p³ dp from 1/2 to 1, times 2, over 1/8 is 3.75.
  expect(exceedsShare(3, 3, 0.5, 1 / 3.74)).toBe(true);
  expect(exceedsShare(3, 3, 0.5, 1 / 3.76)).toBe(false);
});

it('exceedsShare raises false alarms in at most alpha of the cases when tested after every user', () => {
  let alarms = 0;
  for (let seed = 0; seed < 1000; seed++) {
    const random = createRandom(seed * 104_729 + 1);
    let count = 0;
    for (let total = 1; total <= 1000; total++) {
      if (random.below(100) < 1) count++;
      if (!exceedsShare(count, total, 0.01, 0.1)) continue;
      alarms++;
      break;
    }
  }
  expect(alarms / 1000).toBeLessThanOrEqual(0.1);
  expect(alarms).toBeGreaterThan(0);
});

it('exceedsShare is defined for every count of every total and monotonic in the count', () => {
  const totals = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50_000_000 }));
  fc.assert(
    fc.property(totals, fc.double({ min: 0, max: 1, noNaN: true }), (total, part) => {
      const count = Math.floor(total * part);
      const [less, more] = [count, Math.min(total, count + 1)].map((of) => exceedsShare(of, total, 0.01, 0.001));
      expect(Number(more)).toBeGreaterThanOrEqual(Number(less));
      if (total > 0 && count / total <= 0.01) expect(less).toBe(false);
      if (total > 1000 && count / total > 0.05) expect(less).toBe(true);
    }),
    { numRuns: 500 },
  );
});
