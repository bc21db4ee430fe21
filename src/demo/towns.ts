import type { Random } from './random.ts';

interface Town {
  readonly city: string;
  /** ISO 3166-1, two letters. */
  readonly country: string;
  /** How many of 100 users live there. */
  readonly share: number;
  readonly ranges: readonly (readonly [start: string, end: string])[];
  /** Beginnings of addresses in the city; the last octet or group is drawn. */
  readonly hosts: readonly string[];
}

/** Private and documentation addresses only (RFC 1918, 5737, 3849), with ranges inside others and ranges that touch. */
const towns: readonly Town[] = [
  {
    city: 'Berlin',
    country: 'DE',
    share: 22,
    // The third lies inside a range of Hamburg that lies inside the first.
    ranges: [
      ['10.20.0.0', '10.20.255.255'],
      ['2001:db8:1::', '2001:db8:1:ffff:ffff:ffff:ffff:ffff'],
      ['10.20.70.0', '10.20.70.255'],
    ],
    hosts: ['10.20.4.', '10.20.70.', '10.20.131.', '2001:db8:1:20::'],
  },
  {
    city: 'Hamburg',
    country: 'DE',
    share: 9,
    ranges: [
      ['10.20.64.0', '10.20.79.255'],
      ['2001:db8:1:8000::', '2001:db8:1:8fff:ffff:ffff:ffff:ffff'],
    ],
    hosts: ['10.20.66.', '10.20.72.', '2001:db8:1:8003::'],
  },
  {
    city: 'Vienna',
    country: 'AT',
    share: 14,
    ranges: [['10.21.0.0', '10.21.127.255']],
    hosts: ['10.21.7.', '10.21.127.'],
  },
  {
    city: 'Prague',
    country: 'CZ',
    share: 10,
    ranges: [['10.21.128.0', '10.21.255.255']],
    hosts: ['10.21.128.', '10.21.200.'],
  },
  {
    city: 'Lisbon',
    country: 'PT',
    share: 13,
    ranges: [
      ['172.16.10.0', '172.16.11.255'],
      ['2001:db8:2::', '2001:db8:2:ffff:ffff:ffff:ffff:ffff'],
    ],
    hosts: ['172.16.10.', '172.16.11.', '2001:db8:2:1::'],
  },
  { city: 'Porto', country: 'PT', share: 7, ranges: [['172.16.12.0', '172.16.12.255']], hosts: ['172.16.12.'] },
  {
    city: 'Oslo',
    country: 'NO',
    share: 8,
    ranges: [['192.168.40.0', '192.168.47.255']],
    hosts: ['192.168.41.', '192.168.47.'],
  },
  { city: 'Dublin', country: 'IE', share: 8, ranges: [['198.51.100.0', '198.51.101.127']], hosts: ['198.51.100.'] },
  { city: 'Utrecht', country: 'NL', share: 5, ranges: [['198.51.101.128', '198.51.103.255']], hosts: ['198.51.102.'] },
  { city: 'Tartu', country: 'EE', share: 4, ranges: [['203.0.112.0', '203.0.112.255']], hosts: ['203.0.112.'] },
];

/** Beginnings of addresses that are in no range of the table. */
const elsewhere = ['203.0.113.', '192.0.2.', '2001:db8:ff:1::'];

const addressIn = (random: Random, host: string): string => {
  const last = 1 + random.below(254);
  return host + (host.includes(':') ? last.toString(16) : String(last));
};

export const drawTown = (random: Random): Town => towns[random.weighted(towns.map(({ share }) => share))] as Town;

export const addressOf = (random: Random, town: Town): string => addressIn(random, random.pick(town.hosts));

export const unknownAddress = (random: Random): string => addressIn(random, random.pick(elsewhere));

/** The table as a file: `{"Berlin": [{"start", "end"}], …}`. */
export const rangesText = (): string => {
  const cities = towns.map(({ city, ranges }) => {
    const lines = ranges.map(([start, end]) => `    ${JSON.stringify({ start, end })}`);
    return `  ${JSON.stringify(city)}: [\n${lines.join(',\n')}\n  ]`;
  });
  return `{\n${cities.join(',\n')}\n}\n`;
};
