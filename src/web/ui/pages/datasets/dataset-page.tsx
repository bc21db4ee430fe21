import { Anchor, Button, Group, Stack, Tabs, Text } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Page } from '../../components/page.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { useLiveQuery } from '../../data/live.tsx';
import { useViewer } from '../../data/viewer.tsx';
import { formatCount, formatFigure } from '../../format/numbers.ts';
import { DatasetHeadDocument, type DatasetHeadQuery } from '../../generated/graphql.ts';
import { FilterBar } from './explorer/filter-bar.tsx';
import { RowsView } from './explorer/rows-view.tsx';
import { useAddress } from './explorer/use-address.ts';
import { GroupsView } from './groups/groups-view.tsx';
import { questionOf, type VersionHead } from './model/question.ts';
import { type DatasetSearch, datasetTabs } from './model/search.ts';
import { SettingsView } from './settings/settings-view.tsx';
import { SqlView } from './sql/sql-view.tsx';
import { VersionsView } from './versions/versions-view.tsx';

const route = getRouteApi('/datasets/$name');

type Dataset = NonNullable<DatasetHeadQuery['dataset']>;
type Tab = NonNullable<DatasetSearch['tab']>;

const tabLabels: Readonly<Record<Tab, string>> = {
  rows: 'Rows',
  groups: 'Groups',
  sql: 'SQL',
  versions: 'Versions',
  settings: 'Settings',
};

function VersionLine({ version, current }: { readonly version: VersionHead; readonly current: VersionHead }) {
  const { change } = useAddress();
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">
        Version {formatFigure(version.number)} of <Time at={version.createdAt} />:{' '}
        {formatCount(version.rowCount, 'row')}, {formatCount(version.columns.length, 'column')}
      </Text>
      {version.number !== current.number && (
        <Button variant="default" size="compact-xs" onClick={() => change({ version: undefined, row: undefined })}>
          Show the current version, {formatFigure(current.number)}
        </Button>
      )}
    </Group>
  );
}

function TabContent({
  tab,
  dataset,
  version,
}: {
  readonly tab: Tab;
  readonly dataset: Dataset;
  readonly version: VersionHead;
}) {
  const { address } = useAddress();
  const { where, search, version: pinned } = address;
  const question = useMemo(
    () => questionOf(dataset.name, version, { where, search, version: pinned }),
    [dataset.name, version, where, search, pinned],
  );
  switch (tab) {
    case 'rows':
    case 'groups':
      return (
        <Stack gap="sm">
          <FilterBar question={question} />
          {tab === 'rows' ? <RowsView question={question} /> : <GroupsView question={question} />}
        </Stack>
      );
    case 'sql':
      return <SqlView question={question} />;
    case 'versions':
      return <VersionsView name={dataset.name} />;
    case 'settings':
      return <SettingsView dataset={dataset} />;
  }
}

function Explorer({ dataset }: { readonly dataset: Dataset }) {
  const { address, change } = useAddress();
  const { tab = 'rows' } = address;
  const version = address.version === undefined ? dataset.currentVersion : dataset.version;
  if (!version)
    return (
      <EmptyState action={<Button onClick={() => change({ version: undefined })}>Show the current version</Button>}>
        Version {address.version} of {dataset.name} is no longer kept, or does not exist.
      </EmptyState>
    );
  return (
    <Stack gap="sm">
      <VersionLine version={version} current={dataset.currentVersion} />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) =>
          change({ tab: next === 'rows' ? undefined : (next as Tab), row: undefined, group: undefined })
        }
      >
        <Tabs.List mb="sm">
          {datasetTabs.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {tabLabels[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {datasetTabs.map((each) => (
          <Tabs.Panel key={each} value={each}>
            <TabContent tab={each} dataset={dataset} version={version} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

/** One dataset: its rows, groups, SQL, versions and settings. */
export function DatasetPage() {
  const { name } = route.useParams();
  const { address } = useAddress();
  const { may } = useViewer();
  const result = useLiveQuery({
    query: DatasetHeadDocument,
    variables: { name, number: address.version ?? 1, isEarlier: address.version !== undefined },
    kinds: ['DATASETS'],
  });
  return (
    <Page
      title={name}
      actions={
        <Group gap="xs">
          <Anchor component={Link} to="/datasets" search={{} as never} size="sm">
            All datasets
          </Anchor>
          {may('INGEST') && (
            <Button component={Link} to="/datasets" search={{ import: 'new', into: name } as never} variant="default">
              Import a new version
            </Button>
          )}
        </Group>
      }
    >
      <QueryView result={result} height={480}>
        {({ dataset }) =>
          dataset ? (
            <Explorer dataset={dataset} />
          ) : (
            <EmptyState
              action={
                <Button component={Link} to="/datasets" search={{} as never}>
                  Show all datasets
                </Button>
              }
            >
              There is no dataset {name}. It may have been deleted.
            </EmptyState>
          )
        }
      </QueryView>
    </Page>
  );
}
