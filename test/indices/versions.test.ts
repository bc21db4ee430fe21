import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createVersions } from '../../src/indices/versions.ts';

interface Version {
  readonly key: number;
  readonly seq: number;
  readonly value: number;
}

// Few keys and values, so that values repeat; 300 keys, so that columns grow.
const version = fc.record({
  key: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 300 })),
  step: fc.integer({ min: 0, max: 3 }),
  value: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant(0xfffffffe)),
});

/** Seqs that ascend, but for steps of 0: those are replays of the last seq. */
const versionList = fc.array(version, { maxLength: 400 }).map((steps) => {
  let seq = 0;
  return steps.map(({ key, step, value }): Version => {
    seq += step;
    return { key, seq, value };
  });
});

const referenceValue = (list: readonly Version[], key: number, sequence: number): number =>
  list.findLast((each) => each.key === key && each.seq <= sequence)?.value ?? 0;

it('versions return the value set last up to any seq, as a plain list does', () => {
  fc.assert(
    fc.property(versionList, fc.array(fc.nat(1300)), (list, sequences) => {
      const versions = createVersions();
      const added: Version[] = [];
      for (const { key, seq, value } of list) {
        const isReplay = added.some((each) => each.key === key && each.seq >= seq);
        const before = referenceValue(added, key, seq);
        expect(versions.add(key, seq, value)).toBe(!isReplay && before !== value);
        if (!isReplay) added.push({ key, seq, value });
      }
      // Replaying everything is harmless.
      for (const { key, seq, value } of list) expect(versions.add(key, seq, value)).toBe(false);
      const keys = Uint32Array.of(0, 1, 2, 3, 150, 300, 1e6);
      for (const sequence of [0, ...sequences, Number.POSITIVE_INFINITY]) {
        const values = new Uint32Array(keys.length).fill(9);
        versions.valuesAt(keys, sequence, values);
        expect([...values]).toEqual(Array.from(keys, (key) => referenceValue(added, key, sequence)));
      }
      for (const key of [-1, 0, 1, 2, 3, 150, 300, 1e6]) {
        expect(versions.valueAt(key)).toBe(referenceValue(added, key, Number.POSITIVE_INFINITY));
        for (const sequence of [0, ...sequences])
          expect(versions.valueAt(key, sequence)).toBe(referenceValue(added, key, sequence));
      }
    }),
  );
});

it('versions need four bytes for a key that was never set', () => {
  const versions = createVersions();
  versions.add(100_000, 1, 7);
  expect(versions.valueAt(99_999)).toBe(0);
  expect(versions.valueAt(100_000)).toBe(7);
  expect(versions.byteLength).toBeLessThan(100_001 * 4 * 2 + 100_000);
});
