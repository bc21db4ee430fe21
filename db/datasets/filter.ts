import { DomainError } from '../../src/errors.ts';
import { type DatasetColumn, isTextual } from '../../src/lib/cells.ts';
import { fold } from '../../src/lib/fold.ts';
import { isMissing, wideNull } from './column-file.ts';
import type { CellTest, Literal, TableFilter } from './engine.ts';
import { rowsOfGroup } from './grouping.ts';
import { parseNumericLiteral, wrongType } from './literals.ts';
import type { Table } from './table.ts';
import { maskOfMatchingTexts } from './trigram-index.ts';

/** By row: 1 when the row passes the filter. A test is true or false for every cell; it is false for a missing value, except for `ne`. */
export type Mask = Uint8Array;

/** The rows that pass a filter, from the cache where possible. Throws BAD_REQUEST for a value of the wrong type. */
export const maskOf = (table: Table, filter: TableFilter | null): Mask => {
  if (filter === null) return new Uint8Array(table.rows).fill(1);
  return table.cached(
    `mask ${JSON.stringify(filter)}`,
    () => evaluate(table, filter),
    ({ byteLength }) => byteLength,
  );
};

const evaluate = (table: Table, filter: TableFilter): Mask => {
  if ('and' in filter) return combine(table, filter.and, 1, (a, b) => a & b);
  if ('or' in filter) return combine(table, filter.or, 0, (a, b) => a | b);
  if ('not' in filter) return invert(evaluate(table, filter.not));
  if ('search' in filter) return searchMask(table, filter.search);
  if ('group' in filter) return rowsOfGroup(table, filter.group, filter.key);
  return testMask(table, filter.column, filter.test);
};

const combine = (
  table: Table,
  parts: readonly TableFilter[],
  empty: number,
  join: (a: number, b: number) => number,
): Mask => {
  const mask = new Uint8Array(table.rows).fill(empty);
  for (const part of parts) {
    const other = evaluate(table, part);
    for (let row = 0; row < mask.length; row += 1) mask[row] = join(mask[row] as number, other[row] as number);
  }
  return mask;
};

const invert = (mask: Mask): Mask => {
  for (let row = 0; row < mask.length; row += 1) mask[row] = 1 - (mask[row] as number);
  return mask;
};

const searchMask = (table: Table, text: string): Mask =>
  combine(
    table,
    table.columns.flatMap((column, index): TableFilter[] =>
      isTextual(column) || column.misfits > 0 ? [{ column: index, test: { op: 'contains', text } }] : [],
    ),
    0,
    (a, b) => a | b,
  );

const testMask = (table: Table, index: number, test: CellTest): Mask => {
  switch (test.op) {
    case 'ne':
      return invert(testMask(table, index, { op: 'eq', value: test.value }));
    case 'isNull': {
      const nulls = nullMask(table, index);
      return test.value ? nulls : invert(nulls);
    }
    case 'isMisfit': {
      const misfits = misfitsWhere(table, index, () => true);
      return test.value ? misfits : invert(misfits);
    }
    case 'matches':
      return matchMask(table, index, test.value);
    case 'contains':
    case 'startsWith':
      return textMask(table, index, test);
    case 'hasAny':
      if (table.column(index).type !== 'STRING_LIST') return testMask(table, index, { op: 'in', values: test.values });
      return listsWhere(table, index, (items) => items.some((item) => test.values.includes(item)));
    case 'in':
      return membershipMask(table, index, test.values);
    default:
      return comparisonMask(table, index, test.op, test.value);
  }
};

const matchMask = (table: Table, index: number, value: Literal): Mask => {
  if (value === null) return nullMask(table, index);
  if (isTextual(table.column(index))) return testMask(table, index, { op: 'contains', text: String(value) });
  return testMask(table, index, { op: 'eq', value });
};

const membershipMask = (table: Table, index: number, values: readonly Literal[]): Mask => {
  const column = table.column(index);
  const parts = values.map((value): TableFilter => ({ column: index, test: { op: 'eq', value } }));
  if (!isTextual(column) || parts.length < 4) return combine(table, parts, 0, (a, b) => a | b);
  const texts = new Set(values.map((value) => textOf(column, value)));
  return textsWhere(table, index, (text) => texts.has(text));
};

const comparisonMask = (table: Table, index: number, op: Comparison, value: Literal): Mask => {
  const column = table.column(index);
  if (value === null) {
    if (op === 'eq') return nullMask(table, index);
    const name = JSON.stringify(column.name);
    throw new DomainError('BAD_REQUEST', `${name} cannot be compared with null by ${op}; use eq, ne or isNull`);
  }
  return isTextual(column)
    ? compareTexts(table, index, op, textOf(column, value))
    : compareNumbers(table, index, op, value);
};

type Comparison = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

const textOf = (column: DatasetColumn, value: Literal): string => {
  if (typeof value === 'object' || (column.type === 'STRING' && typeof value === 'boolean'))
    throw wrongType(column, value);
  if (column.type === 'STRING_LIST')
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(column.name)} is STRING_LIST: test it with contains, startsWith, hasAny or isNull`,
    );
  return String(value);
};

const compareNumbers = (table: Table, index: number, op: Comparison, value: Literal): Mask => {
  const { stored, isBetween } = parseNumericLiteral(table.column(index), value);
  const numbers = table.numbers(index);
  const mask = new Uint8Array(table.rows);
  if (op === 'eq') {
    if (!isBetween) for (let row = 0; row < mask.length; row += 1) if (numbers[row] === stored) mask[row] = 1;
    return mask;
  }
  const isAbove = op === 'gt' || op === 'gte';
  // A literal between two stored values is above the lower one, and no cell equals it.
  const isEqualIn = isBetween ? !isAbove : op === 'gte' || op === 'lte';
  for (let row = 0; row < mask.length; row += 1) {
    const cell = numbers[row] as number;
    if (cell === stored ? isEqualIn : isAbove ? cell > stored : cell < stored) mask[row] = 1;
  }
  if (table.column(index).wide && !isAbove)
    for (let row = 0; row < mask.length; row += 1) if ((numbers[row] as number | bigint) === wideNull) mask[row] = 0;
  return mask;
};

const compareTexts = (table: Table, index: number, op: Comparison, text: string): Mask => {
  if (op !== 'eq')
    return textsWhere(
      table,
      index,
      {
        gt: (cell: string) => cell > text,
        gte: (cell: string) => cell >= text,
        lt: (cell: string) => cell < text,
        lte: (cell: string) => cell <= text,
      }[op],
    );
  // No cell is empty or contains a NUL.
  if (text === '' || text.includes('\0')) return new Uint8Array(table.rows);
  return maskOfMatchingTexts(table, index, `\0${text}\0`, true);
};

/** The rows whose text passes; a row without a text does not. */
const textsWhere = (table: Table, index: number, passes: (text: string) => boolean): Mask => {
  const mask = new Uint8Array(table.rows);
  table.file.spans.forEach(({ firstRow }, chunk) => {
    table.file.texts(index, chunk).forEach((text, at) => {
      if (text !== '' && passes(text)) mask[firstRow + at] = 1;
    });
  });
  return mask;
};

const listsWhere = (table: Table, index: number, passes: (items: readonly string[]) => boolean): Mask => {
  const known = new Map<string, boolean>();
  return textsWhere(table, index, (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const now = passes(JSON.parse(text) as string[]);
    known.set(text, now);
    return now;
  });
};

const textMask = (
  table: Table,
  index: number,
  { op, text }: { readonly op: 'contains' | 'startsWith'; readonly text: string },
): Mask => {
  const { type } = table.column(index);
  const folded = fold(text);
  const passes = (cell: string): boolean =>
    op === 'contains' ? fold(cell).includes(folded) : fold(cell).startsWith(folded);
  if (type === 'STRING_LIST') {
    const mask = listsWhere(table, index, (items) => items.some(passes));
    return orInto(mask, misfitsWhere(table, index, passes));
  }
  if (type !== 'STRING') return misfitsWhere(table, index, passes);
  if (text === '') return invert(nullMask(table, index));
  if (text.includes('\0')) return new Uint8Array(table.rows);
  return maskOfMatchingTexts(table, index, op === 'contains' ? text : `\0${text}`, false);
};

const orInto = (mask: Mask, other: Mask): Mask => {
  for (let row = 0; row < mask.length; row += 1) mask[row] = (mask[row] as number) | (other[row] as number);
  return mask;
};

const misfitsWhere = (table: Table, index: number, passes: (text: string) => boolean): Mask => {
  const mask = new Uint8Array(table.rows);
  for (const { row, text } of table.file.misfits(index)) if (passes(text)) mask[row] = 1;
  return mask;
};

const nullMask = (table: Table, index: number): Mask => {
  const column = table.column(index);
  const mask = new Uint8Array(table.rows);
  if (column.nulls === 0) return mask;
  if (isTextual(column)) return invert(textsWhere(table, index, () => true));
  const numbers = table.numbers(index);
  for (let row = 0; row < mask.length; row += 1) {
    const value = numbers[row] as number | bigint;
    if (isMissing(value)) mask[row] = 1;
  }
  return mask;
};
