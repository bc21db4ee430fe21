import { Anchor, Stack, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { DetailDrawer } from '../../../components/detail-drawer.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { useZone } from '../../../data/view.ts';
import { formatFigure } from '../../../format/numbers.ts';
import { DatasetRowDocument, type DatasetRowQuery } from '../../../generated/graphql.ts';
import { columnLabel, formatCell, typeLabels } from '../model/cell.ts';
import { MisfitText } from '../model/misfit.tsx';
import type { TypedColumns } from '../model/question.ts';

type Row = Extract<NonNullable<DatasetRowQuery['node']>, { __typename: 'Row' }>;

const Origin = ({ provenance: { source, line, import: origin } }: Pick<Row, 'provenance'>) => (
  <Text size="sm">
    Line {formatFigure(line)} of {source}
    {origin && (
      <>
        {', '}
        <Anchor component={Link} to="/intake" search={{ open: origin.id } as never} inherit>
          imported
        </Anchor>{' '}
        <Time at={origin.startedAt} />
      </>
    )}
  </Text>
);

function Cells({ row, columns }: { readonly row: Row; readonly columns: TypedColumns['columns'] }) {
  const zone = useZone();
  return (
    <Table fz="sm" layout="fixed" aria-label="Cells of the row">
      <Table.Tbody>
        {columns.map(({ name, type }, index) => {
          const misfit = row.misfits.find(({ column }) => column === name);
          return (
            <Table.Tr key={name}>
              <Table.Th scope="row" w="38%" style={{ verticalAlign: 'top', overflowWrap: 'anywhere' }}>
                {columnLabel(name)}
                <Text size="xs" c="dimmed" fw={400}>
                  {typeLabels[type]}
                </Text>
              </Table.Th>
              <Table.Td style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                {misfit ? (
                  <>
                    <MisfitText>{misfit.text}</MisfitText>{' '}
                    <Text span size="xs">
                      does not fit the type {typeLabels[type]}
                    </Text>
                  </>
                ) : (
                  formatCell(row.values[index], type, zone)
                )}
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function RowDetails({ id, version }: { readonly id: string; readonly version: TypedColumns }) {
  const result = useLiveQuery({ query: DatasetRowDocument, variables: { id }, kinds: [] });
  return (
    <QueryView result={result}>
      {({ node }) =>
        node?.__typename === 'Row' ? (
          <Stack gap="sm">
            <Origin provenance={node.provenance} />
            <Cells row={node} columns={version.columns} />
          </Stack>
        ) : (
          <EmptyState>This row is of a version that is no longer kept.</EmptyState>
        )
      }
    </QueryView>
  );
}

interface RowDrawerProps {
  /** Undefined: closed. */
  readonly id: string | undefined;
  readonly version: TypedColumns;
  onClose(): void;
}

/** All of a row, and where it comes from. */
export const RowDrawer = ({ id, version, onClose }: RowDrawerProps) => (
  <DetailDrawer title="Row" isOpen={id !== undefined} onClose={onClose}>
    {id !== undefined && <RowDetails id={id} version={version} />}
  </DetailDrawer>
);
