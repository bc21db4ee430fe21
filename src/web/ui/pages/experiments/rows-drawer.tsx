import { Button, Stack, Text } from '@mantine/core';
import { useCallback } from 'react';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { FactExplanation } from '../../components/fact-explanation.tsx';
import { FactsTable, type JoinedFact } from '../../components/facts-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { type PagedRows, type PageOfRows, usePagedRows } from '../../data/paged-rows.ts';
import { formatCount } from '../../format/numbers.ts';
import {
  ExperimentCellRowsDocument,
  type ExperimentCellRowsQuery,
  type ExperimentEventFilter,
  ExperimentRowsDocument,
  type ExperimentRowsQuery,
} from '../../generated/graphql.ts';
import { conditionText, filterOrNone } from './conditions.ts';
import type { Report } from './matrix-data.ts';
import { conditionsOf, rangeOf, type Scope, useChangeSearch, useExperimentSearch, useScope } from './scope.ts';
import type { EventFilterSearch } from './search.ts';

const pageOf = ({ experimentEvents }: ExperimentRowsQuery): PageOfRows<JoinedFact> | null =>
  experimentEvents && {
    rows: experimentEvents.edges,
    totalCount: experimentEvents.totalCount,
    pageInfo: experimentEvents.pageInfo,
  };

/** The period of the experiment as a filter; null without bounds. Events outside of it do not count. */
const periodOf = ({ startedAt, endedAt }: Report['experiment']): ExperimentEventFilter | null => {
  const range = rangeOf({ from: startedAt ?? undefined, to: endedAt ?? undefined });
  return range && { range };
};

/** The events of the experiment that match the filter of the page and that of the figure, and that count. */
const filterOf = (
  { variables: { key, where, range } }: Scope,
  rows: EventFilterSearch,
  experiment: Report['experiment'],
): ExperimentEventFilter => {
  const period = periodOf(experiment);
  const isOutside = rows.outside === true;
  const own = rangeOf(rows);
  const conditions = [
    where,
    // The range of the page is the time in which users were first seen, which no event outside of the period has.
    isOutside || range === null ? null : { range },
    conditionsOf(rows),
    own && { range: own },
    isOutside && period ? { not: period } : period,
  ];
  return { experiments: [key], and: conditions.filter((condition) => condition !== null) };
};

interface RowsProps {
  readonly rows: EventFilterSearch;
  readonly title: string;
  readonly report: Report;
}

/** The rows of a list with the way to more of them. */
function PagedFacts<Data>({ paged, title }: { readonly paged: PagedRows<Data, JoinedFact>; readonly title: string }) {
  const change = useChangeSearch();
  return (
    <QueryView result={paged.result} height={400}>
      {() => (
        <Stack gap="xs">
          <FactsTable
            label={title}
            facts={paged.rows}
            totalCount={paged.totalCount ?? paged.rows.length}
            hasMore={paged.hasMore}
            onLoadMore={paged.loadMore}
            loadAll={paged.loadAll}
            onOpen={(fact) => change({ fact })}
          />
          {paged.error !== null && <Text role="alert">{paged.error}</Text>}
        </Stack>
      )}
    </QueryView>
  );
}

function Rows({ rows, title, report }: RowsProps) {
  const scope = useScope();
  const paged = usePagedRows({
    query: ExperimentRowsDocument,
    variables: { where: filterOf(scope, rows, report.experiment), asOf: scope.variables.asOf },
    kinds: scope.kinds,
    pageOf,
  });
  return (
    <Stack gap="xs">
      {report.excludedUserCount > 0 && (
        <Text size="sm">
          Rows of excluded users are shown, too; {formatCount(report.excludedUserCount, 'user is', 'users are')} left
          out of the figures.
        </Text>
      )}
      <PagedFacts paged={paged} title={title} />
    </Stack>
  );
}

interface Cell {
  readonly market: string;
  readonly variant: string;
}

/** The cell that rows are of; null for rows that are not of one cell. */
const cellOf = ({ countries = [], variants = [], ...others }: EventFilterSearch): Cell | null => {
  const [market] = countries;
  const [variant] = variants;
  const isCell = countries.length === 1 && variants.length === 1 && filterOrNone(others) === undefined;
  return isCell && market !== undefined && variant !== undefined ? { market, variant } : null;
};

/** Exactly what a cell counts. */
function CellRows({ cell: { market, variant }, title }: { readonly cell: Cell; readonly title: string }) {
  const { variables, kinds } = useScope();
  const pageOfCell = useCallback(
    ({ monitor }: ExperimentCellRowsQuery): PageOfRows<JoinedFact> | null => {
      const own = monitor?.deployment.find((each) => each.country === market && each.variant === variant)?.events;
      return own ? { rows: own.edges, totalCount: own.totalCount, pageInfo: own.pageInfo } : null;
    },
    [market, variant],
  );
  const paged = usePagedRows({
    query: ExperimentCellRowsDocument,
    variables: { ...variables, country: market },
    kinds,
    pageOf: pageOfCell,
  });
  return <PagedFacts paged={paged} title={title} />;
}

/** The rows behind a figure, and the explanation of one of them. */
export function RowsDrawer({ report }: { readonly report: Report }) {
  const { rows, fact } = useExperimentSearch();
  const change = useChangeSearch();
  const { variables } = useScope();
  const what = rows === undefined ? '' : conditionText(rows, variables.zone);
  const title = what === '' ? 'All events' : `Events: ${what}`;
  const cell = rows === undefined ? null : cellOf(rows);
  return (
    <DetailDrawer
      title={title}
      isOpen={rows !== undefined}
      onClose={() => change({ rows: undefined, fact: undefined })}
    >
      {rows !== undefined &&
        (fact === undefined ? (
          cell === null ? (
            <Rows rows={rows} title={title} report={report} />
          ) : (
            <CellRows cell={cell} title={title} />
          )
        ) : (
          <Stack gap="sm" align="flex-start">
            <Button variant="default" size="compact-sm" onClick={() => change({ fact: undefined })}>
              Back to the rows
            </Button>
            <FactExplanation id={fact} asOf={variables.asOf} />
          </Stack>
        ))}
    </DetailDrawer>
  );
}
