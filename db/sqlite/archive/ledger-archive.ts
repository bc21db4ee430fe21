import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { DomainError } from '../../../src/errors.ts';
import { writeSegmentFile } from '../../segments/write-segment.ts';
import type {
  LedgerArchive as Archive,
  ArchivedErasure,
  ArchivedSegment,
  ArchiveRange,
  LedgerTable,
  Match,
  NewSegment,
  SegmentContent,
  Tx,
} from '../../store.ts';
import { ledgerSegments } from '../../tables/segments.ts';
import { originOf } from '../rows/origin.ts';
import { damagesOfSegment, KeyCheck } from './check.ts';
import { findInSegments } from './erasure.ts';
import type { ArchivedRecords } from './records.ts';
import { addKeys, removeArchived, transactionRecords } from './removal.ts';
import { RowsOfSegment, StoredRecords } from './stored-records.ts';
import { archivedTables, segmentColumns } from './tables.ts';

interface ArchiveParts {
  readonly client: Database.Database;
  readonly archived: ArchivedRecords;
  write<R>(work: (tx: Tx) => R): Promise<R>;
}

/** Between two transactions, so that other writers get in. */
const pauseMs = 15;

/** Moves records from tables to segments; see `LedgerArchive` of the store. */
export class LedgerArchive implements Archive {
  readonly #parts: ArchiveParts;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
  }

  segments(): ArchivedSegment[] {
    return this.#parts.archived.segments({ after: 0, upTo: Number.MAX_SAFE_INTEGER });
  }

  faultOf(segment: ArchivedSegment): string | null {
    const { client, archived } = this.#parts;
    for (const { message } of damagesOfSegment(segment, { archived, share: 1, keys: new KeyCheck(client) }))
      return message;
    return null;
  }

  find(matches: readonly (readonly [LedgerTable, Match<LedgerTable>])[]): ArchivedErasure[] {
    return findInSegments(this.#parts.client, this.#parts.archived, matches);
  }

  pathOf(segment: ArchivedSegment): string {
    return this.#parts.archived.pathOf(segment);
  }

  relocate(location: string): Promise<void> {
    const segments = this.segments();
    return this.#parts.write((tx) => {
      for (const { id } of segments) tx.update(ledgerSegments, { id }, { location });
    });
  }

  countOf({ firstSeq, lastSeq }: ArchiveRange): number {
    const { client } = this.#parts;
    const counts = archivedTables.map(({ name }) => `(select count(*) from "${name}" where seq between ? and ?)`);
    const count = client.prepare<number[], number>(`select ${counts.join(' + ')}`).pluck();
    return count.get(...archivedTables.flatMap(() => [firstSeq, lastSeq])) ?? 0;
  }

  *ranges(before: number, recordsMax: number): Generator<ArchiveRange> {
    const { client, archived } = this.#parts;
    const end = client.prepare<[number], number | null>('select max(last_seq) from commits where last_seq < ?').pluck();
    const last = end.get(before) ?? 0;
    let after = Math.max(originOf(client), archived.lastSeq());
    while (after < last) {
      const lastSeq = Math.min(after + recordsMax, last);
      yield { firstSeq: after + 1, lastSeq };
      after = lastSeq;
    }
  }

  async writeFile(range: ArchiveRange, path: string, spillFolder: string): Promise<SegmentContent> {
    const rows = new RowsOfSegment();
    const pages = new StoredRecords(this.#parts.client).pages(range);
    await writeSegmentFile(path, segmentColumns(), rows.batches(pages), spillFolder);
    return rows.counts();
  }

  async checkFile(segment: NewSegment, path: string): Promise<void> {
    const { client, archived } = this.#parts;
    const stored = new StoredRecords(client);
    for (const records of archived.contentOf({ ...segment, id: 0, archivedAtUs: 0 }, { path })) {
      const fault = stored.faultOf(records);
      if (fault !== null) throw new DomainError('DATA_DAMAGED', `${path} ${fault}: nothing was removed`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const fault = stored.faultOfCounts(segment);
    if (fault !== null) throw new DomainError('DATA_DAMAGED', `${path} ${fault}: nothing was removed`);
  }

  async addKeys({ firstSeq, lastSeq }: ArchiveRange): Promise<void> {
    const { client, write } = this.#parts;
    for (let after = firstSeq - 1; after < lastSeq; after += transactionRecords) {
      const upTo = Math.min(after + transactionRecords, lastSeq);
      await write(() => addKeys(client, after, upTo));
      await delay(pauseMs);
    }
  }

  add(segment: NewSegment): Promise<void> {
    return this.#parts.write((tx) => {
      const last = tx.findLatest(ledgerSegments, {})?.lastSeq ?? originOf(this.#parts.client);
      if (last !== segment.firstSeq - 1)
        throw new DomainError('CONFLICT', `records up to ${last} were archived by another process meanwhile`);
      tx.insert(ledgerSegments, {
        ...segment,
        importCounts: segment.importCounts.map(([importId, records]) => [importId, records]),
        archivedAtUs: tx.nowUs,
      });
    });
  }

  async removeNext(): Promise<number> {
    const { client, archived, write } = this.#parts;
    const removed = await write(() => removeArchived(client, archived.lastSeq()));
    if (removed > 0) await delay(pauseMs);
    return removed;
  }
}
