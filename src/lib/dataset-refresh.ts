import type { ExplicitType } from './import-option-texts.ts';
import type { ImportReadOptions } from './import-options.ts';

/** How the file behind a link is imported. */
export interface RefreshOptions extends ImportReadOptions {
  readonly mode: 'REPLACE' | 'APPEND' | 'UPSERT';
  readonly keyColumns: readonly string[] | null;
  readonly types: readonly ExplicitType[];
}

/** A link that a dataset is imported from by schedule. Instants are microseconds since 1970 UTC. */
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
  readonly nextAttemptAtUs: number;
  readonly lastAttemptAtUs: number;
  /** When the dataset last had the content behind the link: it was imported, or it had not changed. */
  readonly lastSuccessAtUs: number;
  /** Why the last attempt failed; null when it did not. */
  readonly lastError: string | null;
}
