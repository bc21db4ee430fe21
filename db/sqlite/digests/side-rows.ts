import type Database from 'better-sqlite3';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { DomainError } from '../../../src/errors.ts';
import { columnsOf } from '../rows/columns.ts';
import type { SqlConnection } from '../rows/sql-connection.ts';
import { combine, combineChanges, counterDigest, RowDigest, rowDigestBytes } from './digests.ts';
import { HeldState } from './held-state.ts';
import { noteOfDataset, type SideTable, sideTableOf } from './side-tables.ts';

/** The state of all side tables. */
export interface SideState {
  /** Number of transactions that changed a row. */
  readonly changes: number;
  /** All row digests, combined. */
  readonly digest: Buffer;
}

interface Watched extends SideTable {
  readonly rowDigest: RowDigest;
  readonly read: Database.Statement<[number], unknown[]>;
  /** Rows with ids from the first to the last. */
  readonly readRun: Database.Statement<[number, number], unknown[]>;
  /** Where the id is among the values of a row. */
  readonly idPosition: number;
  readonly datasetIdOf: (row: readonly unknown[]) => number | null;
  /** Rows that this transaction may have changed. */
  readonly touched: Set<number>;
  /** Whether its counter may have changed. */
  isCounted: boolean;
}

/** What sealing has changed so far. */
interface SideChange {
  readonly digest: Buffer;
  isChanged: boolean;
}

/** Rows of one statement. */
const runRows = 32;

/**
 * Keeps the digests of the rows of side tables. A row is read before its first change in a transaction, so that
 * nothing builds on a damaged one, and once at the end: work that was undone leaves a row as it was.
 */
export class SideRows {
  /** As sealed last. */
  readonly state: HeldState<SideState>;
  readonly #client: SqlConnection;
  readonly #watched = new Map<SQLiteTable, Watched>();
  /** What the transaction has changed, where it was sealed already. */
  #change: SideChange | undefined;
  readonly #writeState: Database.Statement;
  readonly #readDigest: Database.Statement<[number], Buffer>;
  readonly #hasDigests: Database.Statement<[number, number], unknown>;
  readonly #writeDigest: Database.Statement;
  readonly #writeDigests: Database.Statement;
  readonly #removeDigest: Database.Statement;
  readonly #readCounter: Database.Statement<[string], unknown>;

  constructor(client: SqlConnection) {
    this.#client = client;
    const read = client.prepare<[], SideState>('select changes, digest from store_state where id = 1');
    this.state = new HeldState(() => read.get() ?? { changes: 0, digest: Buffer.alloc(rowDigestBytes) });
    this.#writeState = client.prepare('insert or replace into store_state (id, changes, digest) values (1, ?, ?)');
    this.#readDigest = client.prepare<[number], Buffer>('select digest from row_digests where key = ?').pluck();
    this.#hasDigests = client.prepare('select 1 from row_digests where key between ? and ? limit 1');
    const write = 'insert or replace into row_digests (key, digest, dataset_id) values (?, ?, ?)';
    this.#writeDigest = client.prepare(write);
    this.#writeDigests = client.prepare(write + ', (?, ?, ?)'.repeat(runRows - 1));
    this.#removeDigest = client.prepare('delete from row_digests where key = ?');
    this.#readCounter = client.prepare<[string], unknown>('select seq from sqlite_sequence where name = ?').pluck();
  }

  begin(): void {
    this.#change = undefined;
    for (const watched of this.#watched.values()) {
      watched.touched.clear();
      watched.isCounted = false;
    }
  }

  inserted(table: SQLiteTable, id: number): void {
    this.counted(table);
    this.#watchedOf(table).touched.add(id);
  }

  /** Call it when the counter of a table may have changed. */
  counted(table: SQLiteTable): void {
    this.#watchedOf(table).isCounted = true;
  }

  /** Call it before a row is changed or removed. Throws DATA_DAMAGED when the row is not as it was stored. */
  changing(table: SQLiteTable, id: number): void {
    const watched = this.#watchedOf(table);
    if (watched.touched.has(id)) return;
    const stored = this.#readDigest.get(watched.firstKey + id);
    const row = watched.read.get(id);
    const found = row && watched.rowDigest.of(row);
    if (stored ? !found?.equals(stored) : found)
      throw new DomainError(
        'DATA_DAMAGED',
        `row ${id} of ${watched.name} is not as it was stored, so it is not changed: run "asof verify --list"`,
      );
    if (row) watched.touched.add(id);
  }

  /** Brings the digests of the rows so far level with them. */
  advance(): void {
    this.#sealTouched(this.state.get());
  }

  /** Brings the digests level with the rows; call it before COMMIT. */
  seal(): SideState {
    return this.sealAfter(this.state.get());
  }

  /** Like `seal`, after a state whose digest covers what `row_digests` held when the transaction began. */
  sealAfter(before: SideState): SideState {
    const { digest, isChanged } = this.#sealTouched(before);
    if (!isChanged) return before;
    const changes = before.changes + 1;
    combineChanges(digest, before.changes);
    combineChanges(digest, changes);
    this.#writeState.run(changes, digest);
    const state = { changes, digest };
    this.state.set(state);
    return state;
  }

  #sealTouched(before: SideState): SideChange {
    this.#change ??= { digest: Buffer.from(before.digest), isChanged: false };
    const change = this.#change;
    for (const watched of this.#watched.values()) {
      const { runs, others } = runsOf(watched.touched);
      for (const first of runs) this.#sealRun(watched, first, change);
      for (const id of others) this.#sealRow(watched, id, change);
      const { name, isCounted, firstKey } = watched;
      const counter = isCounted ? this.#readCounter.get(name) : undefined;
      if (counter !== undefined) this.#renew(firstKey, { digest: counterDigest(name, counter) }, change);
      watched.touched.clear();
      watched.isCounted = false;
    }
    return change;
  }

  #sealRow({ firstKey, rowDigest, read, datasetIdOf }: Watched, id: number, change: SideChange): void {
    const row = read.get(id);
    const next = row && { digest: rowDigest.of(row), datasetId: datasetIdOf(row) };
    this.#renew(firstKey + id, next, change);
  }

  /** The same for `runRows` rows whose ids follow each other, by few statements where all of them are new. */
  #sealRun(watched: Watched, first: number, change: SideChange): void {
    const { firstKey, rowDigest, readRun, idPosition, datasetIdOf } = watched;
    const last = first + runRows - 1;
    const rows = readRun.all(first, last);
    if (rows.length < runRows || this.#hasDigests.get(firstKey + first, firstKey + last) !== undefined) {
      for (let id = first; id <= last; id++) this.#sealRow(watched, id, change);
      return;
    }
    const values: unknown[] = [];
    for (const row of rows) {
      const digest = rowDigest.of(row);
      combine(change.digest, digest);
      values.push(firstKey + (row[idPosition] as number), digest, datasetIdOf(row));
    }
    change.isChanged = true;
    this.#writeDigests.run(values);
  }

  /** Replaces the digest of a row, or removes it. */
  #renew(key: number, next: { digest: Buffer; datasetId?: number | null } | undefined, change: SideChange): void {
    const known = this.#readDigest.get(key);
    if (known ? next?.digest.equals(known) : !next) return;
    change.isChanged = true;
    if (known) combine(change.digest, known);
    if (next) combine(change.digest, next.digest);
    if (next) this.#writeDigest.run(key, next.digest, next.datasetId ?? null);
    else this.#removeDigest.run(key);
  }

  #watchedOf(table: SQLiteTable): Watched {
    let watched = this.#watched.get(table);
    if (!watched) {
      const side = sideTableOf(table);
      const names = columnsOf(table).map(([, { name }]) => `"${name}"`);
      const select = `select ${names.join(', ')} from "${side.name}" where id`;
      watched = {
        ...side,
        rowDigest: new RowDigest(table),
        read: this.#client.prepare<[number], unknown[]>(`${select} = ?`).raw(),
        readRun: this.#client.prepare<[number, number], unknown[]>(`${select} between ? and ?`).raw(),
        idPosition: columnsOf(table).findIndex(([key]) => key === 'id'),
        datasetIdOf: noteOfDataset(table),
        touched: new Set(),
        isCounted: false,
      };
      this.#watched.set(table, watched);
    }
    return watched;
  }
}

/** The first ids of runs of `runRows` ids that follow each other, and the ids outside of them. */
const runsOf = (
  touched: ReadonlySet<number>,
): { readonly runs: readonly number[]; readonly others: readonly number[] } => {
  if (touched.size < runRows) return { runs: [], others: [...touched] };
  const ids = [...touched].sort((a, b) => a - b);
  const runs: number[] = [];
  const others: number[] = [];
  for (let index = 0; index < ids.length; ) {
    const first = ids[index] as number;
    // Ids differ, so no other id fits between them.
    if (ids[index + runRows - 1] === first + runRows - 1) {
      runs.push(first);
      index += runRows;
    } else {
      others.push(first);
      index++;
    }
  }
  return { runs, others };
};
