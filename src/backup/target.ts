export interface TargetObject {
  readonly name: string;
  /** The size as it is stored. */
  readonly bytes: number;
}

/** The folder or the prefix of a bucket that holds backups. Names are relative paths with slashes. */
export interface BackupTarget {
  /** Path or URL, without credentials. */
  readonly location: string;
  /** Every object in a folder of the target, those of its sub-folders included, in any order; none in a missing one. */
  list(folder: string, signal: AbortSignal): Promise<TargetObject[]>;
  /** Null when there is no such object. */
  read(name: string, signal: AbortSignal): Promise<Buffer | null>;
  /** Writes an object as a whole: readers see all of it or nothing. */
  write(name: string, bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** It is no error when the object does not exist. */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /** Resolves when everything that was written is safe from a loss of power. */
  flush(): Promise<void>;
  /** A folder for temporary files, where the target has a place for them beside the system's. It exists until `close`. */
  scratch(): Promise<string>;
  close(): Promise<void>;
}
