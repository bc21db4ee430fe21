import type { RecordColumns } from '../../../src/lib/record-columns.ts';
import type { ColumnName, LedgerTable, SliceRequest } from '../../store.ts';
import { columnOf, encodeValues } from '../rows/columns.ts';
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
): Iterable<RecordColumns> {
  const key = `"${columnOf(table, orderBy).name}"`;
  const matching = Object.entries(match).map(
    ([name, value]) => `"${columnOf(table, name).name}" ${value === null ? 'is null' : '= ?'}`,
  );
  const order = `order by ${key}, seq limit ${sliceRows}`;
  const first = `where ${matching.join(' and ') || '1'} ${order}`;
  const further = `where ${[...matching, `(${key}, seq) > (?, ?)`].join(' and ')} ${order}`;
  const matched = encodeValues(table, match).filter((value) => value !== null);
  let from: readonly unknown[] = after > 0 ? [after, after] : [];
  for (;;) {
    const condition = from.length > 0 ? further : first;
    const records = reader.readColumns({ table, columns, condition, parameters: [...matched, ...from] });
    if (records.length > 0) yield records;
    if (records.length < sliceRows) return;
    from = [records.lastOf(orderBy), records.lastOf('seq')];
  }
}
