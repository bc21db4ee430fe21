import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { formatIp, parseIp } from '../../../src/lib/ip.ts';
import { openApp } from '../../support/app.ts';

const document = `query ($addresses: [String!]!, $asOf: AsOfInput) {
  ipCities(addresses: $addresses, asOf: $asOf) { text problem ipCity { ip city range { cidrs } } }
}`;

interface Answer {
  readonly ipCities: readonly {
    readonly text: string;
    readonly problem: string | null;
    readonly ipCity: { readonly ip: string; readonly city: string } | null;
  }[];
}

const withRanges = async (settings: Record<string, string> = {}) => {
  const opened = await openApp({ settings });
  onTestFinished(opened.close);
  const text = 'cidr,city\n10.1.0.0/16,berlin\n10.1.7.0/24,potsdam\n2001:db8::/32,paris\n';
  await opened.importFile('ip-ranges', { name: 'ranges.csv', text });
  return opened;
};

it('gives the cities of many addresses in their order, and says why a text is none', async () => {
  const opened = await withRanges();
  const expected = [
    ['10.1.7.20', 'potsdam'],
    ['::ffff:10.1.4.4', 'berlin'],
    ['2001:DB8::1', 'paris'],
    ['192.0.2.1', 'unknown'],
    ['10.1.7.20', 'potsdam'],
    ['', 'there is no text'],
    [' 10.1.7.20', 'leave out the space around the address'],
    ['10.1.7.0/24', 'this is a range: leave out the slash and what follows'],
    ['10.1.7.20:443', 'leave out the port'],
    ['[2001:db8::1]:443', 'leave out the brackets and the port'],
    ['fe80::1%eth0', 'leave out the zone after %'],
    ['10.1.7', 'an IPv4 address has 4 numbers, not 3'],
    ['167772161', 'an IPv4 address has 4 numbers, not 1'],
    ['10.1.7.256', '256 is more than 255'],
    ['010.1.7.20', 'a number of an IPv4 address has no zero in front'],
    ['2001:db8:::1', 'this is no IPv6 address'],
    ['example.com', 'this is neither an IPv4 nor an IPv6 address'],
  ] as const;
  const { data, errors } = await opened.query<Answer>(document, { addresses: expected.map(([text]) => text) });
  expect(errors).toBeUndefined();
  expect(data?.ipCities.map(({ text, problem, ipCity }) => [text, problem ?? ipCity?.city])).toEqual(expected);
});

it('answers a thousand addresses as each of them alone, also of an earlier snapshot', async () => {
  const opened = await withRanges();
  const { sequence } = opened.app.ledger.snapshot();
  const addresses = Array.from({ length: 1000 }, (_, index) => `10.1.${index % 256}.${index % 251}`);
  const before = await opened.query<Answer>(document, { addresses });
  const [seventh] = (await opened.query<Answer>(document, { addresses: [addresses[7]] })).data?.ipCities ?? [];
  expect(before.data?.ipCities[7]).toEqual(seventh);
  await opened.importFile('ip-ranges', { name: 'later.csv', text: 'cidr,city\n10.0.0.0/8,london\n' });
  expect((await opened.query(document, { addresses, asOf: { sequence } })).data).toEqual(before.data);
  const now = await opened.query<Answer>(document, { addresses });
  expect(new Set(now.data?.ipCities.map(({ ipCity }) => ipCity?.city))).toEqual(new Set(['london']));
});

it('refuses more addresses than a page may have', async () => {
  const opened = await withRanges({ pageSizeMax: '2' });
  const { errors } = await opened.query(document, { addresses: ['10.1.1.1', '10.1.1.2', '10.1.1.3'] });
  expect(errors?.[0]).toMatchObject({
    message: 'addresses must be at most 2 (setting pageSizeMax)',
    extensions: { code: 'LIMIT_EXCEEDED' },
  });
});

it('finds what each of many texts alone has, for both families, mapped addresses and texts that are no address', async () => {
  const { app } = await withRanges();
  const { ipCity } = app.domains;
  // In the ranges and around their ends.
  const value = fc.oneof(
    fc.nat(0xffffffff),
    fc.constantFrom(0, 0x0a010000, 0x0a0106ff, 0x0a010700, 0x0a0107ff, 0x0a010800, 0x0a01ffff, 0x0a020000, 0xffffffff),
  );
  const ipv4 = value.map((each) => formatIp({ family: 4, value: each }));
  const ipv6 = fc.constantFrom('2001:db8::', '2001:DB8::1', '2001:db9::', '::', '::1.2.3.4', 'fe80::1%eth0');
  const bad = fc
    .tuple(ipv4, fc.nat(15), fc.constantFrom('', '.', ' ', '0', 'x', 'é'))
    .map(([text, at, more]) => text.slice(0, at) + more + text.slice(at + 1));
  const text = fc.oneof(
    ipv4,
    ipv4,
    ipv6,
    ipv4.map((each) => `::ffff:${each}`),
    bad,
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), fc.constantFrom(1, 40), (drawn, repeats) => {
      const texts = Array.from({ length: repeats }, () => drawn).flat();
      const batch = ipCity.citiesOf(texts);
      for (const [index, each] of texts.entries()) {
        const ip = parseIp(each);
        const alone = ip && ipCity.cityOf(ip);
        const found = batch.resultAt(index);
        expect(batch.cityAt(index)).toBe(alone ? alone.city : null);
        expect([found?.ip, found?.city, found?.range]).toEqual([alone?.ip, alone?.city, alone?.range]);
      }
    }),
  );
});
