import { statusWords } from '../../format/words.ts';
import { periodText } from './period.tsx';
import type { EventFilterSearch } from './search.ts';

const labels = {
  countries: 'country',
  variants: 'variant',
  accountTypes: 'account type',
  eventTypes: 'event type',
  genders: 'gender',
  userStatus: 'status',
  hasImage: 'image',
  userIds: 'user',
  outside: 'outside of the period',
  arrival: 'arrival',
} as const;

export interface Condition {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  /** The filter without this condition. */
  readonly without: EventFilterSearch;
}

const arrivalWords = { IN_TIME: 'in time', LATE: 'late', FUTURE: 'in the future' } as const;

const valueText = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
};

const wordsOf = (filter: EventFilterSearch, id: keyof typeof labels): unknown => {
  if (id === 'userStatus') return filter.userStatus?.map((status) => statusWords[status]);
  if (id === 'arrival') return filter.arrival && arrivalWords[filter.arrival];
  return filter[id];
};

/** The conditions of a filter in words; of the range one condition. */
export const conditionsIn = (filter: EventFilterSearch, zone: string): Condition[] => {
  const { from, to, ...lists } = filter;
  const conditions = Object.entries(labels).flatMap(([id, label]) => {
    const value = wordsOf(lists, id as keyof typeof labels);
    return value === undefined ? [] : [{ id, label, value: valueText(value), without: { ...filter, [id]: undefined } }];
  });
  if (from === undefined && to === undefined) return conditions;
  const period = periodText({ from: from ?? null, to: to ?? null }, zone);
  return [
    ...conditions,
    { id: 'range', label: 'time', value: period, without: { ...filter, from: undefined, to: undefined } },
  ];
};

export const conditionText = (filter: EventFilterSearch, zone: string): string =>
  conditionsIn(filter, zone)
    .map(({ label, value }) => `${label} ${value}`)
    .join(', ');

/** The filter; undefined when it has no condition, so that it leaves the address. */
export const filterOrNone = (filter: EventFilterSearch): EventFilterSearch | undefined =>
  Object.values(filter).some((value) => value !== undefined) ? filter : undefined;
