import type Database from 'better-sqlite3';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { DomainError } from '../../src/errors.ts';
import { columnsOf } from './columns.ts';
import { combine, combineChanges, counterDigest, RowDigest, rowDigestBytes } from './digests.ts';
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
  readonly datasetIdOf: (row: readonly unknown[]) => number | null;
  /** Rows that this transaction may have changed. */
  readonly touched: Set<number>;
  /** Whether its counter may have changed. */
  isCounted: boolean;
}

/**
 * Keeps the digests of the rows of side tables. A row is read before its first change in a transaction, so that
 * nothing builds on a damaged one, and once at the end: work that was undone leaves a row as it was.
 */
export class SideRows {
  readonly #client: Database.Database;
  readonly #watched = new Map<SQLiteTable, Watched>();
  readonly #readState: Database.Statement<[], SideState>;
  readonly #writeState: Database.Statement;
  readonly #readDigest: Database.Statement<[number], Buffer>;
  readonly #writeDigest: Database.Statement;
  readonly #removeDigest: Database.Statement;
  readonly #readCounter: Database.Statement<[string], unknown>;

  constructor(client: Database.Database) {
    this.#client = client;
    this.#readState = client.prepare('select changes, digest from store_state where id = 1');
    this.#writeState = client.prepare('insert or replace into store_state (id, changes, digest) values (1, ?, ?)');
    this.#readDigest = client.prepare<[number], Buffer>('select digest from row_digests where key = ?').pluck();
    this.#writeDigest = client.prepare('insert or replace into row_digests (key, digest, dataset_id) values (?, ?, ?)');
    this.#removeDigest = client.prepare('delete from row_digests where key = ?');
    this.#readCounter = client.prepare<[string], unknown>('select seq from sqlite_sequence where name = ?').pluck();
  }

  begin(): void {
    for (const watched of this.#watched.values()) {
      watched.touched.clear();
      watched.isCounted = false;
    }
  }

  state(): SideState {
    return this.#readState.get() ?? { changes: 0, digest: Buffer.alloc(rowDigestBytes) };
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

  /** Brings the digests level with the rows; call it before COMMIT. */
  seal(): SideState {
    return this.sealAfter(this.state());
  }

  /** Like `seal`, after a state whose digest covers what `row_digests` holds. */
  sealAfter(before: SideState): SideState {
    const digest = Buffer.from(before.digest);
    let isChanged = false;
    const renew = (key: number, next: Buffer | undefined, datasetId: number | null = null): void => {
      const known = this.#readDigest.get(key);
      if (known ? next?.equals(known) : !next) return;
      isChanged = true;
      if (known) combine(digest, known);
      if (next) combine(digest, next);
      if (next) this.#writeDigest.run(key, next, datasetId);
      else this.#removeDigest.run(key);
    };
    for (const { name, touched, isCounted, firstKey, rowDigest, read, datasetIdOf } of this.#watched.values()) {
      for (const id of touched) {
        const row = read.get(id);
        renew(firstKey + id, row && rowDigest.of(row), row && datasetIdOf(row));
      }
      const counter = isCounted ? this.#readCounter.get(name) : undefined;
      if (counter !== undefined) renew(firstKey, counterDigest(name, counter));
    }
    if (!isChanged) return before;
    const changes = before.changes + 1;
    combineChanges(digest, before.changes);
    combineChanges(digest, changes);
    this.#writeState.run(changes, digest);
    return { changes, digest };
  }

  #watchedOf(table: SQLiteTable): Watched {
    let watched = this.#watched.get(table);
    if (!watched) {
      const side = sideTableOf(table);
      const names = columnsOf(table).map(([, { name }]) => `"${name}"`);
      const read = this.#client
        .prepare<[number], unknown[]>(`select ${names.join(', ')} from "${side.name}" where id = ?`)
        .raw();
      const datasetIdOf = noteOfDataset(table);
      watched = { ...side, rowDigest: new RowDigest(table), read, datasetIdOf, touched: new Set(), isCounted: false };
      this.#watched.set(table, watched);
    }
    return watched;
  }
}
