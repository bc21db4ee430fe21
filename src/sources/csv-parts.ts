import type { TableDialect } from './dialect.ts';
import { extendsAscii } from './encoding.ts';
import { fileBytesAt } from './file-chunks.ts';
import { PlainRowScanner } from './plain-row.ts';

/** So many bytes are searched for the start of a row. */
const windowBytes = 64 * 1024;

const lineFeed = 10;

/**
 * Positions, ascending, at which a file of so many bytes is divided into about equal parts: starts of lines, at which rows
 * probably begin. Only the rows before one show whether it is in the middle of a quoted cell.
 */
export const partStarts = async (
  { path, bytes, recordBytesMax }: { readonly path: string; readonly bytes: number; readonly recordBytesMax: number },
  dialect: TableDialect,
  parts: number,
): Promise<number[]> => {
  if (!extendsAscii(dialect.encoding)) return [];
  const rows = new PlainRowScanner(dialect, { ...dialect, recordBytesMax });
  const starts: number[] = [];
  for (let part = 1; part < parts; part += 1) {
    const from = dialect.textStart + Math.floor(((bytes - dialect.textStart) * part) / parts);
    const offset = rowStart(await fileBytesAt(path, from, windowBytes), rows);
    const start = from + (offset ?? 0);
    if (offset !== null && start > (starts.at(-1) ?? dialect.textStart) && start < bytes) starts.push(start);
  }
  return starts;
};

/** Where the first line begins that is a whole row, else the first line; null when none does. */
const rowStart = (bytes: Buffer, rows: PlainRowScanner): number | null => {
  const first = bytes.indexOf(lineFeed) + 1;
  if (first === 0) return null;
  const end = bytes.lastIndexOf(lineFeed) + 1;
  for (let at = first; at < end; at = bytes.indexOf(lineFeed, at) + 1) if (rows.read(bytes, at, true) >= 0) return at;
  return first;
};
