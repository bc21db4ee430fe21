import { pMapIterable } from 'p-map';
import type { NewRecord, Row, Store, Tx } from '../../../db/store.ts';
import { imports, rejectedRecords } from '../../../db/tables/imports.ts';
import { userFiles as table } from '../../../db/tables/user-files.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import { type ListedObject, type ObjectSource, ObjectStoreError } from '../../sources/object-source.ts';
import type { SyncCounts, UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import { type ChangedObject, changesOf, type RemovedObject } from './changes.ts';
import { createSyncCounters } from './counters.ts';
import { listingOf } from './listing.ts';
import { type Found, type ReadingLimits, rawOf, readObject, withRetry } from './reading.ts';
import { closeRejection } from './rejections.ts';

type Import = Row<typeof imports>;

export interface SyncLimits extends ReadingLimits {
  readonly userFilesParallel: number;
  readonly batchRecords: number;
}

export interface SyncServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly images: ImageStore;
  readonly source: ObjectSource;
  readonly limits: SyncLimits;
}

/** So many objects in a row that could not be read are taken for the source itself. */
const faultsInRowMax = 50;

type Refused = Extract<Found, { raw: string }>;

/**
 * Reads what has changed in the source since the last time, stages it in batches and puts it in force at once, at the
 * end: details, images and what was removed. `standing` is the import that tells how far it is. Throws SourceFault when
 * the source cannot be listed or no longer answers, and what `signal` was aborted with: then nothing has changed.
 */
export const synchronise = async (
  { store, ledger, users, userFiles, images, source, limits }: SyncServices,
  standing: Import,
  onProgress: (standing: Import) => void,
  signal: AbortSignal,
): Promise<SyncCounts> => {
  const { id: importId } = standing;
  const { batchRecords, userFilesParallel } = limits;

  const advance = async (told: Partial<Import>, work: (tx: Tx) => void): Promise<void> => {
    await ledger.write((tx) => {
      work(tx);
      tx.update(imports, { id: importId }, told);
    });
    Object.assign(standing, told);
    onProgress(standing);
  };

  const listing = await listingOf(await listed(source, limits, signal));
  const { changed, removed, unchanged } = await changesOf(listing, store, users, userFiles);
  const account = createSyncCounters(listing, users, userFiles);
  account.unchanged(unchanged);
  const toRead = changed.filter(({ fault }) => fault === undefined);
  const bytesTotal = toRead.reduce((sum, { object }) => sum + object.bytes, 0);
  if (toRead.length > 0) await advance({ bytesTotal }, () => undefined);

  const refused: Refused[] = [];
  /** What could again not be read: what is known of it stays as it is. */
  const asBefore = new Set<string>();
  const gone: RemovedObject[] = [];
  const take = (found: Found): void => {
    const { changed: object } = found;
    if ('raw' in found) {
      if (isSameRefusal(found)) {
        account.unchanged(1);
        asBefore.add(object.object.name);
      } else refused.push(found);
    } else if (!('isGone' in found)) account.taken(found);
    else if (object.before?.outcome === 'TAKEN') gone.push({ ...object, name: object.object.name });
    else account.vanished(object.userId);
  };

  const read = (each: ChangedObject): Promise<Found> => readObject(each, source, images, limits, signal);
  const reading = pMapIterable(toRead, read, {
    concurrency: userFilesParallel,
    backpressure: userFilesParallel + batchRecords,
  });
  let [bytesRead, faultsInRow] = [0, 0];
  for await (const batch of inBatches(reading, batchRecords)) {
    signal.throwIfAborted();
    for (const found of batch) {
      take(found);
      faultsInRow = 'raw' in found && found.isPassing ? faultsInRow + 1 : 0;
      // A store that fails for good would else be asked for each of its objects, several times.
      if (faultsInRow === faultsInRowMax)
        throw new ObjectStoreError(`${faultsInRow} objects in a row could not be read`, { isPassing: true });
      bytesRead += found.changed.object.bytes;
    }
    const rows = batch.flatMap((found) => rowOf(found, importId));
    await advance({ bytesRead }, (tx) => rows.forEach((row) => void tx.append(table, row)));
  }

  // What was taken comes first, for a file of another name may stand for the one that is gone; what is refused unread last.
  const named = new Set(removed.map(({ name }) => name));
  const allRemoved = [...removed, ...gone.filter(({ name }) => !named.has(name))];
  for (let from = 0; from < allRemoved.length; from += batchRecords) {
    const part = allRemoved.slice(from, from + batchRecords);
    await advance({ bytesRead }, (tx) => part.forEach((each) => void tx.append(table, removedRow(each, importId))));
  }
  const unread = await Promise.all(changed.filter(({ fault }) => fault !== undefined).map(read));
  unread.forEach(take);
  allRemoved.forEach(account.removed);
  refused.forEach(account.rejected);

  const counts = account.counts();
  const isChanged = changed.length + allRemoved.length > 0;
  signal.throwIfAborted();
  const end = await ledger.write((tx) => {
    for (const row of unread.flatMap((found) => rowOf(found, importId))) tx.append(table, row);
    for (const { before, object } of changed)
      if (before?.outcome === 'REJECTED' && !asBefore.has(object.name)) closeRejection(tx, object.name);
    for (const { name } of allRemoved) if (userFiles.rejectedObjects.has(name)) closeRejection(tx, name);
    for (const found of refused) tx.insert(rejectedRecords, rejectOf(tx, found, importId));
    if (isChanged) userFiles.publish(tx, importId, counts);
    const objects = account.objects();
    const state = objects.rejected > 0 ? ('SUCCEEDED_WITH_REJECTS' as const) : ('SUCCEEDED' as const);
    const ended = { ...objects, state, bytesTotal, bytesRead: bytesTotal, finishedAtUs: tx.nowUs };
    tx.update(imports, { id: importId }, ended);
    return ended;
  });
  Object.assign(standing, end);
  onProgress(standing);
  return counts;
};

/** All or nothing: a listing that breaks off says nothing of what is gone. */
const listed = (source: ObjectSource, limits: SyncLimits, signal: AbortSignal): Promise<ListedObject[]> =>
  withRetry(
    async () => {
      const objects: ListedObject[] = [];
      for await (const page of source.list(signal)) objects.push(...page);
      return objects;
    },
    limits,
    signal,
  );

async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Whether an object that could not be read the last time could not be read again. */
const isSameRefusal = ({ changed: { before }, version, isUnread }: Refused): boolean =>
  isUnread && before?.outcome === 'REJECTED' && before.version === version;

const nothing = {
  line: null,
  firstName: null,
  lastName: null,
  birthMs: null,
  sha256: null,
  contentType: null,
  width: null,
  height: null,
  byteSize: null,
};

/** The row that says what was found; none for an object that is gone or could again not be read. */
const rowOf = (found: Found, importId: number): NewRecord<typeof table>[] => {
  const { changed, version } = found;
  const { userId, kind, object } = changed;
  const row = { ...nothing, importId, name: object.name, version, userId, kind };
  if ('details' in found) return [{ ...row, ...found.details, outcome: 'TAKEN' }];
  if ('image' in found) return [{ ...row, ...found.image, outcome: 'TAKEN' }];
  return 'isGone' in found || isSameRefusal(found) ? [] : [{ ...row, outcome: 'REJECTED' }];
};

const removedRow = ({ userId, kind, name }: RemovedObject, importId: number): NewRecord<typeof table> => ({
  ...nothing,
  importId,
  name,
  version: '',
  userId,
  kind,
  outcome: 'REMOVED',
});

const rejectOf = (tx: Tx, { changed, problems, raw }: Refused, importId: number) => ({
  importId,
  target: 'USER_FILES',
  source: changed.object.name,
  line: null,
  raw: rawOf(raw, changed.object.name),
  problems,
  receivedAtUs: tx.nowUs,
});
