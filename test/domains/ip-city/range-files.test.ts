import { describe, expect, it, onTestFinished } from 'vitest';
import { parseIp } from '../../../src/lib/ip.ts';
import { type OpenApp, openApp } from '../../support/app.ts';

const fresh = async (settings: Readonly<Record<string, string>> = {}): Promise<OpenApp> => {
  const opened = await openApp({ settings });
  onTestFinished(opened.close);
  return opened;
};

const importText = (opened: OpenApp, text: string, name = 'ranges.csv') =>
  opened.importFile('ip-ranges', { name, text });

const citiesOf = ({ app }: OpenApp, ...addresses: string[]): string[] =>
  addresses.map((text) => {
    const ip = parseIp(text);
    return ip === null ? expect.fail(`${text} is no address`) : app.domains.ipCity.cityOf(ip).city;
  });

const rejectsOf = async (opened: OpenApp): Promise<string[]> => {
  const document = '{ rejectedRecords(first: 50) { nodes { line problems { path code message } } } }';
  interface Reject {
    readonly line: number;
    readonly problems: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  }
  const { data } = await opened.query<{ rejectedRecords: { nodes: readonly Reject[] } }>(document);
  return (data?.rejectedRecords.nodes ?? [])
    .toSorted((a, b) => a.line - b.line)
    .flatMap(({ line, problems }) => problems.map(({ path, code, message }) => `${line} ${path} ${code}: ${message}`));
};

describe('addresses as whole numbers', () => {
  it.each([
    ['with a header', 'start,end,city\n16909056,16909311,Perth\n"3232235776","3232236031",Home\n'],
    [
      'with the header of IP2Location',
      'ip_from,ip_to,country_code,country_name,region_name,city_name\n16909056,16909311,AU,Australia,WA,Perth\n3232235776,3232236031,-,-,-,Home\n',
    ],
    ['without a header', '16909056,16909311,Perth\n3232235776,3232236031,Home\n'],
    [
      'quoted, without a header and with more columns',
      '"16909056","16909311","AU","Australia","Western Australia","Perth"\n"3232235776","3232236031","-","-","-","Home"\n',
    ],
    [
      'without a header and with columns after the city',
      '"16909056","16909311","AU","Australia","WA","Perth","-31.9","115.8","6000","+08:00"\n"3232235776","3232236031","-","-","-","Home","0","0","-","-"\n',
    ],
    [
      'of JSON',
      '[{"start": 16909056, "end": 16909311, "city": "Perth"}, {"start": "3232235776", "end": 3232236031, "city": "Home"}]',
    ],
    ['beside dotted ones', 'start,end,city\n1.2.3.0,16909311,Perth\n3232235776,192.168.1.255,Home\n'],
  ])('are read %s', async (_how, text) => {
    const opened = await fresh();
    expect(await importText(opened, text)).toMatchObject({ state: 'SUCCEEDED', read: 2, accepted: 2 });
    expect(citiesOf(opened, '1.2.2.255', '1.2.3.0', '1.2.3.255', '1.2.4.0', '192.168.1.0', '192.168.1.255')).toEqual([
      'unknown',
      'Perth',
      'Perth',
      'unknown',
      'Home',
      'Home',
    ]);
  });

  it('above 2^32 are IPv6, mapped ones IPv4, and a range that reaches beyond IPv4 is IPv6 from its start', async () => {
    const opened = await fresh();
    const rows = [
      '"0","281470681743359","-","-","-","-"',
      '"281470698652416","281470698652671","AU","Australia","WA","Perth"',
      '"281474976710656","42540766411282592856903984951653826559","-","-","-","-"',
      '"42540766411282592856903984951653826560","42540766490510755371168322545197776895","DE","Germany","Berlin","Berlin"',
      '"42540766490510755371168322545197776896","340282366920938463463374607431768211455","-","-","-","Rest"',
    ];
    expect(await importText(opened, `${rows.join('\n')}\n`)).toMatchObject({ read: 5, accepted: 5 });
    expect(
      citiesOf(
        opened,
        '1.2.3.4',
        '1.2.4.0',
        '::ffff:1.2.3.4',
        '::1',
        '2001:db8::',
        '2001:db8:ffff::1',
        '2001:db9::',
        'ffff::',
      ),
    ).toEqual(['Perth', 'unknown', 'Perth', 'unknown', 'Berlin', 'Berlin', 'Rest', 'Rest']);
  });

  it('are rejected with what is wrong with them', async () => {
    const opened = await fresh();
    const rows = [
      '1,2,Good',
      '340282366920938463463374607431768211456,9,Beyond',
      '007,9,Zeros',
      '-1,9,Negative',
      '1.5,9,Fraction',
      '9,1,Reversed',
      ',9,Nothing',
      '5,2001:db8::,Mixed',
    ];
    expect(await importText(opened, ['start,end,city', ...rows].join('\n'))).toMatchObject({
      accepted: 1,
      rejected: 7,
    });
    const number = 'must be an IPv4 or IPv6 address, also as a whole number, not';
    expect(await rejectsOf(opened)).toEqual([
      `3 start MALFORMED: start ${number} "340282366920938463463374607431768211456"`,
      `4 start MALFORMED: start ${number} "007"`,
      `5 start MALFORMED: start ${number} "-1"`,
      `6 start MALFORMED: start ${number} "1.5"`,
      '7 end OUT_OF_RANGE: end lies before start',
      '8 start MISSING: start is missing',
      '9 end MALFORMED: start and end are of different IP versions',
    ]);
  });
});

describe('a file of ranges without a header', () => {
  it.each([
    ['blocks', '1.2.3.0/24,Perth\n1.2.4.0/24,Bern\n'],
    ['dotted ends', '1.2.3.0,1.2.3.255,Perth\n1.2.4.0,1.2.4.255,Bern\n'],
    [
      'the columns of DB-IP',
      '1.2.3.0,1.2.3.255,OC,AU,WA,Perth,-31.9,115.8\n1.2.4.0,1.2.4.255,EU,CH,Bern,Bern,46.9,7.4\n',
    ],
  ])('is read when it holds %s', async (_what, text) => {
    const opened = await fresh();
    expect(await importText(opened, text)).toMatchObject({ read: 2, accepted: 2 });
    expect(citiesOf(opened, '1.2.3.4', '1.2.4.4')).toEqual(['Perth', 'Bern']);
  });

  it.each([
    ['1.2.3.0,1.2.3.255,AU,Australia\n'],
    ['1.2.3.0,1.2.3.255,AU,WA,Perth\n'],
    ['1.2.3.0,1.2.3.255\n'],
    ['Perth,1.2.3.0/24\n'],
  ])('is refused when the column of the city would be a guess: %j', async (text) => {
    expect(await importText(await fresh(), text)).toMatchObject({ state: 'FAILED', failureCode: 'NOT_A_TABLE' });
  });
});

describe('blocks', () => {
  it('a lone address is the block that holds it alone', async () => {
    const opened = await fresh();
    await importText(opened, 'cidr,city\n10.0.0.0/8,Wide\n10.9.8.7,Lone\n2001:db8::7,Lone6\n::ffff:10.9.8.6,Mapped\n');
    expect(citiesOf(opened, '10.9.8.7', '10.9.8.8', '10.9.8.6', '2001:db8::7', '2001:db8::8')).toEqual([
      'Lone',
      'Wide',
      'Mapped',
      'Lone6',
      'unknown',
    ]);
  });

  it('a block with host bits is rejected with the reason and the blocks that were probably meant', async () => {
    const opened = await fresh();
    const blocks = [
      '10.0.0.0/8',
      '172.16.5.4/12',
      '192.168.1.1/24',
      '2001:DB8:A::5/48',
      '::ffff:5.6.7.8/120',
      '10.1.0.0/255.255.0.0',
      '10.0.0.0/33',
      '2001:db8::/129',
      '10.0.0.0/08',
      'localhost/8',
      '10.0.0/8',
    ];
    await importText(opened, ['cidr,city', ...blocks.map((block) => `${block},X`)].join('\n'));
    const begin = 'cidr MALFORMED: cidr must begin with the first address of the block:';
    const other = 'cidr MALFORMED: cidr must be a block like 10.12.0.0/16, or an address, not';
    expect(await rejectsOf(opened)).toEqual([
      `3 ${begin} 172.16.0.0/12, or 172.16.5.4/32, not "172.16.5.4/12"`,
      `4 ${begin} 192.168.1.0/24, or 192.168.1.1/32, not "192.168.1.1/24"`,
      `5 ${begin} 2001:db8:a::/48, or 2001:db8:a::5/128, not "2001:DB8:A::5/48"`,
      `6 ${begin} 5.6.7.0/24, or 5.6.7.8/32, not "::ffff:5.6.7.8/120"`,
      '7 cidr MALFORMED: cidr must have the length of its prefix, 10.1.0.0/16, not "10.1.0.0/255.255.0.0"',
      ...['10.0.0.0/33', '2001:db8::/129', '10.0.0.0/08', 'localhost/8', '10.0.0/8'].map(
        (text, row) => `${row + 8} ${other} "${text}"`,
      ),
    ]);
  });

  it.each(['network,city', 'cidr,country,city'])('are read under the header %s', async (header) => {
    const opened = await fresh();
    const more = header.includes('country') ? 'CH,' : '';
    expect(await importText(opened, `${header}\n1.2.3.0/24,${more}Bern\n`)).toMatchObject({ accepted: 1 });
    expect(citiesOf(opened, '1.2.3.4')).toEqual(['Bern']);
  });
});

describe('a range whose city the table leaves open', () => {
  it.each(['', '-', '"-"', 'NULL', 'null', 'Null', 'NA', 'na', 'N/A', 'n/a', 'None', 'NONE', '\\N', '" "'])(
    'is unknown, not the city of a wider range: %s',
    async (city) => {
      const opened = await fresh();
      expect(
        await importText(opened, `cidr,city\n10.0.0.0/8,Wide\n10.1.0.0/16,${city}\n10.1.1.0/24,Inner\n`),
      ).toMatchObject({ accepted: 3 });
      expect(citiesOf(opened, '10.0.0.1', '10.1.0.1', '10.1.1.1')).toEqual(['Wide', 'unknown', 'Inner']);
    },
  );

  it('is the range of the answer, and unknown in JSON, too', async () => {
    const opened = await fresh();
    await importText(
      opened,
      '{"cidr": "10.0.0.0/8", "city": "Wide"}\n{"cidr": "10.1.0.0/16", "city": null}\n',
      'ranges.jsonl',
    );
    const document = '{ ipCity(ip: "10.1.2.3") { city range { city cidrs provenance { line } } candidates { city } } }';
    expect((await opened.query(document)).data?.ipCity).toEqual({
      city: 'unknown',
      range: { city: 'unknown', cidrs: ['10.1.0.0/16'], provenance: { line: 2 } },
      candidates: [{ city: 'unknown' }, { city: 'Wide' }],
    });
  });
});

describe('a table with rejects', () => {
  const good = 'cidr,city\n10.0.0.0/8,Good\n';
  const rows = (valid: number, invalid: number): string =>
    [
      'cidr,city',
      ...Array.from({ length: valid }, (_, row) => `11.0.${row}.0/24,New`),
      ...Array.from({ length: invalid }, (_, row) => `11.1.${row}.1/24,New`),
    ].join('\n');

  it.each([
    [0, 1],
    [0, 0],
    [1, 2],
    [49, 50],
  ])('does not replace the current one with %i valid and %i invalid rows', async (valid, invalid) => {
    const opened = await fresh();
    await importText(opened, good);
    const failed = await importText(opened, rows(valid, invalid));
    expect(failed).toMatchObject({ state: 'FAILED', failureCode: 'NOT_A_TABLE', rejected: invalid });
    expect(failed.failureMessage).toContain('the current table is unchanged');
    expect(citiesOf(opened, '10.0.0.1', '11.0.0.1')).toEqual(['Good', 'unknown']);
    expect(opened.app.store.verify().problems).toEqual([]);
  });

  it('replaces the current one while not more than half of its rows are invalid', async () => {
    const opened = await fresh();
    await importText(opened, good);
    expect(await importText(opened, rows(5, 5))).toMatchObject({
      state: 'SUCCEEDED_WITH_REJECTS',
      accepted: 5,
      rejected: 5,
    });
    expect(citiesOf(opened, '10.0.0.1', '11.0.0.1')).toEqual(['unknown', 'New']);
  });

  it('is the first one in force, however many of its rows are invalid', async () => {
    const opened = await fresh();
    expect(await importText(opened, rows(1, 9))).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS', accepted: 1 });
    expect(citiesOf(opened, '11.0.0.1')).toEqual(['New']);
  });

  it('may have the share of rejects that the setting ipTableRejectedMax allows', async () => {
    const strict = await fresh({ ipTableRejectedMax: '0' });
    await importText(strict, good);
    const failed = await importText(strict, rows(9, 1));
    expect(failed.failureMessage).toContain(
      '1 of 10 rows were rejected, more than the share 0 (setting ipTableRejectedMax)',
    );
    const lenient = await fresh({ ipTableRejectedMax: '0.9' });
    await importText(lenient, good);
    expect(await importText(lenient, rows(1, 9))).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS' });
  });
});
