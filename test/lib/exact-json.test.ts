import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, jsonDepthMax, numberText, parseExactJson, stringifyExact } from '../../src/lib/exact-json.ts';

describe('parseExactJson', () => {
  it('parseExactJson returns plain numbers where a double is exact', () => {
    expect(parseExactJson('[1, -2.50, 123456789012345, 1e2, 12.000000000000000000]')).toEqual([
      1, -2.5, 123456789012345, 100, 12,
    ]);
  });

  it('parseExactJson preserves the text of every other number', () => {
    expect(parseExactJson('{"a": 9007199254740993, "b":0.1234567890123456789}')).toEqual({
      a: new ExactNumber('9007199254740993'),
      b: new ExactNumber('0.1234567890123456789'),
    });
    expect(parseExactJson('1e400')).toEqual(new ExactNumber('1e400'));
    expect(parseExactJson('[1e-400]')).toEqual([new ExactNumber('1e-400')]);
  });

  it('parseExactJson reads texts that look like numbers, and the last of equal keys', () => {
    expect(parseExactJson('{"a": "1, 9007199254740993", "__proto__": "b"}')).toEqual(
      JSON.parse('{"a": "1, 9007199254740993", "__proto__": "b"}'),
    );
    expect(parseExactJson('{"a": 9007199254740993, "a": "b"}')).toEqual({ a: 'b' });
    expect(parseExactJson('{"a": "b", "c": [{"a": "b", "a": 9007199254740993}]}')).toEqual({
      a: 'b',
      c: [{ a: new ExactNumber('9007199254740993') }],
    });
  });

  it('parseExactJson never loses a digit', () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9]\d{0,24})(?:\.\d{1,24})?$/);
    fc.assert(
      fc.property(digits, (literal) => {
        const text = numberText(parseExactJson(`{"n":${literal}}`) && (parseExactJson(`[${literal}]`) as unknown[])[0]);
        const plain = literal.includes('.') ? literal.replace(/0+$/, '').replace(/\.$/, '') : literal;
        expect(text).toBe(plain === '-0' ? '0' : plain);
      }),
      { numRuns: 1000 },
    );
  });

  it('parseExactJson never loses a digit to an exponent, nor to texts and numbers beside it', () => {
    const mantissa = fc.stringMatching(/^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,17})?$/);
    const exponent = fc.oneof(fc.integer({ min: -345, max: 345 }), fc.constantFrom(-291, -290, -289, 289, 290, 291));
    fc.assert(
      fc.property(mantissa, exponent, fc.string(), (digits, power, beside) => {
        const literal = `${digits}e${power}`;
        const text = JSON.stringify([beside, 1.5]).replace(/\]$/, `,{"n":${literal}},"2023-05-01T10:00:00.123456"]`);
        const [, , { n }] = parseExactJson(text) as [string, number, { n: unknown }, string];
        expect(numberText(n)).toBe(numberText(new ExactNumber(literal)));
        if (typeof n === 'number') expect(n).toBe(Number(literal));
      }),
      { numRuns: 1000 },
    );
  });

  it('parseExactJson reads what JSON.parse reads, on the fast and the slow path', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = JSON.parse(text) as unknown;
        const exact = parseExactJson(`[1e0, ${text}]`) as unknown[];
        expect(JSON.parse(stringifyExact(exact[1]))).toEqual(JSON.parse(JSON.stringify(plain)));
      }),
    );
  });

  it('parseExactJson rejects what JSON.parse rejects, on the fast and the slow path', () => {
    for (const text of [
      '',
      '{',
      '[1,]',
      '{"a":1,}',
      "{'a':1}",
      '[1] x',
      '01',
      '.5',
      '5.',
      '+1',
      'NaN',
      '"\t"',
      '[1 2]',
    ]) {
      expect(() => parseExactJson(text), text).toThrow(SyntaxError);
      expect(() => parseExactJson(`[1e2, ${text}]`), text).toThrow(SyntaxError);
    }
  });

  it('parseExactJson uses the last of equal keys and makes __proto__ an own property, on the fast and the slow path', () => {
    for (const one of ['1', '1e0']) {
      const value = parseExactJson(`{"k": 5, "k": ${one}, "__proto__": {"admin": true}}`) as Record<string, unknown>;
      expect(value.k).toBe(1);
      expect(Object.hasOwn(value, '__proto__')).toBe(true);
      expect(value.admin).toBeUndefined();
    }
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it('parseExactJson rejects deep nesting with a SyntaxError, on the fast and the slow path', () => {
    const deep = (levels: number, inner: string): string => '['.repeat(levels) + inner + ']'.repeat(levels);
    for (const inner of ['1', '1e2']) {
      expect(() => parseExactJson(deep(100_000, inner))).toThrow(SyntaxError);
      expect(() => parseExactJson(deep(jsonDepthMax + 1, inner))).toThrow(SyntaxError);
      expect(parseExactJson(deep(jsonDepthMax, inner))).toBeInstanceOf(Array);
    }
    expect(() => parseExactJson('['.repeat(100_000))).toThrow(SyntaxError);
    expect(parseExactJson(JSON.stringify('['.repeat(1000)))).toBe('['.repeat(1000));
  });
});

describe('numberText', () => {
  it.each([
    ['1e2', '100'],
    ['1E+2', '100'],
    ['12.5e1', '125'],
    ['125e-2', '1.25'],
    ['1e-7', '0.0000001'],
    ['-1.50', '-1.5'],
    ['-0', '0'],
    ['0e999999999', '0'],
    ['1e21', '1000000000000000000000'],
    ['1.0', '1'],
    ['1.00000000000000000', '1'],
    ['9007199254740993.0', '9007199254740993'],
    ['1e400', null],
    ['1e-400', null],
    ['1e999999999999999999999', null],
    // A pattern that looks for the zeros at the end again at each of them would take minutes.
    [`1${'0'.repeat(500_000)}1`, null],
    [`0.${'0'.repeat(500_000)}`, '0'],
  ])('numberText writes %.30s as %s', (literal, text) => {
    expect(numberText(parseExactJson(literal))).toBe(text);
  });

  it('numberText returns null for values that are not JSON numbers', () => {
    for (const value of ['1', null, true, 1n, Number.NaN, Number.POSITIVE_INFINITY, {}]) {
      expect(numberText(value)).toBeNull();
    }
  });
});

describe('stringifyExact', () => {
  it('stringifyExact writes exact numbers as they were read', () => {
    const text = '{"a":9007199254740993,"b":[1.5,"x",null,true]}';
    expect(stringifyExact(parseExactJson(text))).toBe(text);
  });
});
