import type { ExplicitType } from './import-option-texts.ts';
import type { ImportReadOptions } from './import-options.ts';

/** How the file behind a link is imported. */
export interface RefreshOptions extends ImportReadOptions {
  readonly mode: 'REPLACE' | 'APPEND' | 'UPSERT';
  readonly keyColumns: readonly string[];
  readonly types: readonly ExplicitType[];
}

/** A link that a dataset is imported from by schedule, and how the last run ended. Instants are microseconds since 1970 UTC. */
export interface DatasetRefresh {
  readonly url: string;
  /** ISO 8601 duration. */
  readonly every: string;
  readonly options: RefreshOptions;
  /** The validators of the last response that was imported, for conditional requests. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** SHA-256 of the content that was imported last. */
  readonly sha256: string;
  readonly nextAtUs: number;
  readonly lastRunAtUs: number;
  /** Why the last run failed; null when it did not. */
  readonly lastError: string | null;
}
