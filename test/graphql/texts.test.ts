import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinedParts, piecesOf, type Text } from '../../src/graphql/execution/texts.ts';

const pieceLength = 64_000;

/** Texts up to twice the length of a piece, also of characters that have two code units. */
const long = fc
  .record({ unit: fc.constantFrom('x', '😀', 'ä', 'x😀'), count: fc.nat(pieceLength) })
  .map(({ unit, count }) => unit.repeat(count));
const text: fc.Arbitrary<Text> = fc.letrec<{ text: Text }>((tie) => ({
  text: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.string(), long, fc.array(tie('text'), { maxLength: 5 })),
})).text;

const plain = (of: Text): string => (of === null ? 'null' : typeof of === 'string' ? of : of.map(plain).join(''));

it('pieces of an answer are the answer, none is long, and none ends within a character', () => {
  fc.assert(
    fc.property(text, (of) => {
      const pieces = piecesOf(of);
      expect(pieces.join('') === plain(of)).toBe(true);
      expect(pieces.filter((piece) => piece.length > 2 * pieceLength || !piece.isWellFormed())).toEqual([]);
      // Not more of them than needed: each is a write of its own.
      expect(pieces.length).toBeLessThanOrEqual(1 + plain(of).length / pieceLength);
    }),
    { numRuns: 50 },
  );
});

it('parts of a text that is no longer than a piece are joined, and others are not', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (parts) => {
      const joined = joinedParts(parts);
      const whole = plain(parts);
      if (whole.length <= pieceLength) expect(joined === whole).toBe(true);
      else expect(joined).toBe(parts);
    }),
    { numRuns: 50 },
  );
});
