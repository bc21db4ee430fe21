import type { ColumnType, RowFilter } from '../../../generated/graphql.ts';
import { filterOfParts, partsOf } from './filter-tests.ts';

type FacetValue = string | number | boolean | null;

/** The part that a column's facet has put into a filter. */
const partOf = (parts: readonly RowFilter[], column: string): RowFilter | undefined =>
  parts.find(({ column: condition }) => {
    if (condition?.name !== column) return false;
    const { test } = condition;
    return test.in !== undefined || test.hasAny !== undefined || test.isNull === true;
  });

const valuesIn = (part: RowFilter | undefined): readonly FacetValue[] => {
  const test = part?.column?.test;
  if (test?.isNull) return [null];
  return test?.in ?? test?.hasAny ?? [];
};

/** Values read from the address may be numbers where the server sends text. */
const isSame = (one: FacetValue, other: FacetValue): boolean =>
  one === null || other === null ? one === other : String(one) === String(other);

/** The filter without the values that a facet has chosen: what the facet itself counts; the same one where it has none. */
export const withoutFacet = (filter: RowFilter | undefined, column: string): RowFilter | undefined => {
  const parts = partsOf(filter);
  const own = partOf(parts, column);
  return own === undefined ? filter : filterOfParts(parts.filter((part) => part !== own));
};

export const isChosen = (filter: RowFilter | undefined, column: string, value: FacetValue): boolean =>
  valuesIn(partOf(partsOf(filter), column)).some((each) => isSame(each, value));

const partFor = (column: string, type: ColumnType, values: readonly FacetValue[]): RowFilter[] => {
  if (values.length === 0) return [];
  const present = values.filter((value) => value !== null);
  if (present.length < values.length) return [{ column: { name: column, test: { isNull: true } } }];
  const test = type === 'STRING_LIST' ? { hasAny: present.map(String) } : { in: [...present] };
  return [{ column: { name: column, test } }];
};

/** The filter after a click on a value of a facet. A missing value is chosen alone: no list of values contains it. */
export const toggled = (
  filter: RowFilter | undefined,
  { name, type }: { readonly name: string; readonly type: ColumnType },
  value: FacetValue,
): RowFilter | undefined => {
  const parts = partsOf(filter);
  const before = partOf(parts, name);
  const values = valuesIn(before);
  const others = values.filter((each) => !isSame(each, value));
  const wasChosen = others.length < values.length;
  const next = wasChosen ? others : value === null ? [null] : [...others.filter((each) => each !== null), value];
  return filterOfParts([...parts.filter((part) => part !== before), ...partFor(name, type, next)]);
};
