import { decodeCell, formatCell } from '../../src/lib/cell-text.ts';
import type { ColumnPlan } from '../../src/lib/cells.ts';
import { isTextual } from '../../src/lib/cells.ts';
import { type ColumnFile, isMissing } from './column-file.ts';
import type { TextRow, TextRows } from './write-columns.ts';

/** The rows of a version as texts, one chunk at a time; a misfit has its original text. */
export function* rowsOfFile(file: ColumnFile, order: readonly number[]): Generator<readonly TextRow[]> {
  const misfits = file.columns.map(
    (_column, index) => new Map(file.misfits(index).map(({ row, text }) => [row, text])),
  );
  for (const [chunk, { firstRow, rows }] of file.spans.entries()) {
    const columns = order.map((column) => textsOfChunk(file, column, chunk));
    const { lines, importIds } = file.origins(chunk);
    yield Array.from({ length: rows }, (_each, index) => {
      const row = firstRow + index;
      const cells = order.map((column, at) => columns[at]?.[index] || (misfits[column]?.get(row) ?? ''));
      return { cells, line: lines[index] as number, importId: importIds[index] as number };
    });
  }
}

const textsOfChunk = (file: ColumnFile, column: number, chunk: number): string[] => {
  const plan = file.columns[column] as ColumnPlan;
  if (isTextual(plan)) return file.texts(column, chunk);
  return Array.from(file.numbers(column, chunk) as Iterable<number | bigint>, (value) =>
    isMissing(value) ? '' : formatCell(decodeCell(plan, value)),
  );
};

/** The key of a row. No cell contains NUL, so different keys have different texts. */
export const keyOf = (cells: readonly string[], keys: readonly number[]): string =>
  keys.length === 1 ? (cells[keys[0] as number] as string) : keys.map((key) => cells[key]).join('\0');

/** The rows of a version merged with the added rows. `keysOfAdded` are column indexes; without keys all rows are appended. */
export const mergedRows = (
  old: ColumnFile,
  added: ColumnFile,
  keysOfAdded: readonly number[],
): { readonly rows: TextRows; unchanged(): number } => {
  const ownOrder = old.columns.map((_column, index) => index);
  // The columns of the added file may be in another order.
  const order = old.columns.map(({ name }) => added.columns.findIndex((column) => column.name === name));
  const keys = keysOfAdded.map((key) => order.indexOf(key));
  let unchanged = 0;

  async function* appended(): AsyncGenerator<readonly TextRow[]> {
    yield* rowsOfFile(old, ownOrder);
    yield* rowsOfFile(added, order);
  }

  async function* upserted(): AsyncGenerator<readonly TextRow[]> {
    unchanged = 0;
    /** The last row of each key replaces the earlier ones. */
    const rowOfKey = new Map<string, TextRow>();
    for (const rows of rowsOfFile(added, order)) for (const row of rows) rowOfKey.set(keyOf(row.cells, keys), row);
    const merged = new Set<TextRow>();
    for (const rows of rowsOfFile(old, ownOrder))
      yield rows.map((row) => {
        const next = rowOfKey.get(keyOf(row.cells, keys));
        if (!next) return row;
        const isNew = !merged.has(next);
        merged.add(next);
        if (next.cells.some((cell, index) => cell !== row.cells[index])) return next;
        if (isNew) unchanged += 1;
        return row;
      });
    const rest = [...rowOfKey.values()].filter((row) => !merged.has(row));
    if (rest.length > 0) yield rest;
  }

  return { rows: keys.length === 0 ? appended : upserted, unchanged: () => unchanged };
};
