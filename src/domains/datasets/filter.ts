import type { CellTest, Literal, TableFilter } from '../../../db/datasets/engine.ts';
import { DomainError } from '../../errors.ts';
import { type DatasetVersion, indexOfColumn } from './columns.ts';

/** A test of a cell as clients write it: exactly one of these. */
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

/** A condition on rows as clients write it: exactly one of these. */
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
  /** Numbers and dates must be equal; text must contain the value. */
  readonly match?: readonly { readonly column: string; readonly value: Literal }[] | null | undefined;
  /** Text that occurs in any text column. */
  readonly search?: string | null | undefined;
}

/** Translates a filter for the engine. Throws BAD_REQUEST or LIMIT_EXCEEDED naming the column or the setting. */
export const tableFilter = (
  version: DatasetVersion,
  { where, match, search }: FilterRequest,
  limits: FilterLimits,
): TableFilter | null => {
  const parts: TableFilter[] = [];
  if (where) parts.push(translateFilter(where, { version, limits, parts: 0, values: 0 }, 0));
  for (const { column, value } of match ?? []) {
    checkSearchText(String(value), limits);
    parts.push({ column: indexOfColumn(version, column), test: { op: 'matches', value } });
  }
  if (search != null && search !== '') {
    checkSearchText(search, limits);
    parts.push({ search });
  }
  if (parts.length > limits.filterPartsMax) throw tooMany('parts', limits.filterPartsMax, 'filterPartsMax');
  const [only] = parts;
  return only === undefined ? null : parts.length === 1 ? only : { and: parts };
};

const tooMany = (what: string, max: number, setting: string): DomainError =>
  new DomainError('LIMIT_EXCEEDED', `the filter has more than ${max} ${what} (setting ${setting})`);

const checkSearchText = (text: string, { datasetNeedleLengthMax }: FilterLimits): void => {
  if (text.length > datasetNeedleLengthMax)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `the text to search for has more than ${datasetNeedleLengthMax} characters (setting datasetNeedleLengthMax)`,
    );
};

const depthMax = 20;

interface Translation {
  readonly version: DatasetVersion;
  readonly limits: FilterLimits;
  /** Parts and values counted so far. */
  parts: number;
  values: number;
}

const translateFilter = (filter: RowFilter, translation: Translation, depth: number): TableFilter => {
  const { version, limits } = translation;
  translation.parts += 1;
  if (translation.parts > limits.filterPartsMax || depth > depthMax)
    throw tooMany('parts', limits.filterPartsMax, 'filterPartsMax');
  const each = (parts: readonly RowFilter[]): TableFilter[] =>
    parts.map((part) => translateFilter(part, translation, depth + 1));
  if (filter.and) return { and: each(filter.and) };
  if (filter.or) return { or: each(filter.or) };
  if (filter.not) return { not: translateFilter(filter.not, translation, depth + 1) };
  if (!filter.column) throw new DomainError('BAD_REQUEST', 'a condition must have exactly one of and, or, not, column');
  const test = cellTest(filter.column.test, limits);
  translation.values += 'values' in test ? test.values.length : 1;
  if (translation.values > limits.filterValuesMax) throw tooMany('values', limits.filterValuesMax, 'filterValuesMax');
  return { column: indexOfColumn(version, filter.column.name), test };
};

/** Translates a test. Throws BAD_REQUEST for an empty one.  */
export const cellTest = (test: ColumnTest, limits: FilterLimits): CellTest => {
  for (const op of ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const) {
    const value = test[op];
    if (value !== undefined) return { op, value };
  }
  if (test.in) return { op: 'in', values: test.in };
  for (const op of ['contains', 'startsWith'] as const) {
    const text = test[op];
    if (text == null) continue;
    checkSearchText(text, limits);
    return { op, text };
  }
  if (test.hasAny) return { op: 'hasAny', values: test.hasAny };
  if (test.isNull != null) return { op: 'isNull', value: test.isNull };
  if (test.isMisfit != null) return { op: 'isMisfit', value: test.isMisfit };
  throw new DomainError(
    'BAD_REQUEST',
    'a test must have exactly one of eq, ne, gt, gte, lt, lte, in, contains, startsWith, hasAny, isNull, isMisfit',
  );
};
