import { CodeTable } from '../../indices/code-table.ts';
import { growableUint32 } from '../../indices/growable.ts';
import type { EventColumns } from '../experiments/event-columns.ts';
import type { FactColumns } from '../facts/memory/columns.ts';
import type { CountedUsers } from './counted-users.ts';
import { type CountryUsers, type ExposureCell, ExposureCells } from './exposure-cells.ts';
import { ExposureLog, noExposure } from './exposure-log.ts';

export interface ExposureSources {
  readonly columns: FactColumns;
  readonly events: EventColumns;
  /** Code of the user's country. */
  readonly countryOf: (user: number) => number;
  /** Index of the phase of the plan at an instant. */
  readonly phaseOf: (atUs: number) => number;
}

/** A user, by index, who counts for another country now. */
export interface UserMove {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Counts the events of one experiment incrementally: rows of events are added in the order of the ledger. The first event of
 * a user is the earliest by its own time; of equal times the one recorded first.
 */
export class Exposures implements CountedUsers {
  /** Codes of the variants that have events, in the order of their first events. */
  readonly variants: number[] = [];
  /** The indices of users of whom an event before the first one so far arrived, in that order. Append-only. */
  readonly corrections = growableUint32();
  /** Users who saw several variants, in the order in which their second variant was recorded. Append-only. */
  readonly crossovers: number[] = [];
  readonly #columns: FactColumns;
  readonly #events: EventColumns;
  readonly #countryNowOf: (user: number) => number;
  readonly #phaseOf: (atUs: number) => number;
  /** Users by the phase of the first event, then by the code of the country, with holes. */
  readonly #phaseUsers: number[][] = [];
  /** Users in the order of arrival. */
  readonly #users = new CodeTable();
  /** By the user's index: country, row of the first event, start of the chain of exposures. */
  readonly #countries = growableUint32();
  readonly #firstRows = growableUint32();
  readonly #firstExposures = growableUint32();
  #busiest: CountedUsers['busiest'] = { user: null, events: 0 };
  readonly #log = new ExposureLog();
  readonly #cells = new ExposureCells();

  constructor({ columns, events, countryOf, phaseOf }: ExposureSources) {
    this.#columns = columns;
    this.#events = events;
    this.#countryNowOf = countryOf;
    this.#phaseOf = phaseOf;
  }

  /** Users, each counted once. */
  get userCount(): number {
    return this.#users.size;
  }

  /** The user at an index; indices follow the order in which users arrived. */
  userAt(index: number): number {
    return this.#users.codeAt(index);
  }

  /** The index of a user; undefined for a user without events. */
  indexOf(user: number): number | undefined {
    return this.#users.indexOf(user);
  }

  /** The country that the user at an index is counted for. */
  countryAt(index: number): number {
    return this.#countries.values[index] as number;
  }

  /** The row of the first event of the user at an index. Its variant is the one that a crossover counts for. */
  firstRowAt(index: number): number {
    return this.#firstRows.values[index] as number;
  }

  firstAtUs(index: number): number {
    return this.#columns.occurredAtUsOf(this.firstRowAt(index));
  }

  firstVariantAt(index: number): number {
    return this.#events.variantOf(this.firstRowAt(index));
  }

  firstAccountTypeAt(index: number): number {
    return this.#events.accountTypeOf(this.firstRowAt(index));
  }

  firstEventTypeAt(index: number): number {
    return this.#events.eventTypeOf(this.firstRowAt(index));
  }

  /** The country that a counted user is counted for. */
  countryOf(user: number): number {
    return this.countryAt(this.indexOf(user) as number);
  }

  /** How many events a user has. */
  eventsOf(user: number): number {
    const index = this.indexOf(user);
    return index === undefined ? 0 : this.#eventsAt(index);
  }

  /** The user with the most events; of several the one who reached that number first. */
  get busiest(): CountedUsers['busiest'] {
    return this.#busiest;
  }

  /** A copy of the cells that have events. */
  cells(): ExposureCell[] {
    return this.#cells.cells();
  }

  /** Users of a phase by the code of the country, by when each was first seen. */
  usersOfPhase(phase: number): Map<number, number> {
    const counts = new Map<number, number>();
    this.#phaseUsers[phase]?.forEach((users, country) => {
      if (users > 0) counts.set(country, users);
    });
    return counts;
  }

  /** A copy of the countries that have users. */
  countries(): CountryUsers[] {
    return this.#cells.countries();
  }

  add(row: number): void {
    const index = this.#indexOfUser(row);
    const variant = this.#events.variantOf(row);
    const exposure = this.#exposureOf(index, variant);
    const cell = this.#cells.cellOf(this.#countries.values[index] as number, variant);
    cell.events++;
    this.#log.addEvent(exposure);
    this.#countEvent(index);
  }

  /** Moves the events of a user to the current country of the user. Returns both countries, or null when nothing changed. */
  moveUser(user: number): UserMove | null {
    const index = this.#users.indexOf(user);
    if (index === undefined) return null;
    const [from, to] = [this.#countries.values[index] as number, this.#countryNowOf(user)];
    if (from === to) return null;
    this.#countInPhase(index, -1);
    this.#countries.set(index, to);
    this.#countInPhase(index, 1);
    this.#addUserTo(from, index, -1);
    this.#addUserTo(to, index, 1);
    return { index, from, to };
  }

  /** Adds everything that a user did to the totals of a country, or subtracts it. */
  #addUserTo(country: number, index: number, sign: 1 | -1): void {
    const first = this.#firstExposures.values[index] as number;
    const users = this.#cells.usersOf(country);
    users.users += sign;
    if (this.#log.nextOf(first) !== noExposure) users.crossovers += sign;
    for (let exposure = first; exposure !== noExposure; exposure = this.#log.nextOf(exposure)) {
      const cell = this.#cells.cellOf(country, this.#log.variantOf(exposure));
      cell.users += sign;
      cell.events += sign * this.#log.eventsOf(exposure);
    }
  }

  /** The index of the user of an event; a new one with the user's first event. */
  #indexOfUser(row: number): number {
    const user = this.#columns.userOf(row);
    const index = this.#users.intern(user);
    if (index < this.#countries.length) {
      this.#correctFirst(index, row);
      return index;
    }
    const country = this.#countryNowOf(user);
    this.#countries.push(country);
    this.#cells.usersOf(country).users++;
    this.#firstRows.push(row);
    this.#countInPhase(index, 1);
    this.#firstExposures.push(noExposure);
    return index;
  }

  /** To be called after an event of the user was added. */
  #countEvent(index: number): void {
    const events = this.#eventsAt(index);
    if (events > this.#busiest.events) this.#busiest = { user: this.userAt(index), events };
  }

  #eventsAt(index: number): number {
    let events = 0;
    const first = this.#firstExposures.values[index] as number;
    for (let exposure = first; exposure !== noExposure; exposure = this.#log.nextOf(exposure))
      events += this.#log.eventsOf(exposure);
    return events;
  }

  #countInPhase(index: number, sign: 1 | -1): void {
    const phase = this.#phaseOf(this.firstAtUs(index));
    const country = this.countryAt(index);
    const users = this.#phaseUsers[phase] ?? [];
    this.#phaseUsers[phase] = users;
    users[country] = (users[country] ?? 0) + sign;
  }

  #correctFirst(index: number, row: number): void {
    const { occurredAtUsOf } = this.#columns;
    if (occurredAtUsOf(row) >= occurredAtUsOf(this.#firstRows.values[index] as number)) return;
    this.#countInPhase(index, -1);
    this.#firstRows.set(index, row);
    this.#countInPhase(index, 1);
    this.corrections.push(index);
  }

  /** The user's exposure to a variant; a new one with the user's first event in the variant. */
  #exposureOf(index: number, variant: number): number {
    const first = this.#firstExposures.values[index] as number;
    let last = noExposure;
    for (let exposure = first; exposure !== noExposure; exposure = this.#log.nextOf(exposure)) {
      if (this.#log.variantOf(exposure) === variant) return exposure;
      last = exposure;
    }
    const country = this.#countries.values[index] as number;
    const added = this.#log.push(variant);
    if (last === noExposure) this.#firstExposures.set(index, added);
    else {
      if (last === first) {
        this.crossovers.push(this.userAt(index));
        this.#cells.usersOf(country).crossovers++;
      }
      this.#log.link(last, added);
    }
    this.#cells.cellOf(country, variant).users++;
    if (!this.variants.includes(variant)) this.variants.push(variant);
    return added;
  }
}
