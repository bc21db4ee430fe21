import type { CellTest, Literal, TableFilter } from '../../../db/datasets/engine.ts';
import { DomainError } from '../../errors.ts';
import { type DatasetVersion, indexOfColumn } from './columns.ts';

/** A test as clients write it: exactly one of these. */
export interface ColumnTest {
  readonly eq?: Literal | undefined;
  readonly ne?: Literal | undefined;
  readonly gt?: Literal | undefined;
  readonly gte?: Literal | undefined;
  readonly lt?: Literal | undefined;
  readonly lte?: Literal | undefined;
  readonly in?: readonly Literal[] | null | undefined;
  readonly contains?: string | null | undefined;
  readonly startsWith?: string | null | undefined;
  readonly hasAny?: readonly string[] | null | undefined;
  readonly isNull?: boolean | null | undefined;
  readonly isMisfit?: boolean | null | undefined;
}

/** A condition as clients write it: exactly one of these. */
export interface RowFilter {
  readonly and?: readonly RowFilter[] | null | undefined;
  readonly or?: readonly RowFilter[] | null | undefined;
  readonly not?: RowFilter | null | undefined;
  readonly column?: { readonly name: string; readonly test: ColumnTest } | null | undefined;
}

export interface FilterLimits {
  readonly filterPartsMax: number;
  readonly filterValuesMax: number;
  readonly datasetNeedleLengthMax: number;
}

export interface FilterRequest {
  readonly where?: RowFilter | null | undefined;
  /** Numbers and dates equal, text as a part. */
  readonly match?: readonly { readonly column: string; readonly value: Literal }[] | null | undefined;
  /** Text in any column of text. */
  readonly search?: string | null | undefined;
}

/** What clients want as the tables are asked. Throws BAD_REQUEST or LIMIT_EXCEEDED naming the column or the setting. */
export const tableFilter = (
  version: DatasetVersion,
  { where, match, search }: FilterRequest,
  limits: FilterLimits,
): TableFilter | null => {
  const parts: TableFilter[] = [];
  if (where) parts.push(translateFilter(version, where, limits, { parts: 0, values: 0 }, 0));
  for (const { column, value } of match ?? []) {
    checkNeedle(String(value), limits);
    parts.push({ column: indexOfColumn(version, column), test: { op: 'matches', value } });
  }
  if (search != null && search !== '') {
    checkNeedle(search, limits);
    parts.push({ search });
  }
  if (parts.length > limits.filterPartsMax) throw tooMany('parts', limits.filterPartsMax, 'filterPartsMax');
  return parts.length === 0 ? null : parts.length === 1 ? (parts[0] as TableFilter) : { and: parts };
};

const tooMany = (what: string, max: number, setting: string): DomainError =>
  new DomainError('LIMIT_EXCEEDED', `the filter has more than ${max} ${what} (setting ${setting})`);

const checkNeedle = (text: string, { datasetNeedleLengthMax }: FilterLimits): void => {
  if (text.length > datasetNeedleLengthMax)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `the text to search for has more than ${datasetNeedleLengthMax} characters (setting datasetNeedleLengthMax)`,
    );
};

const depthMax = 20;

const translateFilter = (
  version: DatasetVersion,
  filter: RowFilter,
  limits: FilterLimits,
  spent: { parts: number; values: number },
  depth: number,
): TableFilter => {
  spent.parts += 1;
  if (spent.parts > limits.filterPartsMax || depth > depthMax)
    throw tooMany('parts', limits.filterPartsMax, 'filterPartsMax');
  const each = (parts: readonly RowFilter[]): TableFilter[] =>
    parts.map((part) => translateFilter(version, part, limits, spent, depth + 1));
  if (filter.and) return { and: each(filter.and) };
  if (filter.or) return { or: each(filter.or) };
  if (filter.not) return { not: translateFilter(version, filter.not, limits, spent, depth + 1) };
  if (!filter.column) throw new DomainError('BAD_REQUEST', 'a condition must be one of and, or, not, column');
  const test = cellTest(filter.column.test, limits);
  spent.values += 'values' in test ? test.values.length : 1;
  if (spent.values > limits.filterValuesMax) throw tooMany('values', limits.filterValuesMax, 'filterValuesMax');
  return { column: indexOfColumn(version, filter.column.name), test };
};

/** One test. Throws BAD_REQUEST when there is none. */
export const cellTest = (test: ColumnTest, limits: FilterLimits): CellTest => {
  for (const op of ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const) {
    const value = test[op];
    if (value !== undefined) return { op, value };
  }
  if (test.in) return { op: 'in', values: test.in };
  for (const op of ['contains', 'startsWith'] as const) {
    const text = test[op];
    if (text == null) continue;
    checkNeedle(text, limits);
    return { op, text };
  }
  if (test.hasAny) return { op: 'hasAny', values: test.hasAny };
  if (test.isNull != null) return { op: 'isNull', value: test.isNull };
  if (test.isMisfit != null) return { op: 'isMisfit', value: test.isMisfit };
  throw new DomainError(
    'BAD_REQUEST',
    'a test must be one of eq, ne, gt, gte, lt, lte, in, contains, startsWith, hasAny, isNull, isMisfit',
  );
};
