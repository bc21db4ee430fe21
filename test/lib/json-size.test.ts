import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exceededLimitOf } from '../../src/lib/json-size.ts';

const none = Number.MAX_SAFE_INTEGER;

/** A recursive model: depth, longest list and number of values. */
const sizeOf = (value: unknown): { depth: number; items: number; values: number } => {
  if (typeof value !== 'object' || value === null) return { depth: 0, items: 0, values: 1 };
  const inner = (Array.isArray(value) ? value : Object.values(value)).map(sizeOf);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    items: Math.max(inner.length, ...inner.map(({ items }) => items)),
    values: 1 + inner.reduce((sum, { values }) => sum + values, 0),
  };
};

describe('exceededLimitOf', () => {
  it('exceededLimitOf counts what a recursive count of the parsed value finds', () => {
    const spaced = fc.record({ value: fc.jsonValue({ maxDepth: 6 }), indent: fc.constantFrom(0, 1, '\t', '\n ') });
    fc.assert(
      fc.property(spaced, ({ value, indent }) => {
        const text = JSON.stringify(value, null, indent);
        const size = sizeOf(JSON.parse(text));
        const [depthMax, itemsMax, valuesMax] = [Math.max(1, size.depth), Math.max(1, size.items), size.values];
        expect(exceededLimitOf(text, { depthMax, itemsMax, valuesMax })).toBeNull();
        if (size.depth > 1)
          expect(exceededLimitOf(text, { depthMax: depthMax - 1, itemsMax: none, valuesMax: none })).toBe('depthMax');
        if (size.items > 1)
          expect(exceededLimitOf(text, { depthMax: 250, itemsMax: itemsMax - 1, valuesMax: none })).toBe('itemsMax');
        if (size.values > 1)
          expect(exceededLimitOf(text, { depthMax: 250, itemsMax: none, valuesMax: valuesMax - 1 })).toBe('valuesMax');
      }),
      { numRuns: 1000 },
    );
  });

  it('exceededLimitOf ends for any text, however deep', () => {
    const limits = { depthMax: 10, itemsMax: 10, valuesMax: 12 };
    fc.assert(fc.property(fc.string(), (text) => void exceededLimitOf(text + text, limits)));
    expect(exceededLimitOf('['.repeat(1_000_000), limits)).toBe('depthMax');
    expect(exceededLimitOf(`"${'\\'.repeat(1_000_000)}`, limits)).toBeNull();
    expect(exceededLimitOf('[]]]]]]]]]]]]]]]]]]]]]]]]', limits)).toBeNull();
  });
});
