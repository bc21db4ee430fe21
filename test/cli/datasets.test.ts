import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fixture, openApp } from '../support/app.ts';
import { rowsOf } from '../support/datasets.ts';
import { fileServer } from '../support/file-server.ts';
import { asof, folder, startAsof } from './asof-process.ts';

it('asof import dataset imports a CSV file with declared and inferred column types', async () => {
  const data = join(await folder(), 'data');
  const args = [
    'import',
    'dataset',
    'songs',
    fixture('songs.csv'),
    '--data',
    data,
    '--type',
    'Tags=STRING_LIST',
    'Released=DATE',
  ];
  const dry = await asof([...args, '--dry-run', '--json']);
  expect(JSON.parse(dry.stdout)).toMatchObject({
    target: 'dataset',
    dryRun: true,
    imports: [{ id: null, read: 6, stored: 5, rejected: 1, rejects: [{ line: 6 }] }],
  });
  const { code, stdout } = await asof(args);
  expect(code).toBe(1);
  expect(stdout).toBe(`${fixture('songs.csv')}: 6 read = 5 stored, 0 duplicates, 0 conflicts, 1 rejected
  line 6: the row has 3 cells, the header 7
  "": INTEGER
  "Title": STRING
  "Released": DATE, 1 cells do not fit and are kept as text
  "Price": DECIMAL
  "Languages": STRING_LIST
  "Live": BOOLEAN
  "Tags": STRING_LIST
`);
  const opened = await openApp({ data });
  try {
    expect(await rowsOf(opened, 'songs', '&Tags__in=slow&_sort=-Price')).toMatchObject([
      { Title: '雨の歌', Released: null, Price: 12.5, Tags: ['rain', 'slow'] },
      { Title: 'Quiet' },
      { Title: 'Café Nöir®' },
    ]);
  } finally {
    await opened.close();
  }
});

it('asof import dataset explains a malformed name, type or column', async () => {
  const data = join(await folder(), 'data');
  const file = fixture('songs.csv');
  expect(await asof(['import', 'dataset', '/songs', file, '--data', data])).toMatchObject({ code: 2 });
  expect(await asof(['import', 'dataset', 'songs', '--data', data])).toMatchObject({ code: 2 });
  expect(await asof(['import', 'dataset', 'songs', file, '--type', 'Tags=NUMBER', '--data', data])).toMatchObject({
    code: 2,
  });
  const { code, stdout } = await asof(['import', 'dataset', 'songs', file, '--type', 'Nothing=DATE', '--data', data]);
  expect(code).toBe(1);
  expect(stdout).toContain('types names "Nothing", which the file does not have');
});

it('asof import dataset leaves nothing behind when its process is killed', async () => {
  const own = await folder();
  const data = join(own, 'data');
  const file = join(own, 'long.csv');
  await writeFile(file, `n,text\n${'1,some text that takes its time\n'.repeat(600_000)}`);
  await asof(['import', 'dataset', 'long', fixture('songs.csv'), '--data', data]);
  const { child, closed } = startAsof(['import', 'dataset', 'long', file, '--data', data]);
  while ((await readdir(join(data, 'datasets'))).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  await closed;
  const opened = await openApp({ data });
  try {
    await opened.app.domains.imports.endInterrupted();
    expect(await readdir(join(data, 'datasets'))).toHaveLength(1);
    expect(await rowsOf(opened, 'long')).toHaveLength(5);
    const { data: found } = await opened.query('{ imports { nodes { state accepted read } } }');
    expect(found).toEqual({
      imports: {
        nodes: [
          { state: 'FAILED', accepted: 0, read: 0 },
          { state: 'SUCCEEDED_WITH_REJECTS', accepted: 5, read: 6 },
        ],
      },
    });
  } finally {
    await opened.close();
  }
});

it('asof import dataset imports a private link that --import-allow names, and sets what a server keeps and refreshes', async () => {
  const file = await fileServer('id,name\n1,Chess\n');
  const data = join(await folder(), 'data');
  const args = ['import', 'dataset', 'games', file.url, '--data', data, '--json'];
  const refused = await asof(args);
  expect(refused.code).not.toBe(0);
  expect(file.requests).toHaveLength(0);
  const allowed = [...args, '--import-allow', file.host];
  const accepted = await asof([...allowed, '--keep-versions', '1', '--refresh-every', '1h']);
  expect(JSON.parse(accepted.stdout)).toMatchObject({ imports: [{ state: 'SUCCEEDED', stored: 1 }] });
  file.text = 'id,name\n2,Go\n';
  expect(await asof(allowed)).toMatchObject({ code: 0 });
  expect(await asof([...args, '--keep-versions', '0'])).toMatchObject({ code: 2 });
  const opened = await openApp({ data });
  onTestFinished(opened.close);
  expect(await (await opened.get('/datasets')).json()).toMatchObject([
    { name: 'games', version: 2, keep_versions: 1, refresh: { every: 'PT1H', url: `http://${file.host}/games.csv` } },
  ]);
  expect(await (await opened.get('/datasets/games/versions')).json()).toHaveLength(1);
});
