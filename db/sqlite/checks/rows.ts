import type Database from 'better-sqlite3';
import type { Damage } from '../../store.ts';
import { datasets } from '../../tables/index.ts';
import { bytesOf, combine, combineChanges, counterDigest, RowDigest, rowDigestBytes } from '../digests/digests.ts';
import { noteOfDataset, type SideTable, sideTables } from '../digests/side-tables.ts';
import { stateOf } from '../file/preflight.ts';
import { columnsOf } from '../rows/columns.ts';
import { isDamage, outOfOrder } from '../rows/damage-errors.ts';

const rowsPerPage = 4096;

/** Checks every row of a side table against its digest, and all digests together against the state of the store. */
export function* damagedRows(client: Database.Database): Generator<Damage> {
  for (const side of sideTables) {
    try {
      yield* damagesOf(client, side);
    } catch (error) {
      if (!isDamage(error)) throw error;
      yield { table: side.name, message: `${side.name}: rows cannot be read: ${(error as Error).message}` };
    }
  }
  yield* damagedCounters(client);
  const all = Buffer.alloc(rowDigestBytes);
  for (const digest of client.prepare<[], unknown>('select digest from row_digests').pluck().iterate())
    combine(all, bytesOf(digest));
  const states = client.prepare<[], number>('select count(*) from store_state where id is not 1').pluck().get();
  if (states !== 0)
    yield { table: null, message: `store_state: ${states} rows more than the one that asof stores were added` };
  const { side } = stateOf(client);
  combineChanges(all, side.changes);
  if (!all.equals(side.digest))
    yield {
      table: null,
      message:
        'store_state: the digests of the rows of side tables do not add up: a row was removed or added with its digest',
    };
}

/** A lowered counter would give the key of a removed row to another one. */
function* damagedCounters(client: Database.Database): Generator<Damage> {
  const counters = client.prepare<[], { name: string; seq: unknown }>('select name, seq from sqlite_sequence').all();
  const digestOf = client
    .prepare<[number], unknown>('select digest from row_digests where key = ? and dataset_id is null')
    .pluck();
  for (const { name, firstKey } of sideTables) {
    const [counter, ...others] = counters.filter((each) => each.name === name);
    const expected = counter ? counterDigest(name, counter.seq) : Buffer.alloc(0);
    if (others.length > 0 || !bytesOf(digestOf.get(firstKey)).equals(expected))
      yield { table: name, message: `sqlite_sequence: the counter of ${name} is not as it was stored` };
  }
  for (const { name } of counters)
    if (!sideTables.some((side) => side.name === name))
      yield { table: null, message: `sqlite_sequence: ${name} is no table with a counter` };
}

/** Both sides in the order of their keys: a row without a digest, a digest without a row, or two that differ. */
function* damagesOf(client: Database.Database, { table, name, firstKey, endKey }: SideTable): Generator<Damage> {
  const columns = columnsOf(table);
  const idPosition = columns.findIndex(([key]) => key === 'id');
  const names = columns.map(([, column]) => `"${column.name}"`).join(', ');
  const rowDigest = new RowDigest(table);
  const rows = pages<unknown[]>(
    client.prepare(`select ${names} from "${name}" where id > ? order by id limit ${rowsPerPage}`).raw(),
    (row) => Number(row[idPosition]),
    Number.MIN_SAFE_INTEGER,
  );
  const digests = pages<StoredDigest>(
    client
      .prepare(
        `select key - ${firstKey}, digest, dataset_id from row_digests where key > ? + ${firstKey} and key < ${endKey} order by key limit ${rowsPerPage}`,
      )
      .raw(),
    ([id]) => id,
    0,
  );
  const datasetIdOf = noteOfDataset(table);
  function* damage(row: number, what: string, ...datasetIds: readonly (number | null)[]): Generator<Damage> {
    const found = { table: name, row, message: `${name}: row ${row} ${what}` };
    const known = table === datasets ? [row] : [...new Set(datasetIds)].filter((each) => Number.isInteger(each));
    if (known.length === 0) yield found;
    for (const datasetId of known) yield { ...found, datasetId: datasetId as number };
  }
  let row = rows.next();
  let digest = digests.next();
  while (!row.done || !digest.done) {
    const id = row.done ? Number.POSITIVE_INFINITY : Number(row.value[idPosition]);
    const key = digest.done ? Number.POSITIVE_INFINITY : digest.value[0];
    // One of both is there, and has the smaller key.
    const values = row.value as unknown[];
    const [, stored, ofDataset] = (digest.value ?? []) as StoredDigest;
    if (id < key) yield* damage(id, 'was not stored by asof', datasetIdOf(values));
    else if (key < id) yield* damage(key, 'is missing', ofDataset);
    else if (!rowDigest.of(values).equals(bytesOf(stored)))
      yield* damage(id, 'is not as it was stored', ofDataset, datasetIdOf(values));
    else if (datasetIdOf(values) !== ofDataset)
      yield { table: name, row: id, message: `row_digests: the digest of row ${id} of ${name} names another dataset` };
    if (id <= key) row = rows.next();
    if (key <= id) digest = digests.next();
  }
}

type StoredDigest = readonly [id: number, digest: unknown, datasetId: number | null];

function* pages<R>(statement: Database.Statement, keyOf: (row: R) => number, first: number): Generator<R, undefined> {
  for (let after = first; ; ) {
    const rows = statement.all(after) as R[];
    for (const row of rows) {
      // A damaged file may have its rows in any order, and reading on would never end.
      if (!(keyOf(row) > after)) throw outOfOrder('a table');
      yield row;
      after = keyOf(row);
    }
    if (rows.length < rowsPerPage) return undefined;
  }
}
