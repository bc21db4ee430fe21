import type { SqlFacts, SqlState, SqlType } from '../../../db/datasets/sql/engine.ts';
import type { ColumnName, LedgerTable, Row, Store } from '../../../db/store.ts';
import { createYielder } from '../../lib/yielding.ts';

/** A column of a ledger table as queries see it. */
interface LedgerColumn<T extends LedgerTable> {
  readonly name: string;
  readonly type: SqlType;
  readonly field: ColumnName<T>;
}

/** The columns that all ledger tables have, in the order in which queries see them. */
const originColumns = [
  { name: 'seq', type: 'INTEGER', field: 'seq' },
  { name: 'recorded_at', type: 'INSTANT', field: 'recordedAtUs' },
  { name: 'import_id', type: 'INTEGER', field: 'importId' },
  { name: 'line', type: 'INTEGER', field: 'line' },
  { name: 'sent_by', type: 'TEXT', field: 'sentBy' },
] as const;

/** Few enough to hold the thread for a few milliseconds only. */
const pageRows = 2000;

/** Rows of a ledger table for queries; the cursor is the sequence number. */
export const ledgerRows = <T extends LedgerTable>(
  store: Store,
  table: T,
  own: readonly LedgerColumn<T>[],
): Pick<SqlFacts, 'columns' | 'pages'> & { readonly origin: readonly string[] } => {
  const columns = [...own, ...(originColumns as unknown as readonly LedgerColumn<T>[])];
  const fields = columns.map(({ field }) => field);
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    origin: originColumns.map(({ name }) => name),
    async *pages(from, to) {
      const maybeYield = createYielder(undefined);
      for (let cursor = from; cursor < to; ) {
        const request = { after: cursor, upTo: to, limit: pageRows };
        const rows = store.recordPage(table, fields, request) as readonly Row<T>[];
        cursor = rows.length < pageRows ? to : (rows.at(-1)?.seq ?? to);
        yield {
          rows: rows.length,
          cursor,
          columns: fields.map((field) => rows.map((row) => row[field] as string | number | boolean | null)),
        };
        await maybeYield();
      }
    },
  };
};

/** Facts that depend on the sequence number alone. */
export const plainFacts = <T extends LedgerTable>(
  store: Store,
  table: T,
  {
    name,
    own,
    superseded,
  }: {
    readonly name: string;
    readonly own: readonly LedgerColumn<T>[];
    readonly superseded?: SqlFacts['superseded'];
  },
): { readonly facts: SqlFacts; stateAt(sequence: number): SqlState } => {
  const { origin, ...rows } = ledgerRows(store, table, own);
  const derived = superseded ? [superseded.name] : [];
  const facts: SqlFacts = {
    name,
    ...rows,
    stateColumns: [],
    visible: [...own.map((column) => column.name), ...derived, ...origin],
    ...(superseded ? { superseded } : {}),
  };
  return {
    facts,
    stateAt: (sequence) => ({ key: String(sequence), cursor: sequence, sequence, codes: async () => [] }),
  };
};
