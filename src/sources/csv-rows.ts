import type { CsvRow } from './csv-row.ts';
import type { TableDialect } from './dialect.ts';
import { createDecoding, decodeText } from './encoding.ts';
import { fileChunks } from './file-chunks.ts';
import { RowScanner } from './row-scanner.ts';

export interface CsvReadOptions {
  readonly path: string;
  readonly recordBytesMax: number;
  readonly chunkBytes?: number | undefined;
}

/** Rows in file order, and how many bytes of the file are read with them. */
export interface CsvBatch {
  readonly rows: readonly CsvRow[];
  readonly bytesRead: number;
}

/** Large enough that splitting rows dominates, small enough that a batch of rows is collected young. */
const chunkBytesDefault = 256 * 1024;

/**
 * Streams the rows of a CSV file after its header. Every row is yielded, with its cells or with its fault; blank lines are
 * rows only in a file with one column.
 */
export async function* readCsvRows(
  { path, recordBytesMax, chunkBytes = chunkBytesDefault }: CsvReadOptions,
  dialect: TableDialect,
): AsyncGenerator<CsvBatch> {
  const { textStart } = dialect;
  const scanner = new RowScanner({ ...dialect, recordBytesMax, line: dialect.firstLine });
  const decoding = createDecoding(dialect.encoding);
  let skipped = 0;
  const push = (text: string): readonly CsvRow[] => {
    const skip = Math.min(dialect.firstOffset - skipped, text.length);
    skipped += skip;
    return scanner.push(skip === 0 ? text : text.slice(skip));
  };
  let bytesRead = textStart;
  for await (const chunk of fileChunks({ path, textStart, chunkBytes })) {
    bytesRead += chunk.length;
    const rows = push(decoding.decode(chunk));
    if (rows.length > 0) yield { rows, bytesRead };
  }
  const rows = [...push(decoding.finish()), ...scanner.finish()];
  if (rows.length > 0) yield { rows, bytesRead };
}

/** The rows of a text in memory after its header, read like those of a file. */
export const csvRowsOf = (bytes: Buffer, dialect: TableDialect, recordBytesMax: number): readonly CsvRow[] => {
  const text = decodeText(bytes.subarray(dialect.textStart), dialect.encoding);
  const scanner = new RowScanner({ ...dialect, recordBytesMax, line: dialect.firstLine });
  const rows = scanner.push(text.slice(dialect.firstOffset));
  rows.push(...scanner.finish());
  return rows;
};
