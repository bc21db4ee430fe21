import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecordColumns } from '../../src/lib/record-columns.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
  fc.constantFrom(
    '',
    'a',
    ',',
    ']',
    '"',
    '\\',
    '\\"',
    '\n',
    '\u0000',
    '\u007f',
    '\u2028',
    'null',
    'é',
    'ж',
    '💙',
    '0123456789abc',
  ),
);
const anyNumber = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -1, 999_999_999_999_999, 1_731_748_421_173_049, Number.MAX_SAFE_INTEGER, 1e300, -2.5e-7),
);

it('numbers and texts that SQLite lists as JSON are read as those that the driver returns', () => {
  const client = new Database(':memory:');
  client.exec('create table cells (id integer primary key, number real, text text)');
  const insert = client.prepare('insert into cells (number, text) values (?, ?)');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.option(anyNumber), fc.option(anyText)), { maxLength: 20 }), (cells) => {
      client.exec('delete from cells');
      for (const cell of cells) insert.run(...cell);
      const stored = client.prepare('select number, text from cells order by id').raw().all() as [unknown, unknown][];
      const [length, number, text] = client
        .prepare(
          'select count(*), json_group_array(number), json_group_array(text) from (select * from cells order by id)',
        )
        .raw()
        .get() as [number, string, string];
      const records = new RecordColumns({ length, columns: new Map(Object.entries({ number, text })) });
      expect(Array.from(records.numbers('number'))).toEqual(stored.map(([value]) => value ?? Number.NaN));
      const texts = records.texts('text');
      expect(Array.from({ length }, (_, index) => texts.at(index))).toEqual(stored.map(([, value]) => value));
      expect(records.rows()).toEqual(stored.map(([first, second]) => ({ number: first, text: second })));
      const values = new Map([
        ['number', stored.map(([value]) => value)],
        ['text', stored.map(([, value]) => value)],
      ]);
      const plain = new RecordColumns({ length, columns: values });
      expect(plain.numbers('number')).toEqual(records.numbers('number'));
      expect(Array.from({ length }, (_, index) => plain.texts('text').at(index))).toEqual(
        Array.from({ length }, (_, index) => texts.at(index)),
      );
      for (const column of ['number', 'text'])
        if (length > 0) expect(records.lastOf(column)).toEqual(plain.lastOf(column));
      expect(plain.followedBy(records).rows()).toEqual([...records.rows(), ...records.rows()]);
    }),
  );
  client.close();
});

it('a value of another type than that of its column is damage', () => {
  for (const column of ['[1,"2"]', [1, '2']]) {
    const records = new RecordColumns({ length: 2, columns: new Map([['cell', column]]) });
    expect(() => records.numbers('cell')).toThrow(expect.objectContaining({ code: 'DATA_DAMAGED' }));
    expect(() => records.texts('cell')).toThrow(expect.objectContaining({ code: 'DATA_DAMAGED' }));
  }
});
