import type { ImportReadOptions } from './import-options.ts';

/** What imported records are. Each domain declares its own targets; `src/import-targets.ts` lists them. */
export interface ImportTarget {
  /** The stored name and the GraphQL enum value. */
  readonly name: string;
  /** The word on the command line and the name of the watched folder's sub-folder. */
  readonly command: string;
  readonly description: string;
  /** Files of records; a folder or bucket that is synchronized; or a file that is one table, stored as a whole. */
  readonly input: 'RECORDS' | 'FOLDER' | 'TABLE';
  /** The options that have an effect on how its files are read. */
  readonly readOptions: readonly (keyof ImportReadOptions | 'statusWords')[];
  /** Several files imported together make up one table. */
  readonly joinsFiles?: boolean;
}
