import { ageBandOf, ageBands, createAges, dayOfMs } from '../../lib/age.ts';
import { compareTexts } from '../../lib/compare.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { statusCodes } from '../user-status/status.ts';
import { type FixedUserFilter, type UserSources, userTest } from './filter.ts';

/** How many users share a value. */
export interface UserGroupCount {
  readonly label: string;
  readonly count: number;
}

/** How many users are of an age. */
export interface UserAgeBandCount {
  /** Null: of unknown age. */
  readonly band: (typeof ageBands)[number] | null;
  readonly count: number;
}

export interface UserStatistics {
  /** The snapshot that was counted. */
  readonly sequence: number;
  readonly count: number;
  readonly withImage: number;
  /** Over the users with a known birth date; null without any. */
  readonly averageAge: number | null;
  /** The mean of the middle two for an even number. */
  readonly medianAge: number | null;
  /** In the order of age, all bands, then the users of unknown age if there are any. */
  readonly byAgeBand: readonly UserAgeBandCount[];
  /** The largest group first; `unknown` for users of unknown country. */
  readonly byCountry: readonly UserGroupCount[];
  readonly byGender: readonly UserGroupCount[];
  /** At an instant, microseconds. */
  byStatus(atUs: number, work: Work): Promise<readonly UserGroupCount[]>;
}

const usersPerYield = 4096;

/** Statistics of the users that pass a filter, as of a sequence number; ages are those on the day of the filter. */
export const userStatistics = async (
  where: FixedUserFilter,
  sources: UserSources,
  { sequence, work }: { readonly sequence: number; readonly work: Work },
): Promise<UserStatistics> => {
  const { users, userFiles, userStatus } = sources;
  const test = userTest(where, sources, sequence);
  const ageOf = createAges(where.ageOnDay);
  const matching: number[] = [];
  const [countries, genders, ages]: [number[], number[], number[]] = [[], [], []];
  let withImage = 0;
  const maybeYield = createYielder(work);
  const { size } = users.codes;
  for (let user = 0; user < size; user++) {
    if (user % usersPerYield === 0) await maybeYield();
    if (!test(user)) continue;
    matching.push(user);
    if (userFiles.imageCodeAt(user, sequence) !== 0) withImage++;
    const attributes = users.attributesCodeAt(user, sequence);
    countUp(countries, users.countries.codeBy(attributes));
    countUp(genders, users.genders.codeBy(attributes));
    const birthMs = userFiles.birthMsOf(userFiles.detailsCodeAt(user, sequence));
    const age = Number.isNaN(birthMs) ? null : ageOf(dayOfMs(birthMs));
    if (age !== null) countUp(ages, age);
  }
  return {
    sequence,
    count: matching.length,
    withImage,
    averageAge: meanOf(ages),
    medianAge: medianOf(ages),
    byAgeBand: ageBandCounts(ages, matching.length),
    byCountry: groupsOf(countries, users.countries.names.textOf),
    byGender: groupsOf(genders, users.genders.names.textOf),
    async byStatus(atUs, work) {
      const counts: number[] = [];
      const maybeYield = createYielder(work);
      for (const [index, user] of matching.entries()) {
        if (index % usersPerYield === 0) await maybeYield();
        countUp(counts, userStatus.codeAt(user, atUs, sequence));
      }
      return groupsOf(counts, (code) => statusCodes[code] as string);
    },
  };
};

const countUp = (counts: number[], code: number): void => {
  counts[code] = (counts[code] ?? 0) + 1;
};

const groupsOf = (counts: readonly (number | undefined)[], labelOf: (code: number) => string): UserGroupCount[] =>
  counts
    .map((count, code) => ({ label: labelOf(code), count: count ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || compareTexts(a.label, b.label));

const ageBandCounts = (ages: readonly (number | undefined)[], users: number): UserAgeBandCount[] => {
  const counts = ageBands.map(() => 0);
  ages.forEach((count, age) => {
    const band = ageBandOf(age);
    counts[band] = (counts[band] as number) + (count ?? 0);
  });
  const ofBands = ageBands.map((band, index) => ({ band, count: counts[index] as number }));
  const unknown = users - totalOf(ages);
  return unknown === 0 ? ofBands : [...ofBands, { band: null, count: unknown }];
};

const totalOf = (counts: readonly (number | undefined)[]): number =>
  counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);

const meanOf = (ages: readonly (number | undefined)[]): number | null => {
  const total = totalOf(ages);
  return total === 0 ? null : ages.reduce<number>((sum, count, age) => sum + age * (count ?? 0), 0) / total;
};

const medianOf = (ages: readonly (number | undefined)[]): number | null => {
  const total = totalOf(ages);
  if (total === 0) return null;
  /** The age at a rank, all users sorted by age. */
  const ageAt = (rank: number): number => {
    let before = 0;
    return ages.findIndex((count) => {
      before += count ?? 0;
      return before > rank;
    });
  };
  return (ageAt((total - 1) >> 1) + ageAt(total >> 1)) / 2;
};
