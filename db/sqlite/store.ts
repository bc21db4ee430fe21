import type Database from 'better-sqlite3';
import { and, asc, count, desc, eq, getTableColumns, getTableName, gt, isNull, lt, type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Commit, LedgerTable, Match, PageRequest, Row, Store, StoreOptions } from '../store.ts';
import { commits } from '../tables/index.ts';
import { openClient } from './client.ts';
import { createDryRun } from './dry-run.ts';
import { createRecentCommits } from './recent-commits.ts';
import { createTransaction } from './transaction.ts';
import { verifyLedger } from './verify.ts';
import { createWriteQueue } from './write-queue.ts';

const commitColumns = Object.keys(getTableColumns(commits));

/** The store on one SQLite file; `path` may be `:memory:`. */
export const openSqlite = (path: string, options: Omit<StoreOptions, 'data'>): Store => {
  const client = openClient(path, options.onStatement);
  const db = drizzle({ client });
  const tail = createRecentCommits();
  const queue = createWriteQueue(client, createTransaction(client, options.nowUs), options, ({ firstSeq, records }) =>
    tail.add(firstSeq, records),
  );
  const prepared = new Map<string, Database.Statement>();

  /** Start-up reads millions of rows: SQLite itself builds the objects, at half of Drizzle's cost. */
  const readRows = (table: SQLiteTable, columns: readonly string[], condition: string, parameters: unknown[]) => {
    const key = `${getTableName(table)} ${columns} ${condition}`;
    let statement = prepared.get(key);
    if (!statement) {
      const list = columns.map((name) => `"${columnOf(table, name).name}" as "${name}"`).join(', ');
      statement = client.prepare(`select ${list} from "${getTableName(table)}" ${condition}`);
      prepared.set(key, statement);
    }
    return statement.all(parameters) as Record<string, unknown>[];
  };

  const rowsIn = <T extends SQLiteTable>(
    table: T,
    column: Extract<keyof Row<T>, string>,
    values: readonly (string | number)[],
  ): Row<T>[] => {
    if (values.length === 0) return [];
    // One parameter whatever the number of values, so that the statement stays the same.
    const list = sql`${columnOf(table, column)} in (select value from json_each(${JSON.stringify(values)}))`;
    return db
      .select()
      .from(table as SQLiteTable)
      .where(list)
      .all() as Row<T>[];
  };

  const page = <T extends SQLiteTable>(table: T, request: PageRequest<T>): Row<T>[] => {
    const key = columnOf(table, request.key);
    const [beyond, within, order] = request.direction === 'asc' ? ([gt, lt, asc] as const) : ([lt, gt, desc] as const);
    const where = and(
      matching(table, request.match ?? {}),
      request.after === undefined ? undefined : beyond(key, request.after),
      request.before === undefined ? undefined : within(key, request.before),
    );
    return db
      .select()
      .from(table as SQLiteTable)
      .where(where)
      .orderBy(order(key))
      .limit(request.limit)
      .all() as Row<T>[];
  };

  function* slices<T extends LedgerTable, C extends keyof Row<T> & string>(
    table: T,
    columns: readonly C[],
    match: Match<T>,
    orderBy: C,
    sliceRows: number,
  ): Iterable<Pick<Row<T>, C>[]> {
    const key = `"${columnOf(table, orderBy).name}"`;
    const equal = Object.keys(match).map((name) => `"${columnOf(table, name).name}" = ?`);
    const order = `order by ${key}, seq limit ${sliceRows}`;
    const first = `where ${equal.join(' and ') || '1'} ${order}`;
    const further = `where ${[...equal, `(${key}, seq) > (?, ?)`].join(' and ')} ${order}`;
    let last: Record<string, unknown> | undefined;
    for (;;) {
      const from = last ? [last[orderBy], last.seq] : [];
      const rows = readRows(table, columns, last ? further : first, [...Object.values(match), ...from]);
      if (rows.length > 0) yield rows as Pick<Row<T>, C>[];
      last = rows.at(-1);
      if (rows.length < sliceRows) return;
    }
  }

  return {
    write: queue.write,
    dryRun: () => createDryRun(client, options.nowUs),
    commitsAfter(seq, limit) {
      // Whoever asks what came after has what came before.
      tail.forget(seq);
      const condition = 'where last_seq > ? order by last_seq limit ?';
      return readRows(commits, commitColumns, condition, [seq, limit]) as unknown as Commit[];
    },
    records: <T extends LedgerTable, C extends keyof Row<T> & string>(
      table: T,
      columns: readonly C[],
      after: number,
      upTo: number,
    ) =>
      (tail.records(table, columns, after, upTo) ??
        readRows(table, columns, 'where seq > ? and seq <= ? order by seq', [after, upTo])) as Pick<Row<T>, C>[],
    rowsIn,
    page,
    count: (table, match = {}) =>
      db
        .select({ n: count() })
        .from(table as SQLiteTable)
        .where(matching(table, match))
        .get()?.n ?? 0,
    slices,
    foreignVersion: () => client.pragma('data_version', { simple: true }) as number,
    verify: () => verifyLedger(client),
    close() {
      queue.close();
      client.close();
    },
  };
};

const columnOf = (table: SQLiteTable, key: string): SQLiteColumn => {
  const column = (getTableColumns(table) as Record<string, SQLiteColumn>)[key];
  if (!column) throw new Error(`${getTableName(table)} has no column ${key}`);
  return column;
};

const matching = <T extends SQLiteTable>(table: T, match: Match<T>): SQL | undefined =>
  and(
    ...Object.entries(match).map(([key, value]) => {
      const column = columnOf(table, key);
      return value === null ? isNull(column) : eq(column, value);
    }),
  );
