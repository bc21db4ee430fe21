import { unknownLabel } from '../../format/labels.ts';
import { formatTime } from '../../format/times.ts';
import { statusWords } from '../../format/words.ts';
import type { EnrichedFilter, GroupKeyFragment, UserStatus } from '../../generated/graphql.ts';
import type { Cell, Dimension, Grain, Source } from './search.ts';

/** The value of a group in a dimension as text; that of a period is `start/end`. */
type Value = string;

interface DimensionInfo {
  readonly label: string;
  readonly sources: readonly Source[];
  /** Whether facts may have no value in it: these are the group `unknown`. */
  readonly mayBeUnknown: boolean;
  valueIn(key: GroupKeyFragment): Value;
  /** The filter that exactly the facts of the group match. */
  filterOf(values: readonly Value[]): EnrichedFilter;
}

const both: readonly Source[] = ['TRANSACTIONS', 'EXPERIMENT_EVENTS'];
const purchases: readonly Source[] = ['TRANSACTIONS'];
const events: readonly Source[] = ['EXPERIMENT_EVENTS'];

type ListField = Exclude<
  keyof EnrichedFilter,
  'and' | 'or' | 'not' | 'hasImage' | 'range' | 'amountAtLeast' | 'amountAtMost'
>;

/** A dimension whose filter is a list of its values. */
const list = (
  label: string,
  field: ListField,
  read: (key: GroupKeyFragment) => string | null,
  options: { readonly sources?: readonly Source[]; readonly mayBeUnknown?: boolean } = {},
): DimensionInfo => ({
  label,
  sources: options.sources ?? both,
  mayBeUnknown: options.mayBeUnknown ?? false,
  valueIn: (key) => read(key) ?? unknownLabel,
  filterOf: (values) => ({ [field]: values }),
});

export const dimensions: Readonly<Record<Dimension, DimensionInfo>> = {
  USER_STATUS: {
    label: 'Status',
    sources: both,
    mayBeUnknown: false,
    valueIn: ({ userStatus }) => userStatus ?? unknownLabel,
    filterOf: (values) => ({ userStatus: values as UserStatus[] }),
  },
  CITY: list('City', 'cities', ({ city }) => city, { sources: purchases, mayBeUnknown: true }),
  COUNTRY: list('Country', 'countries', ({ country }) => country, { mayBeUnknown: true }),
  GENDER: list('Gender', 'genders', ({ gender }) => gender, { mayBeUnknown: true }),
  AGE_BAND: list('Age', 'ageBands', ({ ageBand }) => ageBand?.label ?? null, { mayBeUnknown: true }),
  HAS_IMAGE: {
    label: 'Image',
    sources: both,
    mayBeUnknown: false,
    valueIn: ({ hasImage }) => String(hasImage),
    // Both values together are no condition.
    filterOf: (values) => ({ or: values.map((value) => ({ hasImage: value === 'true' })) }),
  },
  PRODUCT: list('Product', 'productIds', ({ productId }) => productId, { sources: purchases }),
  USER: list('User', 'userIds', ({ userId }) => userId),
  PERIOD: {
    label: 'Period',
    sources: both,
    mayBeUnknown: false,
    valueIn: ({ periodStart, periodEnd }) => `${periodStart}/${periodEnd}`,
    filterOf: (values) => ({ or: values.map((value) => ({ range: { between: periodOf(value) } })) }),
  },
  EXPERIMENT: list('Experiment', 'experiments', ({ experiment }) => experiment, { sources: events }),
  VARIANT: list('Variant', 'variants', ({ variant }) => variant, { sources: events }),
  ACCOUNT_TYPE: list('Account type', 'accountTypes', ({ accountType }) => accountType, { sources: events }),
  EVENT_TYPE: list('Event type', 'eventTypes', ({ eventType }) => eventType, { sources: events, mayBeUnknown: true }),
};

/** The ends of a period's value. */
export const periodOf = (value: Value): { readonly from: string; readonly to: string } => {
  const [from = '', to = ''] = value.split('/');
  return { from, to };
};

export const dimensionsOf = (source: Source): readonly Dimension[] =>
  (Object.keys(dimensions) as Dimension[]).filter((name) => dimensions[name].sources.includes(source));

const quarterOf = (month: string): string => `Q${Math.ceil(Number(month) / 3)}`;

/** A period by its start in the zone: `2025-01`, `2025 Q1`, `2025-01-06`, `2025-01-06 14:00`. */
const periodLabel = (startIso: string, grain: Grain, zone: string): string => {
  const text = formatTime(startIso, zone);
  const [date = '', time = ''] = text.split(' ');
  const [year = '', month = ''] = date.split('-');
  switch (grain) {
    case 'YEAR':
      return year;
    case 'QUARTER':
      return `${year} ${quarterOf(month)}`;
    case 'MONTH':
      return `${year}-${month}`;
    case 'WEEK':
      return `week of ${date}`;
    case 'DAY':
      return date;
    default:
      return `${date} ${time.slice(0, 5)}${offsetOf(startIso, zone)}`;
  }
};

/** The offset from UTC, which tells the two equal hours of autumn apart. */
const offsetOf = (iso: string, zone: string): string => {
  if (zone === 'UTC') return '';
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(
    new Date(iso),
  );
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return ` (${name.replace('GMT', 'UTC')})`;
};

const imageWords: Readonly<Record<string, string>> = { true: 'with image', false: 'no image' };

/** How a value is written. */
export const labelOf = (dimension: Dimension, value: Value, grain: Grain, zone: string): string => {
  if (dimension === 'USER_STATUS') return statusWords[value as UserStatus] ?? value;
  if (dimension === 'HAS_IMAGE') return imageWords[value] ?? value;
  if (dimension === 'PERIOD') return periodLabel(periodOf(value).from, grain, zone);
  return value;
};

/** All of these conditions; null for none. */
export const allOf = (...filters: readonly (EnrichedFilter | null)[]): EnrichedFilter | null => {
  const found = filters.filter((filter) => filter !== null);
  return found.length <= 1 ? (found[0] ?? null) : { and: found };
};

/** The condition that exactly the facts of a cell match; null for the total of all. */
export const filterOfCell = (cell: Cell): EnrichedFilter | null =>
  allOf(...cell.map(([dimension, value]) => dimensions[dimension].filterOf([value])));

/** `paying, London`; `all` for the total. */
export const labelOfCell = (cell: Cell, grain: Grain, zone: string): string =>
  cell.length === 0
    ? 'all'
    : cell
        .map(
          ([dimension, value]) =>
            `${dimensions[dimension].label.toLowerCase()} ${labelOf(dimension, value, grain, zone)}`,
        )
        .join(', ');
