import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../src/lib/exact-json.ts';
import { textId } from '../../src/lib/text-id.ts';

describe('textId', () => {
  it('textId returns text unchanged', () => {
    for (const id of ['1', '0001', ' a ', 'é', 'e\u0301', '😀', 'x'.repeat(256)]) expect(textId(id)).toBe(id);
  });

  it('textId returns the decimal text of a JSON number', () => {
    expect(textId(1)).toBe('1');
    expect(textId(parseExactJson('12345678901234567890123'))).toBe('12345678901234567890123');
    expect(textId(parseExactJson('1e2'))).toBe('100');
  });

  it('textId rejects every other value', () => {
    const refused = ['', 'a\0b', 'a\ud800', '\udc00', 'x'.repeat(257), null, undefined, true, {}, [], Number.NaN];
    for (const value of [...refused, parseExactJson('1e300')]) expect(textId(value)).toBeNull();
  });

  it('textId accepts well-formed text without NUL', () => {
    const unit = fc.constantFrom(
      'a',
      '\u00e9',
      '\u{1f600}',
      '\ud800',
      '\udbff',
      '\udc00',
      '\udfff',
      '\ud7ff',
      '\ue000',
      '\0',
    );
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 6 }), (text) => {
        expect(textId(text)).toBe(text.isWellFormed() && !text.includes('\0') ? text : null);
      }),
    );
  });
});
