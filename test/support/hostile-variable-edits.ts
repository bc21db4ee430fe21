import fc from 'fast-check';
import { deep, type Edit, indexIn, part, times } from './hostile-parts.ts';

/** Texts of JSON in place of the values of variables. */
const values: readonly string[] = [
  ...[
    'null',
    '-1',
    '0',
    '1e999',
    '-1e999',
    '9'.repeat(5000),
    `0.${'7'.repeat(5000)}`,
    '9007199254740993',
    'true',
    '1e-999',
  ],
  ...[
    '""',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    JSON.stringify('x'.repeat(100_000)),
    '"__proto__"',
    '"2025-13-45"',
  ],
  ...['[]', '{}', '[null]', '[[]]', deep('[', '1', ']', 60), deep('[', '1', ']', 50_000), deep('{"a":', '1', '}', 60)],
  ...[deep('{"and":[', '{}', ']}', 60), deep('{"not":', '{}', '}', 50_000), '{"__proto__":{"userIds":["u"]}}'],
  ...[
    '{"constructor":{"prototype":{"a":1}}}',
    '{"toString":1,"valueOf":2,"hasOwnProperty":3}',
    '{"length":1e9}',
    '{"a":1,"a":2}',
  ],
  `[${Array.from({ length: 20_000 }, () => '"u"').join(',')}]`,
  `[${Array.from({ length: 9000 }, () => '{"a":[1]}').join(',')}]`,
  `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
  `{${Array.from({ length: 2000 }, () => '"__proto__":{}').join(',')}}`,
];

const keys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  'a'.repeat(10_000),
  '\\ud800',
  'input',
];

/** Where a value of JSON begins and ends: a number, a word, a string, or a list or object with all that it holds. */
const valuesIn = (json: string): (readonly [start: number, end: number])[] => {
  const found: (readonly [number, number])[] = [];
  const open: number[] = [];
  const pattern = /"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]|-?\d[\d.eE+-]*|true|false|null/g;
  for (const match of json.matchAll(pattern)) {
    const [text, colon] = match;
    if (text === '{' || text === '[') open.push(match.index);
    else if (text === '}' || text === ']') found.push([open.pop() ?? 0, match.index + 1]);
    else if (colon === undefined) found.push([match.index, match.index + text.length]);
  }
  return found;
};

const ofValue =
  (at: number, text: (own: string) => string): Edit =>
  (json) => {
    const found = valuesIn(json);
    const [start, end] = found[indexIn(found, at)] ?? [0, json.length];
    return json.slice(0, start) + text(json.slice(start, end)) + json.slice(end);
  };

/** One to three edits of the variables of an operation. */
export const variableEdits = fc.array(
  fc.oneof(
    fc.record({ at: part, value: fc.constantFrom(...values) }).map(({ at, value }) => ofValue(at, () => value)),
    fc
      .record({ at: part, count: times })
      .map(({ at, count }) =>
        ofValue(
          at,
          (own) =>
            `[${Array.from({ length: Math.max(1, Math.min(count, 500_000 / own.length)) }, () => own).join(',')}]`,
        ),
      ),
    fc
      .record({ at: part, levels: fc.constantFrom(1, 20, 60, 1000) })
      .map(({ at, levels }) => ofValue(at, (own) => deep('[', own, ']', levels))),
    fc
      .record({ at: part, key: fc.constantFrom(...keys), value: fc.constantFrom(...values) })
      .map(({ at, key, value }) =>
        ofValue(at, (own) =>
          own.startsWith('{') ? `{"${key}":${value}${own === '{}' ? '' : ','}${own.slice(1)}` : `{"${key}":${value}}`,
        ),
      ),
    fc
      .record({ at: part })
      .map(({ at }) => ofValue(at, (own) => (own.startsWith('"') ? own.slice(1, -1) || '0' : JSON.stringify(own)))),
  ),
  { minLength: 1, maxLength: 3 },
);
