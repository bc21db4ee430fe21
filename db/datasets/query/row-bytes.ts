import { isTextual } from '../../../src/lib/column.ts';
import { identifier } from '../duckdb.ts';
import type { StoredTable } from '../engine.ts';
import { misfitField } from '../parquet-layout.ts';

/** Bytes of a cell that is not text, about. */
const cellBytes = 8;

/** About how many bytes a row has, in SQL over the columns of its file. */
export const rowBytesSql = (columns: StoredTable['columns']): string => {
  const texts = columns.flatMap((column) => {
    if (!isTextual(column)) return [];
    const sql = identifier(column.field);
    return [column.type === 'STRING' ? `coalesce(strlen(${sql}), 0)` : `coalesce(strlen(${sql}::VARCHAR), 0)`];
  });
  const misfits = columns.flatMap(({ misfits: count }, index) =>
    count > 0 ? [`coalesce(strlen(${identifier(misfitField(index))}), 0)`] : [],
  );
  return [String(cellBytes * columns.length), ...texts, ...misfits].join(' + ');
};
