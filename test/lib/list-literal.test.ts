import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseListLiteral } from '../../src/lib/list-literal.ts';

describe('parseListLiteral', () => {
  it.each([
    ['[]', []],
    ['[ ]', []],
    ['["a", "b"]', ['a', 'b']],
    [`['a', "b"]`, ['a', 'b']],
    [`['it\\'s', 'x',]`, ["it's", 'x']],
    ['["\\u00e9\\n"]', ['é\n']],
    ['[1294030472427835393]', ['1294030472427835393']],
    ['[1294030472427835393, 7]', ['1294030472427835393', '7']],
    ['["a", 1294030472427835393]', ['a', '1294030472427835393']],
    [`['a', 1294030472427835393]`, ['a', '1294030472427835393']],
    ['[0.10, -2.50, 1e400]', ['0.10', '-2.50', '1e400']],
    ['[123456789012345678901234567890.5]', ['123456789012345678901234567890.5']],
  ])('reads the items of %s as they are written', (text, items) => {
    expect(parseListLiteral(text)).toEqual(items);
  });

  it.each([
    'a',
    '[',
    '[a]',
    '[1',
    '[1,,2]',
    '["a"',
    '["a" "b"]',
    '[[1]]',
    '[{"a":1}]',
    '[true]',
    '[null]',
    '[01]',
    '[1.]',
  ])('refuses %s', (text) => {
    expect(parseListLiteral(text)).toBeNull();
  });

  it('reads every list of texts and whole numbers that JSON can write', () => {
    const item = fc.oneof(fc.string({ unit: 'grapheme' }), fc.bigInt());
    const isText = (each: string | bigint) => typeof each === 'bigint' || (each.isWellFormed() && !each.includes('\0'));
    fc.assert(
      fc.property(fc.array(item.filter(isText)), (list) => {
        const json = list.map((each) => (typeof each === 'bigint' ? String(each) : JSON.stringify(each)));
        expect(parseListLiteral(`[${json.join(', ')}]`)).toEqual(list.map(String));
      }),
    );
  });
});
