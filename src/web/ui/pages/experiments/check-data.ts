import { statusWords } from '../../format/words.ts';
import type { EnrichedDimension, ExperimentChecksQuery } from '../../generated/graphql.ts';
import type { EventFilterSearch } from './search.ts';

export type Check = NonNullable<ExperimentChecksQuery['monitor']>['checks'][number];
export type SampleRatio = Extract<Check, { __typename: 'SampleRatioTest' }>;
type Suspect = NonNullable<SampleRatio['suspects']>[number];
type DataFault = Extract<Check, { __typename: 'DataCheck' }>;

const gapTitles = {
  MARKET_MISSING: 'Planned market without events',
  MARKET_UNEXPECTED: 'Market that is not planned',
  VARIANT_MISSING: 'Planned variant without users',
  VARIANT_UNEXPECTED: 'Variant that is not planned',
  WENT_SILENT: 'No events any more',
} as const;

const dataTitles = {
  NO_EVENTS: 'No events',
  OUTSIDE_PERIOD: 'Events outside of the period',
  OUTSIZED_ORDER: 'One very large order',
  OUTSIZED_USER: 'One user with many events',
  OVERLAPPING_PLANS: 'Plans that overlap',
  PLACEHOLDER_USER: 'Placeholder as user id',
  SIMILAR_NAMES: 'Names that look alike',
  STRAY_VARIANT: 'Stray variant',
} as const;

/** What a check looks at, in a few words. */
export const checkTitle = (check: Check): string => {
  switch (check.__typename) {
    case 'SampleRatioTest':
      return 'Split of users';
    case 'DeploymentGap':
      return gapTitles[check.gap];
    case 'CrossoverCheck':
      return 'Users in several variants';
    case 'UnknownUserCheck':
      return 'Users without a country';
    case 'DataCheck':
      return dataTitles[check.kind];
  }
};

const ofMarket = (country: string | null): EventFilterSearch => (country === null ? {} : { countries: [country] });

/** The examples of these checks are ids of users. */
const isAboutUsers = ({ kind }: DataFault): boolean => kind === 'OUTSIZED_USER' || kind === 'PLACEHOLDER_USER';

export const userExamples = (check: Check): readonly string[] => {
  if (check.__typename === 'CrossoverCheck') return check.examples?.nodes.map(({ userId }) => userId) ?? [];
  return check.__typename === 'DataCheck' && isAboutUsers(check) ? check.dataExamples : [];
};

/** Examples that are no users: names, plans, orders. */
export const textExamples = (check: Check): readonly string[] =>
  check.__typename === 'DataCheck' && !isAboutUsers(check) ? check.dataExamples : [];

/** Which rows are behind a check; null for one that is not about rows. */
export const rowsOfCheck = (check: Check): EventFilterSearch | null => {
  const market = ofMarket(check.country);
  switch (check.__typename) {
    case 'DeploymentGap':
      return check.variant === null ? market : { ...market, variants: [check.variant] };
    case 'UnknownUserCheck':
      return { countries: ['unknown'] };
    case 'CrossoverCheck':
      return { ...market, userIds: [...userExamples(check)] };
    case 'DataCheck':
      if (check.kind === 'NO_EVENTS' || check.kind === 'OVERLAPPING_PLANS') return null;
      if (check.kind === 'OUTSIDE_PERIOD') return { ...market, outside: true };
      if (check.kind === 'STRAY_VARIANT') return { ...market, variants: [...check.dataExamples] };
      return isAboutUsers(check) ? { ...market, userIds: [...check.dataExamples] } : market;
    case 'SampleRatioTest':
      return market;
  }
};

const dimensionWords: Readonly<Partial<Record<EnrichedDimension, string>>> = {
  ACCOUNT_TYPE: 'account type',
  COUNTRY: 'country',
  EVENT_TYPE: 'event type',
  GENDER: 'gender',
  HAS_IMAGE: 'image',
  PERIOD: 'day',
  USER_STATUS: 'status',
  AGE_BAND: 'age',
};

/** `account type paid`. */
export const suspectText = ({ dimension, value }: Suspect): string =>
  `${dimensionWords[dimension] ?? dimension} ${value}`;

const dayMs = 86_400_000;

const statuses = ['PAYING', 'NON_PAYING', 'CANCELLED'] as const;

const conditionOf = ({ dimension, value }: Suspect): EventFilterSearch => {
  switch (dimension) {
    case 'ACCOUNT_TYPE':
      return { accountTypes: [value] };
    case 'COUNTRY':
      return { countries: [value] };
    case 'EVENT_TYPE':
      return { eventTypes: [value] };
    case 'GENDER':
      return { genders: [value] };
    case 'USER_STATUS': {
      const status = statuses.find((each) => statusWords[each] === value);
      return status === undefined ? {} : { userStatus: [status] };
    }
    case 'PERIOD': {
      const from = Date.parse(value.length === 10 ? `${value}T00:00:00Z` : value);
      if (Number.isNaN(from)) return {};
      return { from: new Date(from).toISOString(), to: new Date(from + dayMs).toISOString() };
    }
    default:
      return {};
  }
};

/** The rows of a segment. */
export const rowsOfSuspect = (check: Pick<SampleRatio, 'country'>, suspect: Suspect): EventFilterSearch => ({
  ...ofMarket(check.country),
  ...conditionOf(suspect),
});

/** A small probability as text: `0.00017`, `< 1e-10`. */
export const probabilityText = (p: number | null): string => {
  if (p === null) return 'not known';
  return p < 1e-10 ? '< 1e-10' : String(Number(p.toPrecision(2)));
};
