import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedColumn } from '../../src/indices/packed-column.ts';
import { CapturedColumns, LoadedColumns } from '../../src/ledger/index-files/columns.ts';

const block = 1024;

/** A number of blocks with numbers of one kind, and some more: the kinds that a column packs in different widths. */
const numbers = fc
  .array(
    fc.record({
      length: fc.oneof(fc.constantFrom(1, block - 1, block, block + 1), fc.nat(3 * block)),
      base: fc.oneof(fc.nat(100), fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.maxSafeNat()),
      slope: fc.oneof(fc.constant(0), fc.integer({ min: -5, max: 1_000_000 })),
      range: fc.constantFrom(1, 2, 255, 256, 257, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 45),
      unit: fc.constantFrom(1, 1, 1000, 0.5),
      seed: fc.nat(2 ** 30),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) =>
    parts.flatMap(({ length, base, slope, range, unit, seed }) =>
      Array.from({ length }, (_, index) => base + slope * index + unit * ((seed * (index + 1) * 7919) % range)),
    ),
  );

/** Numbers that are no distances. */
const odd = fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, -Number.MAX_VALUE, 1e-9);

const filled = (values: readonly number[]): PackedColumn => {
  const column = new PackedColumn();
  for (const value of values) column.push(value);
  return column;
};

const read = (column: PackedColumn): number[] => Array.from({ length: column.length }, (_, row) => column.at(row));

/** A column as it comes back from a file. */
const reloaded = async (column: PackedColumn): Promise<PackedColumn> => {
  const captured = new CapturedColumns();
  column.exchange(captured, 'column');
  const columns = await captured.settled();
  const loaded = new PackedColumn();
  loaded.exchange(
    new LoadedColumns(new Map(columns.map(({ name, parts: [part] }) => [name, part as Uint8Array]))),
    'column',
  );
  return loaded;
};

describe('PackedColumn', () => {
  it('holds the same when numbers are pushed many at a time', () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.constantFrom(block - 1, block, block + 1, 2 * block + 7)), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(numbers, sizes, fc.array(fc.tuple(fc.nat(), odd), { maxLength: 2 }), (values, pushed, odds) => {
        for (const [index, value] of odds) values[index % values.length] = value;
        const column = new PackedColumn();
        for (let from = 0, part = 0; from < values.length; part++) {
          const count = pushed[part % pushed.length] as number;
          const some = Float64Array.from(values.slice(from, from + count));
          column.pushAll(some);
          // Numbers that are pushed alone go on where many have ended.
          from += some.length;
          if (from < values.length) column.push(values[from++] as number);
        }
        const found = read(column);
        expect(found.length).toBe(values.length);
        expect(found.findIndex((value, index) => !Object.is(value, values[index]))).toBe(-1);
      }),
    );
  });

  it('returns every number that was pushed, bit by bit', () => {
    fc.assert(
      fc.property(numbers, fc.array(fc.tuple(fc.nat(), odd), { maxLength: 2 }), (values, odds) => {
        for (const [index, value] of odds) values[index % values.length] = value;
        const found = read(filled(values));
        expect(found.length).toBe(values.length);
        expect(found.findIndex((value, index) => !Object.is(value, values[index]))).toBe(-1);
        const from = values.length >>> 1;
        const block = new Float64Array(values.length - from);
        filled(values).read(from, block);
        expect(block.findIndex((value, index) => !Object.is(value, values[from + index]))).toBe(-1);
      }),
      { numRuns: 200 },
    );
  });

  it('returns the same after a file, and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, async (values, later) => {
        const column = await reloaded(filled(values));
        for (const value of later) column.push(value);
        expect(read(column)).toEqual([...values, ...later]);
        expect(read(await reloaded(column))).toEqual([...values, ...later]);
      }),
      { numRuns: 30 },
    );
  });

  it('hands out numbers that later ones do not change', async () => {
    const values = Array.from({ length: block + 5 }, (_, index) => index * index);
    const column = filled(values);
    const captured = new CapturedColumns();
    column.exchange(captured, 'column');
    const columns = await captured.settled();
    for (let index = 0; index < 3 * block; index++) column.push(-index);
    const loaded = new PackedColumn();
    loaded.exchange(
      new LoadedColumns(new Map(columns.map(({ name, parts: [part] }) => [name, (part as Uint8Array).slice()]))),
      'column',
    );
    expect(read(loaded)).toEqual(values);
  });

  it('counts how many ascending numbers are at or below a bound', () => {
    fc.assert(
      fc.property(numbers, fc.nat(), (values, index) => {
        const sorted = values.toSorted((a, b) => a - b);
        const column = filled(sorted);
        const bound = sorted[index % sorted.length] as number;
        expect(column.upperBound(bound)).toBe(sorted.filter((value) => value <= bound).length);
        expect(column.upperBound(Number.NEGATIVE_INFINITY)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('takes as many bits as the distances from a line need', () => {
    const bitsOf = (numberAt: (index: number) => number): number => {
      const columns = [3 * block, 12 * block].map((length) => filled(Array.from({ length }, (_, i) => numberAt(i))));
      // What nine more blocks add is free of what every column has. A half may be spare.
      const [small, large] = columns.map((column) => column.byteLength) as [number, number];
      return ((large - small) / (9 * block)) * 8;
    };
    const startUs = 1_700_000_000_000_000;
    expect(bitsOf(() => 7)).toBeLessThan(1);
    expect(bitsOf((index) => 5_000_000_000 + 3 * index)).toBeLessThan(1);
    expect(bitsOf((index) => (index * 7919) % 5)).toBeLessThan(3 * 1.5 + 1);
    expect(bitsOf((index) => startUs + 1_000_000 * ((index * 7919) % 250))).toBeLessThan(8 * 1.5 + 1);
    expect(bitsOf((index) => startUs + 1000 * ((index * 104_729_003) % 2 ** 22))).toBeLessThan(22 * 1.5 + 1);
    expect(bitsOf((index) => startUs + ((index * 104_729_003) % 2 ** 40))).toBeLessThan(40 * 1.5 + 1);
  });
});
