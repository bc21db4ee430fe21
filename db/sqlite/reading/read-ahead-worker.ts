import { parentPort, workerData } from 'node:worker_threads';
import { getTableName } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { RecordColumns } from '../../../src/lib/record-columns.ts';
import type { LedgerTable, RecordQuery } from '../../store.ts';
import { ArchivedRecords } from '../archive/records.ts';
import { ArchivedRows } from '../archive/rows.ts';
import { openForReading } from '../file/preflight.ts';
import { columnOf } from '../rows/columns.ts';
import { ledgerTables } from '../rows/ledger-tables.ts';
import { LedgerReader } from './ledger-reader.ts';
import {
  type ReadAheadData,
  receivedCount,
  type SentColumn,
  type SentRecords,
  type SentStep,
  sentCount,
  stepsWaitingMax,
} from './read-ahead.ts';
import { commitsAfter, RecordReader } from './record-reader.ts';
import { SqliteStepReader } from './step-reader.ts';

const { path, after, queries: sent, counts } = workerData as ReadAheadData;
const client = openForReading(path);
const reader = new RecordReader(client);
const archived = new ArchivedRecords(path);
const ledger = new LedgerReader({ reader, db: () => drizzle({ client }), archived: new ArchivedRows(archived) });
const tableOf = (name: string): LedgerTable => {
  const table = ledgerTables.find((each) => getTableName(each) === name);
  if (!table) throw new Error(`no table of the ledger is called ${name}`);
  return table;
};

const queries: RecordQuery[] = sent.map(({ table, columns }) => ({
  table: tableOf(table),
  columns,
}));
const steps = new SqliteStepReader(
  {
    commitsAfter: (seq, limit) => commitsAfter(reader, seq, limit),
    records: ({ table, columns }, from, upTo) => ledger.columns(table, columns, { after: from, upTo }),
  },
  queries,
);

const send = (step: SentStep, transferred: ArrayBuffer[] = []): void => {
  for (;;) {
    const received = Atomics.load(counts, receivedCount);
    if (Atomics.load(counts, sentCount) - received < stepsWaitingMax) break;
    Atomics.wait(counts, receivedCount, received);
  }
  parentPort?.postMessage(step, transferred);
  Atomics.add(counts, sentCount, 1);
};

/** The values of a column, read from the text that SQLite has made of them: in this thread, which has the time. */
const sentColumn = (records: RecordColumns, table: LedgerTable, name: string): SentColumn => {
  if (columnOf(table, name).getSQLType() !== 'text') return records.numbers(name);
  const { text, starts, ends } = records.texts(name);
  return { text, starts, ends };
};

const buffersOf = ({ columns }: SentRecords): ArrayBuffer[] =>
  columns.flatMap((column) => {
    const arrays = column instanceof Float64Array ? [column] : [column.starts, column.ends];
    return arrays.map(({ buffer }) => buffer as ArrayBuffer);
  });

for (let from = after, last = -1; from !== last; ) {
  last = from;
  for (const { commits, records } of steps.read(from, true)) {
    const parts = Array.from(records, ([query, found]): SentRecords => {
      const columns = query.columns.map((name) => sentColumn(found, query.table, name));
      return { query: queries.indexOf(query), length: found.length, columns };
    });
    send({ commits, records: parts }, parts.flatMap(buffersOf));
    from = commits.at(-1)?.lastSeq ?? from;
  }
}
archived.close();
client.close();
send(null);
