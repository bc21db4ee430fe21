import { List, Stack, Text } from '@mantine/core';
import { QueryView } from '../../../components/query-view.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { formatCount } from '../../../format/numbers.ts';
import { DatasetVersionDiffDocument } from '../../../generated/graphql.ts';
import { columnLabel } from '../model/cell.ts';

interface VersionDiffProps {
  readonly name: string;
  /** Ids of versions. */
  readonly from: string;
  readonly to: string;
}

const Columns = ({ label, names }: { readonly label: string; readonly names: readonly string[] }) =>
  names.length > 0 && (
    <Text size="sm">
      {label}: {names.map(columnLabel).join(', ')}
    </Text>
  );

export function VersionDiff({ name, from, to }: VersionDiffProps) {
  const result = useLiveQuery({ query: DatasetVersionDiffDocument, variables: { name, from, to }, kinds: [] });
  return (
    <QueryView result={result} height={90}>
      {({ dataset }) => {
        const diff = dataset?.diff;
        if (!diff) return <Text>These versions cannot be compared.</Text>;
        return (
          <Stack gap="xs">
            <List size="sm" aria-label="Difference">
              <List.Item>{formatCount(diff.added, 'row')} added</List.Item>
              <List.Item>{formatCount(diff.removed, 'row')} removed</List.Item>
              <List.Item>{formatCount(diff.changed, 'row')} changed</List.Item>
            </List>
            <Columns label="Columns added" names={diff.columnsAdded} />
            <Columns label="Columns removed" names={diff.columnsRemoved} />
            <Text size="xs" c="dimmed">
              Rows are matched on the key columns of the later version. Without key columns a changed row counts as one
              removed and one added row.
            </Text>
          </Stack>
        );
      }}
    </QueryView>
  );
}
