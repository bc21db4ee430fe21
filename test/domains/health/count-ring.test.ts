import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CountRing } from '../../../src/domains/health/count-ring.ts';

it('a ring holds what a list of all counts says of the last intervals', () => {
  const step = fc.record({
    afterUs: fc.oneof(fc.nat(30), fc.nat(400), fc.integer({ min: -50, max: 0 })),
    count: fc.nat(9),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(1, 7, 10),
      fc.constantFrom(1, 2, 5),
      (steps, width, length) => {
        const ring = new CountRing(width, length);
        const added: { interval: number; count: number }[] = [];
        let nowUs = 1000;
        let newest = 0;
        for (const { afterUs, count } of steps) {
          nowUs += afterUs;
          newest = Math.max(newest, Math.floor(nowUs / width));
          ring.add(nowUs, count);
          added.push({ interval: newest, count });
          const expected = Array.from({ length }, (_, index) => {
            const interval = newest - length + 1 + index;
            const counts = added.filter((each) => each.interval === interval).map((each) => each.count);
            return { startUs: interval * width, count: counts.reduce((sum, each) => sum + each, 0) };
          });
          expect(ring.read(nowUs)).toEqual(expected);
          expect(ring.sum(nowUs)).toBe(expected.reduce((sum, each) => sum + each.count, 0));
        }
      },
    ),
  );
});

it('a ring forgets when nothing happens', () => {
  const ring = new CountRing(10, 3);
  ring.add(100, 5);
  expect(ring.read(119)).toEqual([
    { startUs: 90, count: 0 },
    { startUs: 100, count: 5 },
    { startUs: 110, count: 0 },
  ]);
  expect(ring.sum(130)).toBe(0);
  expect(ring.read(5_000).map(({ count }) => count)).toEqual([0, 0, 0]);
});
