import Database from 'better-sqlite3';
import BTreeModule from 'sorted-btree';
import { createTimelineIndex } from '../../src/indices/as-of.ts';
import { createDictionary } from '../../src/indices/dictionary.ts';
import { type BenchmarkData, type Questions, userId } from './fixtures.ts';
import { weighed } from './measure.ts';
import { byNumber, type Race, race, withBytes } from './race.ts';

// A CommonJS package: what Node calls its default is the whole module.
const BTree = BTreeModule.default;

const absent = 0;

const fillAsOf = ({ changes: { user, atUs, status } }: BenchmarkData) => {
  const index = createTimelineIndex();
  for (let row = 0; row < user.length; row++)
    index.add(user[row] as number, atUs[row] as number, status[row] as number, row + 1);
  for (const _step of index.compact());
  return index;
};

/** The best case: the index covers the query, users are numbers, and the database is in memory. */
const numbersSchema = `create table changes (user integer, at integer, seq integer, status integer,
  primary key (user, at, seq)) without rowid`;

/** As a store has it: users are texts, and an index leads to the row. In memory, too. */
const textsSchema = `create table changes (user text, at integer, seq integer primary key, status integer);
  create index by_user on changes (user, at, seq)`;

const fillSqlite = (
  { changes: { user, atUs, status } }: BenchmarkData,
  schema: string,
  idOf: (user: number) => unknown,
) => {
  const client = new Database(':memory:');
  client.exec(schema);
  const insert = client.prepare('insert into changes values (?, ?, ?, ?)');
  client.transaction(() => {
    for (let row = 0; row < user.length; row++) insert.run(idOf(user[row] as number), atUs[row], row + 1, status[row]);
  })();
  const query = client
    .prepare('select status from changes where user = ? and at <= ? order by at desc, seq desc limit 1')
    .pluck();
  return { client, query };
};

/** A tree a user, with numbers as keys: the fastest way to use it, possible because no two changes share a time. */
const fillTrees = ({ users, changes: { user, atUs, status } }: BenchmarkData) => {
  const trees = Array.from({ length: users }, () => new BTree<number, number>(undefined, (a, b) => a - b));
  for (let row = 0; row < user.length; row++)
    trees[user[row] as number]?.set(atUs[row] as number, status[row] as number);
  return trees;
};

export const pagesOf = (client: Database.Database): number =>
  Number(client.pragma('page_count', { simple: true })) * Number(client.pragma('page_size', { simple: true }));

export const raceAsOf = async (input: BenchmarkData, questions: Questions, rounds: number): Promise<Race> => {
  const { user, atUs } = questions;
  const index = fillAsOf(input);
  const { client, query } = fillSqlite(input, numbersSchema, (code) => code);
  const { made: trees, bytes: treeBytes } = weighed(() => fillTrees(input));

  const count = user.length;
  const raced = await race(
    {
      question: `LOOKUPS: status of a user at a time, ${index.entries} changes of ${index.keys} users`,
      ...{ unit: 'ns', questions: count, rounds },
    },
    [
      byNumber('asof', count, (n) => index.valueAt(user[n] as number, atUs[n] as number, absent)),
      byNumber('asof, known then', count, (n) => {
        const position = index.positionAt(user[n] as number, atUs[n] as number, index.entries);
        return position < 0 ? absent : index.valueOf(position);
      }),
      byNumber(
        'sorted-btree, one a user',
        count,
        (n) => trees[user[n] as number]?.getPairOrNextLower(atUs[n] as number)?.[1] ?? absent,
      ),
      byNumber('SQLite, user numbers', count, (n) => (query.get(user[n], atUs[n]) as number | undefined) ?? absent),
    ],
  );
  const bytes = [index.byteLength, index.byteLength, treeBytes, pagesOf(client)];
  client.close();
  return withBytes(raced, index.entries, bytes);
};

/** Users by their ids, as requests name them: one more look into the dictionary for ours. */
export const raceAsOfTexts = async (input: BenchmarkData, questions: Questions, rounds: number): Promise<Race> => {
  const { atUs } = questions;
  const texts = Array.from(questions.user, userId);
  const index = fillAsOf(input);
  const codes = createDictionary();
  for (let user = 0; user < input.users; user++) codes.intern(userId(user));
  const { client, query } = fillSqlite(input, textsSchema, userId);

  const count = texts.length;
  const raced = await race({ question: 'LOOKUPS: the same by user id', unit: 'ns', questions: count, rounds }, [
    byNumber('asof', count, (n) => index.valueAt(codes.codeOf(texts[n] as string) ?? -1, atUs[n] as number, absent)),
    byNumber('SQLite, user ids', count, (n) => (query.get(texts[n], atUs[n]) as number | undefined) ?? absent),
  ]);
  const bytes = [index.byteLength, pagesOf(client)];
  client.close();
  return withBytes(raced, index.entries, bytes);
};
