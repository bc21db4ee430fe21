import { stat } from 'node:fs/promises';
import { DomainError } from '../../../src/errors.ts';
import type { TextOptions } from '../../../src/lib/import-options.ts';
import type { CsvRow } from '../../../src/sources/csv-row.ts';
import { readCsvRows } from '../../../src/sources/csv-rows.ts';
import { detectDialect, type TableDialect } from '../../../src/sources/dialect.ts';
import type { DatasetLimits } from '../limits.ts';
import { problemOfRow } from './row-passing.ts';

/** Bytes that are read at a time. */
export const chunkBytes = 256 * 1024;

/** A CSV file whose dialect is known. */
export interface CsvFile {
  readonly path: string;
  readonly bytes: number;
  readonly dialect: TableDialect;
}

/** Throws NOT_A_TABLE when the file is no table, BAD_REQUEST for a header line that it does not have. */
export const openCsvFile = async (
  path: string,
  { delimiter, encoding, headerLine }: TextOptions,
  { datasetColumnsMax }: DatasetLimits,
): Promise<CsvFile> => {
  const { size: bytes } = await stat(path);
  const dialect = await detectDialect(path, bytes, { delimiter, encoding, headerLine });
  const { length } = dialect.names;
  if (length > datasetColumnsMax)
    throw new DomainError(
      'NOT_A_TABLE',
      `the header has ${length} columns, over the limit of ${datasetColumnsMax} (setting datasetColumnsMax)`,
    );
  return { path, bytes, dialect };
};

/** The first rows of a file that can be read, by which the types of its columns are guessed; none in a file without rows. */
export const firstRowsOf = async ({ path, dialect }: CsvFile, limits: DatasetLimits): Promise<readonly CsvRow[]> => {
  const { recordBytesMax } = limits;
  for await (const { rows } of readCsvRows({ path, recordBytesMax, chunkBytes }, dialect))
    return rows.filter((row) => problemOfRow(row, limits) === null);
  return [];
};
