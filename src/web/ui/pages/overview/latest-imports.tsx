import { Anchor, Group, Stack, Table, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { formatFigure } from '../../format/numbers.ts';
import { type ImportState, OverviewImportsDocument, type OverviewImportsQuery } from '../../generated/graphql.ts';

type Imports = NonNullable<OverviewImportsQuery['imports']>;

const stateWords: Readonly<Record<ImportState, string>> = {
  RUNNING: 'running',
  SUCCEEDED: 'done',
  SUCCEEDED_WITH_REJECTS: 'done, with rejects',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

function ImportRows({ nodes }: Pick<Imports, 'nodes'>) {
  return (
    <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table fz="sm" aria-label="Latest imports">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>file</Table.Th>
            <Table.Th>state</Table.Th>
            <Table.Th>began</Table.Th>
            <Table.Th data-numeric>read</Table.Th>
            <Table.Th data-numeric>accepted</Table.Th>
            <Table.Th data-numeric>rejected</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.map(({ id, source, state, startedAt, read, accepted, rejected }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Anchor size="sm" renderRoot={(props) => <Link {...props} to="/intake" search={{ open: id }} />}>
                  {source}
                </Anchor>
              </Table.Td>
              <Table.Td>{stateWords[state]}</Table.Td>
              <Table.Td>
                <Time at={startedAt} relative />
              </Table.Td>
              <Table.Td data-numeric>{formatFigure(read)}</Table.Td>
              <Table.Td data-numeric>{formatFigure(accepted)}</Table.Td>
              <Table.Td data-numeric>{formatFigure(rejected)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** The imports that began last, each with its account. */
export function LatestImports() {
  const result = useLiveQuery({ query: OverviewImportsDocument, variables: {}, kinds: ['IMPORTS'] });
  return (
    <Stack gap="xs" component="section" aria-labelledby="latest-imports">
      <Group justify="space-between">
        <Title order={2} id="latest-imports">
          Latest imports
        </Title>
        <Anchor component={Link} to="/intake" size="sm">
          All imports
        </Anchor>
      </Group>
      <QueryView result={result}>
        {({ imports }) =>
          imports?.nodes.length ? (
            <ImportRows nodes={imports.nodes} />
          ) : (
            <EmptyState>No file was imported yet.</EmptyState>
          )
        }
      </QueryView>
    </Stack>
  );
}
