import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noSeq } from '../../src/indices/seq-array.ts';
import { SeqColumn } from '../../src/indices/seq-column.ts';
import { atOnce } from '../../src/lib/yielding.ts';

/** Near the bounds at which the form of a column changes, and anywhere. */
const seqs = fc.oneof(
  fc.nat(20),
  fc.integer({ min: 2 ** 32 - 5, max: 2 ** 32 + 5 }),
  fc.integer({ min: 2 ** 33, max: 2 ** 33 + 5 }),
  fc.maxSafeNat(),
  fc.constant(noSeq),
);

describe('SeqColumn', () => {
  it('returns what was pushed and set, in any order', () => {
    fc.assert(
      fc.property(fc.array(seqs, { minLength: 1 }), fc.array(fc.tuple(fc.nat(), seqs)), (pushed, changes) => {
        const [column, model] = [new SeqColumn(), pushed.slice()];
        for (const [index, seq] of pushed.entries()) expect(column.push(seq)).toBe(index);
        for (const [index, seq] of changes) {
          column.set(index % model.length, seq);
          model[index % model.length] = seq;
        }
        atOnce(column.trimInSteps());
        expect(Array.from(model, (_seq, index) => column.at(index))).toEqual(model);
        expect(() => column.set(model.length, 1)).toThrow(RangeError);
      }),
    );
  });

  it('counts how many ascending numbers are at or below a bound', () => {
    fc.assert(
      fc.property(fc.uniqueArray(seqs.filter(Number.isFinite)), fc.oneof(seqs, fc.constant(-1)), (numbers, bound) => {
        const column = new SeqColumn();
        for (const seq of numbers.toSorted((a, b) => a - b)) column.push(seq);
        expect(column.upperBound(bound)).toBe(numbers.filter((seq) => seq <= bound).length);
      }),
    );
  });

  it('takes 4 bytes a number within 2^32 of the first, and 8 beyond', () => {
    const column = new SeqColumn();
    for (const seq of [2 ** 40, 2 ** 40 + 7, 2 ** 40 + 2 ** 32 - 2]) column.push(seq);
    atOnce(column.trimInSteps());
    expect(column.byteLength).toBe(12);
    column.push(2 ** 40 + 2 ** 32 - 1);
    atOnce(column.trimInSteps());
    expect(column.byteLength).toBe(32);
  });
});
