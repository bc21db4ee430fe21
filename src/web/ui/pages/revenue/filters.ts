import { instantOf } from '../../format/times.ts';
import type { EnrichedFilter, UserStatus } from '../../generated/graphql.ts';
import { allOf, dimensions, labelOf } from './dimensions.ts';
import type { Dimension, Filter, FilterField, Source } from './search.ts';

interface FieldInfo {
  readonly label: string;
  /** The dimension whose values it lists; null for the others. */
  readonly dimension: Dimension | null;
  /** What its values are, for the form. */
  readonly form: 'values' | 'days' | 'duration' | 'instant' | 'instants' | 'amount';
}

const values = (dimension: Dimension): FieldInfo => ({ label: dimensions[dimension].label, dimension, form: 'values' });

export const filterInfos: Readonly<Record<FilterField, FieldInfo>> = {
  userStatus: values('USER_STATUS'),
  cities: values('CITY'),
  countries: values('COUNTRY'),
  genders: values('GENDER'),
  ageBands: values('AGE_BAND'),
  hasImage: values('HAS_IMAGE'),
  productIds: values('PRODUCT'),
  userIds: values('USER'),
  experiments: values('EXPERIMENT'),
  variants: values('VARIANT'),
  accountTypes: values('ACCOUNT_TYPE'),
  eventTypes: values('EVENT_TYPE'),
  days: { label: 'Days', dimension: null, form: 'days' },
  last: { label: 'Last period', dimension: null, form: 'duration' },
  since: { label: 'Since', dimension: null, form: 'instant' },
  between: { label: 'Time', dimension: null, form: 'instants' },
  amountAtLeast: { label: 'Amount at least', dimension: null, form: 'amount' },
  amountAtMost: { label: 'Amount at most', dimension: null, form: 'amount' },
};

/** The fields that facts of a source have. */
export const filterFieldsOf = (source: Source): readonly FilterField[] =>
  (Object.keys(filterInfos) as FilterField[]).filter((field) => {
    const { dimension } = filterInfos[field];
    return dimension === null || dimensions[dimension].sources.includes(source);
  });

const conditionOf = ({ field, values: [first = '', second = ''], values: all }: Filter): EnrichedFilter => {
  switch (field) {
    case 'days':
      return { range: { days: { first, last: second } } };
    case 'last':
      return { range: { last: first } };
    case 'since':
      return { range: { since: first } };
    case 'between':
      return { range: { between: { from: first, to: second } } };
    case 'amountAtLeast':
    case 'amountAtMost':
      return { [field]: first };
    case 'userStatus':
      return { userStatus: all as UserStatus[] };
    default: {
      const { dimension } = filterInfos[field];
      return dimension ? dimensions[dimension].filterOf(all) : {};
    }
  }
};

/** The argument `where` of the filters that hold for a source; null for none. */
export const whereOf = (filters: readonly Filter[], source: Source): EnrichedFilter | null =>
  allOf(
    ...filters
      .filter(({ field }) => filterFieldsOf(source).includes(field))
      .map((filter) => (filter.not ? { not: conditionOf(filter) } : conditionOf(filter))),
  );

/** `DE, FR`, `not cancelled`, `2025-01-01 to 2025-01-31`. */
export const wordsOf = ({ field, values: all, not }: Filter): string => {
  const { dimension, form } = filterInfos[field];
  const words =
    form === 'days' || form === 'instants'
      ? all.join(' to ')
      : all.map((value) => (dimension ? labelOf(dimension, value, 'DAY', 'UTC') : value)).join(', ');
  return `${not ? 'not ' : ''}${words === '' ? 'none' : words}`;
};

/** What is wrong with a field's values, or null. */
export const faultOf = ({ field, values: all }: Pick<Filter, 'field' | 'values'>): string | null => {
  const [first = '', second = ''] = all;
  switch (filterInfos[field].form) {
    case 'values':
      return all.length === 0 ? 'Choose one value or more.' : null;
    case 'days':
      if (!isDay(first) || !isDay(second)) return 'Write two days such as 2025-01-31.';
      return first > second ? 'The last day is before the first.' : null;
    case 'duration':
      return /^P(?!$)(\d+[DW])*(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/.test(first)
        ? null
        : 'Write a duration such as P30D or PT24H.';
    case 'amount':
      return /^-?\d{1,15}(\.\d{1,6})?$/.test(first) ? null : 'Write an amount such as 12.50.';
    case 'instant':
      return instantOf(first, 'UTC') ? null : 'Write a time such as 2025-01-31 10:00.';
    case 'instants':
      if (!instantOf(first, 'UTC') || !instantOf(second, 'UTC')) return 'Write two times such as 2025-01-31 10:00.';
      return Date.parse(first) > Date.parse(second) ? 'The end is before the beginning.' : null;
  }
};

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && instantOf(text, 'UTC') !== undefined;
