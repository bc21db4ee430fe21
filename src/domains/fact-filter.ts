import { DomainError } from '../errors.ts';
import { compareDecimals, type Decimal } from '../lib/decimal.ts';
import { spanOf, type TimeRange } from '../lib/time-range.ts';
import type { Enriched } from './enrichment.ts';
import type { FactColumns } from './fact-columns.ts';
import { type Status, statusCodes } from './status.ts';

/** Conditions that must all hold; an empty list of values holds for nothing. */
export interface FactFilter {
  /** Of the facts' own time. */
  readonly range?: TimeRange | null | undefined;
  readonly userIds?: readonly string[] | null | undefined;
  readonly userStatus?: readonly Status[] | null | undefined;
  readonly cities?: readonly string[] | null | undefined;
  readonly products?: readonly string[] | null | undefined;
  readonly amountAtLeast?: Decimal | null | undefined;
  readonly amountAtMost?: Decimal | null | undefined;
  readonly and?: readonly FactFilter[] | null | undefined;
  readonly or?: readonly FactFilter[] | null | undefined;
  readonly not?: FactFilter | null | undefined;
}

export interface Codes {
  readonly users: (text: string) => number | undefined;
  readonly cities: (text: string) => number | undefined;
  readonly products: (text: string) => number | undefined;
}

type Test = (row: number) => boolean;

/** How large a filter may be, nested ones included: each part costs time on every row. */
export interface FilterLimits {
  readonly filterPartsMax: number;
  readonly filterValuesMax: number;
}

/** Throws LIMIT_EXCEEDED for a filter of too many parts or values. */
export const checkFilter = (
  filter: FactFilter,
  limits: FilterLimits,
  spent: { parts: number; values: number } = { parts: 0, values: 0 },
): void => {
  const { userIds, userStatus, cities, products, and, or, not } = filter;
  spent.parts++;
  for (const list of [userIds, userStatus, cities, products]) spent.values += list?.length ?? 0;
  const refuse = (what: string): never => {
    throw new DomainError('LIMIT_EXCEEDED', `where has more than ${what}`);
  };
  if (spent.parts > limits.filterPartsMax) refuse(`${limits.filterPartsMax} parts (setting filterPartsMax)`);
  if (spent.values > limits.filterValuesMax) refuse(`${limits.filterValuesMax} values (setting filterValuesMax)`);
  for (const inner of [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])]) checkFilter(inner, limits, spent);
};

/** Whether a row passes a filter; undefined when every row does. Days begin in `timeZone`. */
export const testOf = (
  filter: FactFilter | null | undefined,
  columns: FactColumns,
  enriched: Enriched,
  codes: Codes,
  timeZone: string,
): Test | undefined => {
  if (!filter) return undefined;
  const nested = (inner: FactFilter): Test => testOf(inner, columns, enriched, codes, timeZone) ?? (() => true);
  const tests: Test[] = [];
  const among = (
    values: readonly string[] | null | undefined,
    code: (text: string) => number | undefined,
    of: (row: number) => number,
  ) => {
    if (!values) return;
    const wanted = new Set(values.map(code).filter((found) => found !== undefined));
    tests.push((row) => wanted.has(of(row)));
  };
  const span = filter.range ? spanOf(filter.range, timeZone, columns.newestUsOf(enriched.rows)) : undefined;
  const { userStatus, amountAtLeast, amountAtMost } = filter;
  if (span?.fromUs !== undefined) tests.push((row) => columns.occurredAtUsOf(row) >= (span.fromUs as number));
  if (span?.toUs !== undefined) tests.push((row) => columns.occurredAtUsOf(row) < (span.toUs as number));
  among(filter.userIds, codes.users, columns.userOf);
  among(userStatus, (text) => statusCodes.indexOf(text as Status), enriched.statusOf);
  among(filter.cities, codes.cities, enriched.cityOf);
  among(filter.products, codes.products, columns.productOf);
  const amountOf = (row: number): Decimal => ({ units: columns.unitsOf(row), micros: columns.microsOf(row) });
  if (amountAtLeast) tests.push((row) => compareDecimals(amountOf(row), amountAtLeast) >= 0);
  if (amountAtMost) tests.push((row) => compareDecimals(amountOf(row), amountAtMost) <= 0);
  for (const inner of filter.and ?? []) tests.push(nested(inner));
  if (filter.or) {
    const any = filter.or.map(nested);
    tests.push((row) => any.some((test) => test(row)));
  }
  if (filter.not) {
    const no = nested(filter.not);
    tests.push((row) => !no(row));
  }
  if (tests.length <= 1) return tests[0];
  return (row) => tests.every((test) => test(row));
};
