import type { CountryUsers, ExposureCell } from './exposure-cells.ts';

/**
 * The users of counted events, by an index in the order in which they arrived. The first event of a user is the earliest by its
 * own time; of equal times the one recorded first.
 */
export interface CountedUsers {
  readonly userCount: number;
  /** Codes of users who saw several variants, in the order in which their second variant was recorded. */
  readonly crossovers: readonly number[];
  /** The user with the most events, null without events; of several the one who reached that number first. */
  readonly busiest: { readonly user: number | null; readonly events: number };
  userAt(index: number): number;
  /** Code of the country that the user counts for. */
  countryAt(index: number): number;
  firstAtUs(index: number): number;
  /** Codes of what the first event has. */
  firstVariantAt(index: number): number;
  firstAccountTypeAt(index: number): number;
  firstEventTypeAt(index: number): number;
  /** How many events a user has. */
  eventsOf(user: number): number;
  /** The countries and variants that have events. */
  cells(): ExposureCell[];
  /** The countries that have users. */
  countries(): CountryUsers[];
  /** Users of a phase by the code of the country, by when each was first seen. */
  usersOfPhase(phase: number): Map<number, number>;
}
