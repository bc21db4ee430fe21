import pRetry from 'p-retry';
import type { FieldProblem } from '../../errors.ts';
import { FileCells } from '../../lib/cells/file-cells.ts';
import { preview, type ReadResult, readRecord } from '../../lib/problems.ts';
import type { RecordCells } from '../../lib/record-cells.ts';
import { instantMaxUs, instantMinUs } from '../../lib/time.ts';
import { readImage } from '../../sources/image.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import { type ObjectSource, ObjectStoreError } from '../../sources/object-source.ts';
import { readUserCsv, userCsvText } from '../../sources/user-csv.ts';
import type { UserDetails } from '../users/details-columns.ts';
import { type ChangedObject, rejectedVersion, unreadVersion } from './changes.ts';

export interface RetryLimits {
  readonly userFilesTries: number;
  readonly userFilesRetryMs: number;
}

export interface ReadLimits extends RetryLimits {
  readonly recordBytesMax: number;
  readonly imageBytesMax: number;
  readonly imagePixelsMax: number;
}

export interface ReadServices {
  readonly source: ObjectSource;
  readonly images: ImageStore;
  readonly limits: ReadLimits;
}

interface ImageContent {
  readonly sha256: string;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
}

/** The result of reading an object: a user's details, an image, a rejection, or a missing object. */
export type ObjectResult = { readonly changed: ChangedObject; readonly version: string } & (
  | { readonly details: UserDetails }
  | { readonly image: ImageContent }
  | Rejection
  | { readonly isMissing: true }
);

interface Rejection {
  readonly problems: FieldProblem[];
  /** The text of a CSV file; empty for images. */
  readonly raw: string;
  /** The object could not be read, so its content was not judged. */
  readonly isUnread: boolean;
  /** Reading it again later may succeed. */
  readonly isTransient: boolean;
}

export type RejectedObject = Extract<ObjectResult, Rejection>;

/** Retries transient errors with exponential backoff. Throws ObjectStoreError, or the abort reason of `signal`. */
export const withRetry = <R>(
  request: () => Promise<R>,
  { userFilesTries, userFilesRetryMs }: RetryLimits,
  signal: AbortSignal,
): Promise<R> =>
  pRetry(request, {
    retries: userFilesTries - 1,
    minTimeout: userFilesRetryMs,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => error instanceof ObjectStoreError && error.isTransient,
  });

/** Reads and judges one object; throws only errors that end the whole synchronization. */
export const readObject = async (
  changed: ChangedObject,
  { source, images, limits }: ReadServices,
  signal: AbortSignal,
): Promise<ObjectResult> => {
  const { kind, object } = changed;
  const version = rejectedVersion(changed);
  if (changed.rejection) return reject(changed, changed.rejection);
  const bytesMax = kind === 'CSV' ? limits.recordBytesMax : limits.imageBytesMax;
  const setting = kind === 'CSV' ? 'recordBytesMax' : 'imageBytesMax';
  if (object.bytes > bytesMax) return reject(changed, `is over ${bytesMax} bytes (setting ${setting})`);
  let bytes: Buffer | null;
  try {
    bytes = await withRetry(() => source.read(object.name, bytesMax, signal), limits, signal);
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    // Its content was not judged, so the next synchronization must read it, too.
    const unread = { version: unreadVersion(version), isUnread: true, isTransient: error.isTransient };
    return { ...reject(changed, `could not be read: ${error.message}`), ...unread };
  }
  if (bytes === null) return { changed, version, isMissing: true };
  if (kind === 'CSV') return readCsv(changed, bytes, limits.recordBytesMax);
  const { facts, fault } = await readImage(bytes, limits.imagePixelsMax);
  if (fault !== undefined) return reject(changed, fault);
  return { changed, version, image: { ...facts, byteSize: bytes.length, sha256: await images.store(bytes) } };
};

const readCsv = (changed: ChangedObject, bytes: Buffer, recordBytesMax: number): ObjectResult => {
  const { record, fault } = readUserCsv(bytes, recordBytesMax);
  if (fault !== undefined) return reject(changed, fault, userCsvText(bytes));
  const cells = new FileCells({ amounts: ['birthts'] }, {});
  if (cells.needsSurvey(record)) {
    cells.survey(record);
    cells.decide();
  }
  const { value, problems } = readDetails(record, cells);
  if (problems) return { ...reject(changed, '', userCsvText(bytes)), problems };
  return { changed, version: rejectedVersion(changed), details: value };
};

const reject = (changed: ChangedObject, message: string, raw = ''): RejectedObject => {
  const { name } = changed.object;
  return {
    changed,
    version: rejectedVersion(changed),
    raw,
    isUnread: false,
    isTransient: false,
    problems: [{ path: name, code: 'MALFORMED', message: `${name} ${message}` }],
  };
};

const birthMsMin = instantMinUs / 1000;
const birthMsMax = Math.floor(instantMaxUs / 1000);

/** Whether a text is the name of a person, such as Na or Null, rather than a mark of a missing name, such as NA or NULL. */
const isPersonName = (name: string, text: string): boolean => name !== 'birthts' && /^\p{Lu}\p{Ll}+$/u.test(text);

/** The details of a user, from a record with the files' column names; `cells` says how the cells of a file are read. */
export const readDetails = (record: unknown, cells?: RecordCells): ReadResult<UserDetails> =>
  readRecord(
    record,
    (fields) => ({
      firstName: fields.optional('first_name', fields.text),
      lastName: fields.optional('last_name', fields.text),
      birthMs: fields.integer('birthts', birthMsMin, birthMsMax),
    }),
    { cells, isWord: isPersonName },
  );

/** The original text that the reject of a file stores: a CSV file's text, an image's name. */
export const rejectText = (raw: string, name: string): string => (raw === '' ? preview(name) : raw.toWellFormed());
