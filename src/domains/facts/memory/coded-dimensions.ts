import { LRUCache } from 'lru-cache';
import { DomainError } from '../../../errors.ts';
import type { CodedRows } from '../../../indices/coded-rows.ts';
import type { ReadonlyDictionary } from '../../../indices/dictionary.ts';
import type { CodedDimension } from '../../../indices/grouper.ts';
import { ageBandLabels } from '../../../lib/age.ts';
import type { Grain } from '../../../lib/periods.ts';
import { unknownLabel } from '../../../lib/unknown-label.ts';
import { type Status, statusCodes } from '../../user-status/status.ts';
import type { Users } from '../../users/users.ts';
import type { DimensionName, FactSource, JoinName } from '../dimensions.ts';
import type { GroupQuery } from '../engine.ts';
import type { FactColumns } from './columns.ts';
import type { EnrichedFacts } from './enrichment.ts';
import { ageBandCodeOf, hasImageOf } from './joins.ts';
import { PeriodCodes } from './period-codes.ts';

/** The values of a dimension as codes of rows. */
export interface CodedValues extends CodedDimension {
  valueOf(code: number): string | number;
  /** The code of a value; undefined when no row has it. */
  codeFor(value: string): number | undefined;
  /** With another object, values may have other codes; default: they keep theirs. */
  readonly coding?: object | undefined;
}

interface DimensionOptions {
  readonly grain?: Grain | undefined;
  readonly timeZone: string;
}

export type CodedDimensionOf = (enriched: EnrichedFacts, options: DimensionOptions) => CodedValues;

/** How the dimensions that facts of a kind have are read from their columns. */
export type CodedDimensions = { readonly [Name in DimensionName]?: CodedDimensionOf };

/** The codes of a join. */
export const byJoin = ({ codeBy, readerBy }: EnrichedFacts, join: JoinName): CodedRows => ({
  codeOf: codeBy(join),
  readCodes: readerBy?.(join),
});

/** Codes that follow from others. */
const mapped = ({ codeOf, readCodes }: CodedRows, map: (code: number) => number): CodedRows => ({
  codeOf: (row) => map(codeOf(row)),
  readCodes:
    readCodes &&
    ((rows, codes, pattern) => {
      readCodes(rows, codes, pattern);
      for (let index = 0; index < rows.length; index++) codes[index] = map(codes[index] as number);
    }),
});

/** A dimension whose values are the texts of a dictionary. */
export const byDictionary = (coded: CodedRows, names: ReadonlyDictionary): CodedValues => ({
  ...coded,
  codes: names.size,
  valueOf: names.textOf,
  codeFor: names.codeOf,
});

/** The dimensions that all kinds of facts have: those of their user and their time. */
export const userDimensions = (facts: FactColumns, users: Users): CodedDimensions => ({
  USER_STATUS: (enriched) => ({
    ...byJoin(enriched, 'status'),
    codes: statusCodes.length,
    valueOf: (code) => statusCodes[code] as Status,
    codeFor: (value) => statusCodes.indexOf(value as Status),
  }),
  COUNTRY: (enriched) => byAttribute(enriched, users.countries),
  GENDER: (enriched) => byAttribute(enriched, users.genders),
  AGE_BAND: byAgeBand,
  HAS_IMAGE: byImage,
  USER: () => byDictionary({ codeOf: facts.userOf, readCodes: facts.readUsers }, users.codes),
  PERIOD: byPeriod(facts),
});

const byAttribute = (enriched: EnrichedFacts, attribute: Users['countries']): CodedValues =>
  byDictionary(mapped(byJoin(enriched, 'attributes'), attribute.codeBy), attribute.names);

/** The names of age bands by code; code 0 is the unknown age. */
const bandLabels = [unknownLabel, ...ageBandLabels];

const byAgeBand: CodedDimensionOf = (enriched) => ({
  ...mapped(byJoin(enriched, 'files'), ageBandCodeOf),
  codes: bandLabels.length,
  valueOf: (code) => bandLabels[code] as string,
  codeFor: (value) => (bandLabels.includes(value) ? bandLabels.indexOf(value) : undefined),
});

const byImage: CodedDimensionOf = (enriched) => ({
  ...mapped(byJoin(enriched, 'files'), hasImageOf),
  codes: 2,
  valueOf: (code) => code,
  codeFor: Number,
});

/** Combinations of grain and time zone whose periods are remembered. */
const knownPeriods = 8;
/** A table with more periods is not used for another question: each takes some 50 bytes. */
const periodsMax = 100_000;

const byPeriod = (facts: FactColumns): CodedDimensionOf => {
  const known = new LRUCache<string, PeriodCodes>({ max: knownPeriods });
  return (_enriched, { grain, timeZone }) => {
    if (!grain) throw new DomainError('BAD_REQUEST', 'grain is missing: groupBy PERIOD needs it');
    const key = `${grain} ${timeZone}`;
    const remembered = known.get(key);
    const periods = remembered && remembered.size < periodsMax ? remembered : new PeriodCodes(grain, timeZone);
    known.set(key, periods);
    let times = new Float64Array(0);
    return {
      codeOf: (row) => periods.codeAt(facts.occurredAtUsOf(row)),
      readCodes(rows, codes, pattern) {
        if (times.length < rows.length) times = new Float64Array(rows.length);
        facts.readTimes(rows, times, pattern);
        periods.readCodes(times, rows.length, codes);
      },
      codes: Number.POSITIVE_INFINITY,
      valueOf: (code) => periods.startOf(code),
      codeFor: () => undefined,
      coding: periods,
    };
  };
};

/** What facts are grouped by. */
type Grouping = Pick<GroupQuery, 'groupBy' | 'grain' | 'timeZone'>;

/** Reads the dimensions of enriched facts, one for each of `groupBy`. */
export const dimensionsOf = (
  { source, dimensions }: { readonly source: FactSource; readonly dimensions: CodedDimensions },
  { groupBy, ...options }: Grouping,
  enriched: EnrichedFacts,
): CodedValues[] =>
  groupBy.map((name) => {
    const dimensionOf = dimensions[name];
    if (!dimensionOf) throw new Error(`${source} have no columns for ${name}`);
    return dimensionOf(enriched, options);
  });
