import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseIpv4 } from '../../src/lib/ipv4.ts';

/** As simple as can be. */
const expected = (text: string): number => {
  const octets = text.split('.');
  const isStrict = octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet));
  if (!isStrict || octets.some((octet) => Number(octet) > 255)) return -1;
  return octets.reduce((sum, octet) => 256 * sum + Number(octet), 0);
};

const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 9, 10, 99, 100, 199, 200, 255)).map(String);
const address = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.'));

it('reads every address, of octets of all widths', () => {
  fc.assert(
    fc.property(address, (text) => {
      expect(expected(text)).toBeGreaterThanOrEqual(0);
      expect(parseIpv4(text)).toBe(expected(text));
    }),
    { numRuns: 5000 },
  );
});

it('refuses what differs from an address in a character or more', () => {
  const character = fc.constantFrom(...'0123456789./-: 1é０\u0000'.split(''));
  const changed = fc
    .tuple(address, fc.nat(15), fc.nat(2), fc.array(character, { maxLength: 2 }))
    .map(([text, at, removed, added]) => text.slice(0, at) + added.join('') + text.slice(at + removed));
  const short = fc
    .array(fc.constantFrom('.', '0', '1', '2', '25', '256', '7'), { maxLength: 9 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(changed, short), (text) => {
      expect(parseIpv4(text)).toBe(expected(text));
    }),
    { numRuns: 10_000 },
  );
});

it.each(['', '1.2.3', '1.2.3.', '1.2.3.4.', '.1.2.3', '5.37.194.', '1.2.3.4567', '1.2.3.4'.padEnd(4000, '4')])(
  'refuses %j',
  (text) => {
    expect(parseIpv4(text)).toBe(-1);
  },
);
