import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { RecordColumns } from '../../../src/lib/record-columns.ts';
import type { KeyRange, PageRequest } from '../../store.ts';
import {
  type ColumnDecoder,
  columnsOf,
  columnsOfValues,
  decodeRow,
  decodersOf,
  encodeValues,
} from '../rows/columns.ts';
import type { ArchivedRecords, Values } from './records.ts';
import { type ArchivedTable, archivedTableOf, keyIn } from './tables.ts';

type Row = Record<string, unknown>;
type Match = Readonly<Record<string, unknown>>;

interface Range {
  readonly after: number;
  readonly upTo: number;
}

/**
 * The archived records of tables, as rows. What is in force for a table is up to which sequence number its records are in
 * segments: what is left of them in tables does not count.
 */
export class ArchivedRows {
  readonly #records: ArchivedRecords;

  constructor(records: ArchivedRecords) {
    this.#records = records;
  }

  /** 0 for a table whose records are never archived, and without segments. */
  lastSeqOf(table: SQLiteTable): number {
    return archivedTableOf(table) ? this.#records.lastSeq() : 0;
  }

  /**
   * Reads what is in tables after the sequence number up to which records are in segments, and the rest from those. When
   * further records were archived meanwhile, it is read again: some may have been in neither.
   */
  consistently<R>(table: SQLiteTable, read: (lastSeq: number) => R): R {
    for (;;) {
      const lastSeq = this.lastSeqOf(table);
      const result = read(lastSeq);
      if (this.lastSeqOf(table) === lastSeq) return result;
    }
  }

  /** The first rows of a range that match, at most `limit`; with `isReversed` the last ones, from the end. */
  rows(table: SQLiteTable, range: Range, request: RowsRequest): Row[] {
    return this.#values(table, range, request).map(rowsWith(table, request.columns));
  }

  /** The same as columns. */
  columns(table: SQLiteTable, range: Range, request: RowsRequest): RecordColumns {
    return columnsOfValues(table, request.columns, this.#values(table, range, request));
  }

  #values(table: SQLiteTable, range: Range, { match = {}, limit, isReversed = false }: RowsRequest): Values[] {
    const archived = tableOf(table);
    const found: Values[] = [];
    if (range.after >= range.upTo || limit === 0) return found;
    const matches = matcher(table, match);
    for (const page of this.#matching(archived, range, match, isReversed))
      for (const { values } of page) {
        if (!matches(values)) continue;
        found.push(values);
        if (found.length === limit) return found;
      }
    return found;
  }

  count(table: SQLiteTable, range: Range, match: Match): number {
    const archived = tableOf(table);
    const matches = matcher(table, match);
    let count = 0;
    if (Object.keys(match).length === 0) {
      const segments = this.#records.segments(range);
      for (const { firstSeq, lastSeq, tableCounts } of segments) {
        const within = { after: Math.max(range.after, firstSeq - 1), upTo: Math.min(range.upTo, lastSeq) };
        if (within.after === firstSeq - 1 && within.upTo === lastSeq) count += tableCounts[archived.name] ?? 0;
        else for (const page of this.#records.pages(archived, within)) count += page.length;
      }
      return count;
    }
    for (const page of this.#matching(archived, range, match))
      for (const { values } of page) if (matches(values)) count++;
    return count;
  }

  /** The rows with a value of a column among these, in any order; `lastSeq` is that of the segments. */
  rowsIn(table: SQLiteTable, column: string, values: readonly (string | number)[], lastSeq: number): Row[] {
    const archived = tableOf(table);
    const keys = columnsOf(table).map(([key]) => key);
    const rowOf = rowsWith(table, keys);
    if (column === 'seq') {
      const sequences = values.filter((seq): seq is number => typeof seq === 'number' && seq >= 1 && seq <= lastSeq);
      return this.#records.at(archived, sequences).map((record) => rowOf(record.values));
    }
    const range = { after: 0, upTo: lastSeq };
    if (keyIn(archived, { [column]: '' }))
      return [...new Set(values)].flatMap((value) =>
        this.rows(table, range, { columns: keys, match: { [column]: value } }),
      );
    const position = keys.indexOf(column);
    const listed = new Set<unknown>(values);
    const found: Row[] = [];
    for (const page of this.#records.pages(archived, range))
      for (const record of page) if (listed.has(record.values[position])) found.push(rowOf(record.values));
    return found;
  }

  /** The newest row that matches, among those up to `lastSeq`. */
  newest(table: SQLiteTable, match: Match, lastSeq: number): Row | undefined {
    const columns = columnsOf(table).map(([key]) => key);
    return this.rows(table, { after: 0, upTo: lastSeq }, { columns, match, limit: 1, isReversed: true })[0];
  }

  /** Pages of the records that may match. */
  *#matching(
    archived: ArchivedTable,
    range: Range,
    match: Match,
    isReversed = false,
  ): ReturnType<ArchivedRecords['pages']> {
    const key = keyIn(archived, match);
    if (!key) {
      yield* this.#records.pages(archived, range, isReversed);
      return;
    }
    const values = key.map((column) => encodeValues(archived.table, { [column]: match[column] })[0]);
    const sequences = this.#records
      .sequencesOf(archived, key, values)
      .filter((seq) => seq > range.after && seq <= range.upTo);
    if (sequences.length === 0) return;
    const records = this.#records.at(archived, sequences);
    yield isReversed ? records.reverse() : records;
  }
}

interface RowsRequest {
  readonly columns: readonly string[];
  readonly match?: Match;
  readonly limit?: number;
  readonly isReversed?: boolean;
}

const tableOf = (table: SQLiteTable): ArchivedTable => {
  const archived = archivedTableOf(table);
  if (!archived) throw new Error('records of this table are never archived');
  return archived;
};

/** Makes rows with these properties of driver values. */
const rowsWith = (table: SQLiteTable, columns: readonly string[]): ((values: Values) => Row) => {
  const keys = columnsOf(table).map(([key]) => key);
  const positions = columns.map((column) => keys.indexOf(column));
  const decoders: readonly ColumnDecoder[] = decodersOf(table, columns);
  return (values) => {
    const row: Row = {};
    for (const [index, column] of columns.entries()) row[column] = values[positions[index] as number];
    if (decoders.length > 0) decodeRow(row, decoders);
    return row;
  };
};

export const matcher = (table: SQLiteTable, match: Match): ((values: Values) => boolean) => {
  const keys = columnsOf(table).map(([key]) => key);
  const expected = encodeValues(table, match);
  const positions = Object.keys(match).map((column) => keys.indexOf(column));
  return (values) => positions.every((position, index) => values[position] === expected[index]);
};

/** The part of a page of rows that is after `lastSeq`. */
export const boundedPage = <T extends SQLiteTable>(request: PageRequest<T>, lastSeq: number): PageRequest<T> => {
  if (request.direction === 'asc') return { ...request, after: Math.max(request.after ?? 0, lastSeq) };
  return { ...request, before: Math.max(request.before ?? 0, lastSeq) };
};

/** The range of archived records that a page is of. */
export const archivedRange = <T extends SQLiteTable>(
  { direction, after, before }: PageRequest<T>,
  lastSeq: number,
): Range => {
  const [low, high] = direction === 'asc' ? [after, before] : [before, after];
  return { after: low ?? 0, upTo: Math.min((high ?? Number.MAX_SAFE_INTEGER) - 1, lastSeq) };
};

export const archivedPart = <T extends SQLiteTable>(range: KeyRange<T> | undefined, lastSeq: number): Range => ({
  after: range?.after ?? 0,
  upTo: Math.min(range?.upTo ?? lastSeq, lastSeq),
});
