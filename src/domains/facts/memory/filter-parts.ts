import { type DimensionName, dimensionNames } from '../dimensions.ts';
import { type FactFilter, lists } from '../filter.ts';

/** Conditions on dimensions, but for users, by whom facts have too many groups, and the dimension of each. */
const conditions = new Map<string, DimensionName>([
  ...lists.filter(([, name]) => name !== 'USER'),
  ['hasImage', 'HAS_IMAGE'],
]);

type Names = readonly DimensionName[];

/** Whether all facts with the same values of these dimensions pass a filter, or none of them. */
export const isOfDimensions = ({ and, or, not, ...own }: FactFilter, names: Names): boolean =>
  Object.entries(own).every(([name, condition]) => condition == null || isOn(name, names)) &&
  [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])].every((inner) => isOfDimensions(inner, names));

const isOn = (condition: string, names: Names): boolean => {
  const dimension = conditions.get(condition);
  return dimension !== undefined && names.includes(dimension);
};

/** The dimensions that the conditions of a filter, and of all filters in it, are on. */
export const dimensionsOfFilter = ({ and, or, not, ...own }: FactFilter): DimensionName[] => [
  ...Object.entries(own).flatMap(([name, condition]) => (condition == null ? [] : (conditions.get(name) ?? []))),
  ...[...(and ?? []), ...(or ?? []), ...(not ? [not] : [])].flatMap(dimensionsOfFilter),
];

/** A filter as two that must both hold. */
export interface SplitFilter {
  /** Undefined when it has no such condition. */
  readonly ofDimensions: FactFilter | undefined;
  readonly rest: FactFilter;
}

/** Parts the conditions that are on these dimensions only from the others. */
export const splitFilter = ({ and, or, not, ...own }: FactFilter, names: Names): SplitFilter => {
  const ownOf = (isOfPart: (name: string) => boolean): FactFilter =>
    Object.fromEntries(Object.entries(own).filter(([name]) => isOfPart(name)));
  const isOf = (inner: FactFilter): boolean => isOfDimensions(inner, names);
  const [isOrOf, isNotOf] = [or?.every(isOf), not != null && isOf(not)];
  const ofDimensions: FactFilter = {
    ...ownOf((name) => isOn(name, names)),
    and: and?.filter(isOf),
    or: isOrOf ? or : undefined,
    not: isNotOf ? not : undefined,
  };
  const rest: FactFilter = {
    ...ownOf((name) => !isOn(name, names)),
    and: and?.filter((inner) => !isOf(inner)),
    or: isOrOf ? undefined : or,
    not: isNotOf ? undefined : not,
  };
  return { ofDimensions: hasConditions(ofDimensions) ? ofDimensions : undefined, rest };
};

/** Whether a filter states more than that every fact passes. */
export const hasConditions = ({ and, ...others }: FactFilter): boolean =>
  (and != null && and.length > 0) || Object.values(others).some((condition) => condition != null);

/** Each of these dimensions once, in one order. */
export const inOrder = (names: Names): DimensionName[] => dimensionNames.filter((name) => names.includes(name));
