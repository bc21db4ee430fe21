import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { openClient } from '../../../db/sqlite/file/client.ts';
import { SqlThreadClient } from '../../../db/sqlite/sql-thread/thread-client.ts';
import { BlockInsert, blockRows } from '../../../db/sqlite/transaction/block-insert.ts';
import { dataFolder } from '../../support/store.ts';

const schema = 'create table items (id integer primary key, number integer, name text, content blob)';
const insert = 'insert or fail into items (id, number, name, content) values ';

const text = fc.string({ unit: 'grapheme', maxLength: 3 });
const integer = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 2 ** 31 - 2, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER - 1, Number.MIN_SAFE_INTEGER),
);
const bytes = fc.uint8Array({ maxLength: 2 }).map((array) => Buffer.from(array));

/** The values of a column in a block: all equal, integers that follow each other, or each its own. */
const columnOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> => {
  const own = fc.array(fc.option(value, { freq: 4 }), { minLength: blockRows, maxLength: blockRows });
  return fc.oneof(
    own,
    fc.option(value).map((each) => new Array(blockRows).fill(each)),
    // One row that does not fit.
    fc
      .tuple(own, fc.nat({ max: blockRows - 1 }))
      .map(([[first, other], at]) => new Array(blockRows).fill(first).fill(other, at, at + 1)),
  );
};
const serial = fc
  .tuple(integer, fc.option(fc.nat({ max: blockRows - 1 }), { freq: 3 }))
  .map(([first, gap]) =>
    Array.from({ length: blockRows }, (_, row) => first + row + (gap !== null && row > gap ? 1 : 0)),
  );

/** Blocks of rows; their keys follow each other, or have gaps. */
const blocks = fc.array(
  fc.record({
    gap: fc.constantFrom(0, 0, 1),
    number: fc.oneof(columnOf(integer), serial as fc.Arbitrary<unknown[]>),
    name: columnOf(text),
    content: columnOf(bytes),
  }),
  { minLength: 1, maxLength: 5 },
);

it('stores what inserts of single rows store, whatever the columns of a block have in common', () => {
  const one = new Database(':memory:');
  one.exec(schema);
  const path = join(dataFolder(), 'store.sqlite');
  openClient(path).exec(schema).close();
  const local = new Database(':memory:');
  local.exec(schema);
  const thread = new SqlThreadClient(path, 8);
  onTestFinished(() => thread.close());
  const single = one.prepare(`${insert} (?, ?, ?, ?)`);
  fc.assert(
    fc.property(blocks, (all) => {
      for (const client of [one, local, thread]) client.exec('delete from items');
      const writers = [local, thread].map((client) => new BlockInsert(client, insert, 4));
      let id = 0;
      for (const { gap, number, name, content } of all) {
        const rows = number.map((each, row) => {
          id += 1 + (row % 3 === 0 ? gap : 0);
          return [id, each, name[row], content[row]];
        });
        for (const row of rows) single.run(row);
        for (const writer of writers) expect(writer.run(rows).lastInsertRowid).toBe(id);
      }
      const found = 'select *, typeof(number) as type, typeof(name) as other from items order by id';
      const expected = one.prepare(found).all();
      expect(local.prepare(found).all()).toEqual(expected);
      expect(thread.prepare(found).all()).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

it('inserts the rows before one that fails', () => {
  const client = new Database(':memory:');
  client.exec('create table items (id integer primary key, name text not null)');
  const block = new BlockInsert(client, 'insert or fail into items (id, name) values ', 2);
  const rows = Array.from({ length: blockRows }, (_, row) => [row, row === 5 ? null : 'a']);
  expect(() => block.run(rows)).toThrow('NOT NULL constraint failed: items.name');
  expect(client.prepare('select max(id) from items').pluck().get()).toBe(4);
});
