import type Database from 'better-sqlite3';
import { startThread } from '../../../src/lib/thread.ts';
import type { Damage } from '../../store.ts';
import { damagedCatalogue } from '../archive/check.ts';
import type { MarkedFile } from '../file/marked-file.ts';
import { stateOf } from '../file/preflight.ts';
import { isDamage } from '../rows/damage-errors.ts';
import { originOf } from '../rows/origin.ts';
import { RecordsCheck } from './records.ts';
import { damagedRows } from './rows.ts';
import { damagedPages, damagedSchema } from './structure.ts';

interface StartCheck {
  readonly client: Database.Database;
  readonly file: MarkedFile;
  readonly recordsMax: number;
  readonly onLater: (damages: readonly Damage[]) => void;
}

/** Records that are checked although the store is the one that was closed. */
const tailRecords = 1000;

/** Up to so many records and rows, checking takes less time than starting a thread. */
const smallRows = 2000;

/** Checks a store as it is opened; see `Store.checkAtStart`. */
export const checkStart = async ({ client, file, recordsMax, onLater }: StartCheck): Promise<readonly Damage[]> => {
  const { lastSeq } = stateOf(client);
  const records = lastSeq - originOf(client);
  const before = client
    .prepare<[number], number | null>('select max(last_seq) from commits where last_seq <= ?')
    .pluck();
  const commitBefore = (records: number): number => before.get(lastSeq - records) ?? 0;
  if (!file.needsCheck)
    // The last commit may have many more records than these.
    return [
      ...inOneState(client, () => new RecordsCheck(client).damages(commitBefore(tailRecords), lastSeq - tailRecords)),
    ];

  const conclude = (damages: readonly Damage[]): readonly Damage[] => {
    if (damages.length === 0) file.foundSound();
    else file.foundDamaged();
    return damages;
  };
  if (isSmall(client, records)) return conclude([...damagesOfStore(client, 0)]);
  if (records <= recordsMax) return conclude(await checkInThread(file.path, 0));
  const newest = await checkInThread(file.path, commitBefore(recordsMax));
  if (newest.length > 0) return conclude(newest);
  void checkInThread(file.path, 0).then(
    (damages) => onLater(conclude(damages)),
    (error: unknown) => onLater([{ table: null, message: `the store could not be checked: ${String(error)}` }]),
  );
  return [];
};

const isSmall = (client: Database.Database, records: number): boolean => {
  const rows = client.prepare<[number], number>('select count(*) from (select 1 from row_digests limit ?)').pluck();
  return records + Number(rows.get(smallRows)) < smallRows;
};

/** What of a store is not as it was stored: all but the counts of imports, which follow from it. */
export const damagesOfStore = (client: Database.Database, after: number): Generator<Damage> =>
  inOneState(client, function* () {
    yield* damagedSchema(client);
    yield* new RecordsCheck(client).damages(after);
    yield* damagedRows(client);
    yield* damagedCatalogue(client);
    yield* damagedPages(client, false);
  });

/** Runs a check in a transaction, so that what other processes commit meanwhile does not look like damage. */
function* inOneState(client: Database.Database, check: () => Generator<Damage>): Generator<Damage> {
  client.exec('begin');
  try {
    yield* check();
  } catch (error) {
    if (!isDamage(error)) throw error;
    yield { table: null, message: `file: ${(error as Error).message}` };
  } finally {
    client.exec('rollback');
  }
}

const checkInThread = (path: string, after: number): Promise<readonly Damage[]> =>
  new Promise((resolve, reject) => {
    const worker = startThread(import.meta.url, 'worker', { workerData: { path, after } });
    // A store that is closed meanwhile must not wait for it.
    worker.unref();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread that checks the store has ended')));
  });
