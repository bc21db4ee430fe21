import type { Literal } from '../../../../db/datasets/engine.ts';
import { type DatasetVersion, indexOfColumn } from '../../../domains/datasets/columns.ts';
import type { ColumnOrder } from '../../../domains/datasets/datasets.ts';
import type { ColumnTest, RowFilter } from '../../../domains/datasets/filter.ts';
import { DomainError } from '../../../errors.ts';
import type { DatasetColumn } from '../../../lib/cells.ts';
import { preview } from '../../../lib/problems.ts';
import type { RawInput } from '../../read-input.ts';

/** Suffixes of a column name that select a test other than the default match. */
const suffixes = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'contains', 'startswith', 'isnull', 'ismisfit'] as const;
type Suffix = (typeof suffixes)[number];

/** Splits query parameters into the reserved ones and those that name columns. */
export const splitQuery = (
  pairs: readonly RawInput[],
  reserved: readonly string[],
): { readonly own: ReadonlyMap<string, string>; readonly tests: readonly (readonly [string, string])[] } => {
  const own = new Map<string, string>();
  const tests: [string, string][] = [];
  const seen = new Set<string>();
  for (const { name, text, problem } of pairs) {
    if (problem) throw badParameter(name, problem.message);
    if (seen.has(name)) throw badParameter(name, `${preview(name)} must occur only once`);
    seen.add(name);
    if (reserved.includes(name)) own.set(name, text);
    else tests.push([name, text]);
  }
  return { own, tests };
};

export const badParameter = (path: string, message: string): DomainError =>
  new DomainError('BAD_REQUEST', message, { problems: [{ path, code: 'MALFORMED', message }] });

/** The filter that requires all tests. Throws BAD_REQUEST for an unknown column. */
export const filterOf = (version: DatasetVersion, tests: readonly (readonly [string, string])[]): RowFilter => ({
  and: tests.map(([name, text]) => {
    const { column, suffix } = resolveName(version, name);
    return { column: { name: column.name, test: testOf(column, suffix, text, name) } };
  }),
});

/** Resolves a parameter name. A column of exactly this name has precedence over a column with a suffix. */
const resolveName = (version: DatasetVersion, name: string): { column: DatasetColumn; suffix: Suffix | null } => {
  const columns = version.columns;
  const column = columns.find((each) => each.name === name);
  if (column) return { column, suffix: null };
  const suffixStart = name.lastIndexOf('__');
  const suffix = suffixes.find((each) => each === name.slice(suffixStart + 2));
  const suffixed =
    suffixStart >= 0 && suffix ? columns.find((each) => each.name === name.slice(0, suffixStart)) : undefined;
  if (suffixed && suffix) return { column: suffixed, suffix };
  const index = indexOfColumn(version, suffixStart >= 0 && suffix ? name.slice(0, suffixStart) : name);
  return { column: columns[index] as DatasetColumn, suffix: null };
};

const booleans: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

const testOf = (column: DatasetColumn, suffix: Suffix | null, text: string, name: string): ColumnTest => {
  const isText = column.type === 'STRING' || column.type === 'STRING_LIST';
  switch (suffix) {
    case null:
      return isText ? { contains: text } : { eq: text };
    case 'eq':
      return column.type === 'STRING_LIST' ? { hasAny: [text] } : { eq: text };
    case 'ne':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { [suffix]: text };
    case 'in': {
      const values = listOf(text, name);
      return column.type === 'STRING_LIST' ? { hasAny: values.map(String) } : { in: values };
    }
    case 'contains':
      return { contains: text };
    case 'startswith':
      return { startsWith: text };
    default: {
      const value = booleans[text.toLowerCase()];
      if (value === undefined) throw badParameter(name, `${preview(name)} must be true or false, not ${preview(text)}`);
      return suffix === 'isnull' ? { isNull: value } : { isMisfit: value };
    }
  }
};

/** Values separated by commas, or a JSON array where the values contain commas. */
const listOf = (text: string, name: string): Literal[] => {
  if (!text.startsWith('[')) return text.split(',');
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values) && values.every((value) => typeof value !== 'object')) return values as Literal[];
  } catch {
    // The error below covers invalid JSON as well.
  }
  throw badParameter(name, `${preview(name)} must be values separated by commas, or a JSON array`);
};

/** Parses `Price`, `-Price` for descending order, or several separated by commas. */
export const orderOf = (version: DatasetVersion, text: string | undefined): ColumnOrder[] => {
  if (text === undefined || text === '') return [];
  const isColumn = (name: string): boolean => version.columns.some((column) => column.name === name);
  const parseOrder = (part: string): ColumnOrder => {
    const descending = part.startsWith('-') && !isColumn(part);
    const column = descending ? part.slice(1) : part;
    indexOfColumn(version, column);
    return { column, direction: descending ? 'DESC' : 'ASC' };
  };
  const isSingleColumn = isColumn(text) || isColumn(text.replace(/^-/, ''));
  return (isSingleColumn ? [text] : text.split(',')).map(parseOrder);
};
