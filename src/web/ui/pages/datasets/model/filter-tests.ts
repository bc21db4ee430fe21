import type { ColumnTest, ColumnType, RowFilter } from '../../../generated/graphql.ts';
import { columnLabel, isNumeric, isTemporal } from './cell.ts';

/** How a person chooses a test: its words, and what it needs. */
export interface TestChoice {
  readonly id: string;
  readonly label: string;
  readonly input: 'none' | 'value' | 'list';
  build(text: string): ColumnTest;
}

type Value = string | boolean;

const lines = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '');

/** Numbers and dates go as they are written: the server reads them by the type of the column, with all digits. */
const valueIn = (text: string, type: ColumnType): Value => (type === 'BOOLEAN' ? text === 'true' : text);

const comparisons = (type: ColumnType): TestChoice[] => {
  const words = isTemporal(type)
    ? (['is after', 'is at or after', 'is before', 'is at or before'] as const)
    : (['is greater than', 'is at least', 'is less than', 'is at most'] as const);
  const [gt, gte, lt, lte] = words;
  return [
    { id: 'gt', label: gt, input: 'value', build: (text) => ({ gt: text }) },
    { id: 'gte', label: gte, input: 'value', build: (text) => ({ gte: text }) },
    { id: 'lt', label: lt, input: 'value', build: (text) => ({ lt: text }) },
    { id: 'lte', label: lte, input: 'value', build: (text) => ({ lte: text }) },
  ];
};

const equality = (type: ColumnType): TestChoice[] => [
  { id: 'eq', label: 'is', input: 'value', build: (text) => ({ eq: valueIn(text, type) }) },
  { id: 'ne', label: 'is not', input: 'value', build: (text) => ({ ne: valueIn(text, type) }) },
  ...(type === 'BOOLEAN'
    ? []
    : [{ id: 'in', label: 'is one of', input: 'list', build: (text) => ({ in: lines(text) }) } satisfies TestChoice]),
];

const texts: readonly TestChoice[] = [
  { id: 'contains', label: 'contains', input: 'value', build: (text) => ({ contains: text }) },
  { id: 'startsWith', label: 'begins with', input: 'value', build: (text) => ({ startsWith: text }) },
];

const nullness: readonly TestChoice[] = [
  { id: 'isNull', label: 'has no value', input: 'none', build: () => ({ isNull: true }) },
  { id: 'isNotNull', label: 'has a value', input: 'none', build: () => ({ isNull: false }) },
];

const misfitness: readonly TestChoice[] = [
  { id: 'isMisfit', label: 'does not fit its type', input: 'none', build: () => ({ isMisfit: true }) },
  { id: 'isNoMisfit', label: 'fits its type', input: 'none', build: () => ({ isMisfit: false }) },
  { id: 'contains', label: 'misfit contains', input: 'value', build: (text) => ({ contains: text }) },
  { id: 'startsWith', label: 'misfit begins with', input: 'value', build: (text) => ({ startsWith: text }) },
];

/** All tests that a column of this type can have. */
export const testsOfType = (type: ColumnType): readonly TestChoice[] => {
  if (type === 'STRING') return [...texts, ...equality(type), ...comparisons(type), ...nullness];
  const fits = misfitness.slice(0, 2);
  if (type === 'STRING_LIST') {
    const hasAny: TestChoice = {
      id: 'hasAny',
      label: 'has one of',
      input: 'list',
      build: (text) => ({ hasAny: lines(text) }),
    };
    return [hasAny, ...texts, ...nullness, ...fits];
  }
  const compared = isNumeric(type) || isTemporal(type) ? comparisons(type) : [];
  return [...equality(type), ...compared, ...nullness, ...misfitness];
};

const idOfTest = (test: ColumnTest): string => {
  if (test.isNull === false) return 'isNotNull';
  if (test.isMisfit === false) return 'isNoMisfit';
  return Object.keys(test)[0] ?? 'eq';
};

/** The choice behind a test, and the text of its value. */
export const choiceOf = (
  test: ColumnTest,
  type: ColumnType,
): { readonly choice: TestChoice; readonly text: string } => {
  const id = idOfTest(test);
  const choices = testsOfType(type);
  const choice = choices.find((each) => each.id === id) ?? (choices[0] as TestChoice);
  const value: unknown = Object.values(test)[0];
  const text = Array.isArray(value) ? value.join('\n') : choice.input === 'none' ? '' : String(value ?? '');
  return { choice, text };
};

export type TypeOf = (column: string) => ColumnType;

/** A condition in words, its column apart: `is at least 5`. */
export const describeTest = (test: ColumnTest, type: ColumnType): string => {
  const { choice, text } = choiceOf(test, type);
  if (choice.input === 'none') return choice.label;
  const value = choice.input === 'list' ? text.split('\n').join(', ') : text;
  return choice.id === 'eq' || choice.id === 'in' ? value : `${choice.label} ${value}`;
};

/** A filter in words: `Price is at least 5 and (Name contains a or Name contains b)`. */
export const describeFilter = (filter: RowFilter, typeOf: TypeOf): string => {
  if (filter.column) {
    const { name, test } = filter.column;
    const words = describeTest(test, typeOf(name));
    const isValue = test.eq !== undefined || test.in !== undefined;
    return `${columnLabel(name)} ${isValue ? 'is ' : ''}${words}`;
  }
  if (filter.not) return `not (${describeFilter(filter.not, typeOf)})`;
  const parts = (filter.and ?? filter.or ?? []).map((part) =>
    part.and || part.or ? `(${describeFilter(part, typeOf)})` : describeFilter(part, typeOf),
  );
  if (parts.length === 0) return filter.and ? 'all rows' : 'no row';
  return parts.join(filter.and ? ' and ' : ' or ');
};

/** The conditions that must all hold, each shown on its own. */
export const partsOf = (filter: RowFilter | undefined): readonly RowFilter[] => {
  if (filter === undefined) return [];
  return filter.and ?? [filter];
};

/** The filter of conditions that must all hold; undefined for none. */
export const filterOfParts = (parts: readonly RowFilter[]): RowFilter | undefined =>
  parts.length === 0 ? undefined : { and: [...parts] };
