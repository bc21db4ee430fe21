import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { jpeg, png } from '../../support/images.ts';
import { root } from '../../support/modules.ts';
import { hasS3 } from '../../support/s3.ts';
import { folderSource, s3Source, type TestSource, userCsv } from '../../support/user-sources.ts';

const now = '2022-09-01T00:00:00Z';

const open = async (source: TestSource, settings: Readonly<Record<string, string>> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings: { ...source.settings, now, ...settings } });
  onTestFinished(app.close);
  return app;
};

const synchronize = async ({ get }: OpenApp) => {
  const response = await get('/data', { method: 'POST' });
  return { status: response.status, report: (await response.json()) as Record<string, unknown> };
};

const dataOf = async ({ get }: OpenApp, query = '') =>
  (await (await get(`/data${query}`)).json()) as Record<string, unknown>[];

const lastImport = async ({ query }: OpenApp) => {
  const { data } = await query<{ imports: { nodes: Record<string, unknown>[] } }>(
    '{ imports(first: 1) { nodes { target source state read accepted unchanged conflicts rejected bytesTotal bytesRead failure { code message } } } }',
  );
  return data?.imports.nodes[0] as Record<string, unknown>;
};

const rejectsOf = async ({ query }: OpenApp, state = 'OPEN') => {
  const { data } = await query<{
    rejectedRecords: { nodes: { source: string; raw: string; problems: { message: string }[] }[] };
  }>(`{ rejectedRecords(state: ${state}) { nodes { source raw problems { path code message } } } }`);
  return data?.rejectedRecords.nodes ?? [];
};

const birth = Date.UTC(1990, 5, 15);

/** Three users, two of them with an image. */
const fillThree = async (source: TestSource): Promise<void> => {
  await source.write('0001.csv', userCsv('Ada', 'King', birth));
  await source.write('0001.png', png(3, 2, 0x102030));
  await source.write('0002.csv', userCsv('Blaise', 'Pascal', -1));
  await source.write('0002.jpg', jpeg());
  await source.write('3.csv', userCsv('Carl', 'Gauss', 0));
};

const brokenCsv = 'first_name\n';

/** Changes the three users: one updated, one without its image, one broken, one added. Returns the bytes to read. */
const changeThree = async (source: TestSource): Promise<number> => {
  const files = {
    '0001.csv': userCsv('Ada', 'Lovelace', birth),
    '3.csv': brokenCsv,
    '4.csv': userCsv('Dora', 'Mar', 5),
    '4.png': png(1, 1),
  };
  for (const [name, content] of Object.entries(files)) await source.write(name, content);
  await source.remove('0002.jpg');
  return Object.values(files).reduce((bytes, { length }) => bytes + length, 0);
};

const sources: [string, boolean, () => Promise<TestSource>][] = [
  ['a folder', true, folderSource],
  ['a bucket', hasS3, s3Source],
];

describe.each(sources)('user synchronization with %s', (_name, isThere, create) => {
  it.skipIf(!isThere)('imports all users on start, verifies images and writes the table', async () => {
    const source = await create();
    await fillThree(source);
    const app = await open(source);
    expect(await dataOf(app)).toEqual([
      { user_id: '0001', first_name: 'Ada', last_name: 'King', birthts: birth, img_path: 'source_data/0001.png' },
      { user_id: '0002', first_name: 'Blaise', last_name: 'Pascal', birthts: -1, img_path: 'source_data/0002.jpg' },
      { user_id: '3', first_name: 'Carl', last_name: 'Gauss', birthts: 0, img_path: null },
    ]);
    expect(await source.output()).toBe(
      [
        'user_id,first_name,last_name,birthts,img_path',
        `0001,Ada,King,${birth},source_data/0001.png`,
        '0002,Blaise,Pascal,-1,source_data/0002.jpg',
        '3,Carl,Gauss,0,',
        '',
      ].join('\r\n'),
    );
    expect(await lastImport(app)).toMatchObject({ target: 'USER_FILES', state: 'SUCCEEDED', read: 5, accepted: 5 });
    const { data } = await app.query<{ user: { image: { url: string } } }>(
      '{ user(userId: "0001") { firstName lastName birthDate age hasImage image { url contentType width height byteSize sha256 } } }',
    );
    expect(data?.user).toMatchObject({
      firstName: 'Ada',
      lastName: 'King',
      birthDate: '1990-06-15',
      age: 32,
      hasImage: true,
      image: { contentType: 'image/png', width: 3, height: 2, byteSize: png(3, 2, 0x102030).length },
    });
    const image = await app.get(new URL(data?.user.image.url ?? '').pathname);
    expect(image.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await image.arrayBuffer())).toEqual(png(3, 2, 0x102030));
  });

  it.skipIf(!isThere)('reads every object of the first synchronization and none while nothing changes', async () => {
    const source = await create();
    await fillThree(source);
    const app = await open(source);
    if (source.countsReads)
      expect(source.drainReads()).toEqual(['0001.csv', '0001.png', '0002.csv', '0002.jpg', '3.csv']);
    expect((await synchronize(app)).report).toEqual({
      processed: 3,
      updated: 0,
      unchanged: 3,
      removed: 0,
      rejected: 0,
      output: 'processed_data/output.csv',
    });
    if (source.countsReads) expect(source.drainReads()).toEqual([]);
    expect(await lastImport(app)).toMatchObject({ read: 5, unchanged: 5, accepted: 0, bytesTotal: 0 });
  });

  it.skipIf(!isThere)('reads only changed objects and counts each user and each object once', async () => {
    const source = await create();
    await fillThree(source);
    const app = await open(source);
    const bytes = await changeThree(source);
    source.drainReads();
    expect((await synchronize(app)).report).toMatchObject({
      processed: 4,
      updated: 2,
      unchanged: 0,
      removed: 1,
      rejected: 1,
    });
    if (source.countsReads) expect(source.drainReads()).toEqual(['0001.csv', '3.csv', '4.csv', '4.png']);
    expect(await lastImport(app)).toMatchObject({
      state: 'SUCCEEDED_WITH_REJECTS',
      read: 7,
      accepted: 4,
      unchanged: 2,
      rejected: 1,
      bytesTotal: bytes,
      bytesRead: bytes,
    });
    expect((await synchronize(app)).report).toMatchObject({ processed: 4, updated: 0, unchanged: 4, rejected: 0 });
    if (source.countsReads) expect(source.drainReads()).toEqual([]);
  });

  it.skipIf(!isThere)(
    'publishes changed details and images, and keeps the last valid values of a broken file',
    async () => {
      const source = await create();
      await fillThree(source);
      const app = await open(source);
      await changeThree(source);
      await synchronize(app);
      expect((await dataOf(app)).map((user) => [user.user_id, user.last_name, user.img_path])).toEqual([
        ['0001', 'Lovelace', 'source_data/0001.png'],
        ['0002', 'Pascal', null],
        ['3', 'Gauss', null],
        ['4', 'Mar', 'source_data/4.png'],
      ]);
      expect(await source.output()).toContain('0001,Ada,Lovelace,');
      expect(await rejectsOf(app)).toEqual([
        {
          source: '3.csv',
          raw: brokenCsv,
          problems: [{ path: '3.csv', code: 'MALFORMED', message: '3.csv must hold a header and one row' }],
        },
      ]);
    },
  );

  it.skipIf(!isThere)(
    'discards the reject of a corrected file and removes a user whose CSV file is removed',
    async () => {
      const source = await create();
      await fillThree(source);
      const app = await open(source);
      await changeThree(source);
      await synchronize(app);
      await source.write('3.csv', userCsv('Carl', 'Gauß', 0));
      await source.remove('4.csv');
      expect((await synchronize(app)).report).toMatchObject({ processed: 4, updated: 1, unchanged: 2, removed: 1 });
      expect((await dataOf(app)).map((user) => user.last_name)).toEqual(['Lovelace', 'Pascal', 'Gauß']);
      expect((await rejectsOf(app)).map((reject) => reject.source)).toEqual(['4.png']);
      expect((await rejectsOf(app, 'DISCARDED')).map((reject) => reject.source)).toEqual(['3.csv']);
      expect((await app.query('{ user(userId: "4") { userId } }')).data).toEqual({ user: null });
      expect((await synchronize(app)).report).toMatchObject({ updated: 0, removed: 0, rejected: 0 });
    },
  );

  it.skipIf(!isThere)('restores a removed user unchanged when its files return', async () => {
    const source = await create();
    await fillThree(source);
    const app = await open(source);
    const before = await dataOf(app);
    await source.remove('0001.csv');
    await source.remove('0001.png');
    expect((await synchronize(app)).report).toMatchObject({ removed: 1, unchanged: 2 });
    expect(await dataOf(app)).toEqual(before.slice(1));
    await source.write('0001.csv', userCsv('Ada', 'King', birth));
    await source.write('0001.png', png(3, 2, 0x102030));
    expect((await synchronize(app)).report).toMatchObject({ removed: 0, updated: 1 });
    expect(await dataOf(app)).toEqual(before);
  });
});

describe('user synchronization', () => {
  const shared = '/work/shared/data/user_files';
  const sample = (() => {
    try {
      return readdirSync(shared);
    } catch {
      return [];
    }
  })();

  it.skipIf(sample.length === 0)('returns the known answers for the sample', async () => {
    const source = await folderSource();
    for (const name of sample) await source.write(name, readFileSync(`${shared}/${name}`));
    const app = await open(source);
    const count = async (query: string) => (await dataOf(app, query)).length;
    expect(await (await app.get('/stats')).json()).toEqual({ average_age: 29.28 });
    expect(await count('')).toBe(100);
    expect(await count('?is_image_exists=True')).toBe(94);
    expect(await count('?min_age=30')).toBe(48);
    expect(await count('?user_max_age=30')).toBe(57);
    expect(await count('?min_age=25&max_age=40')).toBe(63);
    const without = await dataOf(app, '?min_age=25&max_age=40&image_exists=0');
    expect(without.map((user) => user.user_id)).toEqual(['1005', '1017', '1099']);
  });

  it('imports every object of the example lake', async () => {
    const example = join(root, 'examples/data-lake/source_data');
    const source = await folderSource();
    for (const name of readdirSync(example)) await source.write(name, readFileSync(join(example, name)));
    const app = await open(source);
    expect(await lastImport(app)).toMatchObject({ state: 'SUCCEEDED', read: 14, accepted: 14 });
    expect(await (await app.get('/stats?image_exists=1&max_age=45')).json()).toEqual({
      average_age: (31 + 22 + 22 + 44) / 4,
    });
  });

  it('keeps the last valid values of broken files and reports why each is rejected', async () => {
    const source = await folderSource();
    await fillThree(source);
    const app = await open(source, { imageBytesMax: '2kB', imagePixelsMax: '1000' });
    const before = await dataOf(app);
    const whole = png(9, 9);
    await source.write('0001.csv', userCsv('Ada', 'King', 'soon'));
    await source.write('0001.png', whole.subarray(0, whole.length - 20));
    await source.write('0002.jpg', Buffer.from('GIF89a'));
    await source.write('3.png', png(40, 40));
    await source.write('5.csv', Buffer.from([0xff, 0xfe]));
    await source.write('6.png', png(1, 1));
    await source.write('readme.txt', 'nothing of a user');
    expect((await synchronize(app)).report).toMatchObject({ processed: 5, updated: 0, removed: 0, rejected: 5 });
    expect(await dataOf(app)).toEqual(before);
    const messages = (await rejectsOf(app)).flatMap(({ problems }) => problems.map(({ message }) => message));
    expect(messages.sort()).toEqual([
      '0001.png is a PNG image that ends too early',
      '0002.jpg is neither a PNG nor a JPEG image',
      '3.png has 40 × 40 pixels, more than 1000',
      '5.csv cannot be read: the file is empty',
      '6.png is an image of a user without a CSV file',
      'birthts must be a whole number, not "soon"',
    ]);
    expect((await synchronize(app)).report).toMatchObject({ processed: 5, unchanged: 5, rejected: 0 });
    await source.write('6.csv', userCsv('Emmy', 'Noether', 7));
    expect((await synchronize(app)).report).toMatchObject({ updated: 1 });
    expect((await dataOf(app)).at(-1)).toMatchObject({ user_id: '6', img_path: 'source_data/6.png' });
  });

  it('reads CSV files with a byte order mark, quotes, spaces and extra columns', async () => {
    const source = await folderSource();
    await source.write(
      'a.csv',
      '\ufefflast_name,birthts, first_name ,more\r\n"Lee, Jr", -12345678901 , "O""Neil" ,x\r\n\r\n',
    );
    await source.write('=b.csv', userCsv('=1+1', '-Ann', 1));
    await source.write('c.JPEG', jpeg());
    await source.write('c.CSV', userCsv('', 'Öl', 2));
    const app = await open(source);
    expect(await dataOf(app)).toEqual([
      { user_id: '=b', first_name: '=1+1', last_name: '-Ann', birthts: 1, img_path: null },
      { user_id: 'a', first_name: 'O"Neil', last_name: 'Lee, Jr', birthts: -12345678901, img_path: null },
      { user_id: 'c', first_name: null, last_name: 'Öl', birthts: 2, img_path: 'source_data/c.JPEG' },
    ]);
    const table = await (await app.get('/processed_data/output.csv')).text();
    expect(table).toBe(
      `user_id,first_name,last_name,birthts,img_path\r\n'=b,'=1+1,'-Ann,1,\r\na,"O""Neil","Lee, Jr",-12345678901,\r\nc,,Öl,2,source_data/c.JPEG\r\n`,
    );
    expect(await source.output()).toBe(table);
  });

  it('reads CSV files in every dialect and encoding that other imports read', async () => {
    const source = await folderSource();
    const header = 'first_name;last_name;birthts';
    const files: Record<string, string | Buffer> = {
      semicolon: `${header}\nJosé;Muñoz;1\n`,
      tab: 'birthts\tlast_name\tfirst_name\n2\tDoe, Jane\t\n',
      pipe: `${header.replaceAll(';', '|')}\r\nJo|O"Neil|3\r\n`,
      latin: Buffer.from(`${header}\nJosé;Muñoz;4\n`, 'latin1'),
      utf16: Buffer.from(`\ufeff${header}\nŽofia;Łęcka;5\n`, 'utf16le'),
      utf16be: Buffer.from(`\ufeff${header}\nŽofia;Łęcka;6\n`, 'utf16le').swap16(),
      boms: `\ufeff\ufeff${header}\nAda;King;7\n`,
      separator: `sep=;\n${header}\nAda;King;8\n`,
      title: 'User export\n\nfirst_name,last_name,birthts\nAda,King,9\n',
      comment: '# made by hr, 2024\nfirst_name,last_name,birthts\nAda,King,10\n',
      apostrophes: "'first_name','last_name','birthts'\n'Ada','King, Jr','11'\n",
      escaped: 'first_name,last_name,birthts\n"Ada \\"Ace\\"","King",12\n',
      mac: `${header}\rAda;King;13\r`,
      trailing: `${header};\nAda;King;14;\n;;;\n`,
      surplus: 'first_name,last_name,birthts\nAda,King,15,\n',
      blanks: 'first_name, last_name, birthts\n"Ada" , "King" , 16\n  \n',
      spreadsheet: 'first_name;last_name;birthts\nAda;King;1.234.567\n',
      only: 'birthts\n17\n',
      extra: 'first_name,birthts,note,note2\nAda,18,"a;b;c",x\n',
    };
    for (const [name, content] of Object.entries(files)) await source.write(`${name}.csv`, content);
    const app = await open(source);
    expect((await rejectsOf(app)).map(({ raw, problems }) => [raw, problems])).toEqual([]);
    const rows = (await dataOf(app)).map((row) => [row.user_id, row.first_name, row.last_name, row.birthts]);
    expect(rows).toEqual(
      [
        ['semicolon', 'José', 'Muñoz', 1],
        ['tab', null, 'Doe, Jane', 2],
        ['pipe', 'Jo', 'O"Neil', 3],
        ['latin', 'José', 'Muñoz', 4],
        ['utf16', 'Žofia', 'Łęcka', 5],
        ['utf16be', 'Žofia', 'Łęcka', 6],
        ['boms', 'Ada', 'King', 7],
        ['separator', 'Ada', 'King', 8],
        ['title', 'Ada', 'King', 9],
        ['comment', 'Ada', 'King', 10],
        ['apostrophes', 'Ada', 'King, Jr', 11],
        ['escaped', 'Ada "Ace"', 'King', 12],
        ['mac', 'Ada', 'King', 13],
        ['trailing', 'Ada', 'King', 14],
        ['surplus', 'Ada', 'King', 15],
        ['blanks', 'Ada', 'King', 16],
        ['spreadsheet', 'Ada', 'King', 1234567],
        ['only', null, null, 17],
        ['extra', 'Ada', null, 18],
      ].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  });

  it('reads missing values of CSV files and refuses what describes no user, as it was written', async () => {
    const source = await folderSource();
    const files: Record<string, string | Buffer> = {
      na: 'first_name,last_name,birthts\nNA,NULL,1\n',
      names: 'first_name,last_name,birthts\nNa,Null,2\n',
      dash: 'first_name,last_name,birthts\nAda,-,3\n',
      x1: Buffer.from('first_name;last_name;birthts\nJosé;;NA\n', 'latin1'),
      x2: 'Ada,King,3\n',
      x3: 'first_name,last_name,birthts\nAda,King,3\nEve,King,4\n',
      x4: 'first_name,last_name,birthts\nAda,King\n',
      x5: 'birthts,last_name,birthts\n1,King,2\n',
      x6: 'first_name;last_name;birthts\nAda;King;6,65539E+11\n',
      x7: 'first_name;last_name;birthts\nAda;King;1.234\n',
      x8: '{"first_name":"Ada","birthts":3}',
    };
    for (const [name, content] of Object.entries(files)) await source.write(`${name}.csv`, content);
    const app = await open(source);
    expect((await dataOf(app)).map((row) => [row.user_id, row.first_name, row.last_name])).toEqual([
      ['dash', 'Ada', null],
      ['na', null, null],
      ['names', 'Na', 'Null'],
    ]);
    const rejects = (await rejectsOf(app)).map(({ raw, problems }) => [raw.split('\n')[1], problems[0]?.message]);
    expect(rejects).toEqual(
      expect.arrayContaining([
        ['José;;NA', 'birthts is missing: "NA" stands for a missing value'],
        ['', 'x2.csv must hold a header and one row'],
        ['Ada,King,3', 'x3.csv must hold one row, not 2'],
        ['Ada,King', 'x4.csv is not valid CSV in line 2: the row has 2 cells, the header 3'],
        ['1,King,2', 'x5.csv names a column twice'],
        ['Ada;King;6,65539E+11', 'birthts must be a whole number, not "6,65539E+11"'],
        [undefined, 'x8.csv cannot be read: the file looks like JSON; expected CSV'],
      ]),
    );
    expect(rejects).toHaveLength(8);
  });

  it('uses another image file of a user when the current one is removed', async () => {
    const source = await folderSource();
    await fillThree(source);
    const app = await open(source);
    await source.write('0001.jpg', jpeg());
    expect((await synchronize(app)).report).toMatchObject({ rejected: 1 });
    await source.remove('0001.png');
    expect((await synchronize(app)).report).toMatchObject({ updated: 0, removed: 1, rejected: 0, unchanged: 2 });
    expect((await dataOf(app))[0]).toMatchObject({ img_path: 'source_data/0001.jpg' });
    expect((await synchronize(app)).report).toMatchObject({ unchanged: 3 });
    await source.remove('0001.jpg');
    await source.write('0001.png', png(3, 2, 0x102030));
    expect((await synchronize(app)).report).toMatchObject({ updated: 0, removed: 1 });
    expect((await dataOf(app))[0]).toMatchObject({ img_path: 'source_data/0001.png' });
  });

  it('answers a query as of an earlier sequence unchanged', async () => {
    const source = await folderSource();
    await fillThree(source);
    const app = await open(source);
    const sequence = app.app.ledger.snapshot().sequence;
    await app.importFile('transactions', {
      name: 't.csv',
      text: 'click_id,created_at,product_id,product_price,user_id,ip\n1,2020-06-14T23:59:59Z,p,10,0001,\n2,2020-06-15T00:00:00Z,p,5,0001,\n3,1980-01-01,p,2,0001,\n4,2021-01-01,p,1,9,\n',
    });
    const question = (asOf: string) =>
      `{ enrichedAggregate(groupBy: [AGE_BAND, HAS_IMAGE] ${asOf}) { nodes { key { ageBand { from to } hasImage unknown } measures { sum } } } }`;
    const first = await app.query(question(''));
    expect(first.data).toEqual({
      enrichedAggregate: {
        nodes: [
          { key: { ageBand: { from: 25, to: 34 }, hasImage: true, unknown: [] }, measures: { sum: '15' } },
          { key: { ageBand: null, hasImage: false, unknown: ['AGE_BAND'] }, measures: { sum: '1' } },
          { key: { ageBand: null, hasImage: true, unknown: ['AGE_BAND'] }, measures: { sum: '2' } },
        ],
      },
    });
    const ofBands = (bands: string) => app.query(`{ transactions(where: { ageBands: ${bands} }) { totalCount } }`);
    expect((await ofBands('["25-34"]')).data).toEqual({ transactions: { totalCount: 2 } });
    expect((await ofBands('["unknown"]')).data).toEqual({ transactions: { totalCount: 2 } });
    expect((await ofBands('["18-24"]')).data).toEqual({ transactions: { totalCount: 0 } });
    const then = app.app.ledger.snapshot().sequence;
    await source.remove('0001.png');
    await source.write('0001.csv', userCsv('Ada', 'King', Date.UTC(1950, 0, 1)));
    await synchronize(app);
    expect((await app.query(question(`asOf: { sequence: ${then} }`))).data).toEqual(first.data);
    const { data } = await app.query<{ transactions: { nodes: unknown[] } }>(
      '{ transactions(where: { hasImage: false }) { nodes { transactionId enrichment { age hasImage } } } }',
    );
    expect(data?.transactions.nodes).toEqual([
      { transactionId: '3', enrichment: { age: 30, hasImage: false } },
      { transactionId: '1', enrichment: { age: 70, hasImage: false } },
      { transactionId: '2', enrichment: { age: 70, hasImage: false } },
      { transactionId: '4', enrichment: { age: null, hasImage: false } },
    ]);
    expect(sequence).toBeLessThan(then);
  });

  it('resolves the reject of a file by hand without reading the file again', async () => {
    const source = await folderSource();
    await source.write('1.csv', userCsv('Ada', 'King', 'x'));
    const app = await open(source);
    expect(await dataOf(app)).toEqual([]);
    const corrected = '{"user_id":"1","first_name":"Ada","last_name":"King","birthts":3}';
    await app.app.domains.rejects.resolve(1, corrected);
    expect(await dataOf(app)).toMatchObject([{ user_id: '1', birthts: 3 }]);
    expect((await synchronize(app)).report).toMatchObject({ processed: 1, unchanged: 1 });
    expect(await dataOf(app)).toMatchObject([{ user_id: '1', birthts: 3 }]);
    expect(await lastImport(app)).toMatchObject({ bytesTotal: 0 });
  });

  it('changes nothing when the source folder is missing', async () => {
    const source = await folderSource();
    await fillThree(source);
    const app = await open(source);
    const before = await dataOf(app);
    const { rename } = await import('node:fs/promises');
    const path = source.settings.userFiles as string;
    await rename(path, `${path}-away`);
    expect(await synchronize(app)).toMatchObject({ status: 502, report: { error: { code: 'SOURCE_UNREACHABLE' } } });
    expect(await lastImport(app)).toMatchObject({ state: 'FAILED', failure: { code: 'SOURCE_UNREACHABLE' } });
    expect(await dataOf(app)).toEqual(before);
    await rename(`${path}-away`, path);
    expect((await synchronize(app)).report).toMatchObject({ unchanged: 3 });
  });

  it('lets a second request join the synchronization that runs', async () => {
    const source = await folderSource();
    await fillThree(source);
    const app = await open(source, { userFilesStartMs: '0' });
    const all = await Promise.all([
      synchronize(app),
      synchronize(app),
      app.query(
        'mutation { startImport(input: { target: USER_FILES }) { ... on StartImportPayload { import { state accepted } } } }',
      ),
    ]);
    expect(all[0]).toEqual(all[1]);
    expect(all[2].data).toEqual({ startImport: { import: { state: 'SUCCEEDED', accepted: 5 } } });
    const { data } = await app.query<{ imports: { nodes: unknown[] } }>('{ imports { nodes { state } } }');
    expect(data?.imports.nodes).toHaveLength(1);
  });

  it('starts only for the configured location and fails without one', async () => {
    const none = await openApp({});
    onTestFinished(none.close);
    expect((await none.get('/data', { method: 'POST' })).status).toBe(400);
    expect(await dataOf(none)).toEqual([]);
    expect(await (await none.get('/stats')).json()).toEqual({ average_age: null });
    const source = await folderSource();
    const app = await open(source);
    const start = (input: string) =>
      app.query(
        `mutation { startImport(input: { target: USER_FILES ${input} }) { ... on StartImportPayload { import { state } } ... on Error { code } } }`,
      );
    expect((await start('source: { location: "/etc" }')).data).toEqual({ startImport: { code: 'NOT_ALLOWED' } });
    const location = JSON.stringify(source.settings.userFiles);
    expect((await start(`source: { location: ${location} }`)).data).toEqual({
      startImport: { import: { state: 'SUCCEEDED' } },
    });
    const other = 'mutation { startImport(input: { target: USERS }) { ... on ValidationError { problems { path } } } }';
    expect((await app.query(other)).data).toEqual({ startImport: { problems: [{ path: 'input.source' }] } });
  });

  it('rejects unknown and malformed query parameters by name', async () => {
    const app = await open(await folderSource());
    for (const path of [
      '/data?age=3',
      '/data?is_image_exists=maybe',
      '/stats?min_age=x',
      '/data?min_age=1&user_min_age=2',
      '/data?max_age=-1',
    ]) {
      const response = await app.get(path);
      expect(response.status, path).toBe(400);
      const { error } = (await response.json()) as { error: { problems: { path: string }[] } };
      expect(path).toContain(error.problems[0]?.path ?? '?');
    }
    expect((await app.get('/data?min_age=1&user_min_age=1&is_image_exists=tRuE')).status).toBe(200);
  });

  it('serves images with immutable caching and a sandbox, and only while a user has them', async () => {
    const source = await folderSource();
    await fillThree(source);
    const app = await open(source);
    const { data } = await app.query<{ user: { image: { url: string; sha256: string } } }>(
      '{ user(userId: "0002") { image { url sha256 } } }',
    );
    const { url = '', sha256 = '' } = data?.user.image ?? {};
    const path = new URL(url).pathname;
    expect(path).toBe(`/images/${sha256}.jpg`);
    const { headers } = await app.get(path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${sha256}"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const again = await app.get(path, { headers: { 'if-none-match': `W/"x", "${sha256}"` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    for (const other of [path.replace('.jpg', '.png'), `/images/${'0'.repeat(64)}.png`])
      expect((await app.get(other)).status, other).toBe(404);
    expect((await app.get('/images/..%2Fasof.sqlite')).status).toBe(400);
    await source.remove('0002.jpg');
    await synchronize(app);
    expect((await app.get(path)).status).toBe(404);
  });
});

describe.skipIf(!hasS3)('user synchronization with a failing bucket', () => {
  it('retries failed reads and continues past an object that cannot be read', async () => {
    const source = await s3Source();
    await fillThree(source);
    const tries = new Map<string, number>();
    source.counted.fault = (_method, path) => {
      const count = (tries.get(path) ?? 0) + 1;
      tries.set(path, count);
      if (path === 'source_data/0001.csv') return count < 3 ? 503 : undefined;
      return path === 'source_data/0002.csv' ? 500 : undefined;
    };
    const app = await open(source);
    expect((await dataOf(app)).map((user) => user.user_id)).toEqual(['0001', '3']);
    expect(tries.get('source_data/0002.csv')).toBe(4);
    expect(await lastImport(app)).toMatchObject({ state: 'SUCCEEDED_WITH_REJECTS', rejected: 1 });
    expect((await synchronize(app)).report).toMatchObject({ rejected: 0, unchanged: 3 });
    expect(await rejectsOf(app)).toHaveLength(1);
    source.counted.fault = () => undefined;
    source.drainReads();
    expect((await synchronize(app)).report).toMatchObject({ updated: 1 });
    expect(source.drainReads()).toEqual(['0002.csv']);
    expect((await dataOf(app)).map((user) => user.user_id)).toEqual(['0001', '0002', '3']);
    expect(await rejectsOf(app)).toEqual([]);
  });

  it('changes nothing when the bucket cannot be listed, denies access or times out', async () => {
    const source = await s3Source();
    await fillThree(source);
    const app = await open(source, { userFilesTimeoutMs: '1000', userFilesTries: '2' });
    const before = await dataOf(app);
    await source.write('0001.csv', userCsv('Nobody', 'Yet', 0));
    for (const [fault, message] of [
      [500, 'answered 500'],
      [403, 'answered 403'],
      ['hang', 'userFilesTimeoutMs'],
    ] as const) {
      source.counted.fault = (_method, path) => (path.startsWith('?') ? fault : undefined);
      const { status, report } = await synchronize(app);
      expect(status).toBe(502);
      expect(JSON.stringify(report)).toContain(message);
      expect(await dataOf(app)).toEqual(before);
    }
    source.counted.fault = () => undefined;
    expect((await synchronize(app)).report).toMatchObject({ updated: 1 });
  });

  it('distinguishes a missing bucket from an empty one and lists more than one page', async () => {
    const source = await s3Source();
    const empty = await open(source);
    expect((await synchronize(empty)).report).toMatchObject({ processed: 0 });
    const missing = await open({
      ...source,
      settings: { ...source.settings, userFiles: 's3://no-such-bucket-here/x' },
    });
    expect(await synchronize(missing)).toMatchObject({ status: 502 });
    const names = Array.from({ length: 1050 }, (_, index) => `${index}.csv`);
    await Promise.all(names.map((name) => source.write(name, userCsv('A', name, 1))));
    await source.write('ü +&%.csv', userCsv('A', 'odd', 1));
    expect((await synchronize(empty)).report).toMatchObject({ processed: 1051, updated: 1051 });
    expect((await dataOf(empty)).at(-1)).toMatchObject({ user_id: 'ü +&%', last_name: 'odd' });
  });

  it('writes the table once and again only when its content changes', async () => {
    const source = await s3Source();
    await fillThree(source);
    let writes = 0;
    source.counted.fault = (method) => {
      if (method === 'PUT') writes++;
      return undefined;
    };
    const app = await open(source);
    await synchronize(app);
    expect(writes).toBe(1);
    await source.write('9.csv', userCsv('A', 'B', 1));
    await synchronize(app);
    expect(writes).toBe(2);
    source.counted.fault = (method) => (method === 'PUT' ? 403 : undefined);
    await source.write('8.csv', userCsv('A', 'B', 1));
    expect((await synchronize(app)).report).toMatchObject({ updated: 1 });
    expect(await lastImport(app)).toMatchObject({ state: 'SUCCEEDED', failure: { code: 'SOURCE_UNREACHABLE' } });
    source.counted.fault = () => undefined;
    await synchronize(app);
    expect(await source.output()).toContain('8,A,B,1,');
  });
});
