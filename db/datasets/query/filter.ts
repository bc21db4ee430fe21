import { DomainError } from '../../../src/errors.ts';
import { isTextual } from '../../../src/lib/column.ts';
import type { CellTest, GroupOfTable, Literal, TableFilter } from '../engine.ts';
import { groupingExpression } from './grouping.ts';
import { storedLiteral, wrongType } from './literals.ts';
import type { Expression, Parameters, Source } from './source.ts';
import { textMatch } from './text-match.ts';

/** How a condition is translated. */
interface Translation {
  readonly source: Source;
  readonly parameters: Parameters;
  /** Whether a cell that does not fit its type passes every comparison, which finds the rows that it leaves out. */
  readonly misfitsPass: boolean;
}

/**
 * A filter as a condition in SQL, which may be null where it is false. Throws BAD_REQUEST for a value of the wrong type,
 * naming the column.
 */
export const filterSql = (source: Source, filter: TableFilter | null, parameters: Parameters): string =>
  filter === null ? 'true' : condition(filter, { source, parameters, misfitsPass: false });

/** Like `filterSql`, but a cell that does not fit the type of its column passes each comparison. */
export const lenientFilterSql = (source: Source, filter: TableFilter | null, parameters: Parameters): string =>
  filter === null ? 'true' : condition(filter, { source, parameters, misfitsPass: true });

const comparisons = new Set<CellTest['op']>(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'matches', 'hasAny']);

/** Whether the filter compares cells of a column that has misfits. */
export const comparesMisfits = (source: Source, filter: TableFilter | null): boolean => {
  if (filter === null || 'search' in filter || 'group' in filter) return false;
  if ('and' in filter) return filter.and.some((part) => comparesMisfits(source, part));
  if ('or' in filter) return filter.or.some((part) => comparesMisfits(source, part));
  if ('not' in filter) return comparesMisfits(source, filter.not);
  return comparisons.has(filter.test.op) && source.column(filter.column).misfits > 0;
};

const condition = (filter: TableFilter, translation: Translation): string => {
  if ('and' in filter) return joined(filter.and, translation, 'and');
  if ('or' in filter) return joined(filter.or, translation, 'or');
  // Below a negation a misfit that passed would leave the row out.
  if ('not' in filter) return `((${condition(filter.not, { ...translation, misfitsPass: false })}) is not true)`;
  const { source, parameters } = translation;
  if ('search' in filter) return searchSql(source, filter.search, parameters);
  if ('group' in filter) return groupSql(filter.group, filter.key, translation);
  const expression = source.expression(filter.column);
  const tested = testSql(expression, filter.test, parameters);
  if (!translation.misfitsPass || expression.misfit === null || !comparisons.has(filter.test.op)) return tested;
  return `(${tested} or ${expression.misfit} is not null)`;
};

const joined = (parts: readonly TableFilter[], translation: Translation, word: 'and' | 'or'): string => {
  if (parts.length === 0) return word === 'and' ? 'true' : 'false';
  return `(${parts.map((part) => condition(part, translation)).join(` ${word} `)})`;
};

const searchSql = (source: Source, text: string, parameters: Parameters): string => {
  const parts = source.columns.flatMap((column, index) =>
    isTextual(column) || column.misfits > 0
      ? [testSql(source.expression(index), { op: 'contains', text }, parameters)]
      : [],
  );
  return parts.length === 0 ? 'false' : `(${parts.join(' or ')})`;
};

const groupSql = (
  { by, timeZone }: GroupOfTable,
  key: readonly unknown[],
  { source, parameters }: Translation,
): string => {
  const parts = by.map((grouping, index) => {
    const { sql, type, keyType } = groupingExpression(source, grouping, timeZone);
    const cell = key[index] ?? null;
    if (cell === null) return `${sql} is null`;
    if (type === 'STRING_LIST') return `${sql} = from_json(${parameters.add(JSON.stringify(cell))}, '["VARCHAR"]')`;
    const text = type === 'DATE_TIME' ? String(cell).replace('T', ' ').replace('Z', '') : String(cell);
    return `${sql} = ${parameters.add(text, keyType)}`;
  });
  return parts.length === 0 ? 'true' : `(${parts.join(' and ')})`;
};

/** A test of a cell, or of a key or measure of a group. */
export const testSql = (expression: Expression, test: CellTest, parameters: Parameters): string => {
  const { sql, type, misfit } = expression;
  switch (test.op) {
    case 'ne':
      return `((${testSql(expression, { op: 'eq', value: test.value }, parameters)}) is not true)`;
    case 'isNull':
      return test.value ? `${sql} is null` : `${sql} is not null`;
    case 'isMisfit':
      return misfit === null ? String(!test.value) : `${misfit} is ${test.value ? 'not null' : 'null'}`;
    case 'matches':
      if (test.value === null) return `${sql} is null`;
      if (isTextual(expression)) return containsSql(expression, String(test.value), { isStart: false, parameters });
      return compareSql(expression, 'eq', test.value, parameters);
    case 'contains':
    case 'startsWith':
      return containsSql(expression, test.text, { isStart: test.op === 'startsWith', parameters });
    case 'hasAny':
      if (type !== 'STRING_LIST') return testSql(expression, { op: 'in', values: test.values }, parameters);
      return `list_has_any(${sql}, from_json(${parameters.add(JSON.stringify(test.values))}, '["VARCHAR"]'))`;
    case 'in':
      return membershipSql(expression, test.values, parameters);
    default:
      return compareSql(expression, test.op, test.value, parameters);
  }
};

const membershipSql = (expression: Expression, values: readonly Literal[], parameters: Parameters): string => {
  const isText = expression.type === 'STRING';
  const single = values.filter((value) => value === null || !isText);
  const texts = values.filter((value) => value !== null && isText).map((value) => textOf(expression, value));
  const parts = single.map((value) => compareSql(expression, 'eq', value, parameters));
  if (texts.length > 0)
    parts.push(`${expression.sql} in (${texts.map((text) => parameters.add(text, 'VARCHAR')).join(', ')})`);
  return parts.length === 0 ? 'false' : `(${parts.join(' or ')})`;
};

type Comparison = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

const operators = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

const compareSql = (expression: Expression, op: Comparison, value: Literal, parameters: Parameters): string => {
  const { name, sql } = expression;
  if (value === null) {
    if (op === 'eq') return `${sql} is null`;
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(name)} cannot be compared with null by ${op}; use eq, ne or isNull`,
    );
  }
  if (isTextual(expression)) return `${sql} ${operators[op]} ${parameters.add(textOf(expression, value), 'VARCHAR')}`;
  const { text, type, isBetween, beyond } = storedLiteral(expression, value);
  const isAbove = op === 'gt' || op === 'gte';
  if (beyond !== null) return op !== 'eq' && (beyond === 'below') === isAbove ? `${sql} is not null` : 'false';
  if (!isBetween) return `${sql} ${operators[op]} ${parameters.add(text, type)}`;
  // A value between two stored ones is above the lower one, and no cell equals it.
  return op === 'eq' ? 'false' : `${sql} ${isAbove ? '>' : '<='} ${parameters.add(text, type)}`;
};

const textOf = (expression: Expression, value: Literal): string => {
  if (typeof value === 'object' || (expression.type === 'STRING' && typeof value === 'boolean'))
    throw wrongType(expression, value);
  if (expression.type === 'STRING_LIST')
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(expression.name)} is STRING_LIST: test it with contains, startsWith, hasAny or isNull`,
    );
  return String(value);
};

const containsSql = (
  { sql, type, searchable, isAscii }: Expression,
  needle: string,
  { isStart, parameters }: { isStart: boolean; parameters: Parameters },
): string => {
  const match = (text: string, ascii: boolean): string =>
    textMatch(text, needle, { isAscii: ascii, isStart, parameters });
  if (type === 'STRING') return needle === '' ? `${sql} is not null` : match(sql, isAscii);
  const inMisfit = searchable === null ? [] : [needle === '' ? `${searchable} is not null` : match(searchable, false)];
  const parts = type === 'STRING_LIST' ? [itemsSql(sql, match('item', isAscii)), ...inMisfit] : inMisfit;
  return parts.length === 0 ? 'false' : `(${parts.join(' or ')})`;
};

const itemsSql = (list: string, test: string): string => `len(list_filter(${list}, lambda item: ${test})) > 0`;
