import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFactColumns, createPackedFactColumns } from '../../../../src/domains/facts/memory/columns.ts';
import {
  allOf,
  anyOf,
  blockRows,
  everyRow,
  FilterBuffers,
  inSpan,
  noneOf,
  type RowFilter,
  withAmount,
  withCodes,
} from '../../../../src/domains/facts/memory/row-filter.ts';
import { millionthsOf } from '../../../../src/lib/millionths.ts';

interface Fact {
  readonly atUs: number;
  readonly user: number;
  /** Null for none. */
  readonly amount: { readonly units: number; readonly micros: number } | null;
}

const amount = fc.oneof(
  fc.record({ units: fc.integer({ min: -2, max: 2 }), micros: fc.constantFrom(0, 1, 500_000, 999_999) }),
  // With 15 digits; in millionths they are beyond what a double holds exactly.
  fc.record({
    units: fc.constantFrom(99_999_999_999, 99_999_999_998, -99_999_999_999),
    micros: fc.constantFrom(999_900, 999_800, 0),
  }),
);
const fact: fc.Arbitrary<Fact> = fc.record({
  atUs: fc.integer({ min: 0, max: 20 }),
  user: fc.integer({ min: 0, max: 6 }),
  amount: fc.option(amount, { freq: 5 }),
});

type Condition =
  | { readonly kind: 'SPAN'; readonly fromUs: number | undefined; readonly toUs: number | undefined }
  | {
      readonly kind: 'USERS';
      readonly users: readonly number[];
      readonly hasSize: boolean;
      readonly isReadAtOnce: boolean;
    }
  | { readonly kind: 'AMOUNT'; readonly atLeast: Fact['amount']; readonly atMost: Fact['amount'] }
  | { readonly kind: 'EVERY' }
  | { readonly kind: 'ALL' | 'ANY'; readonly parts: readonly Condition[] }
  | { readonly kind: 'NOT'; readonly part: Condition };

const bound = fc.option(fc.integer({ min: 0, max: 21 }), { nil: undefined });
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('SPAN' as const), fromUs: bound, toUs: bound }),
    fc.record({
      kind: fc.constant('USERS' as const),
      users: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
      hasSize: fc.boolean(),
      isReadAtOnce: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('AMOUNT' as const), atLeast: fc.option(amount), atMost: fc.option(amount) }),
    fc.record({ kind: fc.constant('EVERY' as const) }),
    fc.record({
      kind: fc.constantFrom('ALL' as const, 'ANY' as const),
      parts: fc.array(tie('condition'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('NOT' as const), part: tie('condition') }),
  ),
}));

const isAtLeast = (a: NonNullable<Fact['amount']>, b: NonNullable<Fact['amount']>): boolean =>
  a.units > b.units || (a.units === b.units && a.micros >= b.micros);

const passes = (each: Fact, filter: Condition): boolean => {
  switch (filter.kind) {
    case 'SPAN':
      return each.atUs >= (filter.fromUs ?? 0) && each.atUs < (filter.toUs ?? 99);
    case 'USERS':
      return filter.users.includes(each.user);
    case 'AMOUNT': {
      const { atLeast, atMost } = filter;
      if (!each.amount) return false;
      return (!atLeast || isAtLeast(each.amount, atLeast)) && (!atMost || isAtLeast(atMost, each.amount));
    }
    case 'EVERY':
      return true;
    case 'ALL':
      return filter.parts.every((part) => passes(each, part));
    case 'ANY':
      return filter.parts.some((part) => passes(each, part));
    case 'NOT':
      return !passes(each, filter.part);
  }
};

it('keeps the rows that pass, in their order, whatever conditions are in each other', () => {
  fc.assert(
    fc.property(
      fc.array(fact, { minLength: 1, maxLength: 60 }),
      fc.array(condition, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 80 }),
      fc.boolean(),
      (facts, conditions, picks, isPacked) => {
        const columns = isPacked ? createPackedFactColumns() : createFactColumns();
        columns.append(
          {
            seqs: Float64Array.from(facts, (_, row) => row + 1),
            users: Int32Array.from(facts, ({ user }) => user),
            occurredAtUs: Float64Array.from(facts, ({ atUs }) => atUs),
            recordedAtUs: Float64Array.from(facts, ({ atUs }) => atUs),
            amounts: Float64Array.from(facts, (each) => (each.amount ? millionthsOf(each.amount) : Number.NaN)),
          },
          { futureToleranceMs: 0 },
        );
        const buffers = new FilterBuffers();
        const filterOf = (filter: Condition): RowFilter => {
          switch (filter.kind) {
            case 'SPAN':
              return inSpan(columns, filter, buffers);
            case 'USERS': {
              const coded = { codeOf: columns.userOf, readCodes: filter.isReadAtOnce ? columns.readUsers : undefined };
              return withCodes(coded, new Set(filter.users), buffers, filter.hasSize ? 7 : undefined);
            }
            case 'AMOUNT':
              return withAmount(columns, filter, buffers);
            case 'EVERY':
              return everyRow;
            case 'ALL':
              return allOf(filter.parts.map(filterOf));
            case 'ANY':
              return anyOf(filter.parts.map(filterOf));
            case 'NOT':
              return noneOf(filterOf(filter.part));
          }
        };
        const block = new Uint32Array(blockRows);
        // The same filter is used for one block after the other; rows come in any order.
        const rows = picks.map((pick) => pick % facts.length);
        for (const filter of conditions) {
          const { keep, mark } = filterOf(filter);
          for (const some of [[...facts.keys()], rows, [], [...rows].reverse()]) {
            block.set(some);
            const expected = some.filter((row) => passes(facts[row] as Fact, filter));
            expect([...block.subarray(0, keep(block, some.length))]).toEqual(expected);
          }
          // The same of rows that follow each other, which are read as a whole.
          for (const from of rows) {
            const some = [...facts.keys()].slice(from);
            block.set(some);
            const expected = some.filter((row) => passes(facts[row] as Fact, filter));
            const marks = new Uint8Array(blockRows).fill(7);
            mark(block.subarray(0, some.length), marks, 'RUN');
            expect(some.filter((_row, index) => marks[index] === 1)).toEqual(expected);
            expect(marks.subarray(some.length).every((each) => each === 7)).toBe(true);
            expect([...block.subarray(0, keep(block, some.length, 'ASCENDING'))]).toEqual(expected);
            // Of a run the first row is enough.
            block.fill(99_999).set([from]);
            expect([...block.subarray(0, keep(block, some.length, 'RUN'))]).toEqual(expected);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
