import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp();
});
afterAll(() => opened.close());

/** Imports as a new dataset; the cells of its rows as text, without the fields that every row has. */
const imported = async (csv: string | Uint8Array) => {
  const name = `dialect${Math.random()}`;
  const { status, dialect, read, rejected } = await importCsv(opened, name, csv);
  expect(status).toBe(200);
  const { data } = await opened.query<{
    dataset: { columns: { header: string }[]; rows: { nodes: { values: unknown[] }[] } };
  }>('query ($name: String!) { dataset(name: $name) { columns { header } rows(first: 200) { nodes { values } } } }', {
    name,
  });
  const columns = data?.dataset.columns.map(({ header }) => header);
  const rows = data?.dataset.rows.nodes.map(({ values }) => values.map((value) => (value === null ? '' : `${value}`)));
  return { dialect, read, rejected, columns, rows };
};

describe('the delimiter', () => {
  it.each<[string, string, string, string[], string[]]>([
    [
      'commas in names of semicolons',
      'Item;Net, EUR;Qty\nA;1,50;3\nB;2,25;4\n',
      ';',
      ['Item', 'Net, EUR', 'Qty'],
      ['A'],
    ],
    [
      'tabs below names with commas',
      'Last, First\tCity\tAge\nDoe, J\tRome\t4\n',
      '\t',
      ['Last, First', 'City', 'Age'],
      ['Doe, J', 'Rome'],
    ],
    ['pipes', 'id|name|qty\n1|A|3\n2|B|4\n', '|', ['id', 'name', 'qty'], ['1', 'A', '3']],
    ['semicolons within cells of commas', 'id,tags\n1,a;b;c\n2,d;e\n3,f\n', ',', ['id', 'tags'], ['1', 'a;b;c']],
    ['pipes within cells of commas', 'id,path\n1,a|b|c\n2,d|e|f\n', ',', ['id', 'path'], ['1', 'a|b|c']],
    ['decimal commas in all columns', 'a;b;c\n1,5;2,5;x\n3,5;4,5;y\n', ';', ['a', 'b', 'c'], []],
    ['coordinates within cells', 'name;pos\nA;52.5,13.4\nB;48.1,11.6\n', ';', ['name', 'pos'], ['A', '52.5,13.4']],
    [
      'sentences within cells',
      'id\ttext\n1\tHello, you, there\n2\tBye, you, there\n',
      '\t',
      ['id', 'text'],
      ['1', 'Hello, you, there'],
    ],
    ['spaces', 'id name qty\n1 a 3\n2 b 4\n3 c 5\n', ' ', ['id', 'name', 'qty'], ['1', 'a', '3']],
    [
      'colons',
      'user:uid:shell\nroot:0:/bin/sh\nbin:1:/bin/sh\n',
      ':',
      ['user', 'uid', 'shell'],
      ['root', '0', '/bin/sh'],
    ],
    ['tildes', 'id~name~amount\n1~Doe, J~1,200\n2~Roe, R~3,400\n', '~', ['id', 'name', 'amount'], ['1', 'Doe, J']],
    ['carets', 'id^name^note\n1^Ann^"x^y"\n2^Bob^z\n', '^', ['id', 'name', 'note'], ['1', 'Ann', 'x^y']],
    ['unit separators', 'a\x1fb\n1\x1fx, y\n2\x1fz\n', '\x1f', ['a', 'b'], ['1', 'x, y']],
    ['control characters of Hive', 'a\x01b\n1\x01x;y\n2\x01z\n', '\x01', ['a', 'b'], ['1', 'x;y']],
    ['tildes within cells', 'sym,near\n~A,5\n~B,6\n', ',', ['sym', 'near'], ['~A', '5']],
    [
      'sentences and coordinates within cells',
      'id;pos;note;tags\n1;66.5,87.2;"the ""old"" one";a|b\n2;60.5,84.2;"a ""b""";c|d\n',
      ';',
      ['id', 'pos', 'note', 'tags'],
      ['1', '66.5,87.2', 'the "old" one', 'a|b'],
    ],
    ['carets within cells', 'sym,px\n^GSPC,5\n^DJI,6\n', ',', ['sym', 'px'], ['^GSPC', '5']],
  ])('is found by consistency: %s', async (_what, csv, delimiter, names, first) => {
    const { dialect, columns, rows, rejected } = await imported(csv);
    expect({ delimiter: dialect.delimiter, columns, rejected }).toEqual({ delimiter, columns: names, rejected: 0 });
    expect(rows?.[0]?.slice(0, first.length)).toEqual(first);
    expect(dialect.warnings).toEqual([]);
  });

  it.each([
    ['sep=;\nid;qty\n1;3\n', ';', 2],
    ['"sep=|"\r\nid|qty\r\n1|3\r\n', '|', 2],
    ['sep=\t\nid\tqty\n1\t3\n', '\t', 2],
    ['sep=,\nid;qty\n1;3\n2;4\n', ';', 2],
  ])('may be told by an instruction, unless nothing is split by it: %j', async (csv, delimiter, line) => {
    const { dialect, columns } = await imported(csv);
    expect(dialect).toMatchObject({ delimiter, header_line: line, skipped_lines: 1 });
    expect(columns).toEqual(['id', 'qty']);
  });

  it('has a warning when one column remains', async () => {
    for (const csv of [
      'v\n1\n2\n',
      'time\n10:00:00\n11:30:00\n',
      'log\n2024-01-01 10:00:00 INFO a\n2024-01-01 10:00:01 INFO b\n',
      'This is a text, with commas.\nIt goes on; and on.\nIt is, in no way, a table.\nAt all.\n',
    ]) {
      const { dialect, columns } = await imported(csv);
      expect(columns).toHaveLength(1);
      expect(dialect.warnings).toEqual(['only one column was found; state delimiter if there are more']);
    }
  });

  it('also splits rows that are all longer than their header, which are rejected', async () => {
    const { status, error } = await importCsv(opened, 'longer', 'a,b\n1,2,3\n4,5,6\n');
    expect({ status, code: error?.code }).toEqual({ status: 422, code: 'NOT_A_TABLE' });
  });
});

describe('the header', () => {
  it.each<[string, string, number, string[], number]>([
    ['title lines', 'Sales report\nby shop\n\nItem;Qty;Price\nA;1;2,50\nB;2;3,50\n', 4, ['Item', 'Qty', 'Price'], 2],
    ['titles with commas', 'Shops in A, B\nof 2024\nid,name\n1,a\n2,b\n3,c\n', 3, ['id', 'name'], 3],
    ['padded titles', 'Sales,,\nQ1,,\n,,\nid,name,qty\n1,a,3\n2,b,4\n', 4, ['id', 'name', 'qty'], 2],
    ['a comment block', '# made by x\n# on Monday\nid,qty\n1,2\n', 3, ['id', 'qty'], 1],
    ['comments between rows', '# made by x\na;b\n# first\n1;3\n6;7\n# end, "x\n', 2, ['a', 'b'], 2],
    ['comments of slashes', '// made by x\na;b\n// first\n1;3\n6;7\n', 2, ['a', 'b'], 2],
    ['comments only between rows', 'x,y,z\n# one\n1,2,3\n# two\n4,5,6\n', 1, ['x', 'y', 'z'], 2],
    [
      'a comment that names the columns',
      '# a note\n#name,city\nBob,Rome\nAl,Paris\nEve,Oslo\n',
      2,
      ['#name', 'city'],
      3,
    ],
    ['years', 'country,2019,2020,2021\nDE,1,2,3\nFR,4,5,6\n', 1, ['country', '2019', '2020', '2021'], 2],
    ['texts only', 'name,city\nBob,Rome\nAl,Paris\nEve,Oslo\n', 1, ['name', 'city'], 3],
    ['blank and equal names', 'id,x,x,,\n1,a,b,c,d\n', 1, ['id', 'x', 'x', '', ''], 1],
    ['blanks and byte order marks', '\ufeff\ufeffid , name\n1,A\n', 1, ['id', 'name'], 1],
    ['a delimiter at its end', 'id,name,\n1,a\n2,b\n', 1, ['id', 'name'], 2],
    ['more titles than rows', 'Report\nQ1 2024\nfor us\nitem,qty,price\nA,1,2.5\n', 4, ['item', 'qty', 'price'], 1],
    ['many titles', `${'a note\n'.repeat(30)}\nid;n\n1;2\n3;4\n`, 32, ['id', 'n'], 2],
    ['titles as long as rows', 'a,b\nc,d,e,f\nid,qty,price\n1,2,3\n', 3, ['id', 'qty', 'price'], 1],
    [
      'names and values above',
      'Station,Rome\nId,10384\nDate,Temp,Rain\n2024-01-01,2,0\n2024-01-02,3,1\n',
      3,
      ['Date', 'Temp', 'Rain'],
      2,
    ],
    ['one comment between rows', 'name;born\nAl;1987\n# a note, with a comma\nBo;1984\n', 1, ['name', 'born'], 2],
    [
      'a comment with a delimiter',
      '# from: http://x.example/a;b\n6;2024-01-16\n7;2024-01-05\n',
      1,
      ['column1', 'column2'],
      2,
    ],
    ['names that look like tags', '<DATE>,<OPEN>\n2024-01-02,5.5\n2024-01-03,6.5\n', 1, ['<DATE>', '<OPEN>'], 2],
    ['comments and titles', '# one\n# two\nno comment\n# three\na;b\n# four\n1;3\n6;7\n', 5, ['a', 'b'], 2],
  ])('is found with %s', async (_what, csv, line, names, count) => {
    const { dialect, columns, rows, rejected } = await imported(csv);
    expect({ columns, rows: rows?.length, rejected }).toEqual({ columns: names, rows: count, rejected: 0 });
    if (names[0] === 'column1') return;
    expect(dialect).toMatchObject({ header_line: line, skipped_lines: line - 1 });
    expect(dialect.warnings.length > 0).toBe(line > 1 || /# (?:one|a)/.test(csv));
  });

  it.each<[string, string, number]>([
    ['numbers and dates', '1,Bob,2024-01-01\n2,Al,2024-01-02\n3,Eve,2024-01-03\n', 3],
    ['semicolons', '2024-01-01;5\n2024-01-02;6\n', 2],
    ['addresses', 'bob@x.example,Rome\nal@y.example,Oslo\n', 2],
    ['codes', 'SKU-001,red\nSKU-002,blue\nSKU-003,red\n', 3],
    ['one column', '5\n7\n9\n', 3],
    ['one row', '1,2,3\n', 1],
    ['one row with texts', 'Ann;Rome;12,50\n', 1],
    ['missing codes', 'AB-693,,x\nAB-424,37,y\n,49,z\nAB-153,,x\n', 4],
    ['IP addresses', '10.108.241.4;C:\\x.txt\n10.18.201.4;C:\\y.txt\n10.60.216.8;C:\\z.txt\n', 3],
    ['tags', '#31;81%;x\n#42;46%;y\n#7;12%;z\n', 3],
    ['one date', '2024-01-01', 1],
    ['a log', '2024-01-01 10:00:00 start up\n2024-01-01 10:00:05 disk is full\n2024-01-01 10:00:09 end\n', 3],
  ])('is not taken from a first row like the others: %s', async (_what, csv, count) => {
    const { dialect, columns, rows } = await imported(csv);
    expect(dialect.header_line).toBeNull();
    expect(columns?.[0]).toBe('column1');
    expect(rows).toHaveLength(count);
    expect(dialect.warnings.join()).toContain('no header');
  });
});

describe('quotes', () => {
  it.each<[string, string, string[][]]>([
    [
      'inside unquoted cells',
      'id\tname\n1\t5" pipe\n2\t"Best" tool\n3\tx\n',
      [
        ['1', '5" pipe'],
        ['2', '"Best" tool'],
        ['3', 'x'],
      ],
    ],
    ['after blanks', 'id, name, city\n1, "Doe, J", Rome\n', [['1', 'Doe, J', ' Rome']]],
    ['doubled', 'id,note\n1,"a ""b"" c"\n', [['1', 'a "b" c']]],
    [
      'with backslashes',
      'id,note\n1,"a \\"b\\" c"\n2,"x, y"\n',
      [
        ['1', 'a "b" c'],
        ['2', 'x, y'],
      ],
    ],
    [
      'single, throughout',
      "id;name\n1;'Doe; J'\n2;'O''Hara'\n",
      [
        ['1', 'Doe; J'],
        ['2', "O'Hara"],
      ],
    ],
    [
      'single, only where they are needed',
      "id,name,age\n1,Cleo,5\n2,'Daisy, the second',6\n3,'O''Hara',7\n",
      [
        ['1', 'Cleo', '5'],
        ['2', 'Daisy, the second', '6'],
        ['3', "O'Hara", '7'],
      ],
    ],
    [
      'single, around numbers',
      "'86%';'a@x.example'\n'7%';'b@x.example'\n",
      [
        ['86%', 'a@x.example'],
        ['7%', 'b@x.example'],
      ],
    ],
    [
      'around line ends, before delimiters at the end of rows',
      'a,b,c\n1,"x\ny, z\n7",5,\n2,"p\nq, r\n8",6,\n',
      [
        ['1', 'x\ny, z\n7', '5'],
        ['2', 'p\nq, r\n8', '6'],
      ],
    ],
    [
      'that are apostrophes',
      "id,name\n1,O'Brien\n2,'tis\n",
      [
        ['1', "O'Brien"],
        ['2', "'tis"],
      ],
    ],
    [
      'around line ends',
      'id,note\r\n1,"a\r\nb"\r\n2,"c\r\n\r\nd"\r\n',
      [
        ['1', 'a\r\nb'],
        ['2', 'c\r\n\r\nd'],
      ],
    ],
    [
      'not escaped',
      '"id","note","k"\n"0","he said:"wow."","A"\n"1","x, and "a, b." ok","A"\n',
      [
        ['0', 'he said:"wow."', 'A'],
        ['1', 'x, and "a, b." ok', 'A'],
      ],
    ],
  ])('are read %s', async (_what, csv, cells) => {
    const { rows, rejected } = await imported(csv);
    expect({ rows: rows?.map((row) => row.map((cell) => cell)), rejected }).toEqual({ rows: cells, rejected: 0 });
  });

  it('that are stray cost only their own rows', async () => {
    const body = Array.from({ length: 60 }, (_each, index) => `${index},${index === 7 || index === 50 ? '"x' : 'x'}\n`);
    expect(await imported(`id,note\n${body.join('')}`)).toMatchObject({ read: 60, rejected: 2 });
    expect(await imported('id,note\n1,a\n2,"open')).toMatchObject({ read: 2, rejected: 1 });
  });
});

describe('line ends and rows', () => {
  it.each<[string, string, number]>([
    ['CR', 'id;name\r1;a\r2;b\r', 2],
    ['CRLF', 'id;name\r\n1;a\r\n2;b', 2],
    ['a mixture', 'id,n\r\n1,a\n2,b\r3,c\r\n', 3],
    ['CR CR LF', 'id,n\r\r\n1,a\r\r\n2,b\r\r\n', 2],
    ['delimiters at the end of rows', 'id,name\n1,a,\n2,b\n3,c,,\n', 3],
    ['delimiters at the end of rows that begin like comments', 'tag,n\n#a,5,\n#b,6,\n#c,7,\n', 3],
    ['rows of empty cells', 'a\tb\n1\t2\n\t\n3\t4\n', 3],
    ['empty rows of one column', 'v\n1\n\n3\n', 3],
    ['blank lines', 'a,b\n1,2\n\n3,4\n\n', 2],
    ['a mark of the end of DOS files', 'id,v\n1,a\n\x1a', 1],
  ])('are read: %s', async (_what, csv, count) => {
    const { rows, read, rejected } = await imported(csv);
    expect({ rows: rows?.length, read, rejected }).toEqual({ rows: count, read: count, rejected: 0 });
  });

  it('that end in a delimiter have no column behind it without a header', async () => {
    const { columns, rows } = await imported('1|AB-1|2024-01-01|\n2|AB-2|2024-01-02|\n');
    expect({ columns, rows }).toEqual({
      columns: ['column1', 'column2', 'column3'],
      rows: [
        ['1', 'AB-1', '2024-01-01'],
        ['2', 'AB-2', '2024-01-02'],
      ],
    });
  });

  it('may have their first value in the last column late', async () => {
    const csv = `${'1|2024-01-01|\n'.repeat(1500)}2|2024-01-02|late\n`;
    expect(await imported(csv)).toMatchObject({ read: 1501, rejected: 0, columns: ['column1', 'column2', 'column3'] });
  });

  it('exported rows are the same when they are imported again', async () => {
    await importCsv(opened, 'trip', 'v\n1\n\n3\n\n\n5\n');
    const csv = await (await opened.get('/datasets/trip/export')).text();
    await importCsv(opened, 'trip2', csv);
    expect(await rowsOf(opened, 'trip2')).toEqual(await rowsOf(opened, 'trip'));
  });
});

describe('the encoding', () => {
  const text = 'id;Stra\u00dfe\n1;M\u00fcnchen \u20ac\n2;x\n';
  const cp1252 = Buffer.from(text.replace('\u20ac', '\x80'), 'latin1');
  const bigEndian = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  it.each<[string, Uint8Array]>([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8', Buffer.from(`\ufeff${text}`)],
    ['WINDOWS-1252', cp1252],
    ['UTF-16LE', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', bigEndian],
  ])('is detected and reported: %s', async (encoding, bytes) => {
    const { dialect, columns, rows } = await imported(bytes);
    expect(dialect).toMatchObject({ encoding, delimiter: ';' });
    expect(columns).toEqual(['id', 'Stra\u00dfe']);
    expect(rows).toEqual([
      ['1', 'M\u00fcnchen \u20ac'],
      ['2', 'x'],
    ]);
    expect(dialect.warnings).toHaveLength(encoding === 'WINDOWS-1252' ? 1 : 0);
  });

  it('of a few rows costs no row', async () => {
    const rows = Array.from({ length: 50 }, (_each, index) => `${index},${index > 44 ? 'Orl\xe9ans' : 'Lyon'}\n`);
    expect(await imported(Buffer.from(`id,city\n${rows.join('')}`, 'latin1'))).toMatchObject({ read: 50, rejected: 0 });
  });
});

describe('two tables in one file', () => {
  it('are not taken for titles and a table: the rows of the second are rejected', async () => {
    const { dialect, columns, read, rejected } = await imported('id,n\n1,2\n3,4\n\nid,n,m\n1,2,3\n4,5,6\n');
    expect({ line: dialect.header_line, columns, read, rejected }).toEqual({
      line: 1,
      columns: ['id', 'n'],
      read: 5,
      rejected: 3,
    });
  });
});

describe('backslashes outside of quotes', () => {
  it('escape delimiters, line ends, quotes and themselves when all rows are alike only then', async () => {
    const { columns, rows, rejected } = await imported(
      'id,text,n\n1,a\\, b,5\n2,c\\\nd,6\n3,e\\\\,7\n4,\\"f\\",8\n5,\\N,9\n',
    );
    expect({ columns, rejected }).toEqual({ columns: ['id', 'text', 'n'], rejected: 0 });
    expect(rows?.map(([, text]) => text)).toEqual(['a, b', 'c\nd', 'e\\', '"f"', '']);
  });

  it('are characters in other files', async () => {
    const { rows, rejected } = await imported('id,path,n\n1,C:\\dir\\,5\n2,D:\\x,6\n3,"a, b",7\n');
    expect(rejected).toBe(0);
    expect(rows?.map(([, path]) => path)).toEqual(['C:\\dir\\', 'D:\\x', 'a, b']);
  });
});
