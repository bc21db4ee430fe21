import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sealMigrated, sideChangesOf } from '../../../db/sqlite/digests/seal.ts';
import { DomainError } from '../../../src/errors.ts';
import { createRandom, isLong, seed } from '../../faults/form.ts';
import { anyWrite, perform } from '../../support/any-writes.ts';
import { openApp } from '../../support/app.ts';
import { importCsv, rowsOf } from '../../support/datasets.ts';
import { appendChange, dataFolder, rawConnection, testStore } from '../../support/store.ts';

const files = ['asof.sqlite', 'asof.sqlite-wal', 'asof.mark'];

/** A copy of the files of a store, as a process that is killed leaves them. */
const copyOf = (data: string): string => {
  const copy = dataFolder();
  for (const name of files) if (existsSync(join(data, name))) copyFileSync(join(data, name), join(copy, name));
  return copy;
};

/** What verify says of a store. */
const verified = (data: string): readonly string[] => {
  try {
    const reader = testStore({ data, isReadOnly: true });
    const { problems } = reader.verify();
    reader.close();
    return problems;
  } catch (error) {
    if (error instanceof DomainError) return [error.message];
    throw error;
  }
};

/** What a start says of a store, and verify. */
const judge = async (data: string): Promise<readonly string[]> => {
  const problems = verified(data);
  try {
    const store = testStore({ data });
    const found = await store.checkAtStart(() => undefined);
    store.close();
    // Both find the same damage.
    expect(found.length > 0).toBe(problems.length > 0);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(problems).not.toEqual([]);
  }
  return problems;
};

/** Everything that a store holds, as SQLite answers it; null when it cannot. */
const contentOf = (data: string): string | null => {
  const client = new Database(join(data, 'asof.sqlite'));
  try {
    const tables = client
      .prepare<[], string>("select name from sqlite_master where type = 'table' order by name")
      .pluck();
    return JSON.stringify(tables.all().map((name) => client.prepare(`select * from "${name}"`).raw().all()));
  } catch {
    return null;
  } finally {
    client.close();
  }
};

/** A store with rows in many tables, in a folder of its own, whose log of writes still holds some. */
const filled = async (hasKey = true) => {
  const opened = await openApp({ data: dataFolder() });
  onTestFinished(opened.close);
  await fc
    .sample(anyWrite, { numRuns: 30, seed: 7 })
    .reduce((before, each, number) => before.then(() => perform(opened, each, number)), Promise.resolve());
  await opened.importFile('user-status', {
    name: 'bad.csv',
    text: 'user_id,created_at,status\nx,,\ny,2020-01-01,paying',
  });
  await importCsv(opened, 'songs', 'id,title\n1,Loud\n2,Quiet,x\n');
  if (hasKey) await opened.app.domains.apiKeys.add('reader', ['read']);
  return opened;
};

describe('an edit of a store that changes what it holds', () => {
  it('is found when bytes of its file or of its log are changed, cut or exchanged', async () => {
    const { data } = await filled();
    const sound = contentOf(copyOf(data));
    expect(await judge(copyOf(data))).toEqual([]);
    const edit = fc.record({
      name: fc.constantFrom('asof.sqlite', 'asof.sqlite-wal'),
      how: fc.constantFrom('flip', 'cut', 'zero', 'swap'),
      at: fc.double({ min: 0, max: 0.999999, noNaN: true }),
      bit: fc.nat(7),
    });
    await fc.assert(
      fc.asyncProperty(edit, async ({ name, how, at, bit }) => {
        const copy = copyOf(data);
        const path = join(copy, name);
        const bytes = readFileSync(path);
        const position = Math.floor(at * bytes.length);
        const page = position - (position % 4096);
        if (how === 'cut') truncateSync(path, position);
        else {
          if (how === 'flip') bytes[position] = (bytes[position] ?? 0) ^ (1 << bit);
          if (how === 'zero') bytes.fill(0, page, Math.min(page + 4096, bytes.length));
          if (how === 'swap') bytes.copyWithin(page, 0, 4096);
          writeFileSync(path, bytes);
        }
        const isSame = contentOf(copyOf(copy)) === sound;
        const problems = await judge(copy);
        expect(isSame || problems.length > 0).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it('is found when rows are changed through SQL, in every table and column', async () => {
    const { data } = await filled();
    const client = new Database(join(copyOf(data), 'asof.sqlite'));
    onTestFinished(() => void client.close());
    const tables = client.prepare<[], string>("select name from sqlite_master where type = 'table'").pluck().all();
    const edits = tables.flatMap((table) => {
      const count = client.prepare(`select count(*) from "${table}"`).pluck().get();
      if (count === 0) return [];
      const columns = client.pragma(`table_info("${table}")`) as { name: string; type: string; pk: number }[];
      const other = ({ name, type }: { name: string; type: string }) =>
        type === 'TEXT' || type === 'text'
          ? `coalesce("${name}", '') || 'x'`
          : type === 'blob'
            ? `x'00'`
            : `coalesce("${name}", 0) + 1000003`;
      const one = `where rowid = (select max(rowid) from "${table}")`;
      return [
        `delete from "${table}" ${one}`,
        ...columns.map((column) => `update or ignore "${table}" set "${column.name}" = ${other(column)} ${one}`),
      ];
    });
    expect(edits.length).toBeGreaterThan(80);
    // A part of them, another one with each run: all take a minute on a busy machine.
    const random = createRandom(seed);
    for (const sql of isLong ? edits : edits.filter(() => random() < 0.2)) {
      const copy = copyOf(data);
      const edited = new Database(join(copy, 'asof.sqlite'));
      const { changes } = edited.prepare(sql).run();
      edited.close();
      if (changes > 0) expect({ sql, seed, isFound: verified(copy).length > 0 }).toEqual({ sql, seed, isFound: true });
    }
  });

  it('is found when two records are exchanged, an index or a trigger is dropped or added', async () => {
    const { data } = await filled();
    for (const sql of [
      'update status_changes set seq = -seq where seq = (select min(seq) from status_changes)',
      'drop index status_changes_by_user',
      'create trigger t after insert on imports begin select 1; end',
      'create table other (id integer)',
      'alter table imports add other text',
      "update sqlite_sequence set seq = seq + 1 where name = 'imports'",
      "delete from sqlite_sequence where name = 'imports'",
      "insert into sqlite_sequence (name, seq) values ('imports', 99)",
      "update sqlite_sequence set name = case name when 'imports' then 'rejected_records' else 'imports' end where name in ('imports', 'rejected_records')",
      'insert into store_state (id, changes, digest) select 2, changes, digest from store_state',
      'update user_files set name = cast(name as blob) where seq = (select max(seq) from user_files)',
      "update dataset_versions set columns = columns || 'x'",
      'update store_state set changes = -changes',
      'delete from __drizzle_migrations where created_at = (select min(created_at) from __drizzle_migrations)',
      'update __drizzle_migrations set id = 1 where created_at = (select min(created_at) from __drizzle_migrations)',
    ]) {
      const copy = copyOf(data);
      const edited = new Database(join(copy, 'asof.sqlite'));
      edited.exec(sql);
      edited.close();
      expect([sql, verified(copy).length > 0]).toEqual([sql, true]);
    }
  });
});

describe('the high-water mark', () => {
  it('shows that the log was cut at any frame, altered or deleted, and that an older copy was put back', async () => {
    const data = dataFolder();
    // Closed, so that the copy needs no log.
    testStore({ data }).close();
    const older = copyOf(data);
    const store = testStore({ data });
    for (let index = 0; index < 12; index++) await store.write(appendChange(`u${index}`));
    const frame = 4096 + 24;
    const frames = Math.floor((statSync(join(data, 'asof.sqlite-wal')).size - 32) / frame);
    expect(frames).toBeGreaterThan(12);
    for (let kept = frames - 12; kept < frames; kept++) {
      const copy = copyOf(data);
      truncateSync(join(copy, 'asof.sqlite-wal'), 32 + kept * frame + (kept % 2) * 100);
      const before = readFileSync(join(copy, 'asof.sqlite-wal'));
      expect((await judge(copy)).join()).toMatch(/it was cut, or is an older copy/);
      // What is left of the log is kept for a repair.
      expect(readFileSync(join(copy, 'asof.sqlite-wal'))).toEqual(before);
    }
    const deleted = copyOf(data);
    rmSync(join(deleted, 'asof.sqlite-wal'));
    expect((await judge(deleted)).join()).toMatch(/older copy|missing/);
    const swapped = copyOf(data);
    copyFileSync(join(older, 'asof.sqlite'), join(swapped, 'asof.sqlite'));
    rmSync(join(swapped, 'asof.sqlite-wal'));
    expect(await judge(swapped)).toHaveLength(1);
    rmSync(join(swapped, 'asof.mark'));
    expect(await judge(swapped)).toEqual([]);
  });

  it('never goes back when several stores write, and a loss can be accepted', async () => {
    const data = dataFolder();
    testStore({ data }).close();
    const early = copyOf(data);
    const [one, other] = [testStore({ data }), testStore({ data })];
    for (let index = 0; index < 20; index++) await (index % 3 === 0 ? one : other).write(appendChange(`u${index}`));
    expect(one.verify()).toMatchObject({ problems: [], hasMark: true });
    one.close();
    other.close();
    cpSync(join(early, 'asof.sqlite'), join(data, 'asof.sqlite'));
    expect(() => testStore({ data })).toThrow(/it had records up to 20/);
    testStore({ data, acceptsLoss: true }).close();
    expect(testStore({ data }).verify().problems).toEqual([]);
  });
});

describe('a migration that changes rows of side tables', () => {
  it('is no damage when it empties the state of the store, and goes on counting so that the mark follows', async () => {
    const { data, close } = await filled();
    await close();
    const client = rawConnection(data);
    client.transaction(() => {
      const changes = sideChangesOf(client);
      client.exec("update imports set source = 'renamed'; delete from store_state");
      sealMigrated(client, changes);
    })();
    client.close();
    const store = testStore({ data });
    expect(await store.checkAtStart(() => undefined)).toEqual([]);
    expect(store.verify()).toMatchObject({ problems: [], hasMark: true });
  });
});

describe('answers that rest on what is damaged', () => {
  it('are refused, and others are given', async () => {
    const { data, close } = await filled(false);
    await close();
    const client = rawConnection(data);
    client.exec("update conversations set symbol = case symbol when 'a' then 'e' else 'a' end");
    client.close();
    const opened = await openApp({ data });
    onTestFinished(opened.close);
    const refused = await opened.query('{ dashboard { total { count } } }');
    expect(refused).toMatchObject({ errors: [{ extensions: { code: 'DATA_DAMAGED' } }] });
    expect(await opened.query('{ users { totalCount } }')).not.toHaveProperty('errors');
    expect((await opened.get('/readyz')).status).toBe(503);
  });

  it('are those of the version of a dataset whose file was changed, until it is put back', async () => {
    const opened = await openApp({ data: dataFolder() });
    onTestFinished(opened.close);
    const { data } = opened;
    await importCsv(opened, 'songs', 'id,title\n1,Loud\n');
    const [name = ''] = readdirSync(join(data, 'datasets')).filter((file) => file.endsWith('.parquet'));
    const path = join(data, 'datasets', name);
    const sound = readFileSync(path);
    const rows = await rowsOf(opened, 'songs');
    const changed = Buffer.from(sound);
    changed[20] = (changed[20] ?? 0) ^ 1;
    writeFileSync(path, changed);
    const refused = await opened.get('/datasets/songs');
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('DATA_DAMAGED')]);
    writeFileSync(path, sound);
    expect(await rowsOf(opened, 'songs')).toEqual(rows);
  });
});
