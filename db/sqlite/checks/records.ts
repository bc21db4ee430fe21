import Database from 'better-sqlite3';
import { getTableName } from 'drizzle-orm';
import type { Damage } from '../../store.ts';
import { archivedTableOf } from '../archive/tables.ts';
import { bytesOf, commitDigest, noDigest, RowDigest, rowDigestBytes } from '../digests/digests.ts';
import { readRange } from '../digests/seal.ts';
import { columnsOf } from '../rows/columns.ts';
import { outOfOrder } from '../rows/damage-errors.ts';
import { ledgerTables } from '../rows/ledger-tables.ts';
import { originOf } from '../rows/origin.ts';
import { Catalogue } from '../rows/segment-catalogue.ts';

interface StoredCommit {
  readonly lastSeq: number;
  readonly recordedAtUs: number;
  readonly digest: unknown;
  readonly recordDigests: unknown;
}

interface LedgerReader {
  readonly name: string;
  readonly rowDigest: RowDigest;
  readonly read: Database.Statement<[number, number], unknown[]>;
  /** Records up to this sequence number are not in the table, or do not count. */
  readonly archivedSeq: number;
  readonly positions: { readonly seq: number; readonly importId: number; readonly line: number };
}

const commitsPerPage = 500;
/** Records that are compared at once. */
const windowRecords = 4096;

/** Checks the chain of commits, and every record in a table against its digest. */
export class RecordsCheck {
  readonly #client: Database.Database;
  readonly #share: number;
  /** Its commit has no records. */
  readonly #origin: number;
  readonly #readers: readonly LedgerReader[];
  readonly #left: Database.Statement<[number], string | null>;
  /** Tables that SQLite cannot read. */
  readonly #unreadable = new Set<string>();
  /** Up to which sequence number records are in segments, which `damagedSegments` checks. */
  readonly #archivedSeq: number;

  /** `share` of records: that whose content is checked, 0 to 1; the chain of commits is checked as a whole. */
  constructor(client: Database.Database, share = 1) {
    this.#client = client;
    this.#share = share;
    this.#origin = originOf(client);
    this.#left = client.prepare<[number], string | null>('select left_digest from erased_records where id = ?').pluck();
    this.#archivedSeq = new Catalogue(client).lastSeq();
    this.#readers = ledgerTables.map((table) => {
      const keys = columnsOf(table).map(([key]) => key);
      const [seq, importId, line] = ['seq', 'importId', 'line'].map((key) => keys.indexOf(key)) as [
        number,
        number,
        number,
      ];
      const positions = { seq, importId, line };
      const archivedSeq = archivedTableOf(table) ? this.#archivedSeq : 0;
      const rowDigest = new RowDigest(table);
      return { name: getTableName(table), rowDigest, read: readRange(client, table), archivedSeq, positions };
    });
  }

  /** Checks the commits after the one up to the record `after`, and the content of the records after `contentAfter`. */
  *damages(after: number, contentAfter = after): Generator<Damage> {
    let window: Buffer[] = [];
    let [from, upTo, size] = [after, after, 0];
    let previous = this.#digestOf(after);
    for (const commit of this.#commits(after)) {
      const { lastSeq, recordedAtUs } = commit;
      const [digest, recordDigests] = [bytesOf(commit.digest), bytesOf(commit.recordDigests)];
      const count = lastSeq === this.#origin ? 0 : lastSeq - upTo;
      const isComplete = recordDigests.length === count * rowDigestBytes && Number.isSafeInteger(recordedAtUs);
      if (!isComplete || !commitDigest(previous, { lastSeq, recordedAtUs, recordDigests }).equals(digest))
        yield {
          table: null,
          sequence: lastSeq,
          message: `commits: the commit up to record ${lastSeq} does not continue the chain of commits: it or the one before was altered`,
        };
      previous = digest;
      upTo = lastSeq;
      if (lastSeq === this.#origin) {
        from = lastSeq;
        continue;
      }
      if (isComplete) {
        // Only the first commits have such records, before anything is in the window.
        const skipped = Math.max(0, Math.min(count, contentAfter - (lastSeq - count)));
        from += skipped;
        window.push(recordDigests.subarray(skipped * rowDigestBytes));
        size += count - skipped;
        if (size < windowRecords) continue;
      }
      yield* this.#compare(from, Buffer.concat(window));
      [window, from, size] = [[], upTo, 0];
    }
    yield* this.#compare(from, Buffer.concat(window));
    yield* this.#outside(upTo);
  }

  #digestOf(lastSeq: number): Buffer {
    const found = this.#client.prepare<[number], unknown>('select digest from commits where last_seq = ?').pluck();
    return lastSeq > 0 ? bytesOf(found.get(lastSeq)) : noDigest;
  }

  *#commits(after: number): Generator<StoredCommit> {
    const page = this.#client.prepare<[number], StoredCommit>(
      `select last_seq as lastSeq, recorded_at_us as recordedAtUs, digest, record_digests as recordDigests from commits
       where last_seq > ? order by last_seq limit ${commitsPerPage}`,
    );
    let count = 0;
    for (let from = after; ; ) {
      for (const commit of page.all(from)) {
        // A damaged file may have its rows in any order, and reading on would never end.
        if (!(commit.lastSeq > from)) throw outOfOrder('commits');
        yield commit;
        from = commit.lastSeq;
        count++;
      }
      if (count < commitsPerPage) return;
      count = 0;
    }
  }

  /** Compares the records after `from` with their digests. */
  *#compare(from: number, digests: Buffer): Generator<Damage> {
    const count = digests.length / rowDigestBytes;
    if (count === 0 || (this.#share < 1 && Math.random() >= this.#share)) return;
    const isFound = new Uint8Array(count);
    for (const reader of this.#readers) {
      const { name, rowDigest, positions } = reader;
      for (const row of yield* this.#rows(reader, Math.max(from, reader.archivedSeq), from + count)) {
        const seq = Number(row[positions.seq]);
        const index = seq - from - 1;
        // Only in a damaged file.
        if (!(index >= 0 && index < count)) throw outOfOrder(name);
        const isSound =
          rowDigest.matches(row, digests, index * rowDigestBytes) ||
          this.#left.get(seq) === rowDigest.of(row).toString('hex');
        if (isSound && isFound[index] === 0) {
          isFound[index] = 1;
          continue;
        }
        isFound[index] = 1;
        yield {
          table: name,
          sequence: seq,
          ...sourceOf(row, positions),
          message: messageOf(name, seq, row, positions),
        };
      }
    }
    if (this.#unreadable.size > 0) return;
    for (let index = 0; index < count; index++) {
      const sequence = from + index + 1;
      // Of an erased record nothing is left.
      if (isFound[index] === 0 && sequence > this.#archivedSeq && this.#left.get(sequence) !== null)
        yield { table: null, sequence, message: `ledger: record ${sequence} is missing` };
    }
  }

  *#rows({ name, read }: LedgerReader, after: number, upTo: number): Generator<Damage, unknown[][]> {
    if (this.#unreadable.has(name)) return [];
    try {
      return read.all(after, upTo);
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
      this.#unreadable.add(name);
      yield { table: name, message: `${name}: records after ${after} cannot be read: ${error.message}` };
      return [];
    }
  }

  /** Records that no commit is about. */
  *#outside(last: number): Generator<Damage> {
    for (const reader of this.#readers) {
      const { name, positions } = reader;
      const below = yield* this.#rows(reader, Number.MIN_SAFE_INTEGER, this.#origin);
      const beyond = yield* this.#rows(reader, last, Number.MAX_SAFE_INTEGER);
      for (const row of [...below, ...beyond]) {
        const sequence = Number(row[positions.seq]);
        yield { table: name, sequence, message: `${name}: no commit is about record ${sequence}` };
      }
    }
  }
}

const sourceOf = (row: readonly unknown[], { importId, line }: LedgerReader['positions']): Partial<Damage> => ({
  ...(typeof row[importId] === 'number' ? { importId: row[importId] } : {}),
  ...(typeof row[line] === 'number' ? { line: row[line] } : {}),
});

const messageOf = (
  table: string,
  seq: number,
  row: readonly unknown[],
  positions: LedgerReader['positions'],
): string => {
  const { importId, line } = sourceOf(row, positions);
  const origin = importId === undefined ? '' : ` (import ${importId}${line === undefined ? '' : `, line ${line}`})`;
  return `${table}: record ${seq}${origin} is not as it was stored`;
};
