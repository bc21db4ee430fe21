import { Box, Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { ListUnorderedIcon } from '@primer/octicons-react';
import { useCallback, useMemo } from 'react';
import { CitationButton } from '../../../components/citation-button.tsx';
import { CopyAs } from '../../../components/copy-as.tsx';
import { DataTable } from '../../../components/data-table.tsx';
import { QueryView } from '../../../components/query-view.tsx';
import { useZone } from '../../../data/view.ts';
import { formatCount, formatFigure } from '../../../format/numbers.ts';
import { nameOfTableId, tableId } from '../model/cell.ts';
import { copiesOfRows } from '../model/copy-rows.ts';
import { describeFilter } from '../model/filter-tests.ts';
import { type Question, typeOfColumn } from '../model/question.ts';
import type { Sort } from '../model/search.ts';
import { ColumnDrawer } from './column-drawer.tsx';
import { ExportMenu } from './export-menu.tsx';
import { Facets } from './facets.tsx';
import { MiniProfile } from './mini-profile.tsx';
import { defaultFacets, type Profiles, useProfiles } from './profile.ts';
import { useRowColumns } from './row-columns.tsx';
import { RowDrawer } from './row-drawer.tsx';
import { useAddress } from './use-address.ts';
import { useRows } from './use-rows.ts';

/** From this width on there is room beside the table. */
const wideScreen = '(min-width: 62em)';

function FacetsPlace({ question, profiles }: { readonly question: Question; readonly profiles: Profiles }) {
  const { address, change } = useAddress();
  const isWide = useMediaQuery(wideScreen, true, { getInitialValueInEffect: false });
  const [isOpen, { open, close }] = useDisclosure(false);
  const facets = (
    <Facets
      question={question}
      columns={address.facets ?? defaultFacets(profiles)}
      onColumns={(columns) => change({ facets: [...columns] })}
      onWhere={(where) => change({ where })}
    />
  );
  if (isWide)
    return (
      <Box w={210} style={{ flexShrink: 0 }}>
        {facets}
      </Box>
    );
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<ListUnorderedIcon size={14} aria-hidden />}
        onClick={open}
        style={{ alignSelf: 'flex-start' }}
      >
        Values
      </Button>
      <Drawer
        opened={isOpen}
        onClose={close}
        title="Values"
        position="bottom"
        size="80%"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {facets}
      </Drawer>
    </>
  );
}

/** What the count leaves out, in words. */
const Excluded = ({ count }: { readonly count: number }) =>
  count > 0 && (
    <Text size="sm">
      {formatCount(count, 'row is', 'rows are')} left out because a compared cell does not fit the type of its column.
    </Text>
  );

const citationText = (question: Question, total: number | null): string => {
  const { name, version, where, search } = question;
  return [
    `Dataset ${name}, version ${version.number}`,
    `${formatFigure(total)} of ${formatCount(version.rowCount, 'row')}`,
    ...(where === undefined ? [] : [`Filter: ${describeFilter(where, typeOfColumn(question))}`]),
    ...(search === undefined ? [] : [`Search: ${search}`]),
  ].join('\n');
};

function RowsTable({ question, profiles }: { readonly question: Question; readonly profiles: Profiles }) {
  const { address, change } = useAddress();
  const zone = useZone();
  const { version } = question;
  const { sort } = address;
  const { result, rows, totalCount, hasMore, error, loadMore } = useRows(question, sort);
  const below = useCallback(
    (name: string) => {
      const column = profiles.get(name);
      if (!column) return <Box h={38} />;
      return <MiniProfile column={column} rowCount={version.rowCount} onOpen={() => change({ column: name })} />;
    },
    [profiles, version, change],
  );
  const columns = useRowColumns({ version, zone, below, isSortable: true });
  const copies = useMemo(() => copiesOfRows(question, sort, location.origin), [question, sort]);
  const onSort = useCallback(
    (next: Sort | null) => change({ sort: next ? { ...next, id: nameOfTableId(next.id) } : undefined }),
    [change],
  );
  const tableSort = useMemo(() => (sort ? { ...sort, id: tableId(sort.id) } : null), [sort]);
  return (
    <Stack gap="xs" flex={1} miw={0}>
      <QueryView result={result} height={480}>
        {({ dataset }) => (
          <Stack gap="xs">
            <Excluded count={dataset?.rows?.excludedCount ?? 0} />
            <DataTable
              label={`Rows of ${question.name}`}
              columns={columns}
              rows={rows}
              rowKey={({ id }) => id}
              sort={tableSort}
              onSort={onSort}
              onOpenRow={({ id }) => change({ row: id })}
              totalCount={totalCount ?? 0}
              hasMore={hasMore}
              onLoadMore={loadMore}
              hiddenColumns={(address.hide ?? []).map(tableId)}
              onHiddenColumns={(hide) => change({ hide: hide.length === 0 ? undefined : hide.map(nameOfTableId) })}
              exports={<ExportMenu question={question} sort={sort} />}
              emptyText="No row passes the filter."
            />
          </Stack>
        )}
      </QueryView>
      {error !== null && <Text role="alert">{error}</Text>}
      <Group gap="xs">
        <CopyAs entries={copies} />
        <CitationButton text={citationText(question, totalCount)} />
      </Group>
      <RowDrawer id={address.row} version={version} onClose={() => change({ row: undefined })} />
    </Stack>
  );
}

/** The rows of the filter, with the statistics of their columns. */
export function RowsView({ question }: { readonly question: Question }) {
  const { profiles } = useProfiles(question);
  const isWide = useMediaQuery(wideScreen, true, { getInitialValueInEffect: false });
  const content = (
    <>
      <FacetsPlace question={question} profiles={profiles} />
      <RowsTable question={question} profiles={profiles} />
      <ColumnDrawer question={question} profiles={profiles} />
    </>
  );
  return isWide ? (
    <Group align="flex-start" gap="md" wrap="nowrap">
      {content}
    </Group>
  ) : (
    <Stack gap="xs">{content}</Stack>
  );
}
