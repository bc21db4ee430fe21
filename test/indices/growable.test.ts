import fc from 'fast-check';
import { expect, test } from 'vitest';
import { growableFloat64, growableInt32, growableUint8, growableUint32 } from '../../src/indices/growable.ts';
import { atOnce } from '../../src/lib/yielding.ts';

const kinds = [
  { name: 'Float64', create: growableFloat64, number: fc.double({ noNaN: true }), bytes: 8 },
  { name: 'Int32', create: growableInt32, number: fc.integer(), bytes: 4 },
  { name: 'Uint32', create: growableUint32, number: fc.nat(0xffffffff), bytes: 4 },
  { name: 'Uint8', create: growableUint8, number: fc.nat(255), bytes: 1 },
];

test.each(kinds)('growable $name holds the values that were pushed and set', ({ create, number, bytes }) => {
  const change = fc.record({ value: number, at: fc.option(fc.nat(99)), trim: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
      const column = create();
      const plain: number[] = [];
      for (const { value, at, trim } of changes) {
        if (at === null || at >= plain.length) expect(column.push(value)).toBe(plain.push(value) - 1);
        else {
          column.set(at, value);
          plain[at] = value;
        }
        if (trim) atOnce(column.trimInSteps());
      }
      expect(Array.from(column.values.subarray(0, column.length))).toEqual(plain);
      atOnce(column.trimInSteps());
      expect(column.byteLength).toBe(bytes * plain.length);
    }),
  );
});

test('growable set throws beyond the pushed values', () => {
  const column = growableUint8();
  column.push(1);
  for (const position of [-1, 1, Number.NaN]) expect(() => column.set(position, 1)).toThrow(RangeError);
});
