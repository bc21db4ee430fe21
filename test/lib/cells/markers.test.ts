import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMissingField, markerTexts } from '../../../src/lib/cells/markers.ts';

const word = fc.oneof(
  fc.constantFrom(...markerTexts, '', ' ', '..', 'Namibia', 'n.a.n', '#N/A N/A x'),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('n', 'N', 'a', '/', '-', '.', '?', '\u2013', '\u00a0', 'x'), maxLength: 10 }),
);

it('a missing field is missing with blanks around it, too', () => {
  fc.assert(
    fc.property(word, fc.constantFrom('\u00a0', ' ', '\t', '\ufeff'), fc.boolean(), (text, blank, isWord) => {
      const isMissing = isMissingField(text, undefined, isWord);
      for (const other of [blank + text, text + blank, blank + text + blank])
        expect(isMissingField(other, undefined, isWord)).toBe(isMissing);
    }),
    { numRuns: 2000 },
  );
  expect(['NULL', 'n/a', '-', '—', ''].every((text) => isMissingField(text, undefined))).toBe(true);
  expect(['NULLS', 'Nadia', 'xn/a', '..', '#N/A N/A x'].some((text) => isMissingField(text, undefined))).toBe(false);
});
