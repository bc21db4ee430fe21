import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type CityResponse, Reader } from 'maxmind';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cidrsOf, formatIp, type IpAddress, parseIp } from '../../../src/lib/ip.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { type MmdbOptions, writeMmdb } from '../../support/mmdb-writer.ts';

interface Database {
  readonly networks: readonly (readonly [cidr: string, city: string | null])[];
  readonly options: MmdbOptions;
}

const bytesOf = ({ networks, options }: Database): Buffer =>
  writeMmdb(
    networks.map(([cidr, city]) => [cidr, city === null ? { country: 'XX' } : { city: { names: { en: city } } }]),
    options,
  );

/** Prefixes of IPv6 that translate or tunnel IPv4, and two that do not. */
const embedding = ['::ffff:0:0/96', '2002::/16', '2001::/32', '64:ff9b::/96', '2a02:7::/32', 'fd00::/9'];

const mask = (value: bigint, bits: number, length: number): bigint =>
  (value >> BigInt(length - bits)) << BigInt(length - bits);

const text4 = (value: bigint): string => formatIp({ family: 4, value: Number(value) });

const text6 = (value: bigint): string => {
  const groups = value.toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
};

const numberOf = (text: string): bigint => {
  const ip = parseIp(text) as IpAddress;
  if (ip.family === 4) return ip.isMapped ? (0xffffn << 32n) + BigInt(ip.value) : BigInt(ip.value);
  return ip.words.reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);
};

/** The address that holds an IPv4 address behind a prefix. */
const behind = (prefix: string, value: bigint, rest: bigint): string => {
  const [start = '', bits = '0'] = prefix.split('/');
  const shift = BigInt(96 - Number(bits));
  return text6(numberOf(start) | (value << shift) | (rest & ((1n << shift) - 1n)));
};

// Few leading bits, so that networks nest and addresses hit them.
const address4 = fc
  .tuple(fc.constantFrom(0n, 1n, 10n, 127n, 255n), fc.bigInt(0n, 2n ** 24n - 1n))
  .map(([a, rest]) => (a << 24n) | rest);
const rest96 = fc.bigInt(0n, 2n ** 96n - 1n);
const city = fc.oneof(
  { weight: 5, arbitrary: fc.nat(30).map((id): string | null => `City ${id}`) },
  { weight: 1, arbitrary: fc.constant(null) },
);

const network4 = fc
  .tuple(address4, fc.integer({ min: 4, max: 32 }))
  .map(([value, bits]) => `${text4(mask(value, bits, 32))}/${bits}`);
const network6 = fc
  .tuple(
    fc.constantFrom('::1:0:0:0/64', '2000::/4', '2a02::/16', '2002::/16', '2001::/32', '64:ff9b::/96', '::ffff:0:0/96'),
    rest96,
    fc.nat(28),
  )
  .map(([prefix, rest, more]) => {
    const [start = '', bits = '0'] = prefix.split('/');
    const length = Math.min(128, Number(bits) + more);
    return `${text6(mask(numberOf(start) | (rest & (2n ** BigInt(128 - Number(bits)) - 1n)), length, 128))}/${length}`;
  });

const database: fc.Arbitrary<Database> = fc
  .record({
    networks: fc
      .record({
        always: fc.constant<[string, string]>(['1.2.3.0/24', 'Always']),
        others: fc.array(fc.tuple(fc.oneof(network4, network6), city), { maxLength: 30 }),
      })
      .map(({ always, others }) => [...others, always]),
    options: fc.record<MmdbOptions>({
      ipVersion: fc.constantFrom(4, 6, 6, 6),
      recordSize: fc.constantFrom(24, 28, 32),
      aliases: fc.subarray(embedding),
    }),
  })
  .map(({ networks, options }) =>
    options.ipVersion === 4
      ? { networks: networks.filter(([cidr]) => !cidr.includes(':')), options: { ...options, aliases: [] } }
      : { networks, options },
  );

/** Inside of the networks, beside them, and IPv4 in each spelling. */
const addressesOf = ({ networks }: Database, values: readonly bigint[], rest: bigint): string[] => {
  const near = networks.flatMap(([cidr]) => {
    const start = cidr.slice(0, cidr.indexOf('/'));
    const write = start.includes(':') ? text6 : text4;
    const [max, value] = [start.includes(':') ? 2n ** 128n - 1n : 2n ** 32n - 1n, numberOf(start)];
    return [value, value + 1n, value - 1n].filter((each) => each >= 0n && each <= max).map(write);
  });
  const written = [...values, 0x01020304n].flatMap((value) => [
    text4(value),
    `::${text4(value)}`,
    `::ffff:${text4(value)}`,
    ...embedding.map((prefix) => behind(prefix, value, rest)),
  ]);
  return [...near, ...written];
};

/**
 * The city by the maxmind package. An IPv4-mapped address is the IPv4 address where the database has nothing of its own
 * for it: maxmind finds nothing then. It answers for IPv6 addresses by the first 32 bits when the database holds IPv4 only;
 * libmaxminddb refuses them.
 */
const createReference = (bytes: Buffer) => {
  const reader = new Reader<CityResponse>(bytes);
  const cityAt = (text: string): string | null => reader.get(text)?.city?.names.en ?? null;
  return (text: string): string => {
    const ip = parseIp(text) as IpAddress;
    if (ip.family === 4 && ip.isMapped)
      return (reader.metadata.ipVersion === 6 && cityAt(text)) || cityAt(formatIp(ip)) || 'unknown';
    if (ip.family === 6 && reader.metadata.ipVersion === 4) return 'unknown';
    return cityAt(text) ?? 'unknown';
  };
};

describe('addresses by a MaxMind database', () => {
  let opened: OpenApp;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asof-mmdb-'));
    opened = await openApp();
  });
  afterAll(async () => {
    await opened.close();
    await rm(folder, { recursive: true });
  });

  const load = async (bytes: Buffer) => {
    const path = join(folder, 'city.mmdb');
    await writeFile(path, bytes);
    const { done } = await opened.app.domains.imports.start('ip-ranges', [{ name: 'city.mmdb', path }]);
    return (await done)[0];
  };
  const answerFor = async (text: string): Promise<string> =>
    ((await (await opened.get(`/ip_city/${text}`)).json()) as { city: string }).city;

  it('ipCity agrees with maxmind on random databases, also for 6to4, Teredo, compatible and mapped addresses', async () => {
    let lookups = 0;
    let found = 0;
    await fc.assert(
      fc.asyncProperty(
        database,
        fc.array(address4, { minLength: 12, maxLength: 12 }),
        rest96,
        async (db, values, rest) => {
          const bytes = bytesOf(db);
          expect((await load(bytes))?.failureCode).toBeNull();
          const reference = createReference(bytes);
          const addresses = addressesOf(db, values, rest);
          const expected = addresses.map((text) => [text, reference(text)]);
          expect(await Promise.all(addresses.map(async (text) => [text, await answerFor(text)]))).toEqual(expected);
          lookups += addresses.length;
          found += expected.filter(([, name]) => name !== 'unknown').length;
        },
      ),
      { numRuns: 40 },
    );
    expect(lookups).toBeGreaterThan(2400);
    expect(found).toBeGreaterThan(lookups / 8);
  }, 120_000);

  it('the ranges of a random database are disjoint, and hold each network once', async () => {
    await fc.assert(
      fc.asyncProperty(database, async (db) => {
        await load(bytesOf(db));
        const { ranges } = opened.app.domains.ipCity.table();
        const all = Array.from({ length: ranges.ranges }, (_, position) => ranges.rangeAt(position));
        for (const { first } of all) expect(ranges.candidates(first)).toHaveLength(1);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('networks under 2002::/16, 2001::/32, 64:ff9b::/96 and ::ffff:0:0/96 with data of their own are read', async () => {
    const networks = [
      ['5.6.7.0/24', 'Plain'],
      ['::ffff:5.6.0.0/112', 'Mapped'],
      ['2002:506::/32', '6to4'],
      ['2001:0:506::/48', 'Teredo'],
      ['64:ff9b::506:0/112', 'Nat64'],
      ['2001:db8::/32', 'Other'],
    ] as const;
    expect(await load(bytesOf({ networks, options: { recordSize: 28 } }))).toMatchObject({ read: 6, accepted: 6 });
    const cities = {
      '5.6.7.8': 'Plain',
      '5.6.9.9': 'unknown',
      '::5.6.7.8': 'Plain',
      '::ffff:5.6.7.8': 'Mapped',
      '::ffff:5.6.9.9': 'Mapped',
    };
    for (const [text, name] of Object.entries(cities)) expect([text, await answerFor(text)]).toEqual([text, name]);
    const document = `{ ipCity(ip: "::ffff:5.6.7.8") { ip city range { cidrs } candidates { city } } }`;
    expect((await opened.query(document)).data?.ipCity).toEqual({
      ip: '5.6.7.8',
      city: 'Mapped',
      range: { cidrs: ['::ffff:506:0/112'] },
      candidates: [{ city: 'Mapped' }, { city: 'Plain' }],
    });
  });

  it('an alias of IPv4 is not listed twice, and its addresses have the city and range of the IPv4 address', async () => {
    const networks = [
      ['5.6.7.0/24', 'Plain'],
      ['2001:db8::/32', 'Other'],
    ] as const;
    const aliases = ['::ffff:0:0/96', '2002::/16', '2001::/32'];
    expect(await load(bytesOf({ networks, options: { aliases } }))).toMatchObject({ read: 2, accepted: 2 });
    const document = `query ($ip: IP!) { ipCity(ip: $ip) { city range { first last } candidates { city } } }`;
    for (const address of ['::5.6.7.8', '::ffff:5.6.7.8', '2002:506:708::1', '2001:0:506:708:1::'])
      expect((await opened.query(document, { ip: address })).data?.ipCity).toEqual({
        city: 'Plain',
        range: { first: '5.6.7.0', last: '5.6.7.255' },
        candidates: [{ city: 'Plain' }],
      });
    expect(await answerFor('64:ff9b::506:708')).toBe('unknown');
  });

  it('blocks that lead to IPv4 are known again after a restart, and not to the next table', async () => {
    const own = await openApp({ onDisk: true });
    const path = join(folder, 'restart.mmdb');
    await writeFile(path, bytesOf({ networks: [['5.6.7.0/24', 'Plain']], options: { aliases: ['2002::/16'] } }));
    await (await own.app.domains.imports.start('ip-ranges', [{ name: 'a.mmdb', path }])).done;
    const at = own.app.ledger.snapshot().sequence;
    await own.importFile('ip-ranges', { name: 'next.csv', text: 'cidr,city\n5.6.7.0/24,Next\n' });
    const address = parseIp('2002:506:708::') as IpAddress;
    expect(own.app.domains.ipCity.cityOf(address).city).toBe('unknown');
    expect((await own.app.domains.ipCity.cityAsOf(address, { sequence: at })).city).toBe('Plain');
    await own.close();
  });

  it('every range of a table can be written as blocks', () => {
    expect(cidrsOf({ family: 6, words: [0, 0, 0xffff, 0] }, { family: 6, words: [0, 0, 0xffff, 255] })).toEqual([
      '::ffff:0:0/120',
    ]);
  });
});
