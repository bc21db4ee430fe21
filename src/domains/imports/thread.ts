import type { Import } from './job.ts';
import type { ImportFile, RecordFileOptions } from './record-files.ts';

/** Files to import, in a form that threads can exchange. */
export interface ThreadWork {
  /** The name of the target. */
  readonly target: string;
  readonly files: readonly ImportFile[];
  readonly options: Omit<RecordFileOptions, 'onProgress' | 'onReject'>;
  /** The imports as they began, one per file. */
  readonly imports: readonly Import[];
}

export interface ThreadWatch extends Pick<RecordFileOptions, 'onProgress' | 'onReject'> {
  /** Interrupts the import. */
  readonly signal: AbortSignal;
  /** Called after each transaction. */
  readonly onCommit: () => void;
}

/** Imports files of records in a thread of their own, with a connection of its own to the same store. */
export interface ImportThread {
  /** Resolves when the files are imported and the imports have ended; rejects with what they fail with. */
  run(work: ThreadWork, watch: ThreadWatch): Promise<void>;
}
