import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../support/app.ts';
import { asof } from './asof-process.ts';

let opened: OpenApp;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asof-options-'));
  opened = await openApp({ settings: { importFolder: folder } });
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

interface Preview {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly examples: readonly unknown[] }[];
  readonly rows: readonly { readonly line: number; readonly cells: readonly unknown[] }[];
}

/** The columns as `name TYPE`, and the cells of the rows as texts. */
const shortOf = ({ columns, rows }: Preview) => ({
  columns: columns.map(({ name, type }) => `${name} ${type}`),
  rows: rows.map(({ cells }) => cells.map((cell) => (cell === null ? null : String(cell)))),
});

const previewByRest = async (file: Uint8Array, query: string): Promise<ReturnType<typeof shortOf>> => {
  const body = new Blob([file as Uint8Array<ArrayBuffer>]);
  const headers = { 'content-type': 'text/csv' };
  const response = await opened.get(`/datasets/preview?dryRun=1${query}`, { method: 'PUT', headers, body });
  return shortOf(((await response.json()) as { preview: Preview }).preview);
};

const previewByGraphql = async (file: string, args: string) => {
  const { data, errors } = await opened.query<{
    startImport: { import: { preview: { columns: Preview['columns']; rows: { line: number; values: unknown[] }[] } } };
  }>(`mutation { startImport(input: {
    target: DATASET, datasetName: "preview", dryRun: true, source: { location: "${file}" }, ${args}
  }) { ... on StartImportPayload { import { preview {
    columns { name type examples } rows { line values }
  } } } } }`);
  if (!data) throw new Error(JSON.stringify(errors));
  const { columns, rows } = data.startImport.import.preview;
  return shortOf({ columns, rows: rows.map(({ line, values }) => ({ line, cells: values })) });
};

const previewByCommand = async (path: string, args: readonly string[]) => {
  const data = join(folder, 'no-data');
  const { stdout } = await asof(['import', 'dataset', 'preview', path, '--dry-run', '--json', '--data', data, ...args]);
  const { imports } = JSON.parse(stdout) as { imports: { preview: Preview }[] };
  return shortOf((imports[0] as { preview: Preview }).preview);
};

interface Case {
  readonly option: string;
  readonly file: string | Uint8Array;
  readonly graphql: string;
  readonly rest: string;
  readonly command: readonly string[];
  readonly without: ReturnType<typeof shortOf>;
  readonly expected: ReturnType<typeof shortOf>;
}

const cases: readonly Case[] = [
  {
    option: 'delimiter',
    file: 'a;b,c\n1;2,3\n4;5,6\n',
    graphql: 'delimiter: COMMA',
    rest: '&delimiter=comma',
    command: ['--delimiter', ','],
    without: {
      columns: ['a INTEGER', 'b,c DECIMAL'],
      rows: [
        ['1', '2.3'],
        ['4', '5.6'],
      ],
    },
    expected: {
      columns: ['a;b STRING', 'c INTEGER'],
      rows: [
        ['1;2', '3'],
        ['4;5', '6'],
      ],
    },
  },
  {
    option: 'encoding',
    // The same bytes are UTF-8 for «é» and Windows-1252 for «Ã©».
    file: 'name,n\nCafé,1\n',
    graphql: 'encoding: WINDOWS_1252',
    rest: '&encoding=cp1252',
    command: ['--encoding', 'windows-1252'],
    without: { columns: ['name STRING', 'n INTEGER'], rows: [['Café', '1']] },
    expected: { columns: ['name STRING', 'n INTEGER'], rows: [['CafÃ©', '1']] },
  },
  {
    option: 'headerLine, a number',
    file: 'id,name\n1,Chess\ncode,title\n2,Go\n',
    graphql: 'headerLine: 3',
    rest: '&headerLine=3',
    command: ['--header-line', '3'],
    without: {
      columns: ['id STRING', 'name STRING'],
      rows: [
        ['1', 'Chess'],
        ['code', 'title'],
        ['2', 'Go'],
      ],
    },
    expected: { columns: ['code INTEGER', 'title STRING'], rows: [['2', 'Go']] },
  },
  {
    option: 'headerLine, none',
    file: 'id,name\na,Chess\n',
    graphql: 'headerLine: NONE',
    rest: '&header_line=none',
    command: ['--header-line', 'none'],
    without: { columns: ['id STRING', 'name STRING'], rows: [['a', 'Chess']] },
    expected: {
      columns: ['column1 STRING', 'column2 STRING'],
      rows: [
        ['id', 'name'],
        ['a', 'Chess'],
      ],
    },
  },
  {
    option: 'decimal',
    file: 'id;v\n1;1.500\n2;2.250\n',
    graphql: 'decimal: COMMA',
    rest: '&decimal=comma',
    command: ['--decimal', ','],
    without: {
      columns: ['id INTEGER', 'v STRING'],
      rows: [
        ['1', '1.500'],
        ['2', '2.250'],
      ],
    },
    expected: {
      columns: ['id INTEGER', 'v INTEGER'],
      rows: [
        ['1', '1500'],
        ['2', '2250'],
      ],
    },
  },
  {
    option: 'dateOrder',
    file: 'id,day\n1,03/04/2024\n2,05/06/2024\n',
    graphql: 'dateOrder: MDY',
    rest: '&dateOrder=mdy',
    command: ['--date-order', 'MDY'],
    without: {
      columns: ['id INTEGER', 'day STRING'],
      rows: [
        ['1', '03/04/2024'],
        ['2', '05/06/2024'],
      ],
    },
    expected: {
      columns: ['id INTEGER', 'day DATE'],
      rows: [
        ['1', '2024-03-04'],
        ['2', '2024-05-06'],
      ],
    },
  },
  {
    option: 'nullMarkers',
    file: 'id,v\n1,5\n2,unknown\n3,6\n',
    graphql: 'nullMarkers: ["unknown", "?"]',
    rest: '&nullMarkers=unknown,?',
    command: ['--null-markers', 'unknown', '?'],
    without: {
      columns: ['id INTEGER', 'v STRING'],
      rows: [
        ['1', '5'],
        ['2', 'unknown'],
        ['3', '6'],
      ],
    },
    expected: {
      columns: ['id INTEGER', 'v INTEGER'],
      rows: [
        ['1', '5'],
        ['2', null],
        ['3', '6'],
      ],
    },
  },
  {
    option: 'types',
    file: 'id,v\n1,5\n2,6\n',
    graphql: 'types: [{ column: "id", type: STRING }, { column: "v", type: DECIMAL }]',
    rest: '&types=id%3DSTRING,v%3DDECIMAL',
    command: ['--types', 'id=STRING', 'v=DECIMAL'],
    without: {
      columns: ['id INTEGER', 'v INTEGER'],
      rows: [
        ['1', '5'],
        ['2', '6'],
      ],
    },
    expected: {
      columns: ['id STRING', 'v DECIMAL'],
      rows: [
        ['1', '5'],
        ['2', '6'],
      ],
    },
  },
];

describe('an option of how a file is read changes the preview alike on GraphQL, REST and the command line', () => {
  it.each(cases)('$option', async ({ option, file, graphql, rest, command, without, expected }) => {
    const name = `${option.replaceAll(/\W/g, '')}.csv`;
    const bytes = typeof file === 'string' ? Buffer.from(file) : file;
    await writeFile(join(folder, name), bytes);
    expect(await previewByRest(bytes, '')).toEqual(without);
    expect(await previewByRest(bytes, rest)).toEqual(expected);
    expect(await previewByGraphql(name, graphql)).toEqual(expected);
    expect(await previewByCommand(join(folder, name), command)).toEqual(expected);
  });
});

describe('an option that is not valid is refused by its name', () => {
  it.each([
    [
      'delimiter',
      'abc',
      'one of comma, semicolon, tab, pipe, tilde, caret, unit_separator, start_of_heading, colon, space',
    ],
    ['encoding', 'klingon', 'one of utf-8, utf-16le, utf-16be, windows-1252'],
    ['headerLine', '0', 'a line from 1, or none'],
    ['headerLine', 'first', 'a line from 1, or none'],
    ['decimal', ';', 'one of point, comma'],
    ['dateOrder', 'DYM', 'one of YMD, DMY, MDY'],
    ['types', 'v=NUMBER', 'column=type'],
  ])('%s=%s', async (name, text, expected) => {
    const response = await opened.get(`/datasets/preview?${name}=${encodeURIComponent(text)}`, {
      method: 'PUT',
      headers: { 'content-type': 'text/csv' },
      body: 'id,v\n1,2\n',
    });
    const snakeCase = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining(expected), problems: [{ path: snakeCase }] },
    });
    const kebabCase = snakeCase.replace('_', '-');
    const path = join(folder, 'refused.csv');
    await writeFile(path, 'id,v\n1,2\n');
    const command = await asof(['import', 'dataset', 'preview', path, `--${kebabCase}`, text]);
    expect(command.code).toBe(2);
    expect(command.stderr).toContain(kebabCase);
    expect(command.stderr).toContain(expected);
  });
});

it('asof import refuses options that have no effect on files of the target', async () => {
  const path = join(folder, 'users.csv');
  await writeFile(path, 'user_id,country,gender\nu,SE,F\n');
  const { code, stderr } = await asof(['import', 'users', path, '--decimal', ',', '--data', join(folder, 'data')]);
  expect(code).not.toBe(0);
  expect(stderr).toContain('decimal has no effect on USERS');
});
