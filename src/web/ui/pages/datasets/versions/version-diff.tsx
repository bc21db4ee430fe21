import { SegmentedControl, Stack, Text } from '@mantine/core';
import { QueryView } from '../../../components/query-view.tsx';
import { useLiveQuery } from '../../../data/live.tsx';
import { formatCount } from '../../../format/numbers.ts';
import { DatasetVersionDiffDocument } from '../../../generated/graphql.ts';
import { useAddress } from '../explorer/use-address.ts';
import { columnLabel } from '../model/cell.ts';
import { type ChangeKind, changeKinds } from '../model/search.ts';
import { ChangedRows } from './changed-rows.tsx';
import type { Compared } from './compared.ts';
import { SurplusRows } from './surplus-rows.tsx';

const Columns = ({ label, names }: { readonly label: string; readonly names: readonly string[] }) =>
  names.length > 0 && (
    <Text size="sm">
      {label}: {names.map(columnLabel).join(', ')}
    </Text>
  );

interface RowsOfKindProps extends Compared {
  readonly counts: Readonly<Record<ChangeKind, number>>;
}

/** How many rows were changed, added and removed, and the rows of one of these kinds. */
function RowsOfKind({ counts, ...compared }: RowsOfKindProps) {
  const { address, change } = useAddress();
  const first = changeKinds.find((kind) => counts[kind] > 0);
  if (first === undefined) return <Text size="sm">The rows of both versions are the same.</Text>;
  const kind = address.changes ?? first;
  const data = changeKinds.map((each) => ({ value: each, label: `${formatCount(counts[each], 'row')} ${each}` }));
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label="Difference"
        size="xs"
        style={{ alignSelf: 'flex-start' }}
        data={data}
        value={kind}
        onChange={(next) => change({ changes: next as ChangeKind, row: undefined })}
      />
      {counts[kind] === 0 ? (
        <Text size="sm">No row was {kind}.</Text>
      ) : kind === 'changed' ? (
        <ChangedRows {...compared} />
      ) : (
        <SurplusRows key={kind} {...compared} kind={kind} />
      )}
    </Stack>
  );
}

/** What changed between two versions of a dataset. */
export function VersionDiff({ name, from, to }: Compared) {
  const result = useLiveQuery({ query: DatasetVersionDiffDocument, variables: { name, from, to }, kinds: [] });
  return (
    <QueryView result={result} height={90}>
      {({ dataset }) => {
        const diff = dataset?.diff;
        if (!diff) return <Text>These versions cannot be compared.</Text>;
        return (
          <Stack gap="xs">
            <RowsOfKind counts={diff} {...{ name, from, to }} />
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
