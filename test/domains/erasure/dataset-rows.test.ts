import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';
import { dataFolder } from '../../support/store.ts';

const open = async (data = dataFolder(), start = true): Promise<OpenApp> => {
  const opened = await openApp({ data, start });
  onTestFinished(opened.close);
  return opened;
};

/** Erases rows, as the command does. */
const erase = async ({ app }: OpenApp, rows: readonly string[], userId: string | null = null) => {
  const { eraser } = app.domains;
  const found = await eraser.find({ userId, rows });
  await found.erase();
  await eraser.finish();
  expect(await eraser.find({ userId, rows })).toMatchObject({ isEmpty: true });
  const problems = [...app.store.verify().problems];
  for await (const problem of app.domains.fileProblems()) problems.push(problem);
  expect(problems).toEqual([]);
  return found;
};

/** All bytes of a data folder. */
const contains = (folder: string, text: string): boolean =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text),
  );

const cell = fc.constantFrom('1', '2', '01', '1.0', 'x', '', 'two words', '2020-01-01', 'true');

describe('erasing rows of a dataset', () => {
  it('leaves the rows that a filter does not find, in their order, whatever the type of the column', async () => {
    const opened = await open();
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 12 }),
        cell.filter((text) => text !== ''),
        async (rows, text) => {
          const name = `d${number++}`;
          const csv = rows.map(([key, note], index) => `${index},${key},${note}`).join('\n');
          await importCsv(opened, name, `n,key,note\n${csv}\n`);
          const before = await rowsOf(opened, name);
          const type = opened.app.domains.datasets.current(opened.app.domains.datasets.getByName(name)).columns[1]
            ?.type;
          // A cell that does not fit its column is null, and is compared by its text.
          const isSame = (row: Record<string, unknown>): boolean => {
            const own = rows[Number(row.n)]?.[0] ?? '';
            if (type === 'STRING') return own === text;
            if (row.key === null) return own === text;
            return type === 'BOOLEAN' || type === 'DATE' ? own === text : Number(own) === Number(text);
          };
          const { rows: counts } = await erase(opened, [`${name}.key=${text}`]);
          const left = before.filter((row) => !isSame(row));
          expect(await rowsOf(opened, name)).toEqual(left);
          expect(counts).toEqual([
            { dataset: name, version: 1, before: before.length, erased: before.length - left.length },
          ]);
        },
      ),
      {
        numRuns: 12,
        examples: [
          [[['true', '1']], '1'],
          [[['true', 'x']], 'true'],
        ],
      },
    );
  }, 120_000);

  it('covers all versions, rejects and errors of its imports, and ids of other rows are not given to others', async () => {
    const data = dataFolder();
    const opened = await open(data);
    const first = 'mail,age\nada@example.org,36\nbo@example.org,41\n';
    await importCsv(opened, 'news', first);
    await importCsv(opened, 'news', 'mail,age\nbo@example.org,42\ncy@example.org,7\n');
    await importCsv(opened, 'news', 'mail,age\nada@example.org,37\nbo@example.org,43\nada@example.org,1,more\n');
    const twice = await importCsv(
      opened,
      'news',
      'mail,age\nada@example.org,1\nada@example.org,2\n',
      '&mode=upsert&key=mail',
    );
    expect(JSON.stringify(twice)).toContain('ada@example.org');
    await importCsv(opened, 'other', first);
    const { next } = (await (await opened.get('/datasets/news?_first=1')).json()) as { next: string };
    const { rows, counts } = await erase(opened, ['news.mail=ada@example.org']);
    expect(rows.map(({ version, before, erased }) => [version, before, erased])).toEqual([
      [1, 2, 1],
      [2, 2, 0],
      [3, 2, 1],
    ]);
    expect(counts).toMatchObject([
      { kind: 'rejected records', erased: 1 },
      { kind: 'imports', erased: 1 },
    ]);
    expect(await rowsOf(opened, 'news')).toEqual([{ mail: 'bo@example.org', age: 43 }]);
    expect(await rowsOf(opened, 'news', '&_version=1')).toEqual([{ mail: 'bo@example.org', age: 41 }]);
    expect((await opened.get(next.slice(next.indexOf('/datasets')))).status).toBe(404);
    expect(await rowsOf(opened, 'other')).toHaveLength(2);
    // The next version follows the others.
    expect(await importCsv(opened, 'news', 'mail,age\ndi@example.org,1\n')).toMatchObject({ status: 200 });
    const { dataset } = (await opened.query('{ dataset(name: "news") { versions { nodes { number } } } }')).data as {
      dataset: { versions: { nodes: { number: number }[] } };
    };
    expect(dataset.versions.nodes.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    await erase(opened, ['other.mail'], 'ada@example.org');
    expect(contains(data, 'ada@example')).toBe(false);
  });

  it('refuses what is no column of a dataset, and what may be one of two', async () => {
    const opened = await open();
    await importCsv(opened, 'a', 'b.c,d=e\n1,2\n');
    await importCsv(opened, 'a.b', 'c,d\n1,2\n');
    const { eraser } = opened.app.domains;
    const find = (row: string, userId: string | null = null) => eraser.find({ userId, rows: [row] });
    for (const row of ['a', 'a.d', 'x.y=1', 'a.b.c', 'a.d=e=', 'a.b.c='])
      await expect(find(row)).rejects.toThrow(/is no NAME.COLUMN=VALUE of a dataset that exists/);
    await expect(find('a.b.c=1')).rejects.toThrow(/can be the column .*b\.c.* of .* or .*c.* of/);
    expect(await find('a.d=e=2')).toMatchObject({ rows: [{ dataset: 'a', erased: 1 }] });
    expect(await find('a.d=e', '2')).toMatchObject({ rows: [{ dataset: 'a', erased: 1 }] });
  });
});

describe('an erasure that is interrupted', () => {
  const filled = async () => {
    const data = dataFolder();
    const opened = await open(data);
    const text = 'user_id,created_at,status\nada-7,2020-01-01,paying\nbo,2020-01-01,paying';
    await opened.importFile('user-status', { name: 'changes.csv', text });
    await importCsv(opened, 'visits', 'visitor,page\nada-7,home\nbo,home\n');
    await opened.close();
    return data;
  };
  const request = { userId: 'ada-7', rows: ['visits.visitor'] };

  it('is completed by the next start when it had been committed', async () => {
    const data = await filled();
    const erasing = await open(data, false);
    await (await erasing.app.domains.eraser.find(request)).erase();
    await erasing.close();
    expect(existsSync(join(data, 'erasure.journal'))).toBe(true);
    const again = await open(data);
    expect(existsSync(join(data, 'erasure.journal'))).toBe(false);
    expect(await rowsOf(again, 'visits')).toEqual([{ visitor: 'bo', page: 'home' }]);
    expect(again.app.store.verify().problems).toEqual([]);
    expect(contains(data, 'ada-7')).toBe(false);
  });

  it('leaves everything as it was when it fails before', async () => {
    const data = await filled();
    const erasing = await open(data, false);
    const found = await erasing.app.domains.eraser.find(request);
    erasing.app.store.close();
    await expect(found.erase()).rejects.toThrow();
    expect(readdirSync(join(data, 'datasets'))).toHaveLength(1);
    await erasing.close();
    const again = await open(data);
    expect(await rowsOf(again, 'visits')).toHaveLength(2);
    expect(await again.app.domains.eraser.find(request)).toMatchObject({ isEmpty: false, firstSequence: 1 });
    expect(again.app.store.verify().problems).toEqual([]);
  });
});
