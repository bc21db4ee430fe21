import type Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import { bytesOf, RowDigest, rowDigestBytes } from '../digests/digests.ts';
import { ledgerTables } from '../rows/ledger-tables.ts';
import { archivedTableOf, archivedTables } from './tables.ts';

export interface ReadRecord {
  readonly table: string;
  readonly sequence: number;
  /** The driver values in the order of the table's columns. */
  readonly values: readonly unknown[];
}

interface CommitPart {
  readonly lastSeq: number;
  readonly recordDigests: unknown;
}

/** Compares records of a segment with the digests that the store has of them. */
export class PageCheck {
  readonly #before: Database.Statement<[number], number | null>;
  readonly #commits: Database.Statement<[number], CommitPart>;
  readonly #left: Database.Statement<[number], string | null>;
  readonly #unexplained: Database.Statement<[string], number>;
  readonly #digests = new Map(archivedTables.map(({ table, name }) => [name, new RowDigest(table)]));

  constructor(client: Database.Database) {
    this.#before = client
      .prepare<[number], number | null>('select max(last_seq) from commits where last_seq <= ?')
      .pluck();
    this.#commits = client.prepare(
      'select last_seq as lastSeq, record_digests as recordDigests from commits where last_seq > ? order by last_seq',
    );
    this.#left = client.prepare<[number], string | null>('select left_digest from erased_records where id = ?').pluck();
    const elsewhere = ledgerTables
      .filter((table) => !archivedTableOf(table))
      .map((table) => `and not exists (select 1 from "${getTableName(table)}" where seq = missing.value)`);
    this.#unexplained = client
      .prepare<[string], number>(
        `select value from json_each(?) as missing
         where not exists (select 1 from erased_records where id = missing.value and left_digest is null)
         ${elsewhere.join(' ')} limit 1`,
      )
      .pluck();
  }

  /** What is wrong with the records of a range; null when all are there as they were stored. */
  faultOf(
    records: readonly ReadRecord[],
    {
      after,
      upTo,
      without,
    }: {
      readonly after: number;
      readonly upTo: number;
      /** Records that are no longer there. */
      readonly without?: ReadonlyMap<number, unknown> | undefined;
    },
  ): string | null {
    const digests = this.#digestsOf(after, upTo);
    const missing = new Set<number>();
    for (let sequence = after + 1; sequence <= upTo; sequence++)
      if (without?.has(sequence) !== true) missing.add(sequence);
    for (const record of records) {
      if (!missing.delete(record.sequence)) return `has record ${record.sequence} twice, or out of its range`;
      if (!this.#isSound(record, digests, after)) return `has record ${record.sequence} other than it was stored`;
    }
    return this.#faultOfMissing(missing);
  }

  /** The same for some records. */
  faultOfSome(records: readonly ReadRecord[], sequences: readonly number[]): string | null {
    const missing = new Set(sequences);
    for (const record of records) {
      const after = record.sequence - 1;
      if (!missing.delete(record.sequence)) return `has record ${record.sequence} twice, or out of its range`;
      if (!this.#isSound(record, this.#digestsOf(after, record.sequence), after))
        return `has record ${record.sequence} other than it was stored`;
    }
    return this.#faultOfMissing(missing);
  }

  #faultOfMissing(missing: ReadonlySet<number>): string | null {
    if (missing.size === 0) return null;
    const sequence = this.#unexplained.get(JSON.stringify([...missing]));
    return sequence === undefined ? null : `lacks record ${sequence}`;
  }

  #isSound({ table, sequence, values }: ReadRecord, digests: Buffer, after: number): boolean {
    const digest = this.#digests.get(table) as RowDigest;
    if (digest.matches(values, digests, (sequence - after - 1) * rowDigestBytes)) return true;
    return this.#left.get(sequence) === digest.of(values).toString('hex');
  }

  /** The digests of the records of a range, from the commits that hold them. */
  #digestsOf(after: number, upTo: number): Buffer {
    const digests = Buffer.alloc((upTo - after) * rowDigestBytes);
    let from = this.#before.get(after) ?? 0;
    for (const { lastSeq, recordDigests } of this.#commits.iterate(after)) {
      const [first, last] = [Math.max(after, from), Math.min(upTo, lastSeq)];
      bytesOf(recordDigests).copy(
        digests,
        (first - after) * rowDigestBytes,
        (first - from) * rowDigestBytes,
        (last - from) * rowDigestBytes,
      );
      from = lastSeq;
      if (lastSeq >= upTo) break;
    }
    return digests;
  }
}
