import { microsOf, parseDecimal } from '../../src/lib/decimal.ts';
import type { ColumnName, LedgerTable, Row, Store } from '../store.ts';
import type { RecordRange } from './rows.ts';

/** Records that are read at once: few enough to hold the thread for a few milliseconds only. */
const pageRecords = 2000;

interface PagesRequest<T extends LedgerTable> {
  readonly columns: readonly ColumnName<T>[];
  readonly range: RecordRange;
}

/** The records of a range in pages, between which other work runs. */
export async function* recordPages<T extends LedgerTable>(
  store: Store,
  table: T,
  { columns, range: { after, upTo } }: PagesRequest<T>,
): AsyncGenerator<readonly Row<T>[]> {
  for (let from = after; ; ) {
    const page = store.recordPage(table, columns, { after: from, upTo, limit: pageRecords }) as readonly Row<T>[];
    yield page;
    if (page.length < pageRecords) return;
    from = (page.at(-1) as { seq: number }).seq;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** In millionths. */
export const amountOf = (text: string, seq: number): string => {
  const amount = parseDecimal(text);
  if (!amount) throw new Error(`record ${seq} holds the malformed amount ${text}`);
  return microsOf(amount).toString();
};
