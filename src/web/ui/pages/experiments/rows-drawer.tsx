import { Button, Stack, Text } from '@mantine/core';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { FactExplanation } from '../../components/fact-explanation.tsx';
import { FactsTable, type JoinedFact } from '../../components/facts-table.tsx';
import { QueryView } from '../../components/query-view.tsx';
import { type PagedRows, type PageOfRows, usePagedRows } from '../../data/paged-rows.ts';
import {
  ExperimentCountedRowsDocument,
  type ExperimentCountedRowsQuery,
  type ExperimentEventFilter,
  ExperimentRowsDocument,
  type ExperimentRowsQuery,
} from '../../generated/graphql.ts';
import { conditionText } from './conditions.ts';
import type { Report } from './matrix-data.ts';
import { conditionsOf, rangeOf, type Scope, useChangeSearch, useExperimentSearch, useScope } from './scope.ts';
import type { EventFilterSearch } from './search.ts';

const pageOf = ({ experimentEvents }: ExperimentRowsQuery): PageOfRows<JoinedFact> | null =>
  experimentEvents && {
    rows: experimentEvents.edges,
    totalCount: experimentEvents.totalCount,
    pageInfo: experimentEvents.pageInfo,
  };

/** The period of the experiment as a filter; null without bounds. */
const periodOf = ({ startedAt, endedAt }: Report['experiment']): ExperimentEventFilter | null => {
  const range = rangeOf({ from: startedAt ?? undefined, to: endedAt ?? undefined });
  return range && { range };
};

/** The events of the experiment outside of its period that match the filter of the page. */
const outsideFilterOf = (
  { variables: { key, where } }: Scope,
  rows: EventFilterSearch,
  period: ExperimentEventFilter,
) => {
  const conditions = [where, conditionsOf(rows), { not: period }];
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

/** Events that do not count, because they are dated outside of the period. */
function OutsideRows({ rows, title, report }: RowsProps) {
  const scope = useScope();
  const paged = usePagedRows({
    query: ExperimentRowsDocument,
    variables: {
      // Without a period no event is outside of it: an empty list of users matches none.
      where: outsideFilterOf(scope, rows, periodOf(report.experiment) ?? { not: { userIds: [] } }),
      asOf: scope.variables.asOf,
    },
    kinds: scope.kinds,
    pageOf,
  });
  return <PagedFacts paged={paged} title={title} />;
}

const countedPageOf = ({ monitor }: ExperimentCountedRowsQuery): PageOfRows<JoinedFact> | null => {
  const events = monitor?.events;
  return events ? { rows: events.edges, totalCount: events.totalCount, pageInfo: events.pageInfo } : null;
};

/** Exactly the events that count, those of the filters of the page and of the figure. */
function CountedRows({ rows, title }: Omit<RowsProps, 'report'>) {
  const { variables, kinds } = useScope();
  const { countries = [], variants, arrival, ...others } = rows;
  const [market] = countries;
  const range = rangeOf(others);
  const conditions = [
    variables.where,
    conditionsOf(countries.length > 1 ? { ...others, countries } : others),
    range && { range },
  ].filter((condition) => condition !== null);
  const paged = usePagedRows({
    query: ExperimentCountedRowsDocument,
    variables: {
      ...variables,
      country: countries.length === 1 && market !== undefined ? market : null,
      where: conditions.length === 0 ? null : { and: conditions },
      ...{ variants: variants ?? null, arrival: arrival ?? null },
    },
    kinds,
    pageOf: countedPageOf,
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
  return (
    <DetailDrawer
      title={title}
      isOpen={rows !== undefined}
      onClose={() => change({ rows: undefined, fact: undefined })}
    >
      {rows !== undefined &&
        (fact === undefined ? (
          rows.outside === true ? (
            <OutsideRows rows={rows} title={title} report={report} />
          ) : (
            <CountedRows rows={rows} title={title} />
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
