import pRetry from 'p-retry';
import type { FieldProblem } from '../../errors.ts';
import { preview, type ReadResult, readRecord } from '../../lib/problems.ts';
import { instantMaxUs, instantMinUs } from '../../lib/time.ts';
import { readImage } from '../../sources/image.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import { type ObjectSource, ObjectStoreError } from '../../sources/object-source.ts';
import { readUserCsv } from '../../sources/user-csv.ts';
import type { UserDetails } from '../users/user-files.ts';
import { type ChangedObject, refusedVersion, unreadVersion } from './changes.ts';

export interface ReadingLimits {
  readonly userFilesTries: number;
  readonly userFilesRetryMs: number;
  readonly recordBytesMax: number;
  readonly imageBytesMax: number;
  readonly imagePixelsMax: number;
}

type ImageContent = {
  readonly sha256: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
};

/** What an object was found to be. */
export type Found = { readonly changed: ChangedObject; readonly version: string } & (
  | { readonly details: UserDetails }
  | { readonly image: ImageContent }
  | { readonly problems: FieldProblem[]; readonly raw: string; readonly isUnread: boolean; readonly isPassing: boolean }
  | { readonly isGone: true }
);

/** Tries again what may pass, twice as long after every time. Throws SourceFault, or what `signal` was aborted with. */
export const withRetry = <R>(
  ask: () => Promise<R>,
  { userFilesTries, userFilesRetryMs }: Pick<ReadingLimits, 'userFilesTries' | 'userFilesRetryMs'>,
  signal: AbortSignal,
): Promise<R> =>
  pRetry(ask, {
    retries: userFilesTries - 1,
    minTimeout: userFilesRetryMs,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => error instanceof ObjectStoreError && error.isPassing,
  });

/** Reads one object and judges it; throws only what ends the whole run. */
export const readObject = async (
  changed: ChangedObject,
  source: ObjectSource,
  images: ImageStore,
  limits: ReadingLimits,
  signal: AbortSignal,
): Promise<Found> => {
  const { kind, object } = changed;
  const version = refusedVersion(changed);
  const refused = (message: string, raw = ''): Found => ({
    changed,
    version,
    raw,
    isUnread: false,
    isPassing: false,
    problems: [{ path: object.name, code: 'MALFORMED', message: `${object.name} ${message}` }],
  });
  if (changed.fault) return refused(changed.fault);
  const bytesMax = kind === 'CSV' ? limits.recordBytesMax : limits.imageBytesMax;
  const setting = kind === 'CSV' ? 'recordBytesMax' : 'imageBytesMax';
  if (object.bytes > bytesMax) return refused(`is over ${bytesMax} bytes (setting ${setting})`);
  let bytes: Buffer | null;
  try {
    bytes = await withRetry(() => source.read(object.name, bytesMax, signal), limits, signal);
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    // It was not judged, so it is to be read the next time, too.
    const unread = { version: unreadVersion(version), isUnread: true, isPassing: error.isPassing };
    return { ...refused(`could not be read: ${error.message}`), ...unread };
  }
  if (bytes === null) return { changed, version, isGone: true };
  if (kind === 'IMAGE') {
    const { facts, fault } = await readImage(bytes, limits.imagePixelsMax);
    if (fault !== undefined) return refused(fault);
    return { changed, version, image: { ...facts, byteSize: bytes.length, sha256: await images.keep(bytes) } };
  }
  const raw = bytes.toString('utf8');
  const { record, fault } = readUserCsv(bytes);
  if (fault !== undefined) return refused(fault, raw);
  const { value, problems } = readDetails(record);
  return problems ? { ...refused('', raw), problems } : { changed, version, details: value };
};

const birthMsMin = instantMinUs / 1000;
const birthMsMax = Math.floor(instantMaxUs / 1000);

/** The details of a user under the names of the files' columns. */
export const readDetails = (record: unknown): ReadResult<UserDetails> =>
  readRecord(record, (fields) => ({
    firstName: fields.optional('first_name', fields.text),
    lastName: fields.optional('last_name', fields.text),
    birthMs: fields.integer('birthts', birthMsMin, birthMsMax),
  }));

/** A refused file as the inbox of rejected records keeps it: text as it is, of an image its name. */
export const rawOf = (raw: string, name: string): string => (raw === '' ? preview(name) : raw.toWellFormed());
