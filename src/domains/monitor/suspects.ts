import { createNumberTable } from '../../indices/number-table.ts';
import { rankSuspects, type SegmentCounts } from '../../lib/statistics/imbalance.ts';
import { sharesOfPlanned } from '../../lib/statistics/plan.ts';
import { dayUs, formatInstant } from '../../lib/time.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { DimensionName } from '../facts/dimensions.ts';
import { statusCodes } from '../user-status/status.ts';
import { marketsOf, type ReportSources } from './snapshot.ts';
import type { SplitPlan } from './split-plan.ts';

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
  /** The code of the value of a user, by the user's index. */
  readonly codeOf: (index: number) => number;
  readonly labelOf: (code: number) => string;
}

/** Chance alone makes smaller segments uneven. */
const usersMin = 30;
/** Users counted without looking at the clock. */
const usersPerSlice = 4096;

/** The users of the segments of a dimension, with holes: by value and variant, and by value and stratum. */
interface SegmentUsers {
  readonly byVariant: number[];
  readonly byStratum: number[];
}

/**
 * Finds the segments that explain an imbalance, the strongest first, by what was known of each user at the first event.
 * The users are counted once, for all requested markets, when suspects are first requested.
 */
export const createSuspects = (sources: ReportSources): ((country: string | null) => Promise<Suspect[]>) => {
  const dimensions = dimensionsOf(sources);
  let counted: Promise<Map<string | null, SegmentUsers[]>> | undefined;
  return async (country) => {
    counted ??= countUsers(sources, dimensions);
    const counts = (await counted).get(country);
    const { split } = sources.snapshot;
    if (!counts || !split) return [];
    const segments = counts.map((users) => wholeSegments(users, split));
    return rankSuspects(segments, split.variants.length, usersMin)
      .map(({ dimension, value, ...suspect }) => {
        const { name, labelOf } = dimensions[dimension] as SuspectDimension;
        return { ...suspect, dimension: name, value: labelOf(value) };
      })
      .filter(({ dimension }) => country === null || dimension !== 'COUNTRY');
  };
};

/** The counts of each market, and of all users under null. */
const countUsers = async (
  { services: { users }, snapshot, events: { users: exposed, splits }, countryOf, work }: ReportSources,
  dimensions: readonly SuspectDimension[],
): Promise<Map<string | null, SegmentUsers[]>> => {
  const { variants = [], strata = [] } = snapshot.split ?? {};
  const emptyCounts = (): SegmentUsers[] => dimensions.map(() => ({ byVariant: [], byStratum: [] }));
  const all = emptyCounts();
  const byMarket = new Map(marketsOf(snapshot).map((market) => [market, emptyCounts()]));
  const byCode = new Map([...byMarket].map(([market, counts]) => [users.countries.names.codeOf(market), counts]));
  const yieldIfDue = createYielder(work);
  for (let user = 0; user < snapshot.userCount && splits; user++) {
    if (user % usersPerSlice === 0) await yieldIfDue();
    const cell = splits.cellOf(user);
    if (!cell) continue;
    const market = byCode.get(countryOf(exposed.userAt(user)));
    for (let index = 0; index < dimensions.length; index++) {
      const value = (dimensions[index] as SuspectDimension).codeOf(user);
      for (const counts of market ? [all, market] : [all]) {
        const { byVariant, byStratum } = counts[index] as SegmentUsers;
        addOne(byVariant, value * variants.length + cell.variant);
        addOne(byStratum, value * strata.length + cell.stratum);
      }
    }
  }
  return new Map<string | null, SegmentUsers[]>([[null, all], ...byMarket]);
};

const addOne = (counts: number[], cell: number): void => {
  counts[cell] = (counts[cell] ?? 0) + 1;
};

/** The counts without holes, up to the last variant of the last value, and those that the plan expects. */
const wholeSegments = ({ byVariant, byStratum }: SegmentUsers, { variants, strata }: SplitPlan): SegmentCounts => {
  const values = Math.ceil(byVariant.length / variants.length);
  const shares = strata.map((weights) => sharesOfPlanned(weights));
  const observed = Float64Array.from({ length: values * variants.length }, (_, cell) => byVariant[cell] ?? 0);
  const expected = observed.map((_, cell) => {
    const [value, variant] = [Math.floor(cell / variants.length), cell % variants.length];
    return shares.reduce(
      (sum, share, stratum) => sum + (byStratum[value * strata.length + stratum] ?? 0) * (share[variant] as number),
      0,
    );
  });
  return { observed, expected };
};

const dimensionsOf = ({ services, snapshot, events: counted, countryOf }: ReportSources): SuspectDimension[] => {
  const { users, userStatus, experimentEvents } = services;
  const { accountTypes, eventTypes } = experimentEvents.events;
  const { countries, genders } = users;
  const { users: exposed } = counted;
  const { sequence } = snapshot;
  const days = createNumberTable();
  const startsOfDays: number[] = [];
  const dayOf = (index: number): number => {
    const startUs = Math.floor(exposed.firstAtUs(index) / dayUs) * dayUs;
    const code = days.intern(startUs);
    if (code === startsOfDays.length) startsOfDays.push(startUs);
    return code;
  };
  return [
    {
      name: 'COUNTRY',
      codeOf: (index) => countryOf(exposed.userAt(index)),
      labelOf: countries.names.textOf,
    },
    {
      name: 'GENDER',
      codeOf: (index) => genders.codeBy(users.attributesCodeAt(exposed.userAt(index), sequence)),
      labelOf: genders.names.textOf,
    },
    {
      name: 'ACCOUNT_TYPE',
      codeOf: (index) => exposed.firstAccountTypeAt(index),
      labelOf: accountTypes.textOf,
    },
    {
      name: 'USER_STATUS',
      codeOf: (index) => userStatus.codeAt(exposed.userAt(index), exposed.firstAtUs(index), sequence),
      labelOf: (code) => statusCodes[code] as string,
    },
    {
      name: 'EVENT_TYPE',
      codeOf: (index) => exposed.firstEventTypeAt(index),
      labelOf: eventTypes.textOf,
    },
    {
      name: 'PERIOD',
      codeOf: dayOf,
      labelOf: (code) => formatInstant(startsOfDays[code] as number).slice(0, 10),
    },
  ];
};
