import { describe, expect, it } from 'vitest';
import { jsonMatches, textMatches } from '../support/docs/matches.ts';
import { stepsOf } from '../support/docs/page.ts';

describe('the comparison of shown and actual output', () => {
  it('a text matches only if it is equal apart from white space at the ends of lines', () => {
    expect(textMatches('a\nb', 'a  \nb\n')).toBe(true);
    expect(textMatches('a\nb', 'a\nb\nc')).toBe(false);
    expect(textMatches('a.b', 'axb')).toBe(false);
  });

  it('an ellipsis matches any text in a line, and alone in a line any lines', () => {
    expect(textMatches('created … by', 'created 2025-01-01 by')).toBe(true);
    expect(textMatches('created … by', 'created 2025\n-01-01 by')).toBe(false);
    expect(textMatches('a\n…\nd', 'a\nb\nc\nd')).toBe(true);
    expect(textMatches('a\n…\nd', 'a\nd')).toBe(true);
    expect(textMatches('a\n…\nd', 'a\nb\nc')).toBe(false);
  });

  it('JSON matches only if no key, element or value is missing, added or changed', () => {
    const expected = { a: 1, b: [true, null, { c: 'x' }] };
    expect(jsonMatches(expected, { b: [true, null, { c: 'x' }], a: 1 })).toBe(true);
    for (const other of [
      { a: 1, b: [true, null] },
      { a: '1', b: [true, null, { c: 'x' }] },
      { a: 1, b: [true, null, { c: 'x' }], d: 1 },
      { a: 1 },
      null,
    ])
      expect(jsonMatches(expected, other), JSON.stringify(other)).toBe(false);
  });

  it('an ellipsis in JSON matches any value, further elements and further keys', () => {
    expect(jsonMatches({ a: '…', b: '20…' }, { a: [1], b: '2025-01-01' })).toBe(true);
    expect(jsonMatches({ b: '20…' }, { b: '1925-01-01' })).toBe(false);
    expect(jsonMatches([1, '…'], [1, 2, 3])).toBe(true);
    expect(jsonMatches([1, '…'], [2, 2, 3])).toBe(false);
    expect(jsonMatches({ a: 1, '…': '…' }, { a: 1, b: 2 })).toBe(true);
    expect(jsonMatches({ a: 1, '…': '…' }, { b: 2 })).toBe(false);
  });
});

describe('the steps of a page', () => {
  it('the steps of a page are its blocks with their files and reasons, and the sentence that stops the server', () => {
    const page = [
      '```sh',
      'echo a',
      'echo b',
      '```',
      'Stop the server with Ctrl+C.',
      '<!-- not run: needs Docker -->',
      '```csv x.csv',
      '```',
    ].join('\n');
    expect(stepsOf(page)).toEqual([
      { kind: 'block', language: 'sh', file: null, text: 'echo a\necho b', line: 1, notRun: null },
      { kind: 'stop', line: 5 },
      { kind: 'block', language: 'csv', file: 'x.csv', text: '', line: 7, notRun: 'needs Docker' },
    ]);
  });

  it('a block of an unknown language and an indented block are refused', () => {
    expect(() => stepsOf('```\na\n```')).toThrow('line 1');
    expect(() => stepsOf('```python\na\n```')).toThrow('line 1');
    expect(() => stepsOf('  ```sh\n  a\n  ```')).toThrow('line 1');
  });
});
