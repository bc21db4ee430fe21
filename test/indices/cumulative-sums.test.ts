import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CumulativeSums, type RowSource } from '../../src/indices/cumulative-sums.ts';
import { wholeSum } from '../../src/indices/decimal-sums.ts';
import { blockRows, type SummedRows } from '../../src/indices/group-sums.ts';
import { rowNumbers } from '../../src/indices/row-numbers.ts';

const notYielding = () => undefined;

/** The rows in the order of time, each in a block of few. */
const sourceOf = (
  rowsFrom: RowSource['rowsFrom'],
  groupOf: (row: number) => number,
  atUsOf: (row: number) => number,
): RowSource => ({
  ...{ rowsFrom, groupOf },
  *blocksBetween(fromUs, toUs) {
    let block: number[] = [];
    for (const row of rowsFrom(fromUs)) {
      if (atUsOf(row) >= toUs) break;
      block.push(row);
      if (block.length < Math.min(2, blockRows)) continue;
      yield Uint32Array.from(block);
      block = [];
    }
    yield Uint32Array.from(block);
  },
  readGroups: (rows, groups) => groups.set(Array.from(rows, groupOf)),
});

/** Rows by functions; those without an amount have NaN units. */
const summedRows = (
  atUsOf: (row: number) => number,
  unitsOf: (row: number) => number,
  microsOf: (row: number) => number,
): SummedRows => {
  return {
    atUsOf,
    readTimes: (rows, into) => into.set(Array.from(rows, atUsOf)),
    readAmounts: (rows, into) => into.set(Array.from(rows, (row) => 1e6 * unitsOf(row) + microsOf(row))),
  };
};

interface Row {
  readonly atUs: number;
  readonly units: number;
  readonly micros: number;
  group: number;
}

const time = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(-1e15, 1e15));
const row = fc.record({
  atUs: time,
  units: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -5, max: 5 })),
  micros: fc.integer({ min: -999_999, max: 999_999 }),
  group: fc.integer({ min: 0, max: 4 }),
});
const step = fc.oneof(
  fc.record({ kind: fc.constant('ADD' as const), row }),
  fc.record({ kind: fc.constant('MOVE' as const), index: fc.nat(), group: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ kind: fc.constant('DIVIDE' as const) }),
  fc.record({ kind: fc.constant('ASK' as const), from: time, to: time }),
  fc.record({ kind: fc.constant('ASK' as const), from: fc.constant(-Infinity), to: fc.constant(Infinity) }),
);

const totalOf = (units: number | undefined, micros: number | undefined): number => 1e6 * (units ?? 0) + (micros ?? 0);

/** The sums by a loop over all rows, without empty groups. */
const expectedOf = (rows: readonly Row[], from: number, to: number) => {
  const sums = new Map<number, number[]>();
  for (const { atUs, group, units, micros } of rows) {
    if (atUs < from || atUs >= to) continue;
    const [count = 0, amounts = 0, total = 0] = sums.get(group) ?? [];
    const hasAmount = !Number.isNaN(units);
    sums.set(group, [count + 1, amounts + Number(hasAmount), total + (hasAmount ? totalOf(units, micros) : 0)]);
  }
  return sums;
};

it('cumulative sums equal a loop over all rows, in whatever order these come, move and are divided', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 30 }),
      fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom('COMPACT' as const, 'WIDE' as const),
      async (first, bounds, rowsMax, steps, layout) => {
        // Compact sums hold no rows without an amount.
        const rowOf = (each: Row): Row =>
          layout === 'COMPACT' && Number.isNaN(each.units) ? { ...each, units: 7 } : { ...each };
        const rows: Row[] = first.map(rowOf);
        const groupOf = (index: number): number => (rows[index] as Row).group;
        const atUsOf = (index: number): number => (rows[index] as Row).atUs;
        const sums = new CumulativeSums({
          rows: summedRows(
            atUsOf,
            (index) => (rows[index] as Row).units,
            (index) => (rows[index] as Row).micros,
          ),
          layout,
          boundsUs: bounds.sort((a, b) => a - b),
          groups: 5,
          rowsMax,
        });
        const rowsFrom = (fromUs: number): number[] =>
          rows.flatMap(({ atUs }, index) => (atUs >= fromUs ? [index] : [])).sort((a, b) => atUsOf(a) - atUsOf(b));
        sums.fill(
          rowNumbers(0, rows.length),
          Uint32Array.from(rows, ({ group }) => group),
        );
        await sums.accumulate(notYielding);
        for (const each of [...steps, { kind: 'ASK', from: -Infinity, to: Infinity } as const]) {
          if (each.kind === 'ADD') {
            rows.push(rowOf(each.row));
            sums.add(rows.length - 1, each.row.group);
          } else if (each.kind === 'MOVE' && rows.length > 0) {
            const index = each.index % rows.length;
            sums.remove(index, groupOf(index));
            (rows[index] as Row).group = each.group;
            sums.add(index, each.group);
          } else if (each.kind === 'DIVIDE') await sums.divide(sourceOf(rowsFrom, groupOf, atUsOf), notYielding);
          else if (each.kind === 'ASK') {
            const [from, to] = each.from <= each.to ? [each.from, each.to] : [each.to, each.from];
            const { counts, amounts, units, micros } = sums.between(from, to, sourceOf(rowsFrom, groupOf, atUsOf));
            const found = [...counts].flatMap((count, group) =>
              count === 0 ? [] : [[group, [count, amounts[group], totalOf(units?.[group], micros[group])]] as const],
            );
            expect(new Map(found)).toEqual(expectedOf(rows, from, to));
            expect([...amounts].some((count, group) => count > 0 && counts[group] === 0)).toBe(false);
          }
        }
        expect(sums.isExact).toBe(true);
        const ofAllTimes = sums.between(-Infinity, Infinity, sourceOf(rowsFrom, groupOf, atUsOf));
        expect(sums.all()).toEqual(ofAllTimes);
      },
    ),
    { numRuns: 400 },
  );
});

it('cumulative sums put bounds between rows that were added, so that an answer reads few of them', async () => {
  const count = 10_000;
  const read: number[] = [];
  const rows = summedRows(
    (row) => row,
    () => 1,
    () => 0,
  );
  const sums = new CumulativeSums({ rows, layout: 'COMPACT', boundsUs: [], groups: 1, rowsMax: 100 });
  for (let row = 0; row < count; row++) sums.add(row, 0);
  function* rowsFrom(fromUs: number): Generator<number> {
    for (let row = Math.max(0, fromUs); row < count; row++) {
      read.push(row);
      yield row;
    }
  }
  const source = sourceOf(rowsFrom, () => 0, rows.atUsOf);
  await sums.divide(source, notYielding);
  read.length = 0;
  expect(sums.between(1234, 8765, source).counts[0]).toBe(8765 - 1234);
  expect(read.length).toBeLessThan(202);
  expect(sums.byteLength).toBeLessThan(300 * 12);
});

it('cumulative sums say when they are too large to be exact, also between two bounds', () => {
  const rows = summedRows(
    (row) => row,
    (row) => (row < 10 ? 1e15 : -1e15),
    () => 0,
  );
  function* rowsFrom(fromUs: number): Generator<number> {
    for (let row = Math.max(0, fromUs); row < 20; row++) yield row;
  }
  const sums = new CumulativeSums({ rows, layout: 'WIDE', boundsUs: [], groups: 1, rowsMax: 100 });
  for (let row = 9; row >= 0; row--) {
    sums.add(row, 0);
    sums.add(19 - row, 0);
  }
  expect(sums.isExact).toBe(true);
  sums.between(
    0,
    10,
    sourceOf(rowsFrom, () => 0, rows.atUsOf),
  );
  expect(sums.isExact).toBe(false);
});

it('compact cumulative sums say when they do not hold a row without an amount, or a great sum', () => {
  const sumsOf = (units: number): CumulativeSums => {
    const rows = summedRows(
      (row) => row,
      () => units,
      () => 0,
    );
    const sums = new CumulativeSums({ rows, layout: 'COMPACT', boundsUs: [], groups: 1, rowsMax: 100 });
    sums.add(0, 0);
    return sums;
  };
  // 2^52 millionths.
  const most = Math.floor(2 ** 52 / 1e6);
  expect(sumsOf(most).isExact).toBe(true);
  expect(sumsOf(most + 1).isExact).toBe(false);
  expect(sumsOf(-most - 1).isExact).toBe(false);
  expect(sumsOf(1e15).isExact).toBe(false);
  expect(sumsOf(Number.NaN).isExact).toBe(false);
});

it('a sum of whole numbers is exact where doubles would round', () => {
  const whole = fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(whole, fc.constantFrom(2 ** 52 - 1, 1 - 2 ** 52))),
      fc.nat({ max: 3 }),
      (numbers, more) => {
        const expected = numbers.reduce((sum, number) => sum + BigInt(number), 0n);
        const array = Float64Array.from([...numbers, ...Array.from({ length: more }, () => 5)]);
        expect(wholeSum(array, numbers.length)).toBe(expected);
      },
    ),
  );
});
