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

  it('does not exist for user files', async () => {
    const outcome = await start('', 'target: USER_FILES, dryRun: true');
    expect(outcome.message).toContain('dryRun');
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
