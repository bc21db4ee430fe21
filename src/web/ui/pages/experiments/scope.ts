import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type AsOf, isOfSnapshot, useAsOf, useView, useZone } from '../../data/view.ts';
import type { ChangeKind, ExperimentEventFilter, TimeRangeInput } from '../../generated/graphql.ts';
import type { EventFilterSearch, ExperimentSearch } from './search.ts';

const route = getRouteApi('/experiments/$key');

export const useExperimentSearch = (): ExperimentSearch => route.useSearch();

/** Changes the address; `replace` while a person types, so that Back does not go letter by letter. */
export const useChangeSearch = () => {
  const navigate = useNavigate({ from: '/experiments/$key' });
  return (change: Partial<ExperimentSearch>, replace = false): void => {
    void navigate({ search: (previous) => ({ ...previous, ...change }), replace, resetScroll: false });
  };
};

/** What a monitor is asked for, but for its market. */
export interface ReportScope {
  readonly key: string;
  readonly asOf: AsOf | null;
  readonly where: ExperimentEventFilter | null;
  readonly range: TimeRangeInput | null;
  readonly zone: string;
}

export interface Scope {
  readonly variables: ReportScope;
  /** The changes on the server that make figures be read again. */
  readonly kinds: readonly ChangeKind[];
}

const earliest = '1970-01-01T00:00:00Z';

/** A half-open range; null without bounds. */
export const rangeOf = ({ from, to }: Pick<EventFilterSearch, 'from' | 'to'>): TimeRangeInput | null => {
  if (to !== undefined) return { between: { from: from ?? earliest, to } };
  return from === undefined ? null : { since: from };
};

/** The conditions as the server takes them, without the range; null without conditions. */
export const conditionsOf = (filter: EventFilterSearch): ExperimentEventFilter | null => {
  const { from: _from, to: _to, outside: _outside, arrival: _arrival, ...lists } = filter;
  const set = Object.entries(lists).filter(([, value]) => value !== undefined);
  return set.length === 0 ? null : Object.fromEntries(set);
};

/** What the whole page shows. */
export const useScope = (): Scope => {
  const { key } = route.useParams();
  const { where = {} } = useExperimentSearch();
  const view = useView();
  const asOf = useAsOf();
  const zone = useZone();
  const conditions = conditionsOf(where);
  const joined: readonly ChangeKind[] = conditions?.userStatus ? ['STATUS_CHANGES'] : [];
  return {
    variables: { key, asOf, where: conditions, range: rangeOf(where), zone },
    kinds: isOfSnapshot(view) ? [] : ['EVENTS', 'EXPERIMENTS', 'EXCLUDED_USERS', 'USERS', ...joined],
  };
};
