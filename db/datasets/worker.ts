import { DomainError } from '../../src/errors.ts';
import { buildTable } from './build.ts';
import { differenceBetween } from './difference.ts';
import type {
  BuildProgress,
  BuildRequest,
  BuildResult,
  DatasetLimits,
  RejectedRow,
  TableQueries,
  TableQueryName,
} from './engine.ts';
import { facetOf, profileOf } from './facets.ts';
import { groupsOf } from './groups.ts';
import { pageOfRows, rowReader } from './rows.ts';
import { createResultCache, openTable, type Table } from './table.ts';

/** What a process of dataset tables is told. */
export type WorkerRequest =
  | { readonly limits: DatasetLimits }
  | { readonly id: number; readonly build: BuildRequest }
  | { readonly id: number; readonly file: string; readonly question: TableQueryName; readonly asked: unknown }
  /** The rejected rows that were told are dealt with. */
  | { readonly settled: true };

/** What it tells. */
export type WorkerMessage =
  | { readonly progress: BuildProgress }
  | { readonly rejects: readonly RejectedRow[] }
  | { readonly id: number; readonly answer: unknown }
  | {
      readonly id: number;
      readonly fault: Pick<DomainError, 'code' | 'message' | 'problems'>;
      /** True for a bug. */
      readonly isBug: boolean;
    };

const tell = (message: WorkerMessage): void => void process.send?.(message);

let limits: DatasetLimits | undefined;
let settle: (() => void) | undefined;
const tables = new Map<string, Table>();
const tablesMax = 8;
let memo: ReturnType<typeof createResultCache> | undefined;

const tableOf = (path: string, { datasetCacheBytesMax }: DatasetLimits): Table => {
  const known = tables.get(path);
  tables.delete(path);
  memo ??= createResultCache(datasetCacheBytesMax);
  const table = known ?? openTable(path, memo);
  tables.set(path, table);
  for (const [oldest, { close }] of tables) {
    if (tables.size <= tablesMax) break;
    tables.delete(oldest);
    close();
  }
  return table;
};

type Answers = {
  [Q in TableQueryName]: (
    table: Table,
    asked: TableQueries[Q]['asked'],
    limits: DatasetLimits,
  ) => TableQueries[Q]['answer'];
};

const answers: Answers = {
  rows: (table, asked, { datasetPageBytesMax }) => pageOfRows(table, asked, datasetPageBytesMax),
  rowsAt(table, { rows }) {
    const read = rowReader(table);
    return rows.map((row) => (row < table.rows ? read(row) : null));
  },
  groups: (table, asked, { datasetGroupsMax }) => groupsOf(table, asked, datasetGroupsMax),
  facets: (table, { columns, filter, limit }) => columns.map((column) => facetOf(table, column, filter, limit)),
  profile: (table, { column }) => profileOf(table, column),
  difference: ({ file }, { earlier, keyColumns }) => differenceBetween(earlier, file, keyColumns),
};

const build = (wanted: BuildRequest, given: DatasetLimits): Promise<BuildResult> =>
  buildTable(wanted, given, {
    progress: (progress) => tell({ progress }),
    rejects: (rejects) =>
      new Promise((resolve) => {
        settle = resolve;
        tell({ rejects });
      }),
  });

const faultOf = (id: number, error: unknown): WorkerMessage => {
  if (error instanceof DomainError) {
    const { code, message, problems } = error;
    return { id, fault: { code, message, problems }, isBug: false };
  }
  const message = error instanceof Error ? String(error.stack) : String(error);
  return { id, fault: { code: 'INTERNAL', message, problems: [] }, isBug: true };
};

const answer = async (told: WorkerRequest): Promise<void> => {
  if ('limits' in told) {
    limits = told.limits;
    return;
  }
  if ('settled' in told) return settle?.();
  const { id } = told;
  try {
    if (!limits) throw new Error('a dataset process was asked before it was told its limits');
    if ('build' in told) return tell({ id, answer: await build(told.build, limits) });
    const { file, question, asked } = told;
    tell({ id, answer: answers[question](tableOf(file, limits), asked as never, limits) });
  } catch (error) {
    tell(faultOf(id, error));
  }
};

process.on('message', (told: WorkerRequest) => void answer(told));
// Whoever asked is gone.
process.on('disconnect', () => process.exit(0));
