import { DomainError } from '../../errors.ts';
import { ageBandLabels } from '../../lib/age.ts';
import type { Decimal } from '../../lib/decimal.ts';
import type { TimeRange } from '../../lib/time-range.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import type { Status } from '../user-status/status.ts';
import {
  type DimensionName,
  definitionOf,
  dimensionNames,
  type dimensions,
  type FactSource,
  hasDimension,
} from './dimensions.ts';

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

/** The conditions of filters that list values of a dimension. */
export type ListCondition = Extract<(typeof dimensions)[DimensionName], { readonly list: string }>['list'];

/** Each condition of a filter that lists values, and its dimension. */
export const lists = dimensionNames.flatMap((name): readonly (readonly [ListCondition, DimensionName])[] => {
  const { list } = definitionOf(name);
  return list === undefined ? [] : [[list as ListCondition, name]];
});

/** Maximum size of a filter, nested ones included: each part costs time on every row. */
export interface FilterLimits {
  readonly filterPartsMax: number;
  readonly filterValuesMax: number;
}

/**
 * Throws LIMIT_EXCEEDED for a filter with too many parts or values, and BAD_REQUEST for a condition that the facts do not
 * have, naming its path.
 */
export const checkFilter = (filter: FactFilter, source: FactSource, limits: FilterLimits): void => {
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
      if (!hasDimension(source, dimension))
        throw new DomainError('BAD_REQUEST', `${path}.${list} does not apply to ${source}`);
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

const checkAgeBand = (label: string, path: string): void => {
  if (ageBandLabels.includes(label) || label === unknownLabel) return;
  const known = [...ageBandLabels, unknownLabel].join(', ');
  throw new DomainError('BAD_REQUEST', `${path} has ${JSON.stringify(label)}, which is none of ${known}`);
};
