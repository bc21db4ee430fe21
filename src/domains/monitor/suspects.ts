import { createNumberTable } from '../../indices/number-table.ts';
import { rankSuspects } from '../../lib/statistics/imbalance.ts';
import { dayUs, formatInstant } from '../../lib/time.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { DimensionName } from '../facts/dimensions.ts';
import { statusCodes } from '../user-status/status.ts';
import { marketsOf, type ReportSources } from './snapshot.ts';

export interface Suspect {
  readonly dimension: DimensionName;
  readonly value: string;
  readonly users: number;
  readonly chiSquared: number;
  /** The part of chi-squared that this segment contributes among the segments of its dimension, 0 to 1. */
  readonly contribution: number;
}

interface SuspectDimension {
  readonly name: DimensionName;
  /** The code of the value of a user, by the user's index in the exposures. */
  readonly codeOf: (index: number) => number;
  readonly labelOf: (code: number) => string;
}

/** Chance alone makes smaller segments uneven. */
const usersMin = 30;
/** Users counted without looking at the clock. */
const usersPerSlice = 4096;

/** Users by dimension, then by value and variant: what `rankSuspects` ranks. */
type SegmentCounts = number[][];

/**
 * Finds the segments that explain an imbalance, the strongest first, by what was known of each user at the first event.
 * The users are counted once, for all requested markets, when suspects are first requested.
 */
export const createSuspects = (sources: ReportSources): ((country: string | null) => Promise<Suspect[]>) => {
  const dimensions = dimensionsOf(sources);
  let counted: Promise<Map<string | null, SegmentCounts>> | undefined;
  return async (country) => {
    counted ??= countUsers(sources, dimensions);
    const counts = (await counted).get(country);
    const weights = sources.snapshot.split?.weights;
    if (!counts || !weights) return [];
    const suspects = rankSuspects(wholeSegments(counts, weights.length), weights, usersMin);
    return suspects
      .map(({ dimension, value, ...suspect }) => {
        const { name, labelOf } = dimensions[dimension] as SuspectDimension;
        return { ...suspect, dimension: name, value: labelOf(value) };
      })
      .filter(({ dimension }) => country === null || dimension !== 'COUNTRY');
  };
};

/** The counts of each market, and of all users under null. */
const countUsers = async (
  { services: { users, experimentEvents }, snapshot, events: { exposures, countryOf } }: ReportSources,
  dimensions: readonly SuspectDimension[],
): Promise<Map<string | null, SegmentCounts>> => {
  const { events } = experimentEvents;
  const variants = snapshot.split?.variants ?? [];
  const emptyCounts = (): SegmentCounts => dimensions.map(() => []);
  const all = emptyCounts();
  const byMarket = new Map(marketsOf(snapshot).map((market) => [market, emptyCounts()]));
  const byCode = new Map([...byMarket].map(([market, counts]) => [users.countries.names.codeOf(market), counts]));
  const indexByVariant = new Map(variants.map((variant, index) => [events.variants.codeOf(variant), index]));
  const yieldIfDue = createYielder();
  for (let user = 0; user < snapshot.userCount && variants.length > 0; user++) {
    if (user % usersPerSlice === 0) await yieldIfDue();
    const variant = indexByVariant.get(events.variantOf(exposures.firstRowAt(user)));
    if (variant === undefined) continue;
    const market = byCode.get(countryOf(exposures.userAt(user)));
    for (let index = 0; index < dimensions.length; index++) {
      const cell = (dimensions[index] as SuspectDimension).codeOf(user) * variants.length + variant;
      addOne(all[index] as number[], cell);
      if (market) addOne(market[index] as number[], cell);
    }
  }
  return new Map<string | null, SegmentCounts>([[null, all], ...byMarket]);
};

const addOne = (counts: number[], cell: number): void => {
  counts[cell] = (counts[cell] ?? 0) + 1;
};

/** The counts without holes, up to the last variant of the last value. */
const wholeSegments = (counts: SegmentCounts, variantCount: number): Float64Array[] =>
  counts.map((segments) => {
    const length = Math.ceil(segments.length / variantCount) * variantCount;
    return Float64Array.from({ length }, (_, cell) => segments[cell] ?? 0);
  });

const dimensionsOf = ({ services, snapshot, events: counted }: ReportSources): SuspectDimension[] => {
  const { users, userStatus, experimentEvents } = services;
  const { columns, events } = experimentEvents;
  const { countries, genders } = users;
  const { exposures, countryOf } = counted;
  const { sequence } = snapshot;
  const days = createNumberTable();
  const startsOfDays: number[] = [];
  const dayOf = (index: number): number => {
    const startUs = Math.floor(columns.occurredAtUsOf(exposures.firstRowAt(index)) / dayUs) * dayUs;
    const code = days.intern(startUs);
    if (code === startsOfDays.length) startsOfDays.push(startUs);
    return code;
  };
  return [
    {
      name: 'COUNTRY',
      codeOf: (index) => countryOf(exposures.userAt(index)),
      labelOf: countries.names.textOf,
    },
    {
      name: 'GENDER',
      codeOf: (index) => genders.codeBy(users.attributesCodeAt(exposures.userAt(index), sequence)),
      labelOf: genders.names.textOf,
    },
    {
      name: 'ACCOUNT_TYPE',
      codeOf: (index) => events.accountTypeOf(exposures.firstRowAt(index)),
      labelOf: events.accountTypes.textOf,
    },
    {
      name: 'USER_STATUS',
      codeOf(index) {
        const firstAtUs = columns.occurredAtUsOf(exposures.firstRowAt(index));
        return userStatus.codeAt(exposures.userAt(index), firstAtUs, sequence);
      },
      labelOf: (code) => statusCodes[code] as string,
    },
    {
      name: 'EVENT_TYPE',
      codeOf: (index) => events.eventTypeOf(exposures.firstRowAt(index)),
      labelOf: events.eventTypes.textOf,
    },
    {
      name: 'PERIOD',
      codeOf: dayOf,
      labelOf: (code) => formatInstant(startsOfDays[code] as number).slice(0, 10),
    },
  ];
};
