import { Anchor, Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type DataColumn, DataTable } from '../../../components/data-table.tsx';
import { Figure } from '../../../components/figure.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { Time } from '../../../components/time.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { formatFigure, missing } from '../../../format/numbers.ts';
import { DatasetVersionsDocument, type DatasetVersionsQuery } from '../../../generated/graphql.ts';
import { useAddress } from '../explorer/use-address.ts';
import { VersionDiff } from './version-diff.tsx';

type Version = NonNullable<NonNullable<DatasetVersionsQuery['dataset']>['versions']>['nodes'][number];

const accountText = ({ import: origin }: Version): string => {
  if (!origin) return missing;
  const { read, accepted, unchanged, rejected } = origin;
  return `${formatFigure(read)} read = ${formatFigure(accepted)} accepted + ${formatFigure(unchanged)} unchanged + ${formatFigure(rejected)} rejected`;
};

const columnsOf = (onShow: (number: number) => void): DataColumn<Version>[] => [
  {
    id: 'version',
    header: 'Version',
    width: 90,
    numeric: true,
    cell: ({ number }) => <Figure value={number} label="show its rows" onOpen={() => onShow(number)} />,
    text: ({ number }) => String(number),
  },
  {
    id: 'created',
    header: 'Complete since',
    width: 220,
    cell: ({ createdAt }) => <Time at={createdAt} />,
    text: ({ createdAt }) => createdAt,
  },
  {
    id: 'rows',
    header: 'Rows',
    numeric: true,
    cell: ({ rowCount }) => <Figure value={rowCount} />,
    text: ({ rowCount }) => String(rowCount),
  },
  {
    id: 'columns',
    header: 'Columns',
    numeric: true,
    width: 90,
    cell: ({ columns }) => <Figure value={columns.length} />,
    text: ({ columns }) => String(columns.length),
  },
  {
    id: 'source',
    header: 'Source',
    width: 200,
    cell: ({ import: origin }) =>
      origin ? (
        <Anchor component={Link} to="/intake" search={{ open: origin.id } as never} inherit>
          {origin.source}
        </Anchor>
      ) : (
        missing
      ),
    text: ({ import: origin }) => origin?.source ?? '',
  },
  { id: 'account', header: 'Account of the file', width: 380, cell: accountText, text: accountText },
];

interface ComparedProps {
  readonly name: string;
  readonly versions: readonly Version[];
}

function Compared({ name, versions }: ComparedProps) {
  const { address, change } = useAddress();
  const { from = versions[1]?.number, to = versions[0]?.number } = address;
  const idOf = (number: number | undefined) => versions.find((version) => version.number === number)?.id;
  const [fromId, toId] = [idOf(from), idOf(to)];
  const data = versions.map(({ number }) => ({ value: String(number), label: `Version ${number}` }));
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        What changed
      </Title>
      <Group gap="sm" align="flex-end">
        <NativeSelect
          label="From"
          data={data}
          value={String(from)}
          onChange={({ currentTarget }) => change({ from: Number(currentTarget.value) })}
        />
        <NativeSelect
          label="To"
          data={data}
          value={String(to)}
          onChange={({ currentTarget }) => change({ to: Number(currentTarget.value) })}
        />
        <Button variant="default" onClick={() => change({ from: to, to: from })}>
          Swap
        </Button>
      </Group>
      {fromId === undefined || toId === undefined ? (
        <Text>One of these versions is no longer kept.</Text>
      ) : (
        <VersionDiff name={name} from={fromId} to={toId} />
      )}
    </Stack>
  );
}

/** The versions of a dataset, and what changed between two of them. */
export function VersionsView({ name }: { readonly name: string }) {
  const { change } = useAddress();
  const result = useLiveQuery({ query: DatasetVersionsDocument, variables: { name }, kinds: ['DATASETS'] });
  const current = result.state.data?.dataset?.currentVersion.id;
  const versions = useMemo(() => result.state.data?.dataset?.versions?.nodes ?? [], [result.state.data]);
  const columns = useMemo(() => {
    const show = (number: number) => {
      const isCurrent = versions.find((version) => version.number === number)?.id === current;
      change({ version: isCurrent ? undefined : number, tab: undefined });
    };
    return columnsOf(show);
  }, [versions, current, change]);
  return (
    <QueryView result={result}>
      {({ dataset }) => (
        <Stack gap="md">
          <Text size="sm">The newest {formatFigure(dataset?.keepVersions)} versions are kept.</Text>
          <DataTable
            label={`Versions of ${name}`}
            columns={columns}
            rows={versions}
            rowKey={({ id }) => id}
            totalCount={dataset?.versions?.totalCount ?? versions.length}
            height={320}
          />
          {versions.length > 1 ? (
            <Compared name={name} versions={versions} />
          ) : (
            <Text>There is one version. The next import of {name} makes another one to compare with.</Text>
          )}
        </Stack>
      )}
    </QueryView>
  );
}
