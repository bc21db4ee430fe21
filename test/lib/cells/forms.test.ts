import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DateForm } from '../../../src/lib/cells/date-form.ts';
import { NumberForm, plainNumber } from '../../../src/lib/cells/number-form.ts';
import { TimeForm } from '../../../src/lib/cells/time-form.ts';
import { dateTimeOf, numberFacts, plainText } from './reference-forms.ts';

const runs = { numRuns: 5_000 };

const piecesOf = (pieces: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(''));

const numberPieces = [
  '0',
  '1',
  '12',
  '123',
  '000',
  '9',
  '.',
  ',',
  "'",
  ' ',
  '\u2019',
  '\u202f',
  'e',
  'E5',
  '+',
  '-',
  '\u2212',
  'x',
];
const numberText = fc.oneof(
  piecesOf(numberPieces),
  fc.stringMatching(/^[+-]?\d{1,3}(,\d{3}){0,3}(\.\d{1,4})?$/),
  fc.stringMatching(/^-?\d{1,3}([. '\u00a0]\d{3}){0,13}(,\d{1,4})?$/),
  fc.stringMatching(/^\d{1,2}(,\d{2}){1,3},\d{3}(\.\d+)?$/),
  fc.stringMatching(/^-?\d{0,3}([.,]\d{0,20})?[eE][+-]?\d{1,4}$/),
);

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
const day = fc.integer({ min: 0, max: 32 });
const year = fc.oneof(
  fc.constantFrom('0000', '0001', '9999', '1900', '2000', '24'),
  fc.integer({ min: 1900, max: 2100 }).map(String),
);
const width = fc.constantFrom(1, 2);
const separator = fc.constantFrom('-', '/', '.', ' ', '. ');
const month = fc.constantFrom('jan', 'Feb', 'MAR', 'sept', 'September', 'may', 'Octobre', 'dec.', 'Monday');
const dateText = fc.oneof(
  fc.tuple(year, separator, day, day, width).map(([y, s, m, d, w]) => `${y}${s}${pad(m, w)}${s}${pad(d, w)}`),
  fc.tuple(year, separator, day, day, width).map(([y, s, m, d, w]) => `${pad(d, w)}${s}${pad(m, w)}${s}${y}`),
  fc.tuple(year, separator, month, day).map(([y, s, m, d]) => `${d}${s}${m}${s}${y}`),
  fc
    .tuple(fc.constantFrom('', 'Mon, ', 'tue ', 'Friday. '), month, day, fc.constantFrom(', ', ' ', ',', 'th, '), year)
    .map(([w, m, d, s, y]) => `${w}${m} ${d}${s}${y}`),
  fc.tuple(fc.constantFrom('Sun, ', 'Tue. '), day, month, year).map(([w, d, m, y]) => `${w}${d} ${m} ${y}`),
  fc.tuple(year, day, day).map(([y, m, d]) => `${y}${pad(m, 2)}${pad(d, 2)}`),
);
const number60 = fc.integer({ min: 0, max: 61 });
const zone = fc.constantFrom(
  '',
  'Z',
  ' UTC',
  ' gmt',
  '+01',
  '-0530',
  '+01:00',
  ' +0100',
  ' GMT+0100',
  '+24',
  '-01:60',
  '+1',
  ' x',
  ' PM',
  'am',
  ' p.m.',
);
const fraction = fc.constantFrom('', '.5', ',123', '.123456789', '.');
const clockText = fc.oneof(
  fc
    .tuple(number60, number60, number60, fraction, zone)
    .map(([h, m, s, f, z]) => `${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}${f}${z}`),
  fc.tuple(number60, number60, zone).map(([h, m, z]) => `${h}:${pad(m, 2)}${z}`),
  fc.tuple(number60, number60, fraction, zone).map(([h, m, f, z]) => `${pad(h, 2)}${pad(m, 2)}${pad(m, 2)}${f}${z}`),
);
const dateTimeText = fc.oneof(
  dateText,
  fc.tuple(dateText, fc.constantFrom(' ', 'T', ', ', '  ', 't', ',', 'x'), clockText).map(([d, s, c]) => d + s + c),
);

describe('number forms', () => {
  it('find the same kind and the same digits as regular expressions', () => {
    const form = new NumberForm();
    fc.assert(
      fc.property(numberText, (text) => {
        const expected = numberFacts(text);
        const kind = form.parse(text);
        const found = kind < 0 ? null : { kind, whole: form.whole, scale: form.scale };
        expect(found).toEqual(expected);
      }),
      runs,
    );
  });

  it('give the same plain text as replacements', () => {
    fc.assert(
      fc.property(numberText, fc.constantFrom('.', ','), (text, decimal) => {
        const hasOneSign = text.split(decimal).length <= 2;
        if (hasOneSign && numberFacts(text) !== null) expect(plainNumber(text, decimal)).toBe(plainText(text, decimal));
      }),
      runs,
    );
  });
});

describe('date and time forms', () => {
  it('find the same instant as regular expressions and the calendar of JavaScript', () => {
    const orders = [null, 'DMY', 'MDY'] as const;
    const forms = orders.map((order) => new TimeForm(new DateForm(order, false)));
    fc.assert(
      fc.property(dateTimeText, fc.nat(2), (text, index) => {
        const form = forms[index] as TimeForm;
        const found = form.parse(text) ? form.dateTimeText() : null;
        expect(found).toBe(dateTimeOf(text, orders[index] as (typeof orders)[number]));
      }),
      runs,
    );
  });
});
