import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRecordCache } from '../../src/ledger/record-cache.ts';

it('a record cache answers as the store does, and reads only what it has not read lately', () => {
  // Far apart, so that records meet in one slot.
  const seqs = fc.array(fc.constantFrom(0, 1, 2, 2 ** 14 + 1, 2 ** 15 + 1, 5 * 2 ** 14 + 2, -1, 1.5), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.array(seqs), (pages) => {
      let read: number[] = [];
      const recordOf = (seq: number) => (seq > 0 && Number.isInteger(seq) && seq !== 2 ? { seq } : null);
      const cached = createRecordCache((missing) => {
        read.push(...missing);
        return missing.map(recordOf);
      });
      for (const page of pages) {
        expect(cached(page)).toEqual(page.map(recordOf));
        const last = page.at(-1);
        if (last === undefined) continue;
        expect(cached([last])).toEqual([recordOf(last)]);
        read = [];
        expect(cached([last])).toEqual([recordOf(last)]);
        // Only what does not exist is looked for again.
        expect(read).toEqual(recordOf(last) ? [] : [last]);
      }
    }),
  );
});

it('a record cache returns the same frozen list for the same frozen keys, unless a record is missing', () => {
  const stored = new Set([1, 2]);
  const cached = createRecordCache((missing) => missing.map((seq) => (stored.has(seq) ? { seq } : null)));
  const keys = Object.freeze([1, 2]);
  const list = cached(keys);
  expect(list).toEqual([{ seq: 1 }, { seq: 2 }]);
  expect(Object.isFrozen(list)).toBe(true);
  expect(cached(keys)).toBe(list);
  expect(cached([1, 2])).not.toBe(list);
  const later = Object.freeze([2, 3]);
  expect(cached(later)).toEqual([{ seq: 2 }, null]);
  stored.add(3);
  expect(cached(later)).toEqual([{ seq: 2 }, { seq: 3 }]);
});
