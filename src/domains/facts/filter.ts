import { DomainError } from '../../errors.ts';
import { compareDecimals, type Decimal } from '../../lib/decimal.ts';
import { spanOf, type TimeRange } from '../../lib/time-range.ts';
import type { Status } from '../user-status/status.ts';
import type { FactColumns } from './columns.ts';
import type { Dimension, DimensionName, Dimensions } from './dimensions.ts';
import type { EnrichedFacts } from './enrichment.ts';

/** Conditions that must all hold; an empty list of values matches no fact. */
export interface FactFilter {
  /** On the facts' own time. */
  readonly range?: TimeRange | null | undefined;
  readonly userIds?: readonly string[] | null | undefined;
  readonly userStatus?: readonly Status[] | null | undefined;
  readonly cities?: readonly string[] | null | undefined;
  readonly countries?: readonly string[] | null | undefined;
  readonly genders?: readonly string[] | null | undefined;
  readonly hasImage?: boolean | null | undefined;
  readonly productIds?: readonly string[] | null | undefined;
  readonly experiments?: readonly string[] | null | undefined;
  readonly variants?: readonly string[] | null | undefined;
  readonly accountTypes?: readonly string[] | null | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly amountAtLeast?: Decimal | null | undefined;
  readonly amountAtMost?: Decimal | null | undefined;
  readonly and?: readonly FactFilter[] | null | undefined;
  readonly or?: readonly FactFilter[] | null | undefined;
  readonly not?: FactFilter | null | undefined;
}

/** The list conditions of a filter and their dimensions. */
const lists = [
  ['userIds', 'USER'],
  ['userStatus', 'USER_STATUS'],
  ['cities', 'CITY'],
  ['countries', 'COUNTRY'],
  ['genders', 'GENDER'],
  ['productIds', 'PRODUCT'],
  ['experiments', 'EXPERIMENT'],
  ['variants', 'VARIANT'],
  ['accountTypes', 'ACCOUNT_TYPE'],
  ['eventTypes', 'EVENT_TYPE'],
] as const satisfies readonly (readonly [keyof FactFilter, DimensionName])[];

/** The parts of a fact set that a filter reads. */
interface FilterableFacts {
  readonly source: string;
  readonly columns: FactColumns;
  readonly dimensions: Dimensions;
}

type Test = (row: number) => boolean;

/** Maximum size of a filter, nested ones included: each part costs time on every row. */
export interface FilterLimits {
  readonly filterPartsMax: number;
  readonly filterValuesMax: number;
}

/** Throws LIMIT_EXCEEDED for a filter with too many parts or values. */
export const checkFilter = (
  filter: FactFilter,
  limits: FilterLimits,
  spent: { parts: number; values: number } = { parts: 0, values: 0 },
): void => {
  const { and, or, not } = filter;
  spent.parts++;
  for (const [list] of lists) spent.values += filter[list]?.length ?? 0;
  const refuse = (what: string): never => {
    throw new DomainError('LIMIT_EXCEEDED', `where has more than ${what}`);
  };
  if (spent.parts > limits.filterPartsMax) refuse(`${limits.filterPartsMax} parts (setting filterPartsMax)`);
  if (spent.values > limits.filterValuesMax) refuse(`${limits.filterValuesMax} values (setting filterValuesMax)`);
  for (const inner of [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])]) checkFilter(inner, limits, spent);
};

/** The test of a filter on rows; undefined when every row passes. Days begin in `timeZone`. */
export const testOf = (
  filter: FactFilter | null | undefined,
  facts: FilterableFacts,
  enriched: EnrichedFacts,
  timeZone: string,
): Test | undefined => {
  if (!filter) return undefined;
  const { columns } = facts;
  const nested = (inner: FactFilter): Test => testOf(inner, facts, enriched, timeZone) ?? (() => true);
  const tests: Test[] = [];
  const span = filter.range ? spanOf(filter.range, timeZone, columns.newestUsOf(enriched.rows)) : undefined;
  const { amountAtLeast, amountAtMost } = filter;
  if (span?.fromUs !== undefined) tests.push((row) => columns.occurredAtUsOf(row) >= (span.fromUs as number));
  if (span?.toUs !== undefined) tests.push((row) => columns.occurredAtUsOf(row) < (span.toUs as number));
  for (const [list, name] of lists) {
    const values = filter[list];
    if (!values) continue;
    const dimensionOf = facts.dimensions[name];
    if (!dimensionOf) throw new DomainError('BAD_REQUEST', `where.${list} does not apply to ${facts.source}`);
    tests.push(among(values, dimensionOf(enriched, { timeZone })));
  }
  const { hasImage } = filter;
  if (hasImage != null) {
    const image = facts.dimensions.HAS_IMAGE?.(enriched, { timeZone });
    if (!image) throw new DomainError('BAD_REQUEST', `where.hasImage does not apply to ${facts.source}`);
    tests.push((row) => image.codeOf(row) === Number(hasImage));
  }
  const amountOf = (row: number): Decimal => ({ units: columns.unitsOf(row), micros: columns.microsOf(row) });
  if (amountAtLeast) tests.push((row) => columns.hasAmount(row) && compareDecimals(amountOf(row), amountAtLeast) >= 0);
  if (amountAtMost) tests.push((row) => columns.hasAmount(row) && compareDecimals(amountOf(row), amountAtMost) <= 0);
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

const among = (values: readonly string[], { codeOf, codeFor }: Dimension): Test => {
  const codes = new Set(values.map(codeFor).filter((code) => code !== undefined));
  return (row) => codes.has(codeOf(row));
};
