import { DomainError } from '../errors.ts';
import type { Coded } from '../indices/grouper.ts';
import { createNumberTable } from '../indices/number-table.ts';
import { createPeriods, type Grain } from '../lib/periods.ts';
import type { Enriched } from './enrichment.ts';
import type { FactSet } from './fact-set.ts';
import type { IpCity } from './ip-city.ts';
import { type Status, statusCodes } from './status.ts';
import type { Users } from './users.ts';

export const dimensionNames = ['USER_STATUS', 'CITY', 'PRODUCT', 'USER', 'PERIOD'] as const;
export type DimensionName = (typeof dimensionNames)[number];

/** A group's values, by dimension; absent where the question did not group. */
export interface GroupKey {
  readonly USER_STATUS?: Status;
  readonly CITY?: string;
  readonly PRODUCT?: string;
  readonly USER?: string;
  /** Microseconds since 1970 UTC. */
  readonly PERIOD?: number;
}

/** One way to tell rows apart. */
export interface Dimension extends Coded {
  valueOf(code: number): string | number;
  /** The order of two values; default is by code unit for text. */
  compare(a: string | number, b: string | number): number;
}

const byValue = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

export const createDimension = (
  name: DimensionName,
  facts: FactSet,
  enriched: Enriched,
  { users, ipCity }: { readonly users: Users; readonly ipCity: IpCity },
  { grain, timeZone }: { readonly grain?: Grain | undefined; readonly timeZone: string },
): Dimension => {
  const { columns } = facts;
  switch (name) {
    case 'USER_STATUS':
      return {
        codeOf: enriched.statusOf,
        codes: statusCodes.length,
        valueOf: (code) => statusCodes[code] as Status,
        compare: (a, b) => statusCodes.indexOf(a as Status) - statusCodes.indexOf(b as Status),
      };
    case 'CITY':
      return { codeOf: enriched.cityOf, codes: ipCity.cityCodes(), valueOf: ipCity.cityName, compare: byValue };
    case 'PRODUCT':
      return { codeOf: columns.productOf, codes: facts.productCodes(), valueOf: facts.productName, compare: byValue };
    case 'USER':
      return { codeOf: columns.userOf, codes: users.codes.size, valueOf: users.codes.textOf, compare: byValue };
    case 'PERIOD': {
      if (!grain) throw new DomainError('BAD_REQUEST', 'grain is missing: groupBy PERIOD needs it');
      const periods = createPeriods(grain, timeZone);
      const starts: number[] = [];
      const table = createNumberTable();
      return {
        codeOf(row) {
          const startUs = periods.startOf(columns.occurredAtUsOf(row));
          const code = table.place(startUs);
          if (code === starts.length) starts.push(startUs);
          return code;
        },
        codes: Number.POSITIVE_INFINITY,
        valueOf: (code) => starts[code] as number,
        compare: byValue,
      };
    }
  }
};
