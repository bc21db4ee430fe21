import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCount, formatDecimal, formatFigure, formatShare, toNumber } from '../../../src/web/ui/format/numbers.ts';

const decimals = fc
  .tuple(fc.boolean(), fc.stringMatching(/^(0|[1-9]\d{0,40})$/), fc.option(fc.stringMatching(/^\d{1,20}$/)))
  .map(([isNegative, whole, fraction]) => `${isNegative ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}`);

/** The decimal that formatted text stands for. */
const parsed = (text: string, group: string, decimal: string): string =>
  text.replaceAll(group, '').replace(decimal, '.').replace('\u2212', '-');

describe('figures of the web UI', () => {
  it('keep every digit of an exact decimal, in every locale', () => {
    fc.assert(
      fc.property(decimals, (text) => {
        expect(parsed(formatDecimal(text, 'en-US'), ',', '.')).toBe(text);
        expect(parsed(formatDecimal(text, 'de-DE'), '.', ',')).toBe(text);
      }),
    );
  });

  it('have separators where the runtime puts them', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('en-US', 'de-DE', 'fr-FR', 'ja-JP'), (value, locale) => {
        const text = formatDecimal(String(value), locale);
        expect(text).toBe(new Intl.NumberFormat(locale).format(value).replace('-', '\u2212'));
        expect(formatFigure(value, locale)).toBe(text);
      }),
    );
  });

  it('are en dashes when missing, and zero is 0', () => {
    expect([null, undefined, 0, '0', '0.00', -0.5].map((value) => formatFigure(value, 'en-US'))).toEqual([
      ...['–', '–', '0', '0', '0.00', '\u22120.5'],
    ]);
    expect(formatShare(null)).toBe('–');
    expect(formatShare(0.31449, 'en-US')).toBe('31.4%');
  });

  it('leave text that is no decimal as it is', () => {
    for (const text of ['', '1e5', '1.', '.5', 'NaN', '1,000', '+1']) expect(formatDecimal(text, 'en-US')).toBe(text);
  });

  it('count in words', () => {
    expect([0, 1, '1', 2, '1234'].map((count) => formatCount(count, 'row'))).toEqual([
      ...['0 rows', '1 row', '1 row', '2 rows', `${formatFigure(1234)} rows`],
    ]);
    expect(formatCount(2, 'country', 'countries')).toBe('2 countries');
  });

  it('become numbers for heat only when they are finite', () => {
    expect([null, '', 'x', '12.5', 3, Number.NaN].map(toNumber)).toEqual([null, null, null, 12.5, 3, null]);
  });
});
