import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createIpRangesImporter } from '../../../src/domains/ip-city/import.ts';
import { readEnds } from '../../../src/domains/ip-city/range-text.ts';
import { FileCells } from '../../../src/lib/cells/file-cells.ts';
import { isMissingField } from '../../../src/lib/cells/markers.ts';
import { compareIp, ipKey, ipOfNumber, ipv6WordsOf } from '../../../src/lib/ip.ts';
import { testStore } from '../../support/store.ts';

const openImporter = () => createIpRangesImporter(testStore(), { ipTableRejectedMax: 0 });

const ends = fc.oneof(
  fc.ipV4(),
  fc.nat({ max: 300 }).map((low) => `10.0.0.${low}`),
  fc.ipV6(),
  fc.constantFrom(
    '::ffff:1.2.3.4',
    '::FFFF:A00:1',
    '01.2.3.4',
    '1.2.3',
    ' 10.0.0.7 ',
    '0.0.0.0',
    '255.255.255.255',
    '16777216',
  ),
  fc.constantFrom('4294967296', '-', 'NULL', '', 'x', 16777217, 5, null, true),
);
const cities = fc.constantFrom('Rome', ' Rome ', 'NA', 'n/a', '-', '', 'null', 'None', '\\N', 'Naples', 'Nice', 'NAAA');
const nullMarkers = fc.constantFrom(undefined, ['0.0.0.0'], ['Rome', '10.0.0.7']);

/** The ends that reading them as addresses or numbers gives, in their order; null when they do not make a range. */
const modelOf = (start: unknown, end: unknown, isIpv6: boolean, markers: readonly string[] | undefined) => {
  const texts = [start, end].map((value) => {
    const text = typeof value === 'number' ? String(value) : value;
    return typeof text !== 'string' || isMissingField(text, markers) ? '' : text.trim();
  });
  const [first, last] = readEnds(texts[0] ?? '', texts[1] ?? '').map(
    (ip) => ip && (isIpv6 ? ({ family: 6, words: ipv6WordsOf(ip) } as const) : ip),
  );
  return first && last && first.family === last.family && compareIp(first, last) <= 0 ? { first, last } : null;
};

it('a range has the ends that reading its texts gives, and is refused when they make none', () => {
  const importer = openImporter();
  const spellings = fc.record({ start: ends, end: ends, city: cities, ipv6: fc.constantFrom(undefined, true, false) });
  fc.assert(
    fc.property(spellings, nullMarkers, ({ start, end, city, ipv6 }, markers) => {
      const cells = new FileCells({}, { nullMarkers: markers });
      const { value, problems } = importer.read({ start, end, city, ipv6 }, { cells });
      const expected = modelOf(start, end, ipv6 === true, markers);
      if (expected === null) expect(problems).not.toHaveLength(0);
      else {
        expect(problems).toBeUndefined();
        expect(value).toMatchObject(expected);
      }
    }),
    { numRuns: 2000 },
  );
});

it.each(['NA', 'n/a', '-', '', 'null', 'None', '\\N'])('the city %j is unknown', (city) => {
  expect(openImporter().read({ start: '1.0.0.0', end: '1.0.0.1', city }, {}).value?.city).toBe('unknown');
});

it.each(['Rome', 'Nice', 'NAAA', 'Naples'])('the city %j is one', (city) => {
  expect(openImporter().read({ start: '1.0.0.0', end: '1.0.0.1', city }, {}).value?.city).toBe(city);
});

it('a key has the digits of the address', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
      fc.constantFrom(4 as const, 6 as const),
      (number, family) => {
        const value = family === 4 ? number % 2n ** 32n : number;
        const ip = ipOfNumber(family, value);
        // A mapped address is one of IPv4.
        const [digits, unsigned] = ip.family === 4 ? [8, value % 2n ** 32n] : [32, value];
        expect(ipKey(ip)).toBe(`${ip.family}${unsigned.toString(16).padStart(digits, '0')}`);
      },
    ),
  );
});
