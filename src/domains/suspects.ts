import { createNumberTable } from '../indices/number-table.ts';
import { countSegments, rankSuspects, type SegmentDimension } from '../lib/statistics/imbalance.ts';
import { formatInstant } from '../lib/time.ts';
import { takeTurns } from '../lib/turns.ts';
import type { DimensionName } from './fact-dimensions.ts';
import type { Sight } from './monitor-sight.ts';
import type { SampleRatio } from './sample-ratio.ts';
import { statusCodes } from './status.ts';

export interface Suspect {
  readonly dimension: DimensionName;
  readonly value: string;
  readonly users: number;
  readonly chiSquared: number;
  /** The part of chi-squared that this segment makes up among those of its dimension, 0 to 1. */
  readonly contribution: number;
}

interface Named extends SegmentDimension {
  readonly name: DimensionName;
  readonly labelOf: (code: number) => string;
}

const dayUs = 86_400_000_000;
/** Smaller segments are off by chance alone. */
const usersMin = 30;
/** Users counted without looking at the clock. */
const usersPerLook = 4096;

/** The segments that explain an imbalance, the strongest first: by everything that is known of a user at the first event. */
export const suspectsOf = async ({ sight, country }: SampleRatio, first: number): Promise<Suspect[]> => {
  const { split, experimentEvents, deployment, users } = sight;
  if (!split) return [];
  const { variantOf } = experimentEvents.events;
  const market = country === null ? undefined : users.countries.names.codeOf(country);
  const indexOfVariant = new Map(split.variants.map((code, index) => [code, index]));
  const dimensions = dimensionsOf(sight, country !== null);
  const sums = dimensions.map(() => [] as number[]);
  const turn = takeTurns();
  for (let from = 0; from < sight.userCount; from += usersPerLook) {
    const variantAt = (place: number): number => {
      if (market !== undefined && sight.countryOf(deployment.userAt(from + place)) !== market) return -1;
      return indexOfVariant.get(variantOf(deployment.firstRowAt(from + place))) ?? -1;
    };
    const size = Math.min(usersPerLook, sight.userCount - from);
    const shifted = dimensions.map(({ valueCount, codeOf }) => ({
      valueCount,
      codeOf: (place: number) => codeOf(from + place),
    }));
    for (const [place, counts] of countSegments(size, split.weights.length, variantAt, shifted).entries()) {
      const sum = sums[place] as number[];
      for (const [cell, count] of counts.entries()) sum[cell] = (sum[cell] ?? 0) + count;
    }
    await turn();
  }
  return rankSuspects(sums, split.weights, usersMin)
    .slice(0, first)
    .map(({ dimension, value, ...suspect }) => {
      const { name, labelOf } = dimensions[dimension] as Named;
      return { ...suspect, dimension: name, value: labelOf(value) };
    });
};

const dimensionsOf = (sight: Sight, isOneMarket: boolean): Named[] => {
  const { users, userStatus, experimentEvents, deployment, sequence, countryOf } = sight;
  const { columns, events } = experimentEvents;
  const { countries, genders } = users;
  const { userAt, firstRowAt } = deployment;
  const days = createNumberTable();
  const startsOfDays: number[] = [];
  const dayOf = (place: number): number => {
    const startUs = Math.floor(columns.occurredAtUsOf(firstRowAt(place)) / dayUs) * dayUs;
    const code = days.place(startUs);
    if (code === startsOfDays.length) startsOfDays.push(startUs);
    return code;
  };
  // Each user once beforehand: how many days there are has to be known.
  for (let place = 0; place < sight.userCount; place++) dayOf(place);
  const named: Named[] = [
    {
      name: 'COUNTRY',
      valueCount: countries.names.size,
      codeOf: (place) => countryOf(userAt(place)),
      labelOf: countries.names.textOf,
    },
    {
      name: 'GENDER',
      valueCount: genders.names.size,
      codeOf: (place) => genders.codeBy(users.attributesCodeAt(userAt(place), sequence)),
      labelOf: genders.names.textOf,
    },
    {
      name: 'ACCOUNT_TYPE',
      valueCount: events.accountTypes.size,
      codeOf: (place) => events.accountTypeOf(firstRowAt(place)),
      labelOf: events.accountTypes.textOf,
    },
    {
      name: 'USER_STATUS',
      valueCount: statusCodes.length,
      codeOf: (place) => userStatus.codeAt(userAt(place), columns.occurredAtUsOf(firstRowAt(place)), sequence),
      labelOf: (code) => statusCodes[code] as string,
    },
    {
      name: 'EVENT_TYPE',
      valueCount: events.eventTypes.size,
      codeOf: (place) => events.eventTypeOf(firstRowAt(place)),
      labelOf: events.eventTypes.textOf,
    },
    {
      name: 'PERIOD',
      valueCount: startsOfDays.length,
      codeOf: dayOf,
      labelOf: (code) => formatInstant(startsOfDays[code] as number).slice(0, 10),
    },
  ];
  return isOneMarket ? named.slice(1) : named;
};
