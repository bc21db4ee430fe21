import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { DomainError } from '../../../src/errors.ts';
import { bytesOf, noDigest, rowDigestBytes } from '../digests/digests.ts';
import type { StoreState } from '../digests/store-state.ts';
import type { FileIdentity, MarkState } from './mark.ts';
import { WriteHealth } from './write-health.ts';

const openWaitMs = 10_000;

const whatToDo =
  'put back the files that are missing, or a backup; "asof verify --list" names what is damaged, and ' +
  '"asof verify --accept-loss" goes on with what is there';

/**
 * Reads a store before it is opened for writing, which would write over what is left of a damaged one. Throws DATA_DAMAGED
 * for a file that is no store, and for one that lacks what its mark says it had. The mark must have been read before: what
 * is committed meanwhile only takes the store further.
 */
export const checkBeforeOpening = (path: string, marked: MarkState | null): void => {
  const used = usedFoldersBeside(path);
  if (!existsSync(path) || statSync(path).size === 0) {
    if (marked && marked.lastSeq + marked.side.changes > 0)
      throw new DomainError(
        'DATA_DAMAGED',
        `${path} is missing or empty, but it had records up to ${marked.lastSeq}: ${whatToDo}`,
      );
    if (used.length > 0) throw incompleteCopy(path, used);
    return;
  }
  const client = openForReading(path);
  try {
    const loss = lossOf(client, marked);
    if (loss !== null) throw new DomainError('DATA_DAMAGED', `${loss}: ${whatToDo}`);
    if (used.length > 0 && hasNoTables(client)) throw incompleteCopy(path, used);
  } catch (error) {
    throw asDamage(path, error);
  } finally {
    client.close();
  }
};

/**
 * The folders of a data folder that hold files which only a store can have made; a new store would take them for left-overs
 * and remove them. Look before the store: another process makes it before any of them.
 */
export const usedFoldersBeside = (path: string): string[] =>
  ['datasets', 'images'].filter((name) => {
    const folder = join(dirname(path), name);
    return existsSync(folder) && readdirSync(folder).length > 0;
  });

export const incompleteCopy = (path: string, used: readonly string[]): DomainError =>
  new DomainError(
    'DATA_DAMAGED',
    `${path} is missing or has no tables, but the data folder has files in ${used.join(' and ')}: it is an incomplete copy ` +
      'or was emptied. Put back the file that is missing, or a backup, or begin with an empty data folder',
  );

/** Opens a store so that nothing of it is changed, its log of writes included. Throws DATA_DAMAGED for a file that is none. */
export const openForReading = (path: string): Database.Database => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw new DomainError('DATA_DAMAGED', `${path} is not a file: put back a backup`);
  undoUnfinished(path);
  const client = new Database(path, { readonly: true, fileMustExist: true, timeout: openWaitMs });
  try {
    const names = client.prepare<[], string>("select name from sqlite_master where type = 'table'").pluck().all();
    if (names.length > 0 && !names.includes('commits') && !names.includes('__drizzle_migrations'))
      throw new DomainError('DATA_DAMAGED', `${path} is the database of another program`);
    return client;
  } catch (error) {
    client.close();
    throw asDamage(path, error);
  }
};

/**
 * Undoes what a process has left that was killed while it made the file: only then SQLite keeps a journal of pages to put
 * back, since every later change goes to the log of writes. A connection that only reads cannot put them back, and refuses.
 */
const undoUnfinished = (path: string): void => {
  if (!existsSync(`${path}-journal`)) return;
  const client = new Database(path, { fileMustExist: true, timeout: openWaitMs });
  try {
    client.prepare('select 1 from sqlite_master').get();
  } catch (error) {
    throw asDamage(path, error);
  } finally {
    client.close();
  }
};

/** The error of a file that SQLite cannot read, or of the full disk that keeps it from reading; other errors stay as they are. */
export const asDamage = (path: string, error: unknown): unknown => {
  if (!(error instanceof Database.SqliteError)) return error;
  // SQLite makes a file beside that of the store also to read it.
  const fault = /^SQLITE_(IOERR|CANTOPEN)/.test(error.code) ? new WriteHealth(dirname(path)).faultOfFolder() : null;
  if (fault?.code === 'OUT_OF_SPACE') return fault;
  if (!/^SQLITE_(CORRUPT|NOTADB|IOERR|ERROR)/.test(error.code)) return error;
  return new DomainError('DATA_DAMAGED', `${path} cannot be read (${error.message}): put back a backup`, {
    cause: error,
  });
};

export const hasNoTables = (client: Database.Database): boolean =>
  client.prepare('select 1 from sqlite_master limit 1').get() === undefined;

/** False for a store of before the hash chain. */
const isSealed = (client: Database.Database): boolean =>
  client.prepare("select 1 from sqlite_master where name = 'store_state'").get() !== undefined;

/** Throws DATA_DAMAGED for numbers that no store has counted. */
export const stateOf = (client: Database.Database): StoreState => {
  const last = client
    .prepare<[], { lastSeq: number; digest: unknown }>(
      'select last_seq as lastSeq, digest from commits order by last_seq desc limit 1',
    )
    .get();
  const side = client
    .prepare<[], { changes: number; digest: unknown }>('select changes, digest from store_state where id = 1')
    .get();
  for (const count of [last?.lastSeq ?? 0, side?.changes ?? 0])
    if (!(Number.isSafeInteger(count) && count >= 0))
      throw new DomainError(
        'DATA_DAMAGED',
        `the store says that it has ${count} records or changes: put back a backup`,
      );
  return {
    lastSeq: last?.lastSeq ?? 0,
    digest: last ? bytesOf(last.digest) : noDigest,
    side: side
      ? { changes: side.changes, digest: bytesOf(side.digest) }
      : { changes: 0, digest: Buffer.alloc(rowDigestBytes) },
  };
};

/** What a store lacks of what its mark says it had; null when it lacks nothing, or without a mark. */
export const lossOf = (client: Database.Database, marked: MarkState | null): string | null => {
  if (!marked) return null;
  if (!isSealed(client)) {
    const hadNothing = marked.lastSeq + marked.side.changes === 0;
    return hadNothing && hasNoTables(client)
      ? null
      : 'the store lacks the tables that it had: it was cut, or is an older copy';
  }
  const { lastSeq, side } = stateOf(client);
  if (lastSeq < marked.lastSeq)
    return `the store ends at record ${lastSeq}, but it had records up to ${marked.lastSeq}: it was cut, or is an older copy`;
  if (side.changes < marked.side.changes)
    return `the store lacks ${marked.side.changes - side.changes} changes of imports, rejected records, keys, datasets or alerts: it was cut, or is an older copy`;
  const commit = client.prepare<[number], unknown>('select digest from commits where last_seq = ?').pluck();
  if (marked.lastSeq > 0 && !bytesOf(commit.get(marked.lastSeq)).equals(marked.digest))
    return `the commit up to record ${marked.lastSeq} is not the one that was stored: it was altered, or the file is that of another store`;
  if (side.changes === marked.side.changes && !side.digest.equals(marked.side.digest))
    return 'the digest of imports, rejected records, keys, datasets and alerts is not the one that was stored';
  return null;
};

/** What identifies the file of a store that no process has open; null while its log of writes holds something. */
export const identityOf = (path: string): FileIdentity | null => {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (log && log.size > 0) return null;
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? { size: found.size, mtimeNs: found.mtimeNs, ctimeNs: found.ctimeNs, ino: found.ino } : null;
};
