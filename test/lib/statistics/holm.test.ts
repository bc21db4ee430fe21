import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holmAdjusted } from '../../../src/lib/statistics/holm.ts';

/** By the definition: the largest of what it and every smaller one are multiplied to. */
const holmByDefinition = (pValues: readonly number[]): number[] => {
  const ascending = [...pValues].sort((a, b) => a - b);
  return pValues.map((pValue) =>
    Math.min(
      1,
      Math.max(...ascending.filter((other) => other <= pValue).map((other, i) => other * (ascending.length - i))),
    ),
  );
};

describe('holmAdjusted', () => {
  it("holmAdjusted agrees with R's p.adjust", () => {
    const expected = [0.03, 0.06, 0.06, 0.02];
    holmAdjusted([0.01, 0.04, 0.03, 0.005]).forEach((pValue, i) => {
      expect(pValue).toBeCloseTo(expected[i] as number, 14);
    });
  });

  it('holmAdjusted agrees with the definition in any order and with ties', () => {
    const pValue = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.01, 0.02, 0.5, 1));
    fc.assert(
      fc.property(fc.array(pValue, { maxLength: 30 }), (pValues) => {
        expect(holmAdjusted(pValues)).toEqual(holmByDefinition(pValues));
      }),
    );
  });

  it('holmAdjusted rejects values that are not probabilities', () => {
    expect(() => holmAdjusted([0.5, Number.NaN])).toThrow(RangeError);
    expect(() => holmAdjusted([1.1])).toThrow(RangeError);
  });
});
