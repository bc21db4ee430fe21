import { join } from 'node:path';
import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { openClient } from '../../../db/sqlite/file/client.ts';
import { SqlThreadClient } from '../../../db/sqlite/sql-thread/thread-client.ts';
import { dataFolder } from '../../support/store.ts';

const schema = 'create table items (id integer primary key, name text not null, content blob) strict';

interface Block {
  /** Rows to insert, one after the other; one that repeats an id, or has no name, fails. */
  readonly rows: readonly { readonly id: number; readonly name: string | null }[];
  /** What waits for the thread after them. */
  readonly read: 'CHANGES' | 'COUNT' | 'ROWS' | 'NOTHING';
}

const block: fc.Arbitrary<Block> = fc.record({
  rows: fc.array(
    fc.record({
      id: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 0, max: 500 }) },
        { weight: 1, arbitrary: fc.constant(0) },
      ),
      name: fc.option(fc.string({ maxLength: 5 }), { freq: 40 }),
    }),
    { maxLength: 12 },
  ),
  read: fc.constantFrom('CHANGES', 'COUNT', 'ROWS', 'NOTHING'),
});

type Transaction = readonly Block[];
type Client = Pick<Database.Database, 'prepare'> & { exec(text: string): unknown; readonly inTransaction: boolean };

/** Runs a transaction; returns what was read within it, or the code of its fault after undoing it. */
const runAll = (client: Client, blocks: Transaction): unknown[] | string => {
  const insert = client.prepare('insert into items values (?, ?, ?)');
  const count = client.prepare('select count(*) from items').pluck();
  const rows = client.prepare('select * from items order by id').raw();
  const one = client.prepare('select * from items where id = ?');
  const found: unknown[] = [];
  try {
    client.exec('begin immediate');
    for (const { rows: inserted, read } of blocks) {
      let last: Database.RunResult | undefined;
      for (const { id, name } of inserted) last = insert.run(id, name, Buffer.from(`content ${id}`));
      if (read === 'CHANGES') found.push(last && { changes: last.changes, id: last.lastInsertRowid });
      if (read === 'COUNT') found.push(count.get());
      if (read === 'ROWS') found.push(rows.all(), one.get([0]));
    }
    client.exec('commit');
    return found;
  } catch (error) {
    if (client.inTransaction) client.exec('rollback');
    return error instanceof Database.SqliteError ? error.code : String(error);
  }
};

it('reads and stores what a connection of the same thread does, and undoes a transaction of which a row fails', () => {
  const folder = dataFolder();
  const local = new Database(':memory:');
  local.exec(schema);
  openClient(join(folder, 'store.sqlite')).exec(schema).close();
  const thread = new SqlThreadClient(join(folder, 'store.sqlite'), 8);
  onTestFinished(() => thread.close());
  fc.assert(
    fc.property(fc.array(fc.array(block, { maxLength: 8 }), { maxLength: 3 }), (transactions) => {
      for (const client of [local, thread]) client.exec('delete from items');
      for (const blocks of transactions) expect(runAll(thread, blocks)).toEqual(runAll(local, blocks));
      const all = 'select * from items order by id';
      expect(thread.prepare(all).all()).toEqual(local.prepare(all).all());
      expect(thread.inTransaction).toBe(false);
    }),
    { numRuns: 300 },
  );
});

it('tells the faults of SQLite with their codes: of opening, of a statement, and of a locked file', () => {
  const folder = dataFolder();
  const path = join(folder, 'store.sqlite');
  const missing = new SqlThreadClient(join(folder, 'none', 'store.sqlite'), 8);
  expect(() => missing.exec('begin')).toThrow('directory does not exist');
  missing.close();
  const thread = new SqlThreadClient(path, 8);
  onTestFinished(() => thread.close());
  expect(() => thread.prepare('select * from nowhere').all()).toThrow('no such table: nowhere');
  expect(thread.prepare('select 1').pluck().get()).toBe(1);
  const other = openClient(path);
  other.exec('begin immediate');
  expect(() => thread.exec('begin immediate')).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
  expect(thread.inTransaction).toBe(false);
  other.exec('rollback');
  other.close();
  thread.exec('begin immediate');
  expect(thread.inTransaction).toBe(true);
  thread.exec('rollback');
});

it('says that only the result of the last statement is known, and that a closed connection is closed', () => {
  const path = join(dataFolder(), 'store.sqlite');
  const thread = new SqlThreadClient(path, 8);
  thread.exec(schema);
  const insert = thread.prepare('insert into items values (?, ?, null)');
  const first = insert.run(1, 'one');
  const second = insert.run([2, 'two']);
  expect(() => first.changes).toThrow('only the result of the last statement is known');
  expect(second.lastInsertRowid).toBe(2);
  thread.close();
  thread.close();
  expect(() => thread.exec('select 1')).toThrow('the connection is closed');
});

it.each([
  ['that nobody has heard of', []],
  ['of a statement that cannot be prepared', ['select * from nowhere']],
])('is closed in a transaction with a fault %s, and leaves nothing of it', (_, texts) => {
  const path = join(dataFolder(), 'store.sqlite');
  const other = openClient(path);
  onTestFinished(() => void other.close());
  other.exec(schema);
  const thread = new SqlThreadClient(path, 8);
  thread.exec('begin immediate');
  const insert = thread.prepare('insert into items values (?, ?, null)');
  for (const id of [1, 1, 2]) insert.run(id, 'name');
  for (const text of texts) thread.prepare(text).run();
  thread.close();
  expect([thread.open, thread.inTransaction]).toEqual([false, false]);
  expect(() => thread.exec('rollback')).toThrow('the connection is closed');
  expect(() => thread.prepare('select 1').get()).toThrow('the connection is closed');
  // Nothing holds the lock for writing.
  other.exec('begin immediate; commit');
  expect(other.prepare('select * from items').all()).toEqual([]);
});

/** The threads that a test starts; each is there an iteration of the event loop later. */
const startedThreads = (): Worker[] => {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => void threads.push(thread);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  return threads;
};

it('waits for a thread as long as it lives', () => {
  const path = join(dataFolder(), 'store.sqlite');
  const other = openClient(path);
  onTestFinished(() => void other.close());
  other.exec('begin immediate');
  const thread = new SqlThreadClient(path, 8);
  onTestFinished(() => thread.close());
  thread.exec('pragma busy_timeout = 2500');
  expect(() => thread.exec('begin immediate')).toThrow('database is locked');
  expect(thread.open).toBe(true);
});

it('waits no longer for a thread that has ended, whatever it waits for', async () => {
  const threads = startedThreads();
  const path = join(dataFolder(), 'store.sqlite');
  openClient(path).exec(schema).close();
  const clients = [1, 2, 3].map(() => new SqlThreadClient(path, 8));
  const [reader, writer, idle] = clients as [SqlThreadClient, SqlThreadClient, SqlThreadClient];
  await eventLoop();
  reader.exec('begin');
  const insert = writer.prepare('insert into items values (?, ?, null)');
  // A thread that is ended runs no code of its own, like one whose heap is full; and its event does not arrive meanwhile.
  for (const thread of threads) void thread.terminate();
  expect(() => {
    for (;;) reader.exec('select 1');
  }).toThrow('the thread of the connection has ended');
  expect(() => {
    for (let id = 0; ; id++) insert.run(id, 'name');
  }).toThrow('the thread of the connection has ended');
  idle.close();
  for (const { open, inTransaction } of clients) expect([open, inTransaction]).toEqual([false, false]);
});

it('tells an end of the thread to who waits for a text, unless its reply has come', async () => {
  const threads = startedThreads();
  const path = join(dataFolder(), 'store.sqlite');
  const thread = new SqlThreadClient(path, 8);
  await eventLoop();
  thread.exec('begin');
  const done = thread.execLater('commit');
  thread.close();
  await done;
  const other = new SqlThreadClient(path, 8);
  await eventLoop();
  const undone = expect(other.execLater('begin')).rejects.toThrow('the thread of the connection has ended');
  void threads[1]?.terminate();
  await undone;
  expect(other.open).toBe(false);
});
