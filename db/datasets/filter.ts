import { DomainError } from '../../src/errors.ts';
import { type DatasetColumn, isTextual } from '../../src/lib/cells.ts';
import { fold } from '../../src/lib/fold.ts';
import { isMissing, wideNull } from './column-file.ts';
import type { CellTest, Literal, TableFilter } from './engine.ts';
import { rowsOfGroup } from './grouping.ts';
import { parseNumericLiteral, wrongType } from './literals.ts';
import type { Table } from './table.ts';
import { markMatchingTexts } from './trigram-index.ts';

/** By row: 1 for those that a filter lets through. A test is true or false of every cell; of no value it is false, but for `ne`. */
export type Mask = Uint8Array;

/** The rows a filter lets through; worked out once while it is remembered. Throws BAD_REQUEST for ill-typed values. */
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
    table.columns.flatMap((column, place): TableFilter[] =>
      isTextual(column) || column.misfits > 0 ? [{ column: place, test: { op: 'contains', text } }] : [],
    ),
    0,
    (a, b) => a | b,
  );

const testMask = (table: Table, place: number, test: CellTest): Mask => {
  const column = table.column(place);
  switch (test.op) {
    case 'ne':
      return invert(testMask(table, place, { op: 'eq', value: test.value }));
    case 'isNull': {
      const nulls = nullMask(table, place);
      return test.value ? nulls : invert(nulls);
    }
    case 'isMisfit': {
      const misfits = misfitsWhere(table, place, () => true);
      return test.value ? misfits : invert(misfits);
    }
    case 'matches':
      if (test.value === null) return nullMask(table, place);
      if (isTextual(column)) return testMask(table, place, { op: 'contains', text: String(test.value) });
      return testMask(table, place, { op: 'eq', value: test.value });
    case 'contains':
    case 'startsWith':
      return textMask(table, place, test);
    default:
      break;
  }
  if (test.op === 'hasAny') {
    if (column.type === 'STRING_LIST')
      return listsWhere(table, place, (items) => items.some((item) => test.values.includes(item)));
    return testMask(table, place, { op: 'in', values: test.values });
  }
  if (test.op === 'in') {
    const parts = test.values.map((value): TableFilter => ({ column: place, test: { op: 'eq', value } }));
    if (!isTextual(column) || parts.length < 4) return combine(table, parts, 0, (a, b) => a | b);
    const wanted = new Set(test.values.map((value) => textOf(column, value)));
    return textsWhere(table, place, (text) => wanted.has(text));
  }
  if (test.value === null) {
    if (test.op === 'eq') return nullMask(table, place);
    throw new DomainError('BAD_REQUEST', `${JSON.stringify(column.name)} cannot be ordered against null`);
  }
  return isTextual(column)
    ? compareTexts(table, place, test.op, textOf(column, test.value))
    : compareNumbers(table, place, test.op, test.value);
};

type Comparison = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

const textOf = (column: DatasetColumn, value: Literal): string => {
  if (typeof value === 'object' || (column.type === 'STRING' && typeof value === 'boolean'))
    throw wrongType(column, value);
  if (column.type === 'STRING_LIST')
    throw new DomainError(
      'BAD_REQUEST',
      `${JSON.stringify(column.name)} is STRING_LIST: it can be tested with contains, startsWith, hasAny and isNull`,
    );
  return String(value);
};

const compareNumbers = (table: Table, place: number, op: Comparison, value: Literal): Mask => {
  const { stored: kept, isBetween } = parseNumericLiteral(table.column(place), value);
  const numbers = table.numbers(place);
  const mask = new Uint8Array(table.rows);
  if (op === 'eq') {
    if (!isBetween) for (let row = 0; row < mask.length; row += 1) if (numbers[row] === kept) mask[row] = 1;
    return mask;
  }
  const isAbove = op === 'gt' || op === 'gte';
  // What lies between two cells' values is above the lower one, and nothing is equal to it.
  const isEqualIn = isBetween ? !isAbove : op === 'gte' || op === 'lte';
  for (let row = 0; row < mask.length; row += 1) {
    const cell = numbers[row] as number;
    if (cell === kept ? isEqualIn : isAbove ? cell > kept : cell < kept) mask[row] = 1;
  }
  if (table.column(place).wide && !isAbove)
    for (let row = 0; row < mask.length; row += 1) if ((numbers[row] as number | bigint) === wideNull) mask[row] = 0;
  return mask;
};

const compareTexts = (table: Table, place: number, op: Comparison, text: string): Mask => {
  if (op !== 'eq')
    return textsWhere(
      table,
      place,
      {
        gt: (cell: string) => cell > text,
        gte: (cell: string) => cell >= text,
        lt: (cell: string) => cell < text,
        lte: (cell: string) => cell <= text,
      }[op],
    );
  const mask = new Uint8Array(table.rows);
  // No cell is empty or holds a NUL.
  if (text !== '' && !text.includes('\0')) markMatchingTexts(table, place, `\0${text}\0`, mask, true);
  return mask;
};

/** Rows whose text passes; those without one do not. */
const textsWhere = (table: Table, place: number, passes: (text: string) => boolean): Mask => {
  const mask = new Uint8Array(table.rows);
  table.file.spans.forEach(({ firstRow }, chunk) => {
    table.file.texts(place, chunk).forEach((text, at) => {
      if (text !== '' && passes(text)) mask[firstRow + at] = 1;
    });
  });
  return mask;
};

const listsWhere = (table: Table, place: number, passes: (items: readonly string[]) => boolean): Mask => {
  const known = new Map<string, boolean>();
  return textsWhere(table, place, (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const now = passes(JSON.parse(text) as string[]);
    known.set(text, now);
    return now;
  });
};

const textMask = (
  table: Table,
  place: number,
  { op, text }: { readonly op: 'contains' | 'startsWith'; readonly text: string },
): Mask => {
  const { type } = table.column(place);
  const folded = fold(text);
  const passes = (cell: string): boolean =>
    op === 'contains' ? fold(cell).includes(folded) : fold(cell).startsWith(folded);
  if (type === 'STRING_LIST') {
    const mask = listsWhere(table, place, (items) => items.some(passes));
    return orInto(mask, misfitsWhere(table, place, passes));
  }
  if (type !== 'STRING') return misfitsWhere(table, place, passes);
  if (text === '') return invert(nullMask(table, place));
  const mask = new Uint8Array(table.rows);
  if (!text.includes('\0')) markMatchingTexts(table, place, op === 'contains' ? text : `\0${text}`, mask, false);
  return mask;
};

const orInto = (mask: Mask, other: Mask): Mask => {
  for (let row = 0; row < mask.length; row += 1) mask[row] = (mask[row] as number) | (other[row] as number);
  return mask;
};

const misfitsWhere = (table: Table, place: number, passes: (text: string) => boolean): Mask => {
  const mask = new Uint8Array(table.rows);
  for (const { row, text } of table.file.misfits(place)) if (passes(text)) mask[row] = 1;
  return mask;
};

const nullMask = (table: Table, place: number): Mask => {
  const column = table.column(place);
  const mask = new Uint8Array(table.rows);
  if (column.nulls === 0) return mask;
  if (isTextual(column)) return invert(textsWhere(table, place, () => true));
  const numbers = table.numbers(place);
  for (let row = 0; row < mask.length; row += 1) {
    const value = numbers[row] as number | bigint;
    if (isMissing(value)) mask[row] = 1;
  }
  return mask;
};
