import { Button, Group, Text } from '@mantine/core';
import { formatFigure } from '../../format/numbers.ts';
import { type Axis, columnsPerPage, type Pivot, rowsPerPage } from './load-pivot.ts';
import type { Revenue } from './use-revenue.ts';

interface StepsProps {
  readonly what: string;
  readonly axis: Axis;
  readonly page: number;
  readonly pageSize: number;
  onPage(page: number): void;
}

/** Which groups are shown, of how many. */
function Steps({ what, axis, page, pageSize, onPage }: StepsProps) {
  if (axis.totalCount <= pageSize) return null;
  const first = (page - 1) * pageSize + 1;
  const last = first + axis.groups.length - 1;
  return (
    <Group gap="xs">
      <Text size="sm" role="status">
        {axis.groups.length === 0
          ? `No ${what} on this page of ${formatFigure(axis.totalCount)} ${what}`
          : `${what} ${formatFigure(first)} to ${formatFigure(last)} of ${formatFigure(axis.totalCount)}`}
        {axis.unknown && ', and unknown'}
      </Text>
      <Button
        size="compact-sm"
        variant="default"
        disabled={page === 1}
        aria-label={`Previous ${what}`}
        onClick={() => onPage(page - 1)}
      >
        Previous
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={last >= axis.totalCount}
        aria-label={`Next ${what}`}
        onClick={() => onPage(page + 1)}
      >
        Next
      </Button>
    </Group>
  );
}

/** The way to the groups that are on other pages. Totals are of all of them. */
export function PageSteps({ pivot, revenue }: { readonly pivot: Pivot; readonly revenue: Revenue }) {
  const { request, rows, columns } = pivot;
  const { change, settings } = revenue;
  const pageOf = (page: number) => (page === 1 ? undefined : page);
  return (
    <Group gap="xl">
      <Steps
        what="rows"
        axis={rows}
        page={request.rowPage}
        pageSize={rowsPerPage}
        onPage={(page) => change({ rowPage: pageOf(page) })}
      />
      {columns && settings.tab !== 'bars' && (
        <Steps
          what="columns"
          axis={columns}
          page={request.columnPage}
          pageSize={columnsPerPage}
          onPage={(page) => change({ columnPage: pageOf(page) })}
        />
      )}
    </Group>
  );
}
