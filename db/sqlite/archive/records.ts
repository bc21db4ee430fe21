import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { type RecordSelection, rowGroupRows, type SegmentRows, tableColumn } from '../../segments/file.ts';
import { SegmentReader } from '../../segments/segment-reader.ts';
import { absentValueOf } from '../digests/digests.ts';
import { columnsOf } from '../rows/columns.ts';
import { Catalogue, damaged, pathOfSegment, type Segment, unavailable } from '../rows/segment-catalogue.ts';
import { PageCheck, type ReadRecord } from './page-check.ts';
import { type ArchivedTable, archivedTables, keyHash } from './tables.ts';

/** The driver values of a record, in the order of its table's columns. */
export type Values = readonly unknown[];

/** Records that are read and kept together. */
const pageRecords = rowGroupRows;
const keptPages = 8;

interface Range {
  readonly after: number;
  readonly upTo: number;
}

interface ContentRequest {
  /** A file that may be another copy of the segment. */
  readonly path?: string;
  /** The share of its pages, 0 to 1. */
  readonly share?: number;
  /** Records that it has no longer. */
  readonly without?: ReadonlyMap<number, unknown> | undefined;
}

type Page = ReadonlyMap<string, readonly ReadRecord[]>;

interface Parts {
  readonly client: Database.Database;
  readonly catalogue: Catalogue;
  readonly check: PageCheck;
  readonly sequencesOf: Database.Statement<[number], number>;
}

/**
 * The records that are in segments instead of tables. Every record is compared with its digest, and no record may be missing:
 * a faulty segment throws DATA_DAMAGED or SEGMENT_UNAVAILABLE, which name it.
 *
 * It has a connection of its own, unless this process has the store alone: its statements are none of a request.
 */
export class ArchivedRecords {
  readonly #open: () => Database.Database;
  readonly #data: string;
  readonly #reader = new SegmentReader();
  readonly #pages = new LRUCache<string, Page>({ max: keptPages });
  readonly #ownsClient: boolean;
  #parts: Parts | undefined;

  /** Of the store in a file. With a client it is used and not closed. */
  constructor(path: string, client?: Database.Database) {
    this.#data = dirname(path);
    this.#ownsClient = client === undefined;
    this.#open = () => client ?? new Database(path, { readonly: true, fileMustExist: true });
  }

  /** Up to which sequence number records are in segments; 0 without any. */
  lastSeq(): number {
    return this.#opened.catalogue.lastSeq();
  }

  /** Where the file of a segment can be read. */
  pathOf(segment: Segment): string {
    return pathOfSegment(this.#data, segment);
  }

  segments({ after, upTo }: Range): Segment[] {
    return this.#opened.catalogue.between(after, upTo);
  }

  /** The records of a table in a range, page by page in order. */
  *pages({ name }: ArchivedTable, range: Range, isReversed = false): Generator<readonly ReadRecord[]> {
    const { after, upTo } = range;
    const segments = this.segments(range);
    for (const segment of isReversed ? segments.reverse() : segments) {
      if (!segment.tableCounts[name]) continue;
      const first = Math.max(0, Math.floor((after + 1 - segment.firstSeq) / pageRecords));
      const last = Math.floor((Math.min(upTo, segment.lastSeq) - segment.firstSeq) / pageRecords);
      for (let step = 0; step <= last - first; step++) {
        const records = this.#page(segment, isReversed ? last - step : first + step).get(name) ?? [];
        const within = records.filter(({ sequence }) => sequence > after && sequence <= upTo);
        if (within.length > 0) yield isReversed ? within.reverse() : within;
      }
    }
  }

  /** The records with these sequence numbers that are of a table and in a segment, in order. */
  at({ name }: ArchivedTable, sequences: readonly number[]): ReadRecord[] {
    const sorted = [...new Set(sequences)].sort((a, b) => a - b);
    const found: ReadRecord[] = [];
    let from = 0;
    const [first, last] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
    for (const segment of this.segments({ after: first - 1, upTo: last })) {
      const own: number[] = [];
      for (; (sorted[from] as number) <= segment.lastSeq; from++)
        if ((sorted[from] as number) >= segment.firstSeq) own.push(sorted[from] as number);
      if (own.length === 0 || !segment.tableCounts[name]) continue;
      const records = this.#read(segment, { sequences: own }, this.pathOf(segment));
      const fault = this.#opened.check.faultOfSome(records, own);
      if (fault !== null) throw damaged(segment, fault);
      found.push(...records.filter(({ table }) => table === name));
    }
    return found;
  }

  /** The sequence numbers of records that may have a key: those with its hash. */
  sequencesOf({ name }: ArchivedTable, key: readonly string[], values: readonly unknown[]): number[] {
    return this.#opened.sequencesOf.all(keyHash(name, key, values));
  }

  /** All records of a segment, page by page. */
  *contentOf(segment: Segment, request: ContentRequest = {}): Generator<readonly ReadRecord[]> {
    const { path = this.pathOf(segment), share = 1, without } = request;
    for (let after = segment.firstSeq - 1; after < segment.lastSeq; after += pageRecords) {
      const upTo = Math.min(after + pageRecords, segment.lastSeq);
      if (share < 1 && Math.random() >= share) continue;
      const page = this.#sound(segment, { after, upTo, without }, path);
      if (page.length > 0) yield page;
    }
  }

  close(): void {
    this.#reader.close();
    if (this.#ownsClient) this.#parts?.client.close();
    this.#parts = undefined;
  }

  get #opened(): Parts {
    if (!this.#parts) {
      const client = this.#open();
      this.#parts = {
        client,
        catalogue: new Catalogue(client),
        check: new PageCheck(client),
        sequencesOf: client.prepare<[number], number>('select sequence from archived_keys where hash = ?').pluck(),
      };
    }
    return this.#parts;
  }

  #page(segment: Segment, number: number): Page {
    const key = `${segment.sha256} ${number}`;
    let page = this.#pages.get(key);
    if (!page) {
      const after = segment.firstSeq - 1 + number * pageRecords;
      const range = { after, upTo: Math.min(after + pageRecords, segment.lastSeq) };
      page = byTable(this.#sound(segment, range, this.pathOf(segment)));
      this.#pages.set(key, page);
    }
    return page;
  }

  #sound(
    segment: Segment,
    { after, upTo, without }: Range & Pick<ContentRequest, 'without'>,
    path: string,
  ): ReadRecord[] {
    const records = this.#read(segment, { after, upTo }, path);
    const fault = this.#opened.check.faultOf(records, { after, upTo, without });
    if (fault !== null) throw damaged(segment, fault);
    return records;
  }

  #read(segment: Segment, selection: RecordSelection, path: string): ReadRecord[] {
    const { rows, fault } = this.#reader.read({ path, bytes: segment.bytes, sha256: segment.sha256 }, selection);
    if (fault) throw (fault.kind === 'MISSING' ? unavailable : damaged)(segment, `${fault.message} (${path})`);
    return recordsIn(rows, segment);
  }
}

const byTable = (records: readonly ReadRecord[]): Page => {
  const page = new Map<string, ReadRecord[]>();
  for (const record of records) {
    const known = page.get(record.table);
    if (known) known.push(record);
    else page.set(record.table, [record]);
  }
  return page;
};

/** For each table where in a file its columns are; a column that a later version has added is in no earlier file. */
const recordsIn = ({ names, columns }: SegmentRows, segment: Segment): ReadRecord[] => {
  const readers = new Map(
    archivedTables.map(({ table, name }) => [
      name,
      columnsOf(table).map(([, column]) => ({
        cells: columns[names.indexOf(column.name)],
        absent: absentValueOf(column),
      })),
    ]),
  );
  const tables = columns[names.indexOf(tableColumn)] ?? [];
  const sequences = columns[names.indexOf('seq')] ?? [];
  return tables.map((table, row) => {
    const reader = readers.get(table as string);
    if (!reader) throw damaged(segment, `has records of ${table}, which is no table`);
    const values = reader.map(({ cells, absent }) => (cells ? (cells[row] ?? null) : absent));
    return { table: table as string, sequence: sequences[row] as number, values };
  });
};
