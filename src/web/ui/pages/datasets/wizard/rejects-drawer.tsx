import { Code, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../../components/data-table.tsx';
import { DetailDrawer } from '../../../components/detail-drawer.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { formatFigure } from '../../../format/numbers.ts';
import { DatasetImportRejectsDocument, type DatasetImportRejectsQuery } from '../../../generated/graphql.ts';

type Reject = NonNullable<NonNullable<DatasetImportRejectsQuery['import']>['rejectedRecords']>['nodes'][number];

const problemText = ({ problems }: Reject): string => problems.map(({ message }) => message).join('; ');

const columns: readonly DataColumn<Reject>[] = [
  {
    id: 'line',
    header: 'Line',
    numeric: true,
    width: 80,
    cell: ({ line }) => formatFigure(line),
    text: ({ line }) => String(line ?? ''),
  },
  { id: 'problem', header: 'Problem', width: 260, cell: problemText, text: problemText },
  { id: 'raw', header: 'Text of the row', width: 320, cell: ({ raw }) => <Code>{raw}</Code>, text: ({ raw }) => raw },
];

function Rejects({ importId }: { readonly importId: string }) {
  const result = useLiveQuery({
    query: DatasetImportRejectsDocument,
    variables: { id: importId },
    kinds: ['REJECTED_RECORDS'],
  });
  const found = result.state.data?.import?.rejectedRecords;
  const rows = useMemo(() => found?.nodes ?? [], [found]);
  return (
    <QueryView result={result}>
      {() => (
        <Stack gap="xs">
          <DataTable
            label="Rejects"
            columns={columns}
            rows={rows}
            rowKey={({ id }) => id}
            totalCount={found?.totalCount ?? 0}
            emptyText="Every row of the file was stored."
          />
          {found?.pageInfo.hasNextPage && (
            <Text size="sm">These are the newest {formatFigure(rows.length)}. The page Intake lists all.</Text>
          )}
        </Stack>
      )}
    </QueryView>
  );
}

interface RejectsDrawerProps {
  readonly importId: string;
  readonly isOpen: boolean;
  onClose(): void;
}

/** The rows of a file that were not stored, with their lines and the reasons. */
export const RejectsDrawer = ({ importId, isOpen, onClose }: RejectsDrawerProps) => (
  <DetailDrawer title="Rejects" isOpen={isOpen} onClose={onClose}>
    {isOpen && <Rejects importId={importId} />}
  </DetailDrawer>
);
