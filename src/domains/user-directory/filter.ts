import { DomainError } from '../../errors.ts';
import { dayOfMs, dayOfUs, lastBirthDay } from '../../lib/age.ts';
import { type Status, statusCodes } from '../user-status/status.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';

/** Conditions that must all hold; an empty list of values matches no user. */
export interface UserFilter {
  readonly userIds?: readonly string[] | null | undefined;
  /** A part of the first and last name with a space between them, in any case. */
  readonly nameContains?: string | null | undefined;
  /** The beginning of the user id or a part of the name, in any case. */
  readonly search?: string | null | undefined;
  readonly hasImage?: boolean | null | undefined;
  /** Whether the age is known. */
  readonly isAgeKnown?: boolean | null | undefined;
  /** Completed years; a user without a birth date matches neither bound. */
  readonly ageAtLeast?: number | null | undefined;
  readonly ageAtMost?: number | null | undefined;
  /** The instant on whose day, in UTC, ages are computed, microseconds; default now. */
  readonly ageAtUs?: number | null | undefined;
  readonly countries?: readonly string[] | null | undefined;
  readonly genders?: readonly string[] | null | undefined;
  /** The status at an instant, microseconds; default now. */
  readonly status?: { readonly in: readonly Status[]; readonly at?: number | null | undefined } | null | undefined;
}

/** The services that hold the data of users. */
export interface UserSources {
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly userStatus: UserStatus;
}

export type UserTest = (user: number) => boolean;

const needleLengthMax = 256;
/** The greatest age, in years: with a greater one, dates would leave the supported range. */
const ageMax = 1000;

/** A filter with its defaults replaced: it means the same at any later time. */
export interface FixedUserFilter extends Omit<UserFilter, 'ageAtUs' | 'status'> {
  /** Days since 1970-01-01. */
  readonly ageOnDay: number;
  readonly status: { readonly in: readonly Status[]; readonly atUs: number } | null;
}

/** Replaces the defaults of a filter by an instant, microseconds, and its day. */
export const fixFilter = ({ ageAtUs, status, ...filter }: UserFilter, atUs: number): FixedUserFilter => ({
  ...filter,
  ageOnDay: dayOfUs(ageAtUs ?? atUs),
  status: status ? { in: status.in, atUs: status.at ?? atUs } : null,
});

/**
 * Whether a filter holds for a user as of a sequence number. Throws BAD_REQUEST for a part of a name that is empty or too
 * long.
 */
export const userTest = (
  filter: FixedUserFilter,
  { users, userFiles, userStatus }: UserSources,
  sequence: number,
): UserTest => {
  const { userIds, nameContains, search, hasImage, isAgeKnown, ageAtLeast, ageAtMost, countries, genders, status } =
    filter;
  const tests: UserTest[] = [];
  const birthDayOf = (user: number): number => dayOfMs(userFiles.birthMsOf(userFiles.detailsCodeAt(user, sequence)));
  const among = (values: readonly string[], attribute: Users['countries']) => {
    const codes = new Set(values.map(attribute.names.codeOf));
    tests.push((user) => codes.has(attribute.codeBy(users.attributesCodeAt(user, sequence))));
  };
  if (userIds) {
    const codes = new Set(userIds.map(users.codes.codeOf));
    tests.push((user) => codes.has(user));
  }
  if (hasImage != null) tests.push((user) => (userFiles.imageCodeAt(user, sequence) !== 0) === hasImage);
  const day = filter.ageOnDay;
  if (isAgeKnown != null) {
    const last = lastBirthDay(0, day);
    // As below: NaN is the birth day of a user without a file, and nobody has an age before birth.
    tests.push((user) => birthDayOf(user) <= last === isAgeKnown);
  }
  if (ageAtLeast != null || ageAtMost != null) {
    const last = lastBirthDay(Math.min(Math.max(ageAtLeast ?? 0, 0), ageMax), day);
    // A comparison with NaN, the birth day of a user without a file, is false.
    tests.push((user) => birthDayOf(user) <= last);
  }
  if (ageAtMost != null) {
    const before = ageAtMost < 0 ? Number.POSITIVE_INFINITY : lastBirthDay(Math.min(ageAtMost, ageMax) + 1, day);
    tests.push((user) => birthDayOf(user) > before);
  }
  if (countries) among(countries, users.countries);
  if (genders) among(genders, users.genders);
  if (status) {
    const codes = new Set(status.in.map((name) => statusCodes.indexOf(name)));
    tests.push((user) => codes.has(userStatus.codeAt(user, status.atUs, sequence)));
  }
  if (nameContains != null) tests.push(nameTest('nameContains', nameContains, userFiles, sequence));
  if (search != null) {
    const isNamed = nameTest('search', search, userFiles, sequence);
    const start = folded(search);
    tests.push((user) => folded(users.codes.textOf(user)).startsWith(start) || isNamed(user));
  }
  return (user) => users.isNamed(user, sequence) && tests.every((test) => test(user));
};

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

const nameTest = (field: string, needle: string, userFiles: UserFiles, sequence: number): UserTest => {
  if (needle === '' || needle.length > needleLengthMax)
    throw new DomainError('BAD_REQUEST', `${field} must be 1 to ${needleLengthMax} characters`);
  const foldedNeedle = folded(needle);
  const { firstNames, lastNames } = userFiles;
  // Many users share a name: each name is tested once. Both together are tested only for a needle with a space.
  const holds = ({ textOf }: typeof firstNames) => {
    const known: (boolean | undefined)[] = [];
    return (code: number): boolean => {
      known[code] ??= folded(textOf(code)).includes(foldedNeedle);
      return known[code];
    };
  };
  const [first, last] = [holds(firstNames), holds(lastNames)];
  return (user) => {
    const details = userFiles.detailsCodeAt(user, sequence);
    if (details === 0) return false;
    const [firstCode, lastCode] = [firstNames.codeBy(details), lastNames.codeBy(details)];
    if (first(firstCode) || last(lastCode)) return true;
    return (
      foldedNeedle.includes(' ') &&
      folded(`${firstNames.textOf(firstCode)} ${lastNames.textOf(lastCode)}`).includes(foldedNeedle)
    );
  };
};
