import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heatColor, otherLabel, otherOf, seriesMax } from '../../../src/web/ui/components/colors.ts';
import { unknownLabel } from '../../../src/web/ui/format/labels.ts';

const seriesLists = fc.uniqueArray(
  fc.record({
    label: fc.oneof(fc.stringMatching(/^[a-m]{1,3}$/), fc.constant(unknownLabel)),
    weight: fc.integer({ min: 0, max: 100 }),
  }),
  { selector: ({ label }) => label, maxLength: 20 },
);

describe('series of a chart', () => {
  it('are at most as many as can be told apart, and every one is drawn under some label', () => {
    fc.assert(
      fc.property(seriesLists, fc.integer({ min: 2, max: seriesMax }), (series, max) => {
        const { labels, colors, labelOf } = otherOf(series, max);
        expect(labels.length).toBe(Math.min(series.length, max));
        expect(new Set(labels).size).toBe(labels.length);
        expect(colors.length).toBe(labels.length);
        for (const { label } of series) expect(labels).toContain(labelOf(label));
      }),
    );
  });

  it('that are drawn on their own weigh no less than those in other; unknown is the last', () => {
    fc.assert(
      fc.property(seriesLists, (series) => {
        const { labels, labelOf } = otherOf(series, 4);
        const isOther = ({ label }: { label: string }) => labelOf(label) === otherLabel;
        const known = series.filter(({ label }) => label !== unknownLabel);
        const least = Math.min(...known.filter((each) => !isOther(each)).map(({ weight }) => weight));
        for (const { weight } of known.filter(isOther)) expect(weight).toBeLessThanOrEqual(least);
        if (known.length < series.length) expect(labels.at(-1)).toBe(unknownLabel);
      }),
    );
  });

  it('one more series than allowed makes two of them other', () => {
    const series = ['a', 'b', 'c', 'd'].map((label, index) => ({ label, weight: 10 - index }));
    expect(otherOf(series, 3).labels).toEqual(['a', 'b', otherLabel]);
    expect(otherOf(series, 4).labels).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('heat', () => {
  it('is none for zero and for what is missing, and grows to the largest value', () => {
    expect([null, 0, -1, Number.NaN].map(heatColor)).toEqual([undefined, undefined, undefined, undefined]);
    expect(heatColor(1)).toContain('55%');
    expect(heatColor(7)).toBe(heatColor(1));
  });
});
