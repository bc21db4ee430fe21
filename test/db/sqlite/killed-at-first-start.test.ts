import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { statusChanges } from '../../../db/tables/index.ts';
import { appendChange, dataFolder, testStore } from '../../support/store.ts';

/** What a process leaves that is killed while SQLite writes the first pages: the file, and a journal to put them back. */
const killedFolder = (): string => {
  const [root, data] = [dataFolder(), dataFolder()];
  const client = new Database(join(root, 'asof.sqlite'));
  // Pages are written before the transaction ends.
  client.pragma('cache_size = 1');
  client.exec('begin; create table unfinished (text); insert into unfinished values (zeroblob(100000))');
  for (const end of ['', '-journal']) copyFileSync(join(root, `asof.sqlite${end}`), join(data, `asof.sqlite${end}`));
  client.close();
  return data;
};

describe('a store whose process was killed while it made the file', () => {
  it('cannot be read by a connection that only reads', () => {
    const client = new Database(join(killedFolder(), 'asof.sqlite'), { readonly: true });
    expect(() => client.prepare('select 1 from sqlite_master').get()).toThrow('attempt to write a readonly database');
    client.close();
  });

  it('is made by the next process, and keeps what that stores', async () => {
    const data = killedFolder();
    const store = testStore({ data });
    await store.write(appendChange());
    expect(store.count(statusChanges)).toBe(1);
    expect(store.verify().problems).toEqual([]);
    store.close();
    expect(existsSync(join(data, 'asof.sqlite-journal'))).toBe(false);
    expect(testStore({ data }).count(statusChanges)).toBe(1);
  });

  it('is not damaged for those who only look at it', () => {
    expect(() => testStore({ data: killedFolder(), isReadOnly: true })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });
});
