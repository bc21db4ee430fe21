import { createNumberTable } from '../../indices/number-table.ts';
import { rankSuspects } from '../../lib/statistics/imbalance.ts';
import { formatInstant } from '../../lib/time.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { DimensionName } from '../facts/dimensions.ts';
import { statusCodes } from '../user-status/status.ts';
import type { SampleRatio } from './sample-ratio.ts';
import type { MonitorSnapshot } from './snapshot.ts';

export interface Suspect {
  readonly dimension: DimensionName;
  readonly value: string;
  readonly users: number;
  readonly chiSquared: number;
  /** The part of chi-squared that this segment makes up among those of its dimension, 0 to 1. */
  readonly contribution: number;
}

interface Named {
  readonly name: DimensionName;
  /** The code of the value that the user at a place has. */
  readonly codeOf: (place: number) => number;
  readonly labelOf: (code: number) => string;
}

const dayUs = 86_400_000_000;
/** Smaller segments are off by chance alone. */
const usersMin = 30;
/** Users counted without looking at the clock. */
const usersPerLook = 4096;

/** Counts by dimension, value and variant: what `rankSuspects` ranks. */
type Counts = number[][];

/**
 * The segments that explain each imbalance, the strongest first: by everything that is known of a user at the first
 * event. One pass over the users for all tests of a sight.
 */
export const suspectsOf = async (ratios: readonly SampleRatio[]): Promise<Suspect[][]> => {
  const found = new Map<SampleRatio, Suspect[]>();
  for (const sight of new Set(ratios.map((ratio) => ratio.sight))) {
    const asked = ratios.filter((ratio) => ratio.sight === sight);
    const dimensions = dimensionsOf(sight);
    const counts = await countUsers(sight, asked, dimensions);
    for (const ratio of asked) found.set(ratio, ranked(ratio, dimensions, counts.get(ratio.country) as Counts));
  }
  return ratios.map((ratio) => found.get(ratio) ?? []);
};

/** By country, null for all. */
const countUsers = async (
  sight: MonitorSnapshot,
  ratios: readonly SampleRatio[],
  dimensions: readonly Named[],
): Promise<Map<string | null, Counts>> => {
  const { split, experimentEvents, deployment, users, countryOf, userCount } = sight;
  const counts = new Map(ratios.map(({ country }) => [country, dimensions.map((): number[] => [])]));
  const byMarket = new Map([...counts].map(([country, of]) => [country && users.countries.names.codeOf(country), of]));
  const indexOfVariant = new Map(split?.variants.map((code, index) => [code, index]));
  const turn = createYielder();
  for (let place = 0; split && place < userCount; place++) {
    if (place % usersPerLook === 0) await turn();
    const variant = indexOfVariant.get(experimentEvents.events.variantOf(deployment.firstRowAt(place)));
    if (variant === undefined) continue;
    const into = [byMarket.get(null), byMarket.get(countryOf(deployment.userAt(place)))];
    for (const [index, { codeOf }] of dimensions.entries()) {
      const cell = codeOf(place) * split.weights.length + variant;
      for (const of of into) if (of) (of[index] as number[])[cell] = ((of[index] as number[])[cell] ?? 0) + 1;
    }
  }
  return counts;
};

const ranked = (
  { sight: { split }, country }: SampleRatio,
  dimensions: readonly Named[],
  counts: Counts,
): Suspect[] => {
  if (!split) return [];
  // Arrays that were filled here and there have holes, and end where the last value's last variants have no users.
  const variants = split.weights.length;
  const whole = counts.map((of) =>
    Float64Array.from({ length: Math.ceil(of.length / variants) * variants }, (_, cell) => of[cell] ?? 0),
  );
  return rankSuspects(whole, split.weights, usersMin)
    .map(({ dimension, value, ...suspect }) => {
      const { name, labelOf } = dimensions[dimension] as Named;
      return { ...suspect, dimension: name, value: labelOf(value) };
    })
    .filter(({ dimension }) => country === null || dimension !== 'COUNTRY');
};

const dimensionsOf = (sight: MonitorSnapshot): Named[] => {
  const { users, userStatus, experimentEvents, deployment, sequence, countryOf } = sight;
  const { columns, events } = experimentEvents;
  const { countries, genders } = users;
  const { userAt, firstRowAt } = deployment;
  const days = createNumberTable();
  const startsOfDays: number[] = [];
  const dayOf = (place: number): number => {
    const startUs = Math.floor(columns.occurredAtUsOf(firstRowAt(place)) / dayUs) * dayUs;
    const code = days.intern(startUs);
    if (code === startsOfDays.length) startsOfDays.push(startUs);
    return code;
  };
  return [
    {
      name: 'COUNTRY',
      codeOf: (place) => countryOf(userAt(place)),
      labelOf: countries.names.textOf,
    },
    {
      name: 'GENDER',
      codeOf: (place) => genders.codeBy(users.attributesCodeAt(userAt(place), sequence)),
      labelOf: genders.names.textOf,
    },
    {
      name: 'ACCOUNT_TYPE',
      codeOf: (place) => events.accountTypeOf(firstRowAt(place)),
      labelOf: events.accountTypes.textOf,
    },
    {
      name: 'USER_STATUS',
      codeOf: (place) => userStatus.codeAt(userAt(place), columns.occurredAtUsOf(firstRowAt(place)), sequence),
      labelOf: (code) => statusCodes[code] as string,
    },
    {
      name: 'EVENT_TYPE',
      codeOf: (place) => events.eventTypeOf(firstRowAt(place)),
      labelOf: events.eventTypes.textOf,
    },
    {
      name: 'PERIOD',
      codeOf: dayOf,
      labelOf: (code) => formatInstant(startsOfDays[code] as number).slice(0, 10),
    },
  ];
};
