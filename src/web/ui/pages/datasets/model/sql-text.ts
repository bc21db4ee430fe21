import type { ColumnTest, ColumnType, RowFilter } from '../../../generated/graphql.ts';
import { isNumeric } from './cell.ts';

export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const quotedText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Where a filter has no form in SQL: there a cell that does not fit its type is only NULL. */
class NoSqlForm extends Error {}

const literal = (value: string | number | boolean, type: ColumnType): string => {
  if (type === 'BOOLEAN') return String(value);
  const text = String(value);
  return isNumeric(type) && /^-?\d+(\.\d+)?$/.test(text) ? text : quotedText(text);
};

const textTest = (column: string, type: ColumnType, call: (text: string) => string): string => {
  if (type === 'STRING') return call(column);
  if (type === 'STRING_LIST') return `len(list_filter(${column}, lambda item: ${call('item')})) > 0`;
  throw new NoSqlForm();
};

const operators = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** A test of a column or of an expression. */
export const testText = (column: string, type: ColumnType, test: ColumnTest): string => {
  if (test.eq !== undefined) return `${column} = ${literal(test.eq, type)}`;
  if (test.ne !== undefined) return `${column} is distinct from ${literal(test.ne, type)}`;
  for (const op of ['gt', 'gte', 'lt', 'lte'] as const) {
    const value = test[op];
    if (value !== undefined) return `${column} ${operators[op]} ${literal(value, type)}`;
  }
  if (test.in !== undefined) {
    return test.in.length === 0 ? 'false' : `${column} in (${test.in.map((each) => literal(each, type)).join(', ')})`;
  }
  const { contains, startsWith } = test;
  if (contains !== undefined)
    return textTest(column, type, (text) => `contains(lower(${text}), lower(${quotedText(contains)}))`);
  if (startsWith !== undefined)
    return textTest(column, type, (text) => `starts_with(lower(${text}), lower(${quotedText(startsWith)}))`);
  if (test.hasAny !== undefined) return `list_has_any(${column}, [${test.hasAny.map(quotedText).join(', ')}])`;
  if (test.isNull !== undefined) return `${column} is ${test.isNull ? 'null' : 'not null'}`;
  throw new NoSqlForm();
};

export interface SqlColumn {
  readonly name: string;
  readonly sqlName: string;
  readonly type: ColumnType;
}

/** A column as SQL names it. */
export const columnText = (columns: readonly SqlColumn[], name: string): string =>
  quotedName(columns.find((column) => column.name === name)?.sqlName ?? name);

const conditionText = (filter: RowFilter, columns: readonly SqlColumn[]): string => {
  if (filter.column) {
    const { name, test } = filter.column;
    const type = columns.find((column) => column.name === name)?.type ?? 'STRING';
    return testText(columnText(columns, name), type, test);
  }
  if (filter.not) return `(${conditionText(filter.not, columns)}) is not true`;
  const parts = (filter.and ?? filter.or ?? []).map((part) => `(${conditionText(part, columns)})`);
  if (parts.length === 0) return filter.and ? 'true' : 'false';
  return parts.join(filter.and ? ' and ' : ' or ');
};

const searchText = (search: string, columns: readonly SqlColumn[]): string => {
  const parts = columns
    .filter(({ type }) => type === 'STRING' || type === 'STRING_LIST')
    .map(({ sqlName, type }) => testText(quotedName(sqlName), type, { contains: search }));
  return parts.length === 0 ? 'false' : `(${parts.join(' or ')})`;
};

/** `where …` with a line break before it; empty without a filter; null for a filter that has no form in SQL. */
export const whereText = (
  columns: readonly SqlColumn[],
  { where, search }: { readonly where?: RowFilter | undefined; readonly search?: string | undefined },
): string | null => {
  try {
    const parts = [
      ...(where === undefined ? [] : [conditionText(where, columns)]),
      ...(search === undefined || search === '' ? [] : [searchText(search, columns)]),
    ];
    return parts.length === 0 ? '' : `\nwhere ${parts.join('\n  and ')}`;
  } catch (error) {
    if (error instanceof NoSqlForm) return null;
    throw error;
  }
};

export const noSqlForm =
  '-- This filter looks at cells that do not fit the type of their column. SQL sees NULL there, so it has no form in SQL.';

/** The table of a version in SQL. */
export const tableText = (name: string, earlierVersion: number | undefined): string =>
  quotedName(earlierVersion === undefined ? name : `${name}@${earlierVersion}`);
