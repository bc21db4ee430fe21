import { Reader } from 'maxmind';
import { describe, expect, it } from 'vitest';
import { type MmdbOptions, type MmdbValue, writeMmdb } from '../support/mmdb-writer.ts';
import { rangeShape, recordsOf, statusShape } from './source-records.ts';

const city = (names: Record<string, string>): MmdbValue => ({ city: { names }, country: { iso_code: 'XX' } });

const networks: [string, MmdbValue][] = [
  ['10.10.0.0/16', city({ en: 'London', de: 'London' })],
  ['10.12.0.0/16', city({ de: 'München' })],
  ['172.16.10.0/23', { country: { iso_code: 'DE' } }],
  ['192.168.1.1/32', { city: 'Oslo' }],
];

const networks6: [string, MmdbValue][] = [
  ...networks,
  ['2001:db8::/32', city({ en: 'Paris' })],
  ['2a00::1/128', city({ en: 'Rome' })],
];

const rangesOf = async (content: Buffer): Promise<string[]> =>
  (await recordsOf(content, { shape: rangeShape, limits: { batchRecords: 2 } })).map(
    ({ line, value }) => `${line} ${value?.city} ${value?.start} ${value?.end}`,
  );

describe('the test writer', () => {
  it.each([24, 28, 32] as const)('writes databases that maxmind reads, with %d bits per record', (recordSize) => {
    const reader = new Reader(writeMmdb(networks6, { recordSize }));
    expect(reader.get('10.10.3.4')).toEqual(networks6[0]?.[1]);
    expect(reader.get('10.11.0.0')).toBeNull();
    expect(reader.get('2001:db8:1::')).toEqual(networks6[4]?.[1]);
    expect(reader.metadata).toMatchObject({ ipVersion: 6, recordSize });
  });
});

describe('a MaxMind database', () => {
  const expected4 = [
    '1 London 10.10.0.0 10.10.255.255',
    '2 München 10.12.0.0 10.12.255.255',
    '3 Oslo 192.168.1.1 192.168.1.1',
  ];

  it.each([24, 28, 32] as const)(
    'returns one record per network with a city, with %d bits per record',
    async (recordSize) => {
      expect(await rangesOf(writeMmdb(networks, { ipVersion: 4, recordSize }))).toEqual(expected4);
      expect(await rangesOf(writeMmdb(networks6, { recordSize }))).toEqual([
        ...expected4,
        '4 Paris 2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
        '5 Rome 2a00::1 2a00::1',
      ]);
    },
  );

  it('omits the aliases of IPv4', async () => {
    const aliases = ['::ffff:0:0/96', '2002::/16', '2001::/32', '64:ff9b::/96', '2a02::/16'];
    const options: MmdbOptions = { aliases };
    expect(await rangesOf(writeMmdb(networks, options))).toEqual(expected4);
  });

  it('returns a network above ::/96 as IPv4, too', async () => {
    expect(await rangesOf(writeMmdb([['::/64', city({ en: 'A' })]]))).toEqual([
      '1 A 0.0.0.0 255.255.255.255',
      '2 A :: ::ffff:ffff:ffff:ffff',
    ]);
  });

  it('returns the JSON of the value as the original text', async () => {
    const [record] = await recordsOf(writeMmdb(networks), { shape: rangeShape });
    expect(record).toEqual({
      line: 1,
      raw: '{"city":"London","start":"10.10.0.0","end":"10.10.255.255"}',
      value: { city: 'London', start: '10.10.0.0', end: '10.10.255.255' },
    });
  });

  it('is refused by importers that do not read it', async () => {
    const message = expect.stringContaining('is a MaxMind database');
    await expect(recordsOf(writeMmdb(networks), { shape: statusShape })).rejects.toMatchObject({ message });
  });

  it('is refused as a whole when damaged', async () => {
    const good = writeMmdb(networks, { ipVersion: 4 });
    const circular = Buffer.from(good);
    circular.fill(0, 0, 6);
    const truncated = good.subarray(good.length - 400);
    const noMetadata = Buffer.concat([good.subarray(0, good.indexOf('MaxMind.com') + 11), Buffer.from([0xff])]);
    for (const damaged of [circular, truncated, noMetadata]) {
      const faulty = { code: 'NOT_A_TABLE', message: expect.stringContaining('damaged') };
      await expect(recordsOf(damaged, { shape: rangeShape })).rejects.toMatchObject(faulty);
    }
  });

  it('refuses only the networks with unreadable data', async () => {
    const bytes = writeMmdb(networks, { ipVersion: 4 });
    const data = bytes.indexOf('Oslo');
    bytes[data - 1] = 0x08;
    const records = await recordsOf(bytes, { shape: rangeShape });
    expect(records.map(({ problems }) => problems?.[0]?.code ?? 'ok')).toEqual(['ok', 'ok', 'MALFORMED']);
    expect(records[2]?.raw).toBe('{"start":"192.168.1.1","end":"192.168.1.1"}');
  });
});
