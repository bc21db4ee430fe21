import { DomainError } from '../../errors.ts';
import { ageBandLabels } from '../../lib/age.ts';
import { compareDecimals, type Decimal } from '../../lib/decimal.ts';
import { spanOf, type TimeRange } from '../../lib/time-range.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
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
  /** Names of bands as in `ageBandLabels`, or `unknown`. */
  readonly ageBands?: readonly string[] | null | undefined;
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
  ['ageBands', 'AGE_BAND'],
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

/**
 * Throws LIMIT_EXCEEDED for a filter with too many parts or values, and BAD_REQUEST for a condition that the facts do not
 * have, naming its path.
 */
export const checkFilter = (
  filter: FactFilter,
  facts: Pick<FilterableFacts, 'source' | 'dimensions'>,
  limits: FilterLimits,
): void => {
  const { filterPartsMax, filterValuesMax } = limits;
  let [parts, values] = [0, 0];
  const tooMany = (what: string): never => {
    throw new DomainError('LIMIT_EXCEEDED', `where has more than ${what}`);
  };
  const check = (part: FactFilter, path: string): void => {
    if (++parts > filterPartsMax) tooMany(`${filterPartsMax} parts (setting filterPartsMax)`);
    for (const [list, dimension] of [...lists, ['hasImage', 'HAS_IMAGE']] as const) {
      const condition = part[list];
      if (condition == null) continue;
      if (!facts.dimensions[dimension])
        throw new DomainError('BAD_REQUEST', `${path}.${list} does not apply to ${facts.source}`);
      if (typeof condition !== 'boolean') values += condition.length;
    }
    for (const label of part.ageBands ?? []) checkAgeBand(label, `${path}.ageBands`);
    if (values > filterValuesMax) tooMany(`${filterValuesMax} values (setting filterValuesMax)`);
    for (const [index, inner] of (part.and ?? []).entries()) check(inner, `${path}.and[${index}]`);
    for (const [index, inner] of (part.or ?? []).entries()) check(inner, `${path}.or[${index}]`);
    if (part.not) check(part.not, `${path}.not`);
  };
  check(filter, 'where');
};

/** The test of a filter, which `checkFilter` accepts, on rows; undefined when every row passes. Days begin in `timeZone`. */
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
    const [values, dimensionOf] = [filter[list], facts.dimensions[name]];
    if (values && dimensionOf) tests.push(among(values, dimensionOf(enriched, { timeZone })));
  }
  const { hasImage } = filter;
  const image = hasImage == null ? undefined : facts.dimensions.HAS_IMAGE?.(enriched, { timeZone });
  if (image) tests.push((row) => image.codeOf(row) === Number(hasImage));
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

const checkAgeBand = (label: string, path: string): void => {
  if (ageBandLabels.includes(label) || label === unknownLabel) return;
  const known = [...ageBandLabels, unknownLabel].join(', ');
  throw new DomainError('BAD_REQUEST', `${path} has ${JSON.stringify(label)}, which is none of ${known}`);
};

const among = (values: readonly string[], { codeOf, codeFor }: Dimension): Test => {
  const codes = new Set(values.map(codeFor).filter((code) => code !== undefined));
  return (row) => codes.has(codeOf(row));
};
