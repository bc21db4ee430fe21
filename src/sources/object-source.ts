/** An object in the listing of a source. */
export interface ListedObject {
  /** Relative to the folder or prefix of the source. */
  readonly name: string;
  readonly bytes: number;
  /** Changes whenever the content may have changed. */
  readonly version: string;
}

/** A folder or bucket of small objects, and the table that is written beside it. */
export interface ObjectSource {
  /** Path or URL, without credentials. */
  readonly location: string;
  /** Where the table is written, relative to the folder or bucket that holds the source. */
  readonly output: string;
  /** All objects in any order, without those in sub-folders. Throws ObjectStoreError when they cannot be listed. */
  list(signal: AbortSignal): AsyncIterable<readonly ListedObject[]>;
  /** The bytes of an object; null when it does not exist. Throws ObjectStoreError, also for more than `bytesMax` bytes. */
  read(name: string, bytesMax: number, signal: AbortSignal): Promise<Buffer | null>;
  /** Replaces the table atomically and returns its version: readers see the old table or the new one. */
  writeOutput(content: string, signal: AbortSignal): Promise<string>;
  /** The version of the existing table; null when there is none. */
  outputVersion(signal: AbortSignal): Promise<string | null>;
}

/** A source or one of its objects could not be read or written. */
export class ObjectStoreError extends Error {
  /** A retry may succeed. */
  readonly isTransient: boolean;

  constructor(message: string, { isTransient, cause }: { readonly isTransient: boolean; readonly cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ObjectStoreError';
    this.isTransient = isTransient;
  }
}

/** The prefix of object names in paths relative to the source's parent: the last folder with a slash; empty for a whole bucket. */
export const prefixOf = (location: string): string => {
  const [, bucketPath] = /^s3:\/\/[^/]+\/(.*)$/.exec(location) ?? [];
  const last = (bucketPath ?? location).split(/[\\/]/).findLast((part) => part !== '');
  return last === undefined ? '' : `${last}/`;
};

export const outputName = 'output.csv';
export const outputFolder = 'processed_data';

export const tooManyBytes = (name: string, bytesMax: number): ObjectStoreError =>
  new ObjectStoreError(`${name} is over ${bytesMax} bytes`, { isTransient: false });
