import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatIp, type IpAddress, parseIp } from '../../../src/lib/ip.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { writeMmdb } from '../../support/mmdb-writer.ts';
import { dataFolder } from '../../support/store.ts';

const fresh = async (options: Parameters<typeof openApp>[0] = {}): Promise<OpenApp> => {
  const opened = await openApp(options);
  onTestFinished(opened.close);
  return opened;
};

const ip = (text: string): IpAddress => parseIp(text) ?? expect.fail(`${text} is no address`);

/** Imports rows of `start,end,city` as one table. */
const table = (opened: OpenApp, ...rows: string[]) =>
  opened.importFile('ip-ranges', { name: 'ranges.csv', text: ['start,end,city', ...rows].join('\n') });

/** Imports several files as one table. */
const tableOf = async ({ app }: OpenApp, files: Readonly<Record<string, string | Buffer>>) => {
  const folder = dataFolder();
  const sources = Object.entries(files).map(([name, content]) => ({ name, path: join(folder, name), content }));
  for (const { path, content } of sources) await writeFile(path, content);
  return (await app.domains.imports.start('ip-ranges', sources)).done;
};

const cityOf = ({ app }: OpenApp, address: string) => app.domains.ipCity.cityOf(ip(address)).city;
const sequence = ({ app }: OpenApp) => app.ledger.snapshot().sequence;

describe('a table of IP ranges', () => {
  it('a new table of IP ranges replaces the current one, and earlier sequences use earlier tables, also after a restart', async () => {
    const data = dataFolder();
    const opened = await fresh({ data });
    const states: { at: number; city: string }[] = [{ at: 0, city: 'unknown' }];
    for (const city of ['one', 'two', 'three', 'four', 'five']) {
      const before = sequence(opened);
      await table(opened, `10.0.0.0,10.0.0.255,${city}`, `10.0.1.0,10.0.1.255,${city}`);
      const last = states.at(-1)?.city ?? '';
      // Before the record that publishes the table, the staged ranges have no effect.
      for (let at = before + 1; at < sequence(opened); at++) states.push({ at, city: last });
      states.push({ at: sequence(opened), city });
    }
    await opened.close();
    const again = await fresh({ data });
    for (const each of [opened, again].slice(1))
      for (const { at, city } of [...states, ...states].reverse())
        expect((await each.app.domains.ipCity.cityAsOf(ip('10.0.0.7'), { sequence: at })).city).toBe(city);
    expect(cityOf(again, '10.0.1.255')).toBe('five');
  });

  it('a table of IP ranges that is replaced during a query still answers that query', async () => {
    const opened = await fresh();
    await table(opened, '10.0.0.0,10.0.0.255,old');
    const held = opened.app.domains.ipCity.table();
    const at = sequence(opened);
    const pending = opened.app.domains.ipCity.cityAsOf(ip('10.0.0.1'), { sequence: at });
    await table(opened, '10.0.0.0,10.0.0.255,new');
    expect((await pending).city).toBe('old');
    expect(opened.app.domains.ipCity.cities.textOf(held.cityCode(ip('10.0.0.1')))).toBe('old');
    expect(cityOf(opened, '10.0.0.1')).toBe('new');
  });

  it.each([
    ['is empty', '', 'NOT_A_TABLE'],
    ['has other columns', 'from,to,city\n10.0.0.0,10.0.0.1,new\n', 'NOT_A_TABLE'],
    ['holds no record', 'start,end,city\n', 'NOT_A_TABLE'],
    ['holds no good record', 'start,end,city\n10.0.0.9,10.0.0.1,new\n10.0.0.01,10.0.0.1,new\n', 'NOT_A_TABLE'],
    ['is cut off', '{"new": [{"start": "10.0.0.0", "end": "10.0.0.255"}], "other": [{"sta', 'NOT_A_TABLE'],
    ['is an empty mapping', '{}', 'NOT_A_TABLE'],
    ['is a broken database', 'x\xab\xcd\xefMaxMind.com', 'NOT_A_TABLE'],
  ])('a table of IP ranges stays current when the next file %s', async (_what, text, failureCode) => {
    const opened = await fresh();
    await table(opened, '10.0.0.0,10.0.0.255,old');
    const [failed] = await tableOf(opened, { 'next.csv': Buffer.from(text, 'latin1') });
    expect(failed).toMatchObject({ state: 'FAILED', failureCode, accepted: 0 });
    expect(cityOf(opened, '10.0.0.1')).toBe('old');
    expect(opened.app.store.verify().problems).toEqual([]);
  });

  it('a table of IP ranges stays current when the second of two files is faulty, and the first file alone can be imported later', async () => {
    const opened = await fresh();
    await table(opened, '10.0.0.0,10.0.0.255,old');
    const good = 'start,end,city\n10.0.0.0,10.0.0.255,new\n';
    const failed = await tableOf(opened, { 'good.csv': good, 'faulty.csv': 'nothing\n' });
    expect(failed).toMatchObject([
      { state: 'FAILED', accepted: 1 },
      { state: 'FAILED', read: 0 },
    ]);
    expect(cityOf(opened, '10.0.0.1')).toBe('old');
    expect(await tableOf(opened, { 'good.csv': good })).toMatchObject([
      { state: 'SUCCEEDED', accepted: 1, unchanged: 0 },
    ]);
    expect(cityOf(opened, '10.0.0.1')).toBe('new');
    expect(opened.app.store.verify().problems).toEqual([]);
  });

  it('the same files of IP ranges again add nothing, and other files replace the table', async () => {
    const opened = await fresh();
    const [a, b] = [
      { 'a.csv': 'start,end,city\n10.0.0.0,10.0.0.9,a\n' },
      { 'b.csv': 'start,end,city\n10.0.0.0,10.0.0.9,b\nx,y,z\n' },
    ];
    expect(await tableOf(opened, { ...a, ...b })).toMatchObject([{ accepted: 1 }, { accepted: 1, rejected: 1 }]);
    const before = sequence(opened);
    expect(await tableOf(opened, { ...a, ...b })).toMatchObject([
      { state: 'SUCCEEDED', accepted: 0, unchanged: 1 },
      { state: 'SUCCEEDED_WITH_REJECTS', accepted: 0, unchanged: 1, rejected: 1 },
    ]);
    expect(sequence(opened)).toBe(before);
    // Of equal ranges the later record wins, so the other order is another table.
    expect(cityOf(opened, '10.0.0.1')).toBe('b');
    expect(await tableOf(opened, { ...b, ...a })).toMatchObject([{ accepted: 1 }, { accepted: 1 }]);
    expect(cityOf(opened, '10.0.0.1')).toBe('a');
    expect(await tableOf(opened, { ...a, ...b })).toMatchObject([{ accepted: 1 }, { accepted: 1 }]);
    expect(cityOf(opened, '10.0.0.1')).toBe('b');
  });

  it('a table of IP ranges is not equal to the same text in other files', async () => {
    const opened = await fresh();
    const [head, rest] = ['start,end,city\n10.0.0.0,10.0.0.9,a\n', 'start,end,city\n10.0.1.0,10.0.1.9,b\n'];
    expect(await tableOf(opened, { 'whole.csv': head + rest })).toMatchObject([{ accepted: 2, rejected: 1 }]);
    expect(await tableOf(opened, { 'head.csv': head, 'tail.csv': rest })).toMatchObject([
      { state: 'SUCCEEDED', accepted: 1 },
      { state: 'SUCCEEDED', accepted: 1 },
    ]);
  });

  it('a table of IP ranges can consist of files of every format', async () => {
    const opened = await fresh();
    const mmdb = writeMmdb([['10.3.0.0/16', { city: { names: { en: 'Dublin' } } }]], { ipVersion: 4 });
    const done = await tableOf(opened, {
      'cidr.csv': 'cidr,city\n10.0.0.0/16,Malmö\n2001:db8::/32,Oslo\n',
      'lines.jsonl': '{"start": "10.1.0.0", "end": "10.1.0.0", "city": "Kyiv"}\n',
      'cities.json':
        '{"__proto__": [{"start": "10.2.0.0", "end": "10.2.0.1"}], "": [{"start": "10.4.0.0", "end": "10.4.0.1"}]}',
      'list.json': '[{"cidr": "::ffff:10.5.0.0/112", "city": "São Tomé"}]',
      'city.mmdb': mmdb,
    });
    expect(done.map(({ accepted, rejected }) => [accepted, rejected])).toEqual([
      [2, 0],
      [1, 0],
      [2, 0],
      [1, 0],
      [1, 0],
    ]);
    const addresses = [
      '10.0.255.255',
      '10.1.0.0',
      '10.1.0.1',
      '10.2.0.1',
      '10.3.9.9',
      '10.4.0.0',
      '10.5.1.2',
      '2001:db8:ffff::',
      '2001:db9::',
      '::ffff:10.5.1.2',
      '::10.5.1.2',
    ];
    expect(addresses.map((address) => cityOf(opened, address))).toEqual([
      'Malmö',
      'Kyiv',
      'unknown',
      '__proto__',
      'Dublin',
      'unknown',
      'São Tomé',
      'Oslo',
      'unknown',
      'São Tomé',
      'unknown',
    ]);
  });
});

it('ipCity returns the range, its candidates from narrow to wide, and the source line of each', async () => {
  const opened = await fresh();
  await table(
    opened,
    '10.0.0.0,10.255.255.255,wide',
    '10.0.0.0,10.0.0.255,first',
    '10.0.0.0,10.0.0.255,second',
    '10.0.0.7,10.0.0.7,self',
  );
  const document = `query ($ip: IP!) { ipCity(ip: $ip) { ip city kind range { id first last cidrs provenance { line source sequence } } candidates { city } some: candidates(first: 2) { city } } }`;
  const { data } = await opened.query<{ ipCity: { range: { id: string } } }>(document, { ip: '::ffff:a00:8' });
  expect(data?.ipCity).toEqual({
    ip: '10.0.0.8',
    city: 'second',
    kind: 'PRIVATE',
    range: {
      id: expect.any(String),
      first: '10.0.0.0',
      last: '10.0.0.255',
      cidrs: ['10.0.0.0/24'],
      provenance: { line: 4, source: 'ranges.csv', sequence: 3 },
    },
    candidates: [{ city: 'second' }, { city: 'first' }, { city: 'wide' }],
    some: [{ city: 'second' }, { city: 'first' }],
  });
  await table(opened, '10.0.0.8,10.0.0.8,later');
  const { data: node } = await opened.query(
    'query ($id: ID!) { node(id: $id) { ... on IpRange { city provenance { line } } } }',
    { id: data?.ipCity.range.id },
  );
  expect(node).toEqual({ node: { city: 'second', provenance: { line: 4 } } });
});

it('cityOf agrees with a search through a list of ranges', async () => {
  const address = fc.oneof(
    fc.integer({ min: 0, max: 15 }).map((host): bigint => 0x0a000000n + BigInt(host)),
    fc.integer({ min: 0, max: 15 }).map((host): bigint => 2n ** 32n + BigInt(host) * 2n ** 60n),
  );
  const text = (value: bigint): string => {
    if (value < 2n ** 32n) return formatIp({ family: 4, value: Number(value) });
    const hex = (value - 2n ** 32n).toString(16).padStart(32, '0');
    return hex.match(/.{4}/g)?.join(':') ?? '';
  };
  const range = fc
    .tuple(address, address)
    .filter(([a, b]) => a < 2n ** 32n === b < 2n ** 32n)
    .map(([a, b]) => (a < b ? [a, b] : [b, a]) as [bigint, bigint]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(range, { minLength: 1, maxLength: 12 }),
      fc.array(address, { minLength: 1, maxLength: 10 }),
      async (ranges, addresses) => {
        const opened = await openApp();
        await table(opened, ...ranges.map(([first, last], row) => `${text(first)},${text(last)},c${row}`));
        for (const value of addresses) {
          const holding = ranges
            .map(([first, last], row) => ({ first, last, row, width: last - first }))
            .filter(({ first, last }) => first <= value && value <= last)
            .sort((a, b) => (a.width < b.width ? -1 : a.width > b.width ? 1 : b.row - a.row))
            .map(({ row }) => `c${row}`);
          const answer = opened.app.domains.ipCity.cityOf(ip(text(value)));
          expect(answer.candidates().map(({ city }) => city)).toEqual(holding);
          expect(answer.city).toBe(holding[0] ?? 'unknown');
        }
        await opened.close();
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);
