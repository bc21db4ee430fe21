import type { RowFilter } from '../../../generated/graphql.ts';
import { choiceOf, type TypeOf, testsOfType } from './filter-tests.ts';

/** A test that a person is writing: its text may not be complete yet. */
export interface TestDraft {
  readonly kind: 'test';
  readonly key: number;
  readonly column: string;
  readonly testId: string;
  readonly text: string;
}

export interface GroupDraft {
  readonly kind: 'group';
  readonly key: number;
  readonly join: 'and' | 'or';
  readonly isNot: boolean;
  readonly parts: readonly FilterDraft[];
}

export type FilterDraft = TestDraft | GroupDraft;

/** Keys of drafts are unique in one editor. */
export type NextKey = () => number;

export const newTest = (column: string, typeOf: TypeOf, nextKey: NextKey): TestDraft => ({
  kind: 'test',
  key: nextKey(),
  column,
  testId: testsOfType(typeOf(column))[0]?.id ?? 'eq',
  text: typeOf(column) === 'BOOLEAN' ? 'true' : '',
});

const partDraft = (filter: RowFilter, typeOf: TypeOf, nextKey: NextKey): FilterDraft => {
  if (filter.column) {
    const { name, test } = filter.column;
    const { choice, text } = choiceOf(test, typeOf(name));
    return { kind: 'test', key: nextKey(), column: name, testId: choice.id, text };
  }
  if (filter.not) {
    const inner = partDraft(filter.not, typeOf, nextKey);
    if (inner.kind === 'group' && !inner.isNot) return { ...inner, isNot: true };
    return { kind: 'group', key: nextKey(), join: 'and', isNot: true, parts: [inner] };
  }
  const parts = (filter.and ?? filter.or ?? []).map((part) => partDraft(part, typeOf, nextKey));
  return { kind: 'group', key: nextKey(), join: filter.and ? 'and' : 'or', isNot: false, parts };
};

/** The draft of a filter; its root is always a group. */
export const draftOf = (filter: RowFilter | undefined, typeOf: TypeOf, nextKey: NextKey): GroupDraft => {
  const draft = filter && partDraft(filter, typeOf, nextKey);
  if (draft?.kind === 'group') return draft;
  return { kind: 'group', key: nextKey(), join: 'and', isNot: false, parts: draft ? [draft] : [] };
};

const testFilter = ({ column, testId, text }: TestDraft, typeOf: TypeOf): RowFilter => {
  const choices = testsOfType(typeOf(column));
  const choice = choices.find(({ id }) => id === testId) ?? choices[0];
  return { column: { name: column, test: choice?.build(text) ?? { isNull: false } } };
};

/** The filter of a draft; undefined for a group without parts, which filters nothing. */
export const filterOfDraft = (draft: FilterDraft, typeOf: TypeOf): RowFilter | undefined => {
  if (draft.kind === 'test') return testFilter(draft, typeOf);
  const parts = draft.parts.flatMap((part) => filterOfDraft(part, typeOf) ?? []);
  if (parts.length === 0) return undefined;
  const group: RowFilter = draft.join === 'and' ? { and: parts } : { or: parts };
  return draft.isNot ? { not: group } : group;
};
