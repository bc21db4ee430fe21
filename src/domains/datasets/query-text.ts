import { type Literal, type MeasureFunction, measureFunctions } from '../../../db/datasets/engine.ts';
import { DomainError } from '../../errors.ts';
import type { DatasetColumn } from '../../lib/dataset-column.ts';
import { preview } from '../../lib/problems.ts';
import { type ColumnOrder, type DatasetVersion, indexOfColumn } from './columns.ts';
import type { ColumnTest, RowFilter } from './filter.ts';
import type { Grouping, GroupsQuery } from './groups.ts';

/** A test as text: the name of a column, with or without a suffix, and the value. */
export type TextTest = readonly [name: string, value: string];

/** An element of a query as text, and the parameter or option that an error names. */
export interface QueryText {
  readonly path: string;
  /** One text with elements separated by commas, or several texts of one element each. */
  readonly text: string | readonly string[];
}

/** Suffixes of a column name that select a test other than the default match. */
const suffixes = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'contains', 'startswith', 'isnull', 'ismisfit'] as const;
type Suffix = (typeof suffixes)[number];

/** The error of a malformed parameter or option. */
export const badParameter = (path: string, message: string): DomainError =>
  new DomainError('BAD_REQUEST', message, { problems: [{ path, code: 'MALFORMED', message }] });

/** The filter that requires all tests. Throws BAD_REQUEST for an unknown column. */
export const filterOf = (version: DatasetVersion, tests: readonly TextTest[]): RowFilter => ({
  and: tests.map(([name, text]) => {
    const { column, suffix } = resolveName(version, name);
    return { column: { name: column.name, test: testOf(column.type, suffix, text, name) } };
  }),
});

/** Splits a name into a known name and a suffix; a known name of exactly this text has precedence. Null for an unknown name. */
const splitName = (
  text: string,
  isKnown: (name: string) => boolean,
): { readonly name: string; readonly suffix: Suffix | null } | null => {
  if (isKnown(text)) return { name: text, suffix: null };
  const suffixStart = text.lastIndexOf('__');
  const suffix = suffixes.find((each) => each === text.slice(suffixStart + 2));
  if (suffixStart < 0 || !suffix || !isKnown(text.slice(0, suffixStart))) return null;
  return { name: text.slice(0, suffixStart), suffix };
};

const resolveName = (version: DatasetVersion, text: string): { column: DatasetColumn; suffix: Suffix | null } => {
  const columns = version.columns;
  const found = splitName(text, (name) => columns.some((column) => column.name === name));
  const withoutSuffix = suffixes.some((suffix) => text.endsWith(`__${suffix}`))
    ? text.slice(0, text.lastIndexOf('__'))
    : text;
  const start = text.lastIndexOf('__');
  if (!found && withoutSuffix === text && start > 0 && columns.some(({ name }) => name === text.slice(0, start))) {
    const known = suffixes.map((suffix) => `__${suffix}`).join(', ');
    throw badParameter(text, `${preview(text.slice(start))} in ${preview(text)} is not a test; tests are ${known}`);
  }
  const index = indexOfColumn(version, found?.name ?? withoutSuffix);
  return { column: columns[index] as DatasetColumn, suffix: found?.suffix ?? null };
};

/** Splits `price__gt=5` where the text before an equals sign names a column; at the first one otherwise. */
export const splitTest = (version: DatasetVersion, text: string, path: string): TextTest => {
  const isColumn = (name: string): boolean => version.columns.some((column) => column.name === name);
  let first: TextTest | undefined;
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    const test: TextTest = [text.slice(0, at), text.slice(at + 1)];
    if (splitName(test[0], isColumn)) return test;
    first ??= test;
  }
  if (first) return first;
  throw badParameter(
    path,
    `${path} must be a column, an equals sign and a value, like price__gt=5, not ${preview(text)}`,
  );
};

const booleans: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

/** `type` is that of the column; null for a measure, whose values are compared exactly. */
const testOf = (type: DatasetColumn['type'] | null, suffix: Suffix | null, text: string, name: string): ColumnTest => {
  switch (suffix) {
    case null:
      return type === 'STRING' || type === 'STRING_LIST' ? { contains: text } : { eq: text };
    case 'eq':
      return type === 'STRING_LIST' ? { hasAny: [text] } : { eq: text };
    case 'ne':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { [suffix]: text };
    case 'in': {
      const values = listOf(text, name);
      return type === 'STRING_LIST' ? { hasAny: values.map(String) } : { in: values };
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

/** Elements separated by commas, or a JSON array where they contain commas; a whole text for which `isWhole` holds is one. */
const elementsOf = ({ path, text }: QueryText, isWhole: (text: string) => boolean): string[] => {
  const [only = '', ...more] = typeof text === 'string' ? [text] : text;
  if (more.length > 0) return [only, ...more];
  return isWhole(only) ? [only] : listOf(only, path).map(String);
};

/** The columns to return, in order. Throws BAD_REQUEST for an unknown or repeated name. */
export const columnsOf = (version: DatasetVersion, query: QueryText): number[] => {
  const names = elementsOf(query, (text) => version.columns.some((column) => column.name === text));
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) throw badParameter(query.path, `${query.path} names ${preview(repeated)} twice`);
  return names.map((name) => indexOfColumn(version, name));
};

/** Parses `Price`, `-Price` for descending order, or several of them. Throws BAD_REQUEST for an unknown column. */
export const orderOf = (version: DatasetVersion, query: QueryText): ColumnOrder[] => {
  const orders = ordersBy(
    version.columns.map(({ name }) => name),
    query,
  );
  for (const { column } of orders) indexOfColumn(version, column);
  return orders;
};

const ordersBy = (names: readonly string[], query: QueryText): ColumnOrder[] => {
  const isName = (text: string): boolean => names.includes(text);
  if (query.text === '' && !isName('')) return [];
  return elementsOf(query, (text) => isName(text) || isName(text.replace(/^-/, ''))).map((text) => {
    const descending = text.startsWith('-') && !isName(text);
    return { column: descending ? text.slice(1) : text, direction: descending ? 'DESC' : 'ASC' };
  });
};

const grains = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const;

/** The parts of a query of groups as text. */
export interface GroupsText {
  readonly groupBy?: QueryText | undefined;
  readonly measures?: QueryText | undefined;
  readonly orderBy?: QueryText | undefined;
  /** Tests of measures and key columns, such as `count__gt`. */
  readonly having: readonly TextTest[];
}

/**
 * Parses a query of groups: `country,Released:year,price:10` to group by, `count,sum:price,total=sum:price` as measures.
 * Throws BAD_REQUEST for an unknown name, and where two columns of the result would have one name.
 */
export const groupsOf = (
  version: DatasetVersion,
  { groupBy: groupByText, measures: measuresText, orderBy, having }: GroupsText,
): Pick<GroupsQuery, 'groupBy' | 'measures' | 'orderBy' | 'having'> & { readonly names: readonly string[] } => {
  const isColumn = (text: string): boolean => version.columns.some((column) => column.name === text);
  const groupBy = groupByText ? elementsOf(groupByText, isColumn).map((text) => groupingOf(version, text)) : [];
  const { path, text } = measuresText ?? { path: 'measures', text: 'count' };
  const measures = elementsOf({ path, text }, (whole) => isSingleMeasure(version, whole)).map((each) =>
    measureOf(version, each, path),
  );
  const names = [...groupBy.map(({ column }) => column), ...measures.map(({ as }) => as)];
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined)
    throw badParameter(
      path,
      `two columns of the result are named ${preview(repeated)}; name a measure like total=sum:price`,
    );
  return {
    names,
    groupBy,
    measures,
    orderBy: orderBy ? ordersBy(names, orderBy) : [],
    having: having.map(([name, value]) => {
      const found = splitName(name, (each) => names.includes(each));
      if (!found)
        throw badParameter(
          name,
          `${preview(name)} is none of the columns of the result: ${names.map(preview).join(', ')}`,
        );
      return { as: found.name, test: testOf(null, found.suffix, value, name) };
    }),
  };
};

const groupingOf = (version: DatasetVersion, text: string): Grouping => {
  const end = text.lastIndexOf(':');
  if (end < 0 || version.columns.some((column) => column.name === text)) return { column: nameOf(version, text) };
  const column = nameOf(version, text.slice(0, end));
  const rounding = text.slice(end + 1);
  const grain = grains.find((each) => each === rounding.toUpperCase());
  if (grain) return { column, grain };
  const binWidth = Number(rounding);
  if (/^\d*\.?\d+$/.test(rounding) && binWidth > 0) return { column, binWidth };
  const message = `${preview(rounding)} in ${preview(text)} must be one of ${grains.join(', ').toLowerCase()}, or the width of a bin`;
  throw badParameter(text.slice(0, 80), message);
};

const nameOf = (version: DatasetVersion, name: string): string => {
  indexOfColumn(version, name);
  return name;
};

const functionOf = (text: string): MeasureFunction | undefined =>
  measureFunctions.find((each) => each === text.toUpperCase());

interface TextMeasure {
  readonly function: MeasureFunction;
  readonly column?: string;
  readonly as: string;
}

/** `sum:price`; undefined without a known function. */
const plainMeasure = (text: string): TextMeasure | undefined => {
  const [, plain = '', column] = /^(\w+)(?::(.*))?$/s.exec(text) ?? [];
  const name = functionOf(plain);
  if (!name) return undefined;
  const lower = name.toLowerCase();
  return column === undefined ? { function: name, as: lower } : { function: name, column, as: `${lower}_${column}` };
};

/** `sum:price` or `total=sum:price`; undefined without a known function. A name ends where a measure follows. */
const splitMeasure = (text: string): TextMeasure | undefined => {
  const plain = plainMeasure(text);
  if (plain) return plain;
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    const renamed = plainMeasure(text.slice(at + 1));
    if (renamed) return { ...renamed, as: text.slice(0, at) };
  }
  return undefined;
};

/** Whether a text with commas is one measure of a column whose name contains commas. */
const isSingleMeasure = (version: DatasetVersion, text: string): boolean => {
  const measure = splitMeasure(text);
  // In `count,total=sum:price` the comma separates two measures; a name with a comma needs a JSON array.
  if (!measure || (measure.as.includes(',') && text.startsWith(`${measure.as}=`))) return false;
  return version.columns.some(({ name }) => name === measure.column);
};

const measureOf = (version: DatasetVersion, text: string, path: string): TextMeasure => {
  const measure = splitMeasure(text);
  const functions = measureFunctions.join(', ').toLowerCase();
  if (!measure)
    throw badParameter(
      path,
      `${preview(text)} must be a function and a column, like sum:price; functions are ${functions}`,
    );
  if (measure.column !== undefined) indexOfColumn(version, measure.column);
  else if (measure.function !== 'COUNT')
    throw badParameter(path, `${preview(text)} needs a column, like ${measure.function.toLowerCase()}:price`);
  return measure;
};
