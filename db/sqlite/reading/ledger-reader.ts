import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { RecordColumns } from '../../../src/lib/record-columns.ts';
import type { ColumnName, KeyRange, LedgerTable, Match, PageRequest, Row, SliceRequest } from '../../store.ts';
import { type ArchivedRows, archivedPart, archivedRange, boundedPage } from '../archive/rows.ts';
import { columnsOf } from '../rows/columns.ts';
import { countOf, countsIn, pageOf, rowsIn } from './queries.ts';
import type { RecordReader } from './record-reader.ts';
import { readSlices } from './slices.ts';

const inOrder = 'where seq > ? and seq <= ? order by seq';

export interface LedgerReaderParts {
  readonly reader: RecordReader;
  /** Throws once the store is closed. */
  readonly db: () => BetterSQLite3Database;
  /** Null in memory, where nothing is archived. */
  readonly archived: ArchivedRows | null;
}

/** Reads rows from tables, and those of records that are archived from their segments. */
export class LedgerReader {
  readonly #reader: RecordReader;
  readonly #db: LedgerReaderParts['db'];
  readonly #archived: ArchivedRows | null;

  constructor({ reader, db, archived }: LedgerReaderParts) {
    this.#reader = reader;
    this.#db = db;
    this.#archived = archived;
  }

  /** All records of a range. */
  columns(
    table: LedgerTable,
    columns: readonly string[],
    { after, upTo }: { readonly after: number; readonly upTo: number },
  ): RecordColumns {
    const read = (from: number): RecordColumns =>
      this.#reader.readColumns({ table, columns, condition: inOrder, parameters: [from, upTo] });
    return this.#with(
      table,
      (lastSeq, archived) => {
        if (after >= lastSeq) return read(after);
        const older = archived.columns(table, { after, upTo: Math.min(upTo, lastSeq) }, { columns });
        return upTo <= lastSeq ? older : older.followedBy(read(lastSeq));
      },
      () => read(after),
    );
  }

  /** The first records of a range. */
  records(
    table: LedgerTable,
    columns: readonly string[],
    { after, upTo, limit }: { readonly after: number; readonly upTo: number; readonly limit: number },
  ): object[] {
    const read = (from: number, rows: number): object[] =>
      this.#reader.read({ table, columns, condition: `${inOrder} limit ?`, parameters: [from, upTo, rows] });
    return this.#with(
      table,
      (lastSeq, archived) => {
        if (after >= lastSeq) return read(after, limit);
        const range = { after, upTo: Math.min(upTo, lastSeq) };
        const rows = archived.rows(table, range, { columns, limit });
        return upTo <= lastSeq || rows.length === limit ? rows : [...rows, ...read(lastSeq, limit - rows.length)];
      },
      () => read(after, limit),
    );
  }

  rowsIn<T extends SQLiteTable>(table: T, column: ColumnName<T>, values: readonly (string | number)[]): Row<T>[] {
    const read = (): Row<T>[] => rowsIn(this.#reader, table, column, values);
    return this.#with(
      table,
      (lastSeq, archived) => {
        const rows = read().filter((row) => ((row as { seq?: number }).seq as number) > lastSeq);
        return [...(archived.rowsIn(table, column, values, lastSeq) as Row<T>[]), ...rows];
      },
      read,
    );
  }

  page<T extends SQLiteTable>(table: T, request: PageRequest<T>): Row<T>[] {
    const read = (bounded: PageRequest<T>): Row<T>[] => pageOf(this.#reader, table, bounded);
    return this.#with(
      table,
      (lastSeq, archived) => {
        requireSequence(request.key);
        const { match = {}, limit, direction } = request;
        const columns = columnsOf(table).map(([key]) => key);
        const older = (count: number): Row<T>[] =>
          archived.rows(table, archivedRange(request, lastSeq), {
            ...{ columns, match, limit: count, isReversed: direction === 'desc' },
          }) as Row<T>[];
        if (direction === 'asc') {
          const rows = older(limit);
          return rows.length === limit
            ? rows
            : [...rows, ...read({ ...boundedPage(request, lastSeq), limit: limit - rows.length })];
        }
        const rows = read(boundedPage(request, lastSeq));
        return rows.length === limit ? rows : [...rows, ...older(limit - rows.length)];
      },
      () => read(request),
    );
  }

  count<T extends SQLiteTable>(table: T, match: Match<T> = {}, range?: KeyRange<T>): number {
    return this.#with(
      table,
      (lastSeq, archived) => {
        if (range) requireSequence(range.key);
        const { after = 0, upTo = Number.MAX_SAFE_INTEGER } = range ?? {};
        const stored = { key: 'seq' as ColumnName<T>, after: Math.max(after, lastSeq), upTo };
        return countOf(this.#db(), table, match, stored) + archived.count(table, archivedPart(range, lastSeq), match);
      },
      () => countOf(this.#db(), table, match, range),
    );
  }

  countsIn<T extends SQLiteTable, V extends string | number>(
    table: T,
    column: ColumnName<T>,
    values: readonly V[],
    range: KeyRange<T>,
  ): Map<V, number> {
    return this.#with(
      table,
      (lastSeq, archived) => {
        requireSequence(range.key);
        const counts = countsIn(
          this.#db(),
          table,
          { column, values },
          { ...range, after: Math.max(range.after, lastSeq) },
        );
        if (range.after >= lastSeq) return counts;
        const { after, upTo } = archivedPart(range, lastSeq);
        for (const row of archived.rowsIn(table, column, values, lastSeq) as {
          seq: number;
          [key: string]: unknown;
        }[]) {
          if (!(row.seq > after && row.seq <= upTo)) continue;
          const value = row[column] as V;
          counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        return counts;
      },
      () => countsIn(this.#db(), table, { column, values }, range),
    );
  }

  *slices<T extends LedgerTable, C extends ColumnName<T>>(
    table: T,
    request: SliceRequest<T, C>,
  ): Iterable<RecordColumns> {
    const lastSeq = this.#archived?.lastSeqOf(table) ?? 0;
    const { columns, match, orderBy, sliceRows } = request;
    if (lastSeq > 0) {
      requireSequence(orderBy);
      for (let after = 0; ; ) {
        const range = { after, upTo: lastSeq };
        const records = this.#archived?.columns(table, range, { columns, match, limit: sliceRows });
        if (!records || records.length === 0) break;
        yield records;
        if (records.length < sliceRows) break;
        after = records.lastOf('seq') as number;
      }
    }
    yield* readSlices(this.#reader, table, request, lastSeq);
  }

  #with<R>(table: SQLiteTable, both: (lastSeq: number, archived: ArchivedRows) => R, stored: () => R): R {
    const archived = this.#archived;
    if (!archived) return stored();
    return archived.consistently(table, (lastSeq) => (lastSeq === 0 ? stored() : both(lastSeq, archived)));
  }
}

const requireSequence = (key: string): void => {
  if (key !== 'seq') throw new Error(`archived records are in the order of their sequence numbers, not of ${key}`);
};
