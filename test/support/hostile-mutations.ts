import fc from 'fast-check';

const piece = fc.constantFrom(
  ...['{', '}', '[', ']', '"', '\\"', '\\u0000', '\\ud800', '...f0', '@skip(if: true)', '__proto__', '$v', ':', ','],
  ...[
    'null',
    '-1',
    '1e999',
    '9007199254740993',
    '#',
    '"""',
    '!',
    '\ufeff',
    '\0',
    '(first: 1000)',
    'fragment f0 on Query',
  ],
);

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  piece,
  removed: fc.nat(20),
  times: fc.constantFrom(1, 2, 100),
});

/** One of these texts with some pieces inserted, removed or repeated. */
export const mutationOf = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({ text: fc.constantFrom(...texts), edits: fc.array(edit, { minLength: 1, maxLength: 5 }) })
    .map(({ text, edits }) =>
      edits.reduce((whole, { at: part, piece: inserted, removed, times }) => {
        const at = Math.floor(part * whole.length);
        return whole.slice(0, at) + inserted.repeat(times) + whole.slice(at + removed);
      }, text),
    );
