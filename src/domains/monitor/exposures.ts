import { growableFloat64, growableUint32 } from '../../indices/growable.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import type { EventColumns } from '../experiments/events.ts';
import type { FactColumns } from '../facts/columns.ts';

/** What users of a country did in a variant, both as codes. A user seen in two variants counts in both. */
export interface ExposureCell {
  readonly country: number;
  readonly variant: number;
  events: number;
  users: number;
  /** Users with an order: with an event that has an order value. */
  buyers: number;
  /** Orders, and the sum of the squares of each user's orders. */
  orders: number;
  orderSquares: number;
  /** Order values, and the sum of the squares of each user's order value. */
  value: number;
  valueSquares: number;
}

/** How many users of a country, by its code, have events: each counts once. */
export interface CountryUsers {
  readonly country: number;
  users: number;
  /** Those seen in several variants. */
  crossovers: number;
}

/** The events of one experiment, counted; made by adding rows of events, in order. */
export interface Exposures {
  readonly events: number;
  /** Users, each counted once. */
  readonly users: number;
  /** Codes of the variants that were seen, in the order of first sight. */
  readonly variants: readonly number[];
  add(row: number): void;
  /** Counts a user's events for the country the user has now. Both countries, or null when nothing changes. */
  moveUser(user: number): { readonly from: number; readonly to: number } | null;
  /** A copy of the cells that have events. */
  cells(): ExposureCell[];
  /** A copy of the countries that have users. */
  countries(): CountryUsers[];
  /** Users seen in several variants, in the order in which they were found out. */
  readonly crossovers: readonly number[];
  /** Users in the order of their first events, by place from 0. */
  userAt(place: number): number;
  /** The row of the first event: its variant is the one that counts for a user seen in several. */
  firstRowAt(place: number): number;
  /** The country that a counted user is counted for. */
  countryOf(user: number): number;
}

interface Given {
  readonly columns: FactColumns;
  readonly events: EventColumns;
  /** Code of the user's country. */
  readonly countryOf: (user: number) => number;
}

const none = 0xffffffff;
const codeLimit = 2 ** 26;

export const createExposures = ({ columns, events, countryOf }: Given): Exposures => {
  const places = createNumberTable();
  /** By a user's place: the user, the country, the row of the first event, the first exposure. */
  const [users, countries] = [growableUint32(), growableUint32()];
  const [firstRows, firstExposures] = [growableUint32(), growableUint32()];
  const exposures = createExposureLog();
  const cellPlaces = createNumberTable();
  const cells: ExposureCell[] = [];
  /** By the code of the country, with holes. */
  const ofCountries: CountryUsers[] = [];
  const variants: number[] = [];
  const crossovers: number[] = [];
  let total = 0;

  const cellOf = (country: number, variant: number): ExposureCell => {
    const place = cellPlaces.intern(country * codeLimit + variant);
    if (place === cells.length) cells.push(emptyCell(country, variant));
    return cells[place] as ExposureCell;
  };

  const usersOf = (country: number): CountryUsers => {
    const made = ofCountries[country] ?? { country, users: 0, crossovers: 0 };
    ofCountries[country] = made;
    return made;
  };

  const placeOf = (row: number): number => {
    const user = columns.userOf(row);
    const place = places.intern(user);
    if (place < users.length) return place;
    const country = countryOf(user);
    users.push(user);
    countries.push(country);
    usersOf(country).users++;
    firstRows.push(row);
    firstExposures.push(none);
    return place;
  };

  /** The user's exposure to a variant, made when it is the first event of that kind. */
  const exposureOf = (place: number, variant: number): number => {
    let last = none;
    for (let index = firstExposures.values[place] as number; index !== none; index = exposures.nextOf(index)) {
      if (exposures.variantOf(index) === variant) return index;
      last = index;
    }
    const made = exposures.push(variant);
    if (last === none) firstExposures.set(place, made);
    else {
      if (last === firstExposures.values[place]) {
        crossovers.push(users.values[place] as number);
        usersOf(countries.values[place] as number).crossovers++;
      }
      exposures.link(last, made);
    }
    cellOf(countries.values[place] as number, variant).users++;
    if (!variants.includes(variant)) variants.push(variant);
    return made;
  };

  return {
    get events() {
      return total;
    },
    get users() {
      return users.length;
    },
    variants,
    crossovers,
    add(row) {
      const place = placeOf(row);
      const variant = events.variantOf(row);
      const exposure = exposureOf(place, variant);
      const cell = cellOf(countries.values[place] as number, variant);
      total++;
      cell.events++;
      exposures.countEvent(exposure);
      if (!columns.hasAmount(row)) return;
      exposures.count(exposure, cell, -1);
      exposures.addOrder(exposure, columns.unitsOf(row) + columns.microsOf(row) / 1e6);
      exposures.count(exposure, cell, 1);
    },
    moveUser(user) {
      const place = places.codeOf(user);
      if (place === undefined) return null;
      const [from, to] = [countries.values[place] as number, countryOf(user)];
      if (from === to) return null;
      countries.set(place, to);
      const first = firstExposures.values[place] as number;
      for (const [country, sign] of [[from, -1] as const, [to, 1] as const]) {
        usersOf(country).users += sign;
        if (exposures.nextOf(first) !== none) usersOf(country).crossovers += sign;
      }
      for (let index = first; index !== none; index = exposures.nextOf(index)) {
        const variant = exposures.variantOf(index);
        for (const [cell, sign] of [[cellOf(from, variant), -1] as const, [cellOf(to, variant), 1] as const]) {
          cell.users += sign;
          cell.events += sign * exposures.eventsOf(index);
          exposures.count(index, cell, sign);
        }
      }
      return { from, to };
    },
    cells: () => cells.filter((cell) => cell.events > 0).map((cell) => ({ ...cell })),
    countries: () => ofCountries.filter(({ users: counted }) => counted > 0).map((each) => ({ ...each })),
    userAt: (place) => users.values[place] as number,
    firstRowAt: (place) => firstRows.values[place] as number,
    countryOf: (user) => countries.values[places.codeOf(user) as number] as number,
  };
};

const emptyCell = (country: number, variant: number): ExposureCell => ({
  country,
  variant,
  events: 0,
  users: 0,
  buyers: 0,
  orders: 0,
  orderSquares: 0,
  value: 0,
  valueSquares: 0,
});

/** What one user did in one variant: an exposure. A user's exposures are a chain. */
const createExposureLog = () => {
  const [variant, next, events, orders] = [growableUint32(), growableUint32(), growableUint32(), growableUint32()];
  const value = growableFloat64();
  return {
    variantOf: (index: number) => variant.values[index] as number,
    nextOf: (index: number) => next.values[index] as number,
    eventsOf: (index: number) => events.values[index] as number,
    push(ofVariant: number): number {
      for (const column of [events, orders, value]) column.push(0);
      next.push(none);
      return variant.push(ofVariant);
    },
    link: (index: number, following: number) => next.set(index, following),
    countEvent: (index: number) => events.set(index, (events.values[index] as number) + 1),
    addOrder(index: number, orderValue: number): void {
      orders.set(index, (orders.values[index] as number) + 1);
      value.set(index, (value.values[index] as number) + orderValue);
    },
    /** Adds the exposure's orders to a cell, or takes them out of it. */
    count(index: number, cell: ExposureCell, sign: 1 | -1): void {
      const ordered = orders.values[index] as number;
      if (ordered === 0) return;
      const worth = value.values[index] as number;
      cell.buyers += sign;
      cell.orders += sign * ordered;
      cell.orderSquares += sign * ordered * ordered;
      cell.value += sign * worth;
      cell.valueSquares += sign * worth * worth;
    },
  };
};
