import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockRows, CumulativeSums, type RowSource } from '../../src/indices/cumulative-sums.ts';

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

/** The sums by a loop over all rows, without empty groups. */
const expectedOf = (rows: readonly Row[], from: number, to: number) => {
  const sums = new Map<number, number[]>();
  for (const { atUs, group, units, micros } of rows) {
    if (atUs < from || atUs >= to) continue;
    const [count = 0, amounts = 0, ofUnits = 0, ofMicros = 0] = sums.get(group) ?? [];
    const hasAmount = !Number.isNaN(units);
    sums.set(group, [
      count + 1,
      amounts + Number(hasAmount),
      ofUnits + (hasAmount ? units : 0),
      ofMicros + (hasAmount ? micros : 0),
    ]);
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
      async (first, bounds, rowsMax, steps) => {
        const rows: Row[] = first.map((each) => ({ ...each }));
        const groupOf = (index: number): number => (rows[index] as Row).group;
        const atUsOf = (index: number): number => (rows[index] as Row).atUs;
        const sums = new CumulativeSums({
          rows: {
            atUsOf,
            unitsOf: (index) => (rows[index] as Row).units,
            microsOf: (index) => (rows[index] as Row).micros,
          },
          boundsUs: bounds.sort((a, b) => a - b),
          groups: 5,
          rowsMax,
        });
        const rowsFrom = (fromUs: number): number[] =>
          rows.flatMap(({ atUs }, index) => (atUs >= fromUs ? [index] : [])).sort((a, b) => atUsOf(a) - atUsOf(b));
        for (const index of rows.keys()) sums.fill(index, groupOf(index));
        sums.accumulate();
        for (const each of [...steps, { kind: 'ASK', from: -Infinity, to: Infinity } as const]) {
          if (each.kind === 'ADD') {
            rows.push({ ...each.row });
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
              count === 0 ? [] : [[group, [count, amounts[group], units[group], micros[group]]] as const],
            );
            expect(new Map(found)).toEqual(expectedOf(rows, from, to));
            expect([...amounts].some((count, group) => count > 0 && counts[group] === 0)).toBe(false);
          }
        }
        expect(sums.isExact).toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});

it('cumulative sums put bounds between rows that were added, so that an answer reads few of them', async () => {
  const count = 10_000;
  const read: number[] = [];
  const rows = { atUsOf: (row: number) => row, unitsOf: () => 1, microsOf: () => 0 };
  const sums = new CumulativeSums({ rows, boundsUs: [], groups: 1, rowsMax: 100 });
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
  expect(sums.cells).toBeLessThan(300);
});

it('cumulative sums say when they are too large to be exact, also between two bounds', () => {
  const rows = { atUsOf: (row: number) => row, unitsOf: (row: number) => (row < 10 ? 1e15 : -1e15), microsOf: () => 0 };
  function* rowsFrom(fromUs: number): Generator<number> {
    for (let row = Math.max(0, fromUs); row < 20; row++) yield row;
  }
  const sums = new CumulativeSums({ rows, boundsUs: [], groups: 1, rowsMax: 100 });
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
