/** An object of a source as its listing tells it. */
export interface ListedObject {
  /** Within the source, without its folder or prefix. */
  readonly name: string;
  readonly bytes: number;
  /** Another one whenever the content may be another. */
  readonly version: string;
}

/** A folder or bucket of small objects, and the one table that is written back beside it. */
export interface ObjectSource {
  /** What it is called after, without credentials. */
  readonly location: string;
  /** Where the table is written to, seen from the folder or bucket that holds the source. */
  readonly output: string;
  /** All objects, in any order, those in folders left out. Throws ObjectStoreError when it cannot be told. */
  list(signal: AbortSignal): AsyncIterable<readonly ListedObject[]>;
  /** The bytes of an object; null when it is gone. Throws ObjectStoreError, also when there are more than `bytesMax`. */
  read(name: string, bytesMax: number, signal: AbortSignal): Promise<Buffer | null>;
  /** Replaces the table as a whole: whoever reads it sees the one before or this one. Gives its version. */
  writeOutput(content: string, signal: AbortSignal): Promise<string>;
  /** The version of the table as it is there; null without one. */
  outputVersion(signal: AbortSignal): Promise<string | null>;
}

/** Why a source or one of its objects could not be read or written. */
export class ObjectStoreError extends Error {
  /** Trying again may help. */
  readonly isTransient: boolean;

  constructor(message: string, { isTransient, cause }: { readonly isTransient: boolean; readonly cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ObjectStoreError';
    this.isTransient = isTransient;
  }
}

/** What stands before names in paths that begin beside the source: its last folder with a slash, or nothing for a bucket. */
export const prefixOf = (location: string): string => {
  const [, bucketPath] = /^s3:\/\/[^/]+\/(.*)$/.exec(location) ?? [];
  const last = (bucketPath ?? location).split(/[\\/]/).findLast((part) => part !== '');
  return last === undefined ? '' : `${last}/`;
};

export const outputName = 'output.csv';
export const outputFolder = 'processed_data';

export const tooManyBytes = (name: string, bytesMax: number): ObjectStoreError =>
  new ObjectStoreError(`${name} is over ${bytesMax} bytes`, { isTransient: false });
