import type { DataColumn } from '../../components/data-table.tsx';
import { Time } from '../../components/time.tsx';
import { missing } from '../../format/numbers.ts';
import type { RejectedRecordsQuery } from '../../generated/graphql.ts';
import { rejectWords, targetWords } from './words.ts';

export type RejectRow = NonNullable<RejectedRecordsQuery['rejectedRecords']>['nodes'][number];

const problemsOf = ({ problems }: RejectRow): string => problems.map(({ message }) => message).join('; ');

/** Columns of rejected records. */
export const rejectColumns: readonly DataColumn<RejectRow>[] = [
  { id: 'problem', header: 'problem', width: 340, cell: problemsOf, text: problemsOf },
  { id: 'raw', header: 'record', width: 360, cell: ({ raw }) => raw.slice(0, 300), text: ({ raw }) => raw },
  {
    ...{ id: 'target', header: 'target', width: 150 },
    cell: ({ target }) => targetWords[target],
    text: ({ target }) => targetWords[target],
  },
  { id: 'source', header: 'source', width: 200, cell: ({ source }) => source, text: ({ source }) => source },
  {
    ...{ id: 'line', header: 'line', numeric: true, width: 80 },
    cell: ({ line }) => line ?? missing,
    text: ({ line }) => (line === null || line === undefined ? '' : String(line)),
  },
  {
    ...{ id: 'receivedAt', header: 'received', width: 130 },
    cell: ({ receivedAt }) => <Time at={receivedAt} relative />,
    text: ({ receivedAt }) => receivedAt,
  },
  { id: 'state', header: 'state', width: 100, cell: ({ state }) => rejectWords[state] },
];

/** Of the records of one group, whose target and source are the same. */
export const groupColumns = rejectColumns.filter(({ id }) => id !== 'target' && id !== 'source');
