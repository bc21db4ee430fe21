import { DomainError } from '../../errors.ts';
import type { ReadonlyDictionary } from '../../indices/dictionary.ts';
import type { CodedDimension } from '../../indices/grouper.ts';
import { createNumberTable } from '../../indices/number-table.ts';
import { ageBandLabels } from '../../lib/age.ts';
import { compareValues } from '../../lib/compare.ts';
import { createPeriods, type Grain } from '../../lib/periods.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { type Status, statusCodes } from '../user-status/status.ts';
import type { Users } from '../users/users.ts';
import type { FactColumns } from './columns.ts';
import type { EnrichedFacts } from './enrichment.ts';
import { ageBandCodeOf, hasImageOf } from './joins.ts';

/** A group's values by dimension; dimensions that the query does not group by are absent. */
export interface GroupKey {
  readonly USER_STATUS?: Status;
  readonly CITY?: string;
  readonly COUNTRY?: string;
  readonly GENDER?: string;
  readonly AGE_BAND?: string;
  /** 1 with an image, 0 without. */
  readonly HAS_IMAGE?: number;
  readonly PRODUCT?: string;
  readonly EXPERIMENT?: string;
  readonly VARIANT?: string;
  readonly ACCOUNT_TYPE?: string;
  readonly EVENT_TYPE?: string;
  readonly USER?: string;
  /** Microseconds since 1970 UTC. */
  readonly PERIOD?: number;
}

export type DimensionName = keyof GroupKey;

/** A property of rows by which they can be grouped and filtered. */
export interface Dimension extends CodedDimension {
  valueOf(code: number): string | number;
  /** The code of a value; undefined when no row has it. */
  codeFor(value: string): number | undefined;
  /** The order of two values; default is by code unit for text. */
  compare(a: string | number, b: string | number): number;
}

interface DimensionOptions {
  readonly grain?: Grain | undefined;
  readonly timeZone: string;
}

export type DimensionOf = (enriched: EnrichedFacts, options: DimensionOptions) => Dimension;

/** The dimensions that facts of a kind have. */
export type Dimensions = { readonly [Name in DimensionName]?: DimensionOf };

/** A dimension whose values are the texts of a dictionary. */
export const byDictionary = (codeOf: (row: number) => number, names: ReadonlyDictionary): Dimension => ({
  codeOf,
  codes: names.size,
  valueOf: names.textOf,
  codeFor: names.codeOf,
  compare: compareValues,
});

/** The dimensions that all kinds of facts have: those of their user and their time. */
export const userDimensions = (facts: FactColumns, users: Users): Dimensions => ({
  USER_STATUS: (enriched) => ({
    codeOf: enriched.codeBy('status'),
    codes: statusCodes.length,
    valueOf: (code) => statusCodes[code] as Status,
    codeFor: (value) => statusCodes.indexOf(value as Status),
    compare: (a, b) => statusCodes.indexOf(a as Status) - statusCodes.indexOf(b as Status),
  }),
  COUNTRY: (enriched) => byAttribute(enriched, users.countries),
  GENDER: (enriched) => byAttribute(enriched, users.genders),
  AGE_BAND: byAgeBand,
  HAS_IMAGE: byImage,
  USER: () => byDictionary(facts.userOf, users.codes),
  PERIOD: (_enriched, options) => byPeriod(facts, options),
});

const byAttribute = (enriched: EnrichedFacts, attribute: Users['countries']): Dimension => {
  const attributesOf = enriched.codeBy('attributes');
  return byDictionary((row) => attribute.codeBy(attributesOf(row)), attribute.names);
};

/** The names of age bands by code; code 0 is the unknown age. */
const bandLabels = [unknownLabel, ...ageBandLabels];

const byAgeBand: DimensionOf = (enriched) => {
  const filesOf = enriched.codeBy('files');
  // The unknown age sorts last.
  const rank = (label: string | number): number => bandLabels.indexOf(String(label)) || bandLabels.length;
  return {
    codeOf: (row) => ageBandCodeOf(filesOf(row)),
    codes: bandLabels.length,
    valueOf: (code) => bandLabels[code] as string,
    codeFor: (value) => (bandLabels.includes(value) ? bandLabels.indexOf(value) : undefined),
    compare: (a, b) => rank(a) - rank(b),
  };
};

const byImage: DimensionOf = (enriched) => {
  const filesOf = enriched.codeBy('files');
  return {
    codeOf: (row) => hasImageOf(filesOf(row)),
    codes: 2,
    valueOf: (code) => code,
    codeFor: Number,
    compare: compareValues,
  };
};

const byPeriod = (facts: FactColumns, { grain, timeZone }: DimensionOptions): Dimension => {
  if (!grain) throw new DomainError('BAD_REQUEST', 'grain is missing: groupBy PERIOD needs it');
  const periods = createPeriods(grain, timeZone);
  const starts: number[] = [];
  const table = createNumberTable();
  return {
    codeOf(row) {
      const startUs = periods.startOf(facts.occurredAtUsOf(row));
      const code = table.intern(startUs);
      if (code === starts.length) starts.push(startUs);
      return code;
    },
    codes: Number.POSITIVE_INFINITY,
    valueOf: (code) => starts[code] as number,
    codeFor: () => undefined,
    compare: compareValues,
  };
};
