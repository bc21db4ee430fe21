import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useLoaded } from '../../data/loaded.ts';
import { isOfSnapshot, useAsOf, useView, useZone } from '../../data/view.ts';
import type { ChangeKind } from '../../generated/graphql.ts';
import { dimensions, dimensionsOf } from './dimensions.ts';
import { whereOf } from './filters.ts';
import { loadPivot, type PivotRequest } from './load-pivot.ts';
import type { Dimension, RevenueSearch, Source } from './search.ts';

const route = getRouteApi('/revenue');

/** What is not in the address. */
const defaults: Readonly<Record<Source, { rows: Dimension; columns: Dimension; measure: 'sum' | 'count' }>> = {
  TRANSACTIONS: { rows: 'USER_STATUS', columns: 'CITY', measure: 'sum' },
  EXPERIMENT_EVENTS: { rows: 'VARIANT', columns: 'COUNTRY', measure: 'count' },
};

/** The address with its defaults. */
export const settingsOf = (search: RevenueSearch) => {
  const source = search.source ?? 'TRANSACTIONS';
  const has = (dimension: Dimension) => dimensions[dimension].sources.includes(source);
  const { rows: defaultRows, columns: defaultColumns, measure } = defaults[source];
  const rows = search.rows && has(search.rows) ? search.rows : defaultRows;
  const [spare] = dimensionsOf(source).filter((dimension) => dimension !== rows);
  const fallback = defaultColumns === rows ? (spare ?? null) : defaultColumns;
  const columns =
    search.columns === undefined || (search.columns !== 'none' && !has(search.columns)) ? fallback : search.columns;
  return {
    source,
    rows,
    // A dimension on both axes has nothing but its diagonal.
    columns: columns === 'none' || columns === rows ? null : columns,
    measure: search.measure ?? measure,
    grain: search.grain ?? ('MONTH' as const),
    tab: search.tab ?? ('table' as const),
    sort: search.sort ?? ('name' as const),
    filters: search.filters ?? [],
    rowPage: search.rowPage ?? 1,
    columnPage: search.columnPage ?? 1,
    cell: search.cell,
    fact: search.fact,
  };
};

export type Settings = ReturnType<typeof settingsOf>;

export interface Revenue {
  readonly settings: Settings;
  /** Writes into the address. Every choice is a step back; what is typed replaces. */
  change(part: Partial<RevenueSearch>, options?: { readonly replace?: boolean }): void;
}

export const useRevenue = (): Revenue => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return {
    settings: useMemo(() => settingsOf(search), [search]),
    change: (part, { replace = false } = {}) =>
      void navigate({ search: (previous) => ({ ...previous, ...part }), replace, resetScroll: false }),
  };
};

/** What makes figures be read again; what is of a snapshot never changes. */
const useRevenueKinds = (source: Source): readonly ChangeKind[] => {
  const view = useView();
  if (isOfSnapshot(view)) return [];
  return [source === 'TRANSACTIONS' ? 'TRANSACTIONS' : 'EVENTS', 'STATUS_CHANGES', 'IP_RANGES', 'USERS'];
};

/** The question that the address asks. */
export const usePivotRequest = (settings: Settings): PivotRequest => {
  const asOf = useAsOf();
  const timeZone = useZone();
  return useMemo(() => {
    const { source, measure, grain, sort, rowPage, columnPage, filters, tab } = settings;
    // Over time, periods are the rows and what was in rows is drawn side by side.
    const axes =
      tab === 'time'
        ? { rows: 'PERIOD' as const, columns: settings.rows === 'PERIOD' ? settings.columns : settings.rows }
        : { rows: settings.rows, columns: settings.columns };
    const where = whereOf(filters, source);
    return { source, ...axes, measure, grain, timeZone, where, asOf, sort, rowPage, columnPage };
  }, [settings, asOf, timeZone]);
};

export const usePivot = (request: PivotRequest) => {
  const kinds = useRevenueKinds(request.source);
  return useLoaded({ key: JSON.stringify(request), kinds, load: (ask) => loadPivot(ask, request) });
};
