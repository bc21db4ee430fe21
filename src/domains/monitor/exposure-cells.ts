import { createNumberTable } from '../../indices/number-table.ts';

/** Sums over the users who saw a variant. A user who saw two variants counts in both. */
export interface ExposureTotals {
  events: number;
  users: number;
}

/** The totals of a country and variant, both as codes. */
export interface ExposureCell extends ExposureTotals {
  readonly country: number;
  readonly variant: number;
}

/** How many users of a country, by its code, have events. Each user counts once. */
export interface CountryUsers {
  readonly country: number;
  users: number;
  /** Users who saw several variants. */
  crossovers: number;
}

const codeLimit = 2 ** 26;

/** The totals of each country and variant, and the users of each country. */
export class ExposureCells {
  readonly #indexByCodes = createNumberTable();
  readonly #cells: ExposureCell[] = [];
  /** By the code of the country, with holes. */
  readonly #countries: CountryUsers[] = [];

  cellOf(country: number, variant: number): ExposureCell {
    const index = this.#indexByCodes.intern(country * codeLimit + variant);
    if (index === this.#cells.length) this.#cells.push(emptyCell(country, variant));
    return this.#cells[index] as ExposureCell;
  }

  usersOf(country: number): CountryUsers {
    let users = this.#countries[country];
    if (!users) {
      users = { country, users: 0, crossovers: 0 };
      this.#countries[country] = users;
    }
    return users;
  }

  /** A copy of the cells that have events. */
  cells(): ExposureCell[] {
    return this.#cells.filter(({ events }) => events > 0).map((cell) => ({ ...cell }));
  }

  /** A copy of the countries that have users. */
  countries(): CountryUsers[] {
    return this.#countries.filter(({ users }) => users > 0).map((country) => ({ ...country }));
  }
}

const emptyCell = (country: number, variant: number): ExposureCell => ({
  country,
  variant,
  events: 0,
  users: 0,
});
