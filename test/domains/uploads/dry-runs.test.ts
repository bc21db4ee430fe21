import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { imports, rejectedRecords } from '../../../db/tables/index.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';
import { dataFolder } from '../../support/store.ts';

let opened: OpenApp;
let folder: string;
beforeEach(async () => {
  folder = dataFolder();
  opened = await openApp({ settings: { importFolder: folder } });
  onTestFinished(opened.close);
});

interface Outcome {
  readonly __typename: string;
  readonly message?: string;
  readonly import?: Readonly<Record<string, unknown>>;
}

const start = async (text: string | Buffer, args: string): Promise<Outcome> => {
  await writeFile(join(folder, 'file'), text);
  const { data, errors } = await opened.query<{ startImport: Outcome }>(`mutation { startImport(input: {
    source: { location: "file" }, ${args}
  }) { __typename ... on Error { message } ... on StartImportPayload { import {
    state read accepted unchanged conflicts rejected failure { code } dialect { delimiter encoding headerLine }
    firstRejects { line raw problems { path code } }
    preview { columns { name type examples nullCount misfitCount } rows { line values misfits { column text } } }
    recordPreview { columns { name fields examples } fields rows { line values } }
  } } } }`);
  return data?.startImport ?? { __typename: 'errors', message: JSON.stringify(errors) };
};

const dryRun = async (csv: string, query = '') => {
  const headers = { 'content-type': 'text/csv' };
  const response = await opened.get(`/datasets/preview?dryRun=1${query}`, { method: 'PUT', headers, body: csv });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
};

const storedCounts = () => [opened.app.store.count(imports, {}), opened.app.store.count(rejectedRecords, {})];

describe('a dry run of a dataset', () => {
  const csv = 'id;Preis;Tag\n1;1.250,00;31.12.2024\n2;;30.12.2024\nx;y\n3;9,50;offen\n4;7,25;01.02.2024\n';

  it('answers dialect, columns with examples, rows as they would be stored, and the first rejects', async () => {
    const { status, body } = await dryRun(csv, '&types=Tag%3DDATE');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: null,
      url: null,
      state: 'SUCCEEDED_WITH_REJECTS',
      ...{ read: 5, accepted: 4, rejected: 1 },
      dialect: { delimiter: ';', encoding: 'UTF-8', header_line: 1 },
      preview: {
        columns: [
          { name: 'id', type: 'INTEGER', nulls: 0, misfits: 0, examples: [1, 2, 3, 4] },
          { name: 'Preis', type: 'DECIMAL', nulls: 1, misfits: 0, examples: [1250, 9.5, 7.25] },
          { name: 'Tag', type: 'DATE', nulls: 1, misfits: 1, examples: ['2024-12-31', '2024-12-30', '2024-02-01'] },
        ],
        rows: [
          { line: 2, cells: [1, 1250, '2024-12-31'], misfits: [] },
          { line: 3, cells: [2, null, '2024-12-30'], misfits: [] },
          { line: 5, cells: [3, 9.5, null], misfits: [{ column: 'Tag', text: 'offen' }] },
          { line: 6, cells: [4, 7.25, '2024-02-01'], misfits: [] },
        ],
      },
      first_rejects: [{ line: 4, raw: 'x;y', problems: [{ path: '' }] }],
    });
    const outcome = await start(
      csv,
      'target: DATASET, datasetName: "preview", dryRun: true, types: [{column: "Tag", type: DATE}]',
    );
    expect(outcome.import).toMatchObject({
      state: 'SUCCEEDED_WITH_REJECTS',
      dialect: { delimiter: 'SEMICOLON', encoding: 'UTF_8', headerLine: 1 },
      firstRejects: [{ line: 4, raw: 'x;y' }],
      preview: {
        columns: [
          { name: 'id', type: 'INTEGER' },
          { name: 'Preis', type: 'DECIMAL', nullCount: 1 },
          { misfitCount: 1 },
        ],
        rows: [
          { line: 2, values: [1, '1250', '2024-12-31'], misfits: [] },
          { line: 3 },
          { line: 5, misfits: [{ column: 'Tag', text: 'offen' }] },
          { line: 6 },
        ],
      },
    });
    expect(await (await opened.get('/datasets')).json()).toEqual([]);
    expect(storedCounts()).toEqual([0, 0]);
  });

  it('writes every digit of long numbers', async () => {
    const { text } = await dryRun('id,v\n9007199254740993,1234567890.123456789\n9007199254740995,0.000000001\n');
    expect(text).toContain('"cells":[9007199254740993,1234567890.123456789]');
  });

  it('has at most 100 rows and 5 examples, and counts the whole file', async () => {
    const { body } = await dryRun(
      `id,v\n${Array.from({ length: 300 }, (_each, id) => `${id},${id % 7}`).join('\n')}\n`,
    );
    expect(body.preview.rows).toHaveLength(100);
    expect(body.preview.columns[0].examples).toEqual([0, 1, 2, 3, 4]);
    expect(body.read).toBe(300);
  });

  it('says why the import would fail, with the rejects', async () => {
    expect(await dryRun('')).toMatchObject({
      status: 200,
      body: { state: 'FAILED', failure: { code: 'NOT_A_TABLE' }, preview: null, first_rejects: [] },
    });
    expect((await dryRun('id,v\n1,2,3\n')).body).toMatchObject({
      ...{ state: 'FAILED', failure: { code: 'NOT_A_TABLE' } },
      first_rejects: [{ line: 2, raw: '1,2,3' }],
    });
    expect((await dryRun('id,v\n1,2\n', '&headerLine=9')).body).toMatchObject({ state: 'FAILED', preview: null });
    expect((await dryRun('id,v\n1,2\n', '&types=w%3DDATE')).body).toMatchObject({ state: 'FAILED', preview: null });
  });

  it('leaves the dataset of the name as it is, and shows what append would add', async () => {
    await importCsv(opened, 'preview', 'code,v\n01,1\n');
    const { body } = await dryRun('code,v\n02,2\n', '&mode=append&keep_versions=1');
    expect(body.preview).toMatchObject({ columns: [{ type: 'STRING' }, {}], rows: [{ cells: ['02', 2] }] });
    expect(await rowsOf(opened, 'preview')).toEqual([{ code: '01', v: 1 }]);
  });
});

describe('a dry run of records', () => {
  it('answers dialect, counts and the first rejects, and stores nothing', async () => {
    const csv = 'user_id;country;gender\nu1;SE;F\n;SE;F\nu2;NO;M\n';
    const outcome = await start(csv, 'target: USERS, dryRun: true');
    expect(outcome.import).toMatchObject({
      ...{ state: 'SUCCEEDED_WITH_REJECTS', read: 3, accepted: 2, rejected: 1 },
      dialect: { delimiter: 'SEMICOLON', headerLine: 1 },
      firstRejects: [{ line: 3, raw: ';SE;F', problems: [{ path: 'user_id', code: 'MISSING' }] }],
      preview: null,
    });
    expect(storedCounts()).toEqual([0, 0]);
    expect(opened.app.domains.users.userOf('u1')).toBeNull();
  });

  it('answers the columns with what is read from each, and the first records as they would be stored', async () => {
    const csv = [
      'click_id;note;created_at;product_price;user_id;product_id;ip',
      'c1;first;31.12.2024;1.250,50;u1;7;10.0.0.1',
      'c2;;30.12.2024;offen;u1;7;',
      'c3;;01.02.2024;9,00;u2;8;2001:DB8::1',
      'c1;first;31.12.2024;1.250,50;u1;7;10.0.0.1',
    ].join('\n');
    const outcome = await start(csv, 'target: TRANSACTIONS, dryRun: true');
    expect(outcome.import).toMatchObject({
      ...{ read: 4, accepted: 2, unchanged: 1, rejected: 1 },
      firstRejects: [
        { line: 3, raw: 'c2;;30.12.2024;offen;u1;7;', problems: [{ path: 'product_price', code: 'MALFORMED' }] },
      ],
    });
    expect(outcome.import?.recordPreview).toEqual({
      columns: [
        { name: 'click_id', fields: ['click_id'], examples: ['c1', 'c2', 'c3'] },
        { name: 'note', fields: [], examples: ['first'] },
        { name: 'created_at', fields: ['created_at'], examples: ['31.12.2024', '30.12.2024', '01.02.2024'] },
        { name: 'product_price', fields: ['product_price'], examples: ['1.250,50', 'offen', '9,00'] },
        { name: 'user_id', fields: ['user_id'], examples: ['u1', 'u2'] },
        { name: 'product_id', fields: ['product_id'], examples: ['7', '8'] },
        { name: 'ip', fields: ['ip'], examples: ['10.0.0.1', '2001:DB8::1'] },
      ],
      fields: ['click_id', 'created_at', 'product_id', 'product_price', 'user_id', 'ip'],
      rows: [
        { line: 2, values: ['c1', '2024-12-31T00:00:00Z', '7', '1250.5', 'u1', '10.0.0.1'] },
        { line: 4, values: ['c3', '2024-02-01T00:00:00Z', '8', '9', 'u2', '2001:db8::1'] },
      ],
    });
    expect(storedCounts()).toEqual([0, 0]);
  });

  it.each([
    [
      'STATUS_CHANGES, statusWords: [{ word: "done", status: CANCELLED }]',
      '[{"user_id": 1, "created_at": "2024-01-02", "status": "done", "by": {"id": 12345678901234567890}}]',
      ['user_id', 'created_at', 'status', ['by']],
      ['1', '2024-01-02T00:00:00Z', 'cancelled'],
    ],
    ['USERS', 'user_id,country,gender\nu,NA,-\n', ['user_id', 'country', 'gender'], ['u', 'NA', null]],
    [
      'EXPERIMENT_EVENTS',
      '{"user_id":"u","account_type":"free","date":"2024-01-02","event_type":null,"order_value":1.5,"version":"A","x":1}\n',
      ['user_id', 'account_type', 'date', 'event_type', 'order_value', 'version', ['x']],
      [null, null, 'u', 'free', '2024-01-02T00:00:00Z', null, '1.5', 'A'],
    ],
    [
      'EXCLUDED_USERS',
      'user_id,to,__proto__\nu,2024-01-02,x\n',
      ['user_id', 'to', ['__proto__']],
      ['u', null, null, '2024-01-02T00:00:00Z', null],
    ],
  ])('of %s has the record in its wire format and names the columns that are ignored', async (target, ...rest) => {
    const [text, names, values] = rest;
    const outcome = await start(text, `target: ${target}, dryRun: true`);
    expect(outcome.import).toMatchObject({ state: 'SUCCEEDED', read: 1, accepted: 1, firstRejects: [] });
    const columns = names.map((name) =>
      Array.isArray(name) ? { name: name[0], fields: [] } : { name, fields: [name] },
    );
    expect(outcome.import?.recordPreview).toMatchObject({ columns, rows: [{ values }] });
    expect(storedCounts()).toEqual([0, 0]);
  });

  it('has at most 100 records, 20 rejects and 5 examples, and counts the whole file', async () => {
    const rows = Array.from({ length: 300 }, (_each, id) => (id % 2 === 0 ? `u${id},SE,F` : ',SE,F'));
    const outcome = await start(`user_id,country,gender\n${rows.join('\n')}\n`, 'target: USERS, dryRun: true');
    const { recordPreview, firstRejects, ...counts } = outcome.import as Record<string, never>;
    const { columns, rows: firstRows } = recordPreview as unknown as {
      columns: { examples: string[] }[];
      rows: { line: number }[];
    };
    expect(counts).toMatchObject({ read: 300, accepted: 150, rejected: 150 });
    expect(firstRows).toHaveLength(100);
    expect(firstRows.at(-1)).toMatchObject({ line: 200 });
    expect(firstRejects).toHaveLength(20);
    expect(columns[0]?.examples).toEqual(['u0', 'u2', 'u4', 'u6', 'u8']);
  });

  it('shows no record that is stored already, and nothing of a file of another kind', async () => {
    const csv = 'user_id,country,gender\nu,SE,F\n';
    await start(csv, 'target: USERS');
    expect((await start(csv, 'target: USERS, dryRun: true')).import).toMatchObject({
      ...{ unchanged: 1, accepted: 0 },
      recordPreview: { columns: [{ examples: ['u'] }, {}, {}], rows: [] },
    });
    expect((await start('a,b\n1,2\n', 'target: USERS, dryRun: true')).import).toMatchObject({
      ...{ state: 'FAILED', failure: { code: 'NOT_A_TABLE' } },
      recordPreview: null,
    });
    expect((await start(csv, 'target: USERS')).import).toMatchObject({ recordPreview: null, firstRejects: [] });
  });

  it('does not exist for user files', async () => {
    const outcome = await start('', 'target: USER_FILES, dryRun: true');
    expect(outcome.message).toContain('dryRun');
  });
});

describe('a dry run of IP ranges', () => {
  const importRanges = async (text: string, args = '') => {
    await writeFile(join(folder, 'file'), text);
    const { data } = await opened.query<{ importIpRanges: { import: Record<string, unknown> } }>(`mutation {
      importIpRanges(input: { source: { location: "file" } ${args} }) { ... on StartImportPayload { import {
        state read accepted rejected failure { code } dialect { delimiter }
        firstRejects { line raw problems { path } } recordPreview { columns { name fields } fields rows { line values } }
      } } }
    }`);
    return data?.importIpRanges.import;
  };
  const cityOf = async (ip: string) =>
    (await opened.query<{ ipCity: { city: string } | null }>(`{ ipCity(ip: "${ip}") { city } }`)).data?.ipCity?.city;

  it('publishes nothing and shows the first ranges and rejects', async () => {
    await importRanges('start,end,city\n10.0.0.0,10.0.0.9,Rome\n');
    const before = storedCounts();
    const text = 'ip_from;ip_to;city_name;country\n167772160;167772169;Oslo;NO\n10.0.0.12;x;Bern;CH\n;;;\n';
    expect(await importRanges(text, ', dryRun: true')).toMatchObject({
      ...{ state: 'FAILED', read: 3, accepted: 1, rejected: 2, failure: { code: 'NOT_A_TABLE' } },
      dialect: { delimiter: 'SEMICOLON' },
      firstRejects: [{ line: 3, raw: '10.0.0.12;x;Bern;CH', problems: [{ path: 'ip_to' }] }, { line: 4 }],
      recordPreview: {
        columns: [
          { name: 'ip_from', fields: ['start'] },
          { name: 'ip_to', fields: ['end'] },
          { name: 'city_name', fields: ['city'] },
          { name: 'country', fields: [] },
        ],
        fields: ['start', 'end', 'city', 'ipv6'],
        rows: [{ line: 2, values: ['10.0.0.0', '10.0.0.9', 'Oslo', null] }],
      },
    });
    expect(await importRanges('cidr,city\n10.0.0.0/29,Oslo\n', ', dryRun: true')).toMatchObject({
      state: 'SUCCEEDED',
      recordPreview: {
        columns: [{ fields: ['start', 'end'] }, { fields: ['city'] }],
        rows: [{ line: 2, values: ['10.0.0.0', '10.0.0.7', 'Oslo', null] }],
      },
    });
    expect(storedCounts()).toEqual(before);
    expect(await cityOf('10.0.0.1')).toBe('Rome');
  });

  it('shows the columns of a file without a header under the names that are read', async () => {
    expect(await importRanges('10.0.0.0,10.0.0.9,Rome\n10.0.1.0,10.0.1.9,Bern\n', ', dryRun: true')).toMatchObject({
      ...{ state: 'SUCCEEDED', read: 2 },
      recordPreview: {
        columns: [{ fields: ['start'] }, { fields: ['end'] }, { fields: ['city'] }],
        rows: [{ line: 1 }, {}],
      },
    });
    expect(await cityOf('10.0.0.1')).toBe('unknown');
  });
});

describe('options of how a file is read', () => {
  it('apply to files of records', async () => {
    const latin = Buffer.from('Liste\nuser_id;country;gender\nü;SE;F\n', 'latin1');
    const outcome = await start(latin, 'target: USERS, headerLine: 2, encoding: WINDOWS_1252, delimiter: SEMICOLON');
    expect(outcome.import).toMatchObject({ state: 'SUCCEEDED', accepted: 1 });
    expect(opened.app.domains.users.userOf('ü')).toMatchObject({ country: 'SE' });
  });

  it('change how amounts, times and missing values of records are read', async () => {
    const transactions = 'click_id;created_at;product_id;product_price;user_id\nc1;03/04/2024;p;1.500;u\n';
    const outcome = await start(transactions, 'target: TRANSACTIONS, decimal: COMMA, dateOrder: MDY');
    expect(outcome.import).toMatchObject({ state: 'SUCCEEDED', accepted: 1 });
    const { data } = await opened.query('{ transactions(first: 5) { nodes { occurredAt amount } } }');
    expect(data).toEqual({ transactions: { nodes: [{ occurredAt: '2024-03-04T00:00:00Z', amount: '1500' }] } });
    await start('user_id,country,gender\na,nowhere,F\nb,SE,F\n', 'target: USERS, nullMarkers: ["nowhere"]');
    expect(opened.app.domains.users.userOf('a')).toMatchObject({ country: null });
    expect(opened.app.domains.users.userOf('b')).toMatchObject({ country: 'SE' });
  });

  it.each([
    ['USERS', 'decimal: COMMA', 'decimal has no effect on USERS'],
    ['USERS', 'dateOrder: DMY', 'dateOrder has no effect on USERS'],
    ['STATUS_CHANGES', 'decimal: COMMA', 'decimal has no effect on STATUS_CHANGES'],
    ['IP_RANGES', 'dateOrder: DMY', 'dateOrder has no effect on IP_RANGES'],
    ['USER_FILES', 'delimiter: COMMA', 'delimiter has no effect on USER_FILES'],
    ['USERS', 'types: [{ column: "a", type: DATE }]', 'types: only for the target DATASET'],
    ['USERS', 'keepVersions: 3', 'keepVersions: only for the target DATASET'],
    ['TRANSACTIONS', 'statusWords: [{ word: "done", status: CANCELLED }]', 'statusWords has no effect on TRANSACTIONS'],
    ['DATASET', 'datasetName: "a", statusWords: [{ word: "done", status: CANCELLED }]', 'statusWords: only for'],
  ])('that have no effect on %s are refused: %s', async (target, args, message) => {
    const outcome = await start('user_id,country,gender\nu,SE,F\n', `target: ${target}, ${args}`);
    expect(outcome.message).toContain(message);
    expect(storedCounts()).toEqual([0, 0]);
  });

  it('of CSV are refused for a file of JSON', async () => {
    const outcome = await start('[{"user_id": "u", "country": "SE", "gender": "F"}]', 'target: USERS, delimiter: TAB');
    expect(outcome.import).toMatchObject({ state: 'FAILED', failure: { code: 'BAD_REQUEST' } });
  });
});
