import type { ColumnName, LedgerTable, Row, SliceRequest } from '../store.ts';
import { columnOf, encodeValues } from './columns.ts';
import type { RecordReader } from './record-reader.ts';

/**
 * Reads records in slices; each slice is a statement that starts after the last row of the previous slice. `after`, other than
 * 0, is the sequence number after which records are read; they are in the order of these numbers then.
 */
export function* readSlices<T extends LedgerTable, C extends ColumnName<T>>(
  reader: RecordReader,
  table: T,
  { columns, match, orderBy, sliceRows }: SliceRequest<T, C>,
  after = 0,
): Iterable<Pick<Row<T>, C>[]> {
  const key = `"${columnOf(table, orderBy).name}"`;
  const matching = Object.entries(match).map(
    ([name, value]) => `"${columnOf(table, name).name}" ${value === null ? 'is null' : '= ?'}`,
  );
  const order = `order by ${key}, seq limit ${sliceRows}`;
  const first = `where ${matching.join(' and ') || '1'} ${order}`;
  const further = `where ${[...matching, `(${key}, seq) > (?, ?)`].join(' and ')} ${order}`;
  const matched = encodeValues(table, match).filter((value) => value !== null);
  let last: Record<string, unknown> | undefined = after > 0 ? { seq: after } : undefined;
  for (;;) {
    const condition = last ? further : first;
    const from = last ? [...encodeValues(table, { [orderBy]: last[orderBy] }), last.seq] : [];
    const rows = reader.read({ table, columns, condition, parameters: [...matched, ...from] });
    if (rows.length > 0) yield rows as Pick<Row<T>, C>[];
    last = rows.at(-1);
    if (rows.length < sliceRows) return;
  }
}
