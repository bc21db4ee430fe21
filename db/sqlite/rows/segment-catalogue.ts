import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { DomainError } from '../../../src/errors.ts';
import type { ArchivedSegment } from '../../store.ts';

/** A segment as the store knows it. */
export type Segment = ArchivedSegment;

type StoredSegment = Omit<Segment, 'tableCounts'> & { readonly tableCounts: string };

/**
 * The end of the last commit that has records in segments: commits up to it cannot be made anew. 0 without segments.
 */
export const archivedCommitEnd = (client: Database.Database): number =>
  client
    .prepare<[number], number>('select last_seq from commits where last_seq >= ? order by last_seq limit 1')
    .pluck()
    .get(new Catalogue(client).lastSeq() || Number.MAX_SAFE_INTEGER) ?? 0;

/** Where a data folder keeps files of segments that are elsewhere, or came with a backup. */
export const segmentFolder = (data: string): string => join(data, 'segments');

/** The catalogue of segments. */
export class Catalogue {
  readonly #last: Database.Statement<[], number>;
  readonly #from: Database.Statement<[number, number], StoredSegment>;

  constructor(client: Database.Database) {
    this.#last = client.prepare<[], number>('select last_seq from ledger_segments order by id desc limit 1').pluck();
    this.#from = client.prepare(
      `select id, first_seq as firstSeq, last_seq as lastSeq, records, bytes, sha256, location, name,
       table_counts as tableCounts, archived_at_us as archivedAtUs from ledger_segments where last_seq > ? and first_seq <= ? order by first_seq`,
    );
  }

  /** Up to which sequence number records are in segments; 0 without any. */
  lastSeq(): number {
    return this.#last.get() ?? 0;
  }

  /** The segments with records of a range, in order. */
  between(after: number, upTo: number): Segment[] {
    return this.#from.all(after, upTo).map((row) => ({ ...row, tableCounts: JSON.parse(row.tableCounts) }));
  }
}

/** Where the file of a segment can be read. Throws SEGMENT_UNAVAILABLE for one that is in a bucket only. */
export const pathOfSegment = (data: string, segment: Segment): string => {
  const own = join(segmentFolder(data), segment.name);
  if (existsSync(own)) return own;
  if (!segment.location.startsWith('s3://')) return join(resolve(data, segment.location), segment.name);
  throw unavailable(segment, 'is not in the data folder: run "asof ledger segments --fetch"');
};

/** `what` stands after the name of the file. */
export const unavailable = (segment: Segment, what: string): DomainError =>
  new DomainError('SEGMENT_UNAVAILABLE', `${describe(segment)} ${what}`, { details: { retryAfterMs: 5000 } });

export const damaged = (segment: Segment, what: string): DomainError =>
  new DomainError('DATA_DAMAGED', `${describe(segment)} ${what}: put back the file that was written`);

const describe = ({ name, location, firstSeq, lastSeq }: Segment): string =>
  `the segment ${name} of ${location} (records ${firstSeq} to ${lastSeq})`;
