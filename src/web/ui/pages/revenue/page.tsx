import { Button, Group, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { AsOfControl } from '../../components/as-of-control.tsx';
import { CitationButton } from '../../components/citation-button.tsx';
import { CopyAs } from '../../components/copy-as.tsx';
import { Page } from '../../components/page.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { EmptyState } from '../../components/states.tsx';
import { Time } from '../../components/time.tsx';
import { useSession } from '../../data/session.tsx';
import { formatFigure } from '../../format/numbers.ts';
import { CellDrawer } from './cell-drawer.tsx';
import { citationText } from './citation.ts';
import { Controls } from './controls.tsx';
import { copyEntries } from './copy-entries.ts';
import { ExportMenu } from './export-menu.tsx';
import { FilterBar } from './filter-bar.tsx';
import type { Pivot } from './load-pivot.ts';
import { measures, unitOf } from './measures.ts';
import { OverTime } from './over-time.tsx';
import { PageSteps } from './page-steps.tsx';
import { PivotBars } from './pivot-bars.tsx';
import { PivotTable } from './pivot-table.tsx';
import type { Cell } from './search.ts';
import { type Revenue, usePivot, usePivotRequest, useRevenue } from './use-revenue.ts';

/** Nothing to count: because there is nothing yet, or because nothing matches. */
function NoFacts({ revenue: { settings, change } }: { readonly revenue: Revenue }) {
  const what = settings.source === 'TRANSACTIONS' ? 'purchases' : 'events';
  if (settings.filters.length > 0)
    return (
      <EmptyState
        action={
          <Button variant="default" onClick={() => change({ filters: undefined })}>
            Remove all filters
          </Button>
        }
      >
        {`No ${what} match the filters.`}
      </EmptyState>
    );
  return (
    <EmptyState
      action={
        <Button component={Link} to="/intake">
          {`Import ${what}`}
        </Button>
      }
    >
      {`There are no ${what} in this snapshot. With ${what}, status changes and IP ranges imported, figures by status and city appear here.`}
    </EmptyState>
  );
}

/** What the figures are, and what can be done with them. */
function Caption({ pivot, revenue }: { readonly pivot: Pivot; readonly revenue: Revenue }) {
  const { request, asOf, at, total } = pivot;
  const { label, valueIn, format } = measures[request.measure];
  const unit = unitOf(request.measure, request.source);
  const { apiKey } = useSession();
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm" c="dimmed">
        {`${label}${unit === '' ? '' : `, ${unit}`} · snapshot `}
        <span className="asof-figure">{formatFigure(asOf.sequence)}</span>
        {at !== null && (
          <>
            {' of '}
            <Time at={at} />
          </>
        )}
        {` · zone ${request.timeZone}`}
      </Text>
      <Group gap="xs">
        <ExportMenu pivot={pivot} />
        <CopyAs entries={copyEntries(request, { origin: location.origin, needsKey: apiKey !== null })} />
        <CitationButton
          sequence={asOf.sequence}
          text={citationText({
            request,
            filters: revenue.settings.filters,
            cell: [],
            figure: format(valueIn(total, total)),
          })}
        />
      </Group>
    </Group>
  );
}

function PivotView({ pivot, revenue }: { readonly pivot: Pivot; readonly revenue: Revenue }) {
  const { settings, change } = revenue;
  const open = (cell: Cell) => change({ cell, fact: undefined });
  return (
    <Stack gap="sm">
      {pivot.total.count === 0 ? (
        <NoFacts revenue={revenue} />
      ) : (
        <>
          <Caption {...{ pivot, revenue }} />
          {settings.tab === 'time' && <OverTime pivot={pivot} />}
          {settings.tab === 'bars' ? (
            <PivotBars pivot={pivot} onOpen={open} />
          ) : (
            <PivotTable pivot={pivot} onOpen={open} onSort={(sort) => change({ sort, rowPage: undefined })} />
          )}
          <PageSteps {...{ pivot, revenue }} />
        </>
      )}
      <CellDrawer {...{ pivot, revenue }} />
    </Stack>
  );
}

export function RevenuePage() {
  const revenue = useRevenue();
  const result = usePivot(usePivotRequest(revenue.settings));
  return (
    <Page title="Revenue" actions={<AsOfControl />}>
      <FilterBar revenue={revenue} />
      <Controls revenue={revenue} />
      <QueryView result={result} height={320}>
        {(pivot) => <PivotView {...{ pivot, revenue }} />}
      </QueryView>
    </Page>
  );
}
