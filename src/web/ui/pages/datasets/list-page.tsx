import { Button, Group, Stack, Text } from '@mantine/core';
import { PlusIcon } from '@primer/octicons-react';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Page } from '../../components/page.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { DatasetListDocument } from '../../generated/graphql.ts';
import { DatasetTable } from './list/dataset-table.tsx';
import { ImportState } from './wizard/import-state.tsx';
import { RejectsDrawer } from './wizard/rejects-drawer.tsx';
import { Wizard } from './wizard/wizard.tsx';

const route = getRouteApi('/datasets');

const ImportLink = ({ label }: { readonly label: string }) => (
  <Button
    component={Link}
    to="/datasets"
    search={{ import: 'new' } as never}
    leftSection={<PlusIcon size={16} aria-hidden />}
  >
    {label}
  </Button>
);

function List({ mayImport }: { readonly mayImport: boolean }) {
  const result = useLiveQuery({ query: DatasetListDocument, variables: {}, kinds: ['DATASETS'] });
  return (
    <QueryView result={result} height={300}>
      {({ datasets }) =>
        datasets && datasets.totalCount > 0 ? (
          <DatasetTable
            datasets={datasets.nodes.filter((dataset) => dataset !== null)}
            totalCount={datasets.totalCount}
          />
        ) : (
          <EmptyState action={mayImport && <ImportLink label="Import a CSV file" />}>
            There are no datasets yet. A CSV file, or the link to one, becomes a table to filter, group and compare.
          </EmptyState>
        )
      }
    </QueryView>
  );
}

/** One import at a time: the wizard, or an import that the address names. */
function Import({ id, into }: { readonly id: string; readonly into: string | undefined }) {
  const navigate = useNavigate({ from: '/datasets' });
  const { rejects = false } = route.useSearch();
  if (id === 'new') {
    return (
      <Wizard
        key={into}
        into={into}
        onStarted={(importId) => void navigate({ search: (last) => ({ ...last, import: importId }), replace: true })}
      />
    );
  }
  const setRejects = (isOpen: boolean) =>
    void navigate({ search: (last) => ({ ...last, rejects: isOpen || undefined }) });
  return (
    <>
      <ImportState importId={id} onRejects={() => setRejects(true)} />
      <RejectsDrawer importId={id} isOpen={rejects} onClose={() => setRejects(false)} />
    </>
  );
}

/** All datasets, and the way from a file or a link to a new one. */
export function DatasetsPage() {
  const { import: importId, into } = route.useSearch();
  const { may, isKnown } = useViewer();
  const mayImport = may('INGEST');
  if (importId === undefined)
    return (
      <Page title="Datasets" actions={mayImport && <ImportLink label="Import" />}>
        <List mayImport={mayImport} />
      </Page>
    );
  return (
    <Page
      title="Datasets"
      actions={
        <Group gap="xs">
          {importId !== 'new' && mayImport && <ImportLink label="Import another file" />}
          <Button component={Link} to="/datasets" search={{} as never} variant="default">
            All datasets
          </Button>
        </Group>
      }
    >
      <Stack gap="md">
        {mayImport || !isKnown || importId !== 'new' ? (
          <Import id={importId} into={into} />
        ) : (
          <Text>Importing needs an API key with the scope ingest. Sign in with the button at the top.</Text>
        )}
      </Stack>
    </Page>
  );
}
