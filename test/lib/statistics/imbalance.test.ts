import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import { chiSquaredTest } from '../../../src/lib/statistics/chi-squared.ts';
import { rankSuspects, type SegmentCounts, type Suspect } from '../../../src/lib/statistics/imbalance.ts';

/** A dimension of segments: every user has one of `valueCount` codes, from 0 on. */
interface SegmentDimension {
  readonly valueCount: number;
  codeOf(user: number): number;
}

/** Counts users 0 to `userCount` − 1 once per dimension. Users with a negative variant are left out. */
const countSegments = (
  userCount: number,
  variantCount: number,
  variantOf: (user: number) => number,
  dimensions: readonly SegmentDimension[],
): Float64Array[] =>
  dimensions.map(({ valueCount, codeOf }) => {
    const counts = new Float64Array(valueCount * variantCount);
    for (let user = 0; user < userCount; user++) {
      const variant = variantOf(user);
      if (variant < 0) continue;
      const cell = codeOf(user) * variantCount + variant;
      counts[cell] = (counts[cell] as number) + 1;
    }
    return counts;
  });

/** What the plan expects of counts: in every segment the same shares. */
const withExpected = (observed: ArrayLike<number>, weights: readonly number[]): SegmentCounts => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const expected = Array.from(observed, (_, cell) => {
    const start = cell - (cell % weights.length);
    let users = 0;
    for (let i = 0; i < weights.length; i++) users += observed[start + i] ?? 0;
    return (users * (weights[cell % weights.length] as number)) / total;
  });
  return { observed, expected };
};

const rank = (dimensions: readonly ArrayLike<number>[], weights: readonly number[], usersMin: number): Suspect[] =>
  rankSuspects(
    dimensions.map((counts) => withExpected(counts, weights)),
    weights.length,
    usersMin,
  );

interface User {
  readonly variant: number;
  readonly codes: readonly number[];
}

const suspectsOf = (users: readonly User[], valueCounts: readonly number[], weights: number[], usersMin: number) => {
  const dimensions = valueCounts.map((valueCount, i) => ({
    valueCount,
    codeOf: (user: number) => users[user]?.codes[i] as number,
  }));
  const variantOf = (user: number) => users[user]?.variant as number;
  return rank(countSegments(users.length, weights.length, variantOf, dimensions), weights, usersMin);
};

/** The reference model: segment by segment. */
const referenceSuspects = (
  users: readonly User[],
  valueCounts: readonly number[],
  weights: number[],
  usersMin: number,
) => {
  const inTest = users.filter(({ variant }) => variant >= 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const expectedOf = (count: number) => weights.map((weight) => (count * weight) / total);
  const suspects: Suspect[] = [];
  valueCounts.forEach((valueCount, dimension) => {
    const segments = Array.from({ length: valueCount }, (_, value) => {
      const members = inTest.filter(({ codes }) => codes[dimension] === value);
      const counts = weights.map((_, i) => members.filter(({ variant }) => variant === i).length);
      return {
        value,
        users: members.length,
        chiSquared: chiSquaredTest(counts, expectedOf(members.length))?.statistic ?? 0,
      };
    });
    const sum = segments.reduce((total, { chiSquared }) => total + chiSquared, 0);
    for (const segment of segments) {
      if (segment.users === 0 || segment.users < usersMin || segment.users === inTest.length) continue;
      suspects.push({ dimension, ...segment, contribution: sum > 0 ? segment.chiSquared / sum : 0 });
    }
  });
  // Stable, and in the order of dimension and value already.
  return suspects.sort((a, b) => b.chiSquared - a.chiSquared);
};

describe('rankSuspects', () => {
  it('rankSuspects agrees with the reference model', () => {
    const populations = fc
      .record({
        valueCounts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }),
        usersMin: fc.integer({ min: 0, max: 10 }),
      })
      .chain((setup) =>
        fc.record({
          setup: fc.constant(setup),
          users: fc.array(
            fc.record({
              variant: fc.integer({ min: -1, max: setup.weights.length - 1 }),
              codes: fc.tuple(...setup.valueCounts.map((valueCount) => fc.integer({ min: 0, max: valueCount - 1 }))),
            }),
            { maxLength: 60 },
          ),
        }),
      );
    fc.assert(
      fc.property(populations, ({ setup: { valueCounts, weights, usersMin }, users }) => {
        expect(suspectsOf(users, valueCounts, weights, usersMin)).toEqual(
          referenceSuspects(users, valueCounts, weights, usersMin),
        );
      }),
    );
  });

  it('rankSuspects leaves out segments with all users and segments with too few', () => {
    const counts = [
      [0, 0, 80, 20],
      [75, 20, 5, 0],
    ];
    const suspects = rank(counts, [1, 1], 10);
    expect(suspects.map(({ dimension, value, users }) => ({ dimension, value, users }))).toEqual([
      { dimension: 1, value: 0, users: 95 },
    ]);
    // The five count all the same: 5 of what is 36.84….
    expect(suspects[0]?.contribution).toBeCloseTo(31.842105 / 36.842105, 6);
  });

  it('rankSuspects rejects counts that end within a segment', () => {
    expect(() => rank([[10, 10, 90]], [1, 1], 0)).toThrow(RangeError);
  });

  it('rankSuspects orders ties by dimension, then by value', () => {
    const suspects = rank(
      [
        [10, 20, 20, 10],
        [20, 10, 10, 20],
      ],
      [1, 1],
      0,
    );
    expect(suspects.map(({ dimension, value }) => [dimension, value])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });
});

describe('a planted loss', () => {
  // Shares in percent: a device that nearly all have, genders, countries, account types, statuses.
  const dimensions = [
    [98, 2],
    [48, 46, 6],
    [30, 22, 15, 10, 8, 6, 5, 2, 1, 1],
    [70, 20, 7, 3],
    [60, 40],
  ];
  const codesIn = dimensions.map((shares) => shares.flatMap((share, code) => new Array<number>(share).fill(code)));

  const guiltyFirst = (dimension: number, value: number, weights: number[], loss: number): number => {
    const lastVariant = weights.length - 1;
    let first = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(seed * 7919 + 4);
      const users: User[] = [];
      for (let i = 0; i < 20_000; i++) {
        const codes = codesIn.map((table) => random.pick(table));
        const variant = random.weighted(weights);
        const lost = codes[dimension] === value && variant === lastVariant && random.chance(loss);
        if (!lost) users.push({ variant, codes });
      }
      const valueCounts = dimensions.map(({ length }) => length);
      const [suspect] = suspectsOf(users, valueCounts, weights, 50);
      if (suspect?.dimension === dimension && suspect.value === value) first++;
    }
    return first;
  };

  it.each([
    ['a country with 5 %', 2, 6, [1, 1], 50],
    ['an account type with 20 %', 3, 1, [8, 2], 50],
    ['a gender with 48 %', 1, 0, [1, 1, 1, 1], 50],
    ['a status with 60 %', 4, 0, [1, 1], 20],
  ])('is traced to %s', (_, dimension, value, weights, loss) => {
    expect(guiltyFirst(dimension, value, weights, loss)).toBeGreaterThanOrEqual(95);
  });
});
