import { pMapIterable } from 'p-map';
import type { NewRecord, Store, Tx } from '../../../db/store.ts';
import { userFiles as table } from '../../../db/tables/user-files.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DebugLog } from '../../lib/debug-log.ts';
import { type ListedObject, ObjectStoreError } from '../../sources/object-source.ts';
import type { Import, ImportJob, NewReject } from '../imports/job.ts';
import type { SyncCounts, UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import { type ChangedObject, findChanges, type RemovedObject } from './changes.ts';
import { closeRejection } from './close-rejection.ts';
import { createSyncCounters, type SyncCounters } from './counters.ts';
import { groupByUser } from './listing.ts';
import {
  type ObjectResult,
  type ReadLimits,
  type ReadServices,
  type RejectedObject,
  readObject,
  rejectText,
  withRetry,
} from './read-object.ts';

export interface SyncLimits extends ReadLimits {
  readonly userFilesParallel: number;
  readonly batchRecords: number;
}

export interface SyncServices extends ReadServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: DebugLog;
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly limits: SyncLimits;
}

export interface SyncOptions {
  readonly onProgress: (current: Import) => void;
  readonly signal: AbortSignal;
}

/** One synchronization while it runs. */
interface SyncPass extends SyncOptions {
  readonly services: SyncServices;
  readonly job: ImportJob;
  readonly counters: SyncCounters;
  readonly rejected: RejectedObject[];
  /** Names of objects that could not be read again: their stored rows stay. */
  readonly stillUnread: Set<string>;
  /** Objects that disappeared between the listing and the read. */
  readonly disappeared: RemovedObject[];
}

/** After this many consecutive failed reads the source itself counts as unavailable. */
const failedReadsMax = 50;

/**
 * Reads what has changed in the source since the last synchronization, stages it in batches and publishes it in one
 * transaction at the end: details, images and removals. Throws ObjectStoreError when the source cannot be listed or stops
 * responding, and the reason `signal` was aborted with; then nothing has changed.
 */
export const synchronize = async (
  services: SyncServices,
  job: ImportJob,
  { onProgress, signal }: SyncOptions,
): Promise<SyncCounts> => {
  const { users, userFiles } = services;
  const listing = await groupByUser(await listObjects(services, signal));
  const { changed, removed: removedFromListing, unchanged } = await findChanges(listing, services);
  const found = { changed: changed.length, removed: removedFromListing.length, unchanged };
  services.log.debug({ import: job.current.id, ...found }, 'objects of user files listed');
  const counters = createSyncCounters(listing, users, userFiles);
  counters.unchanged(unchanged);
  const collected = { rejected: [], stillUnread: new Set<string>(), disappeared: [] };
  const pass: SyncPass = { services, job, counters, onProgress, signal, ...collected };

  const toRead = changed.filter(({ rejection }) => rejection === undefined);
  await readChanged(pass, toRead);
  // Removals follow the objects that were read, because a file of another name may have replaced a removed one.
  const removed = withDisappeared(removedFromListing, pass.disappeared);
  await stageRemovals(pass, removed);
  const rejectedUnread = await Promise.all(
    changed.filter(({ rejection }) => rejection !== undefined).map((each) => readObject(each, services, signal)),
  );
  for (const result of rejectedUnread) countResult(pass, result);
  for (const each of removed) counters.removed(each);
  for (const each of pass.rejected) counters.rejected(each);

  const counts = counters.counts();
  signal.throwIfAborted();
  await job.finish(counters.objects(), (tx) => {
    appendRows(tx, rejectedUnread, job.current.id);
    closeRejections(tx, pass, changed, removed);
    job.reject(tx, pass.rejected.map(rejectOf));
    if (changed.length + removed.length > 0) userFiles.publish(tx, job.current.id, counts);
  });
  onProgress(job.current);
  return counts;
};

/** All or nothing: objects missing from an incomplete listing would count as removed. */
const listObjects = ({ source, limits }: SyncServices, signal: AbortSignal): Promise<ListedObject[]> =>
  withRetry(
    async () => {
      const objects: ListedObject[] = [];
      for await (const page of source.list(signal)) objects.push(...page);
      return objects;
    },
    limits,
    signal,
  );

const advance = async ({ job, onProgress }: SyncPass, work: (tx: Tx) => Partial<Import>): Promise<void> => {
  await job.advance(work);
  onProgress(job.current);
};

/** Reads objects concurrently, and stages and counts their content in batches. */
const readChanged = async (pass: SyncPass, toRead: readonly ChangedObject[]): Promise<void> => {
  const { services, job, signal } = pass;
  const { batchRecords, userFilesParallel } = services.limits;
  const bytesTotal = toRead.reduce((sum, { object }) => sum + object.bytes, 0);
  if (toRead.length > 0) await advance(pass, () => ({ bytesTotal }));
  const results = pMapIterable(toRead, (each) => readObject(each, services, signal), {
    concurrency: userFilesParallel,
    backpressure: userFilesParallel + batchRecords,
  });
  let [bytesRead, failedReads] = [0, 0];
  for await (const batch of batchesOf(results, batchRecords)) {
    signal.throwIfAborted();
    for (const result of batch) {
      countResult(pass, result);
      failedReads = 'raw' in result && result.isTransient ? failedReads + 1 : 0;
      // Otherwise every object would cost several requests to a source that is down.
      if (failedReads === failedReadsMax)
        throw new ObjectStoreError(`${failedReads} objects in a row could not be read`, { isTransient: true });
      bytesRead += result.changed.object.bytes;
    }
    await advance(pass, (tx) => {
      appendRows(tx, batch, job.current.id);
      return { bytesRead };
    });
  }
};

const countResult = ({ counters, rejected, stillUnread, disappeared }: SyncPass, result: ObjectResult): void => {
  const { changed } = result;
  if ('raw' in result) {
    if (isStillUnread(result)) {
      counters.unchanged(1);
      stillUnread.add(changed.object.name);
    } else rejected.push(result);
  } else if (!('isMissing' in result)) counters.read(result);
  else if (changed.before?.outcome === 'TAKEN') disappeared.push({ ...changed, name: changed.object.name });
  else counters.disappeared(changed.userId);
};

const withDisappeared = (
  removed: readonly RemovedObject[],
  disappeared: readonly RemovedObject[],
): readonly RemovedObject[] => {
  const names = new Set(removed.map(({ name }) => name));
  return [...removed, ...disappeared.filter(({ name }) => !names.has(name))];
};

const stageRemovals = async (pass: SyncPass, removed: readonly RemovedObject[]): Promise<void> => {
  const { batchRecords } = pass.services.limits;
  for (let from = 0; from < removed.length; from += batchRecords)
    await advance(pass, (tx) => {
      for (const each of removed.slice(from, from + batchRecords))
        tx.append(table, removedRow(each, pass.job.current.id));
      return { bytesRead: pass.job.current.bytesRead };
    });
};

/** Discards the rejects of objects that were read again or removed. */
const closeRejections = (
  tx: Tx,
  { services: { userFiles }, stillUnread }: SyncPass,
  changed: readonly ChangedObject[],
  removed: readonly RemovedObject[],
): void => {
  for (const { before, object } of changed)
    if (before?.outcome === 'REJECTED' && !stillUnread.has(object.name)) closeRejection(tx, object.name);
  for (const { name } of removed) if (userFiles.rejectedObjects.has(name)) closeRejection(tx, name);
};

async function* batchesOf<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Whether the last synchronization could not read this version of the object either. */
const isStillUnread = ({ changed: { before }, version, isUnread }: RejectedObject): boolean =>
  isUnread && before?.outcome === 'REJECTED' && before.version === version;

const emptyColumns = {
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

const appendRows = (tx: Tx, results: readonly ObjectResult[], importId: number): void => {
  for (const result of results) {
    const row = rowOf(result, importId);
    if (row) tx.append(table, row);
  }
};

/** The row for a result; null for an object that disappeared or could not be read again. */
const rowOf = (result: ObjectResult, importId: number): NewRecord<typeof table> | null => {
  const { changed, version } = result;
  const { userId, kind, object } = changed;
  const row = { ...emptyColumns, importId, name: object.name, version, userId, kind };
  if ('details' in result) return { ...row, ...result.details, outcome: 'TAKEN' };
  if ('image' in result) return { ...row, ...result.image, outcome: 'TAKEN' };
  return 'isMissing' in result || isStillUnread(result) ? null : { ...row, outcome: 'REJECTED' };
};

const removedRow = ({ userId, kind, name }: RemovedObject, importId: number): NewRecord<typeof table> => ({
  ...emptyColumns,
  importId,
  name,
  version: '',
  userId,
  kind,
  outcome: 'REMOVED',
});

const rejectOf = ({ changed, problems, raw }: RejectedObject): NewReject => {
  const { name } = changed.object;
  return { source: name, raw: rejectText(raw, name), problems };
};
