import type { Imports } from '../../src/domains/imports/imports.ts';
import type { Importer } from '../../src/ledger/record.ts';

/** Sends records through the API in one transaction. */
export const ingest = async <R>(imports: Imports, importer: Importer<R>, records: readonly R[]) =>
  imports.ingest(
    importer,
    null,
    records.map((record) => {
      const value = importer.wire(record);
      return { value, raw: JSON.stringify(value) };
    }),
  );
