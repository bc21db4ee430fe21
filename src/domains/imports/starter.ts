import type { ImportTarget } from '../../lib/import-target.ts';
import type { Import } from './job.ts';

/** Where a file to import is; exactly one of the two. */
export interface ImportSource {
  readonly url?: string | null | undefined;
  readonly file?: File | null | undefined;
  readonly location?: string | null | undefined;
}

/** Starts the imports of a target that does not import single files of records. */
export interface ImportStarter {
  readonly target: ImportTarget;
  /** With `wait` the import at its end, else the import as it began. */
  start(source: ImportSource | null | undefined, wait: boolean): Promise<Import>;
}
