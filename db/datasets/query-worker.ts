import { LRUCache } from 'lru-cache';
import { differenceBetween } from './difference.ts';
import type { DatasetLimits, TableQueries, TableQueryName } from './engine.ts';
import { facetOf, profileOf } from './facets.ts';
import { groupsOf } from './groups.ts';
import { pageOfRows, rowReader } from './rows.ts';
import { createResultCache, openTable, type ResultCache, type Table } from './table.ts';
import { serveTasks } from './worker-messages.ts';

type Handlers = {
  [Q in TableQueryName]: (
    table: Table,
    request: TableQueries[Q]['request'],
    limits: DatasetLimits,
  ) => TableQueries[Q]['result'];
};

const handlers: Handlers = {
  rows: (table, request, { datasetPageBytesMax }) => pageOfRows(table, request, datasetPageBytesMax),
  rowsAt(table, { rows }) {
    const read = rowReader(table);
    return rows.map((row) => (row < table.rows ? read(row) : null));
  },
  groups: (table, request, { datasetGroupsMax }) => groupsOf(table, request, datasetGroupsMax),
  facets: (table, { columns, filter, limit }) => columns.map((column) => facetOf(table, column, filter, limit)),
  profile: (table, { column }) => profileOf(table, column),
  difference: ({ file }, { earlier, keyColumns }) => differenceBetween(earlier.file, file, keyColumns),
};

let resultCache: ResultCache | undefined;
const openTables = new LRUCache<string, Table>({ max: 8, dispose: (table) => table.close() });

const tableOf = (path: string, { datasetCacheBytesMax }: DatasetLimits): Table => {
  const open = openTables.get(path);
  if (open) return open;
  resultCache ??= createResultCache(datasetCacheBytesMax);
  const table = openTable(path, resultCache);
  openTables.set(path, table);
  return table;
};

serveTasks<'query'>(({ file, name, request }, limits) =>
  handlers[name](tableOf(file, limits), request as never, limits),
);
