import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArrivalBatches } from '../../../src/domains/experiments/arrival-batches.ts';
import { createBatchKeys, noBatch } from '../../../src/domains/experiments/batch-keys.ts';

/** Imports 1 and 2 have ended, 3 runs. */
const importEnds = (importId: number): number | null => (importId === 3 ? null : 100 * importId);

const origin = fc.oneof(
  fc.record({
    importId: fc.constantFrom(1, 2, 3),
    requestId: fc.constant(null),
    recordedAtUs: fc.constantFrom(90, 150),
  }),
  fc.record({ importId: fc.constant(null), requestId: fc.constantFrom(1, 2), recordedAtUs: fc.constantFrom(90, 150) }),
  fc.record({ importId: fc.constant(null), requestId: fc.constant(null), recordedAtUs: fc.constant(150) }),
);
/** Events of one origin mostly follow each other. */
const events = fc
  .array(fc.record({ origin, count: fc.integer({ min: 1, max: 5 }) }), { minLength: 1, maxLength: 12 })
  .map((runs) => runs.flatMap(({ origin, count }) => Array.from({ length: count }, () => origin)));

const numbersOf = (values: readonly (number | null)[]) => Float64Array.from(values, (value) => value ?? Number.NaN);

it('gives each event the batch of its origin, however many events come at a time', () => {
  fc.assert(
    fc.property(events, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (all, sizes) => {
      const batches = new ArrivalBatches({ importEnds, openRequests: { isOpen: (requestId) => requestId === 2 } });
      for (let start = 0, part = 0; start < all.length; part++) {
        const from = part % 2;
        const end = start + (sizes[part % sizes.length] as number);
        // Events before `from` are known already.
        const some = [...all.slice(start - Math.min(start, from), start), ...all.slice(start, end)];
        const origins = {
          importIds: numbersOf(some.map(({ importId }) => importId)),
          requestIds: numbersOf(some.map(({ requestId }) => requestId)),
          recordedAtUs: numbersOf(some.map(({ recordedAtUs }) => recordedAtUs)),
        };
        batches.pushAll(origins, Math.min(start, from));
        start = end;
      }
      const keyOf = createBatchKeys(importEnds);
      const keys = all.map(keyOf);
      const codes = all.map((_, row) => batches.batchOf(row));
      for (const [row, key] of keys.entries()) {
        expect(keys.indexOf(key)).toBe(codes.indexOf(codes[row] as number));
        expect(codes[row] === noBatch).toBe(key === noBatch);
        if (key !== noBatch) expect(batches.lastRowOf(codes[row] as number)).toBe(keys.lastIndexOf(key));
        const isOpen = key === 2 * 3 || key === 2 * 2 + 1;
        expect(batches.isOpen(codes[row] as number)).toBe(isOpen);
      }
    }),
  );
});
