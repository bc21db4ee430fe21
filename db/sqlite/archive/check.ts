import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import { DomainError } from '../../../src/errors.ts';
import type { Damage } from '../../store.ts';
import { ledgerTables } from '../rows/ledger-tables.ts';
import { originOf } from '../rows/origin.ts';
import { Catalogue, type Segment } from '../rows/segment-catalogue.ts';
import type { ReadRecord } from './page-check.ts';
import type { ArchivedRecords } from './records.ts';
import { hashesOf } from './removal.ts';
import { archivedTableOf, archivedTables } from './tables.ts';

/** Checks that segments follow each other, and that with them no record is missing; reads no file. */
export function* damagedCatalogue(client: Database.Database): Generator<Damage> {
  const catalogue = new Catalogue(client);
  const kept = ledgerTables
    .filter((table) => !archivedTableOf(table))
    .map((table) => `(select count(*) from "${getTableName(table)}" where seq between @firstSeq and @lastSeq)`);
  const erased =
    '(select count(*) from erased_records where id between @firstSeq and @lastSeq and left_digest is null)';
  const elsewhere = client.prepare<[Segment], number>(`select ${[...kept, erased].join(' + ')}`).pluck();
  let last = originOf(client);
  for (const segment of catalogue.between(0, Number.MAX_SAFE_INTEGER)) {
    const { name, firstSeq, lastSeq, records } = segment;
    if (firstSeq !== last + 1)
      yield { table: 'ledger_segments', message: `ledger_segments: ${name} does not follow record ${last}` };
    const missing = lastSeq - firstSeq + 1 - records - (elsewhere.get(segment) ?? 0);
    if (missing !== 0)
      yield {
        table: null,
        message: `ledger: of the records ${firstSeq} to ${lastSeq}, the range of the segment ${name}, ${missing} are missing`,
      };
    last = lastSeq;
  }
}

/** Reads all segments, or a share of their pages, and compares every record with its digest and its keys. */
export function* damagedSegments(
  client: Database.Database,
  archived: ArchivedRecords,
  share: number,
): Generator<Damage> {
  const keys = new KeyCheck(client);
  for (const segment of archived.segments({ after: 0, upTo: Number.MAX_SAFE_INTEGER }))
    yield* damagesOfSegment(segment, { archived, share, keys });
}

interface SegmentCheck {
  readonly archived: ArchivedRecords;
  readonly share: number;
  readonly keys: KeyCheck;
}

export function* damagesOfSegment(segment: Segment, { archived, share, keys }: SegmentCheck): Generator<Damage> {
  let records = 0;
  try {
    for (const page of archived.contentOf(segment, { share })) {
      records += page.length;
      yield* keys.damages(page);
    }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    yield { table: null, message: error.message };
    return;
  }
  if (share === 1 && records !== segment.records)
    yield { table: null, message: `${segment.name} has ${records} records instead of ${segment.records}` };
}

/** Checks that archived records are found by their keys. */
export class KeyCheck {
  readonly #has: Database.Statement<[number, number], number>;
  readonly #hashes = new Map(archivedTables.map((archived) => [archived.name, hashesOf(archived)]));

  constructor(client: Database.Database) {
    this.#has = client
      .prepare<[number, number], number>('select 1 from archived_keys where hash = ? and sequence = ?')
      .pluck();
  }

  *damages(records: readonly ReadRecord[]): Generator<Damage> {
    for (const { table, sequence, values } of records)
      for (const hash of this.#hashes.get(table)?.(values) ?? [])
        if (this.#has.get(hash, sequence) === undefined)
          yield { table, sequence, message: `archived_keys: record ${sequence} of ${table} is not found by its key` };
  }
}
