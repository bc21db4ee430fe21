import type Database from 'better-sqlite3';
import type { SegmentValue } from '../../segments/file.ts';
import type { ArchiveRange, SegmentContent } from '../../store.ts';
import { readRange } from '../digests/seal.ts';
import { columnsOf } from '../rows/columns.ts';
import type { ReadRecord } from './page-check.ts';
import { archivedTables, segmentColumns } from './tables.ts';

const batchRecords = 8192;

interface Counted {
  readonly tables: Map<string, number>;
  readonly imports: Map<number, number>;
}

const counted = (): Counted => ({ tables: new Map(), imports: new Map() });

/** Makes records to rows of a segment's file, and counts them. */
export class RowsOfSegment {
  readonly #layouts: ReadonlyMap<string, { readonly positions: readonly number[]; readonly importId: number }>;
  #counts = counted();

  constructor() {
    const [, ...columns] = segmentColumns();
    this.#layouts = new Map(
      archivedTables.map(({ table, name }) => {
        const names = columnsOf(table).map(([, column]) => column.name);
        const positions = columns.map((column) => names.indexOf(column.name));
        return [name, { positions, importId: names.indexOf('import_id') }];
      }),
    );
  }

  *batches(pages: Iterable<readonly ReadRecord[]>): Generator<SegmentValue[][]> {
    this.#counts = counted();
    for (const page of pages) yield page.map((record) => this.#row(record));
  }

  counts(): SegmentContent {
    const { tables, imports } = this.#counts;
    return {
      records: [...tables.values()].reduce((sum, count) => sum + count, 0),
      tableCounts: Object.fromEntries(tables),
      importCounts: [...imports].sort(([a], [b]) => a - b),
    };
  }

  #row({ table, values }: ReadRecord): SegmentValue[] {
    const layout = this.#layouts.get(table);
    if (!layout) throw new Error(`${table} is not archived`);
    const { tables, imports } = this.#counts;
    tables.set(table, (tables.get(table) ?? 0) + 1);
    const importId = values[layout.importId] as number | null;
    if (importId !== null) imports.set(importId, (imports.get(importId) ?? 0) + 1);
    return [table, ...layout.positions.map((at) => (at < 0 ? null : (values[at] as SegmentValue)))];
  }
}

/** The records of tables that are to be archived. */
export class StoredRecords {
  readonly #readers: readonly {
    readonly name: string;
    readonly read: Database.Statement<[number, number], unknown[]>;
    readonly seq: number;
  }[];
  /** How many records of each table were compared. */
  readonly #compared = new Map<string, number>();

  constructor(client: Database.Database) {
    this.#readers = archivedTables.map(({ table, name }) => {
      const seq = columnsOf(table).findIndex(([key]) => key === 'seq');
      return { name, read: readRange(client, table), seq };
    });
  }

  /** The records of a range in order, page by page. */
  *pages({ firstSeq, lastSeq }: ArchiveRange): Generator<ReadRecord[]> {
    for (let after = firstSeq - 1; after < lastSeq; after += batchRecords) {
      const upTo = Math.min(after + batchRecords, lastSeq);
      const records = this.#readers.flatMap(({ name, read, seq }) =>
        read.all(after, upTo).map((values): ReadRecord => ({ table: name, sequence: values[seq] as number, values })),
      );
      yield records.sort((a, b) => a.sequence - b.sequence);
    }
  }

  /** Compares the records of a page with those of the tables, value by value; says what is wrong. */
  faultOf(records: readonly ReadRecord[]): string | null {
    for (const { name, read } of this.#readers) {
      const own = records.filter((record) => record.table === name);
      const [first, last] = [own[0], own.at(-1)];
      if (!first || !last) continue;
      const rows = read.all(first.sequence - 1, last.sequence);
      if (rows.length !== own.length) return `has ${own.length} records of ${name} where the table has ${rows.length}`;
      for (const [index, { sequence, values }] of own.entries())
        if (rows[index]?.some((value, position) => value !== values[position]))
          return `has record ${sequence} other than the table`;
      this.#compared.set(name, (this.#compared.get(name) ?? 0) + own.length);
    }
    return null;
  }

  /** Compares the number of records that were compared with those of a segment. */
  faultOfCounts({ tableCounts }: SegmentContent): string | null {
    for (const { name } of this.#readers) {
      const [found, expected] = [this.#compared.get(name) ?? 0, tableCounts[name] ?? 0];
      if (found !== expected) return `has ${found} records of ${name} instead of ${expected}`;
    }
    return null;
  }
}
